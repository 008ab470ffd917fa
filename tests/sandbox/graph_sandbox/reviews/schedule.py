# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the instances of a review begin and end, from the policy's schedule (EM F.3, F.4; recurrencePattern, recurrenceRange)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..entitlement.policy_rules import parse_duration
from ..odata.bodies import parse_time

_DAYS = {"daily": 1, "weekly": 7}
_MONTHS = {"absoluteMonthly": 1, "relativeMonthly": 1, "absoluteYearly": 12, "relativeYearly": 12}
_LAST_YEAR = 9000
"""Beyond it a date plus a duration would leave the calendar."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One instance of a series."""

    number: int
    start: datetime
    end: datetime


def occurrence(schedule: dict[str, Any], number: int) -> Occurrence | None:
    """One instance of a stored review schedule, counted from 0; None when the series has no such one.

    The first begins at ``startDateTime``, the others count from there. What month, dayOfMonth and daysOfWeek would say
    is not looked at: the service documents fillers for them (EM F.4).
    """
    start = parse_time(schedule["startDateTime"] or "")
    if start is None:
        return None
    recurrence = schedule["recurrence"] or {}
    begin = _nth(start, recurrence.get("pattern") or {}, number)
    if begin is None or _beyond(recurrence.get("range") or {}, begin, number):
        return None
    return Occurrence(number, begin, begin + parse_duration((schedule["expiration"] or {}).get("duration") or ""))


def _nth(start: datetime, pattern: dict[str, Any], number: int) -> datetime | None:
    """The start of an occurrence; None after the only one of a schedule that does not repeat."""
    if number == 0:
        return start
    kind, steps = pattern.get("type"), number * max(pattern.get("interval") or 1, 1)
    if kind in _DAYS:
        moment = start + timedelta(days=_DAYS[kind] * steps) if steps < 365 * _LAST_YEAR else None
    elif kind in _MONTHS:
        year, month = divmod(start.month - 1 + _MONTHS[kind] * steps, 12)
        year += start.year
        if year > _LAST_YEAR:
            return None
        # The 31st of a short month is its last day.
        moment = start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))
    else:
        moment = None
    return moment if moment is not None and moment.year <= _LAST_YEAR else None


def _beyond(limits: dict[str, Any], begin: datetime, number: int) -> bool:
    if limits.get("type") == "numbered" and limits.get("numberOfOccurrences"):
        return bool(number >= limits["numberOfOccurrences"])
    if limits.get("type") == "endDate" and limits.get("endDate"):
        return bool(begin.strftime("%Y-%m-%d") > limits["endDate"])
    return False
