# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""When two values of Graph mean the same.

Each function maps a value to its meaning; two values are equal if and only if their meanings are. None stands for
whatever Graph leaves out, so that null, an absent property and the documented default are one.
"""

from __future__ import annotations

import datetime
import decimal
import re
import typing as t

Meaning = t.Any
Normaliser = t.Callable[[t.Any], Meaning]


def exact(value: t.Any) -> Meaning:
    """The value itself."""
    return value


def text(value: t.Any) -> Meaning:
    """Free text: null and empty are the same."""
    return value or ""


def flag(value: t.Any) -> Meaning:
    """A boolean that is false when left out."""
    return bool(value)


def flag_default_true(value: t.Any) -> Meaning:
    """A boolean that is true when left out."""
    return value is not False


def word(value: t.Any) -> Meaning:
    """An enum, a GUID or a domain: no case; null is the empty word."""
    return str(value or "").strip().lower()


def word_or(default: str) -> Normaliser:
    """An enum with a documented default: null is that default."""

    def normalise(value: t.Any) -> Meaning:
        return word(value) or default

    return normalise


def number_or(default: int) -> Normaliser:
    """A number with a documented default."""

    def normalise(value: t.Any) -> Meaning:
        return default if value is None else int(value)

    return normalise


def words(value: t.Any) -> Meaning:
    """A set of enums, GUIDs or domains."""
    return frozenset(word(item) for item in value or ())


_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)


def duration(value: t.Any) -> Meaning:
    """An ISO 8601 duration as (months, seconds); null is no time at all.

    P1D and PT24H are equal; P1Y and P365D are not, because a year is no fixed number of days. Text that is no
    duration stands for itself, so that it differs from every duration.
    """
    if value in (None, ""):
        return (0, 0)
    found = _DURATION.fullmatch(str(value).strip())
    if found is None or str(value).strip().upper() in ("P", "-P") or str(value).strip().upper().endswith("T"):
        return str(value)
    part = {name: decimal.Decimal(number or 0) for name, number in found.groupdict().items() if name != "sign"}
    months = part["years"] * 12 + part["months"]
    days = part["weeks"] * 7 + part["days"]
    seconds = ((days * 24 + part["hours"]) * 60 + part["minutes"]) * 60 + part["seconds"]
    sign = -1 if found["sign"] else 1
    return (int(sign * months), sign * seconds)


_INSTANT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE
)


def instant(value: t.Any) -> Meaning:
    """A point in time, in UTC to the second; null is none. Graph answers with 0 to 7 digits of a fraction."""
    if value in (None, ""):
        return None
    found = _INSTANT.fullmatch(str(value).strip())
    if found is None:
        return str(value)
    year, month, day, hour, minute = (int(found[i]) for i in range(1, 6))
    zone = (found[7] or "Z").upper()
    offset = datetime.timedelta()
    if zone != "Z":
        minutes = int(zone[1:3]) * 60 + int(zone[-2:])
        offset = datetime.timedelta(minutes=minutes if zone[0] == "+" else -minutes)
    try:
        return datetime.datetime(year, month, day, hour, minute, int(found[6] or 0)) - offset
    except (ValueError, OverflowError):
        return str(value)


def type_name(value: t.Mapping[str, t.Any]) -> str:
    """The `@odata.type` without `#`, which Graph writes with and without, and without its namespace."""
    return str(value.get("@odata.type") or "").lstrip("#").rpartition(".")[2].lower()


# What identifies a subject set beside its type. `description` is filled in by the server and never compared.
_SUBJECT_KEYS = ("userId", "groupId", "connectedOrganizationId", "servicePrincipalId", "membershipRule")


def subject(value: t.Mapping[str, t.Any]) -> Meaning:
    """One member of a subject set: who it is, whatever else Graph says of it."""
    kind = type_name(value)
    keys = tuple((key, word(value[key])) for key in _SUBJECT_KEYS if value.get(key))
    if kind in ("requestormanager", "targetmanager"):
        keys += (("managerLevel", str(value.get("managerLevel") or 1)),)
    return (kind, *keys)


def subjects(value: t.Any) -> Meaning:
    """A set of approvers, reviewers or targets."""
    return frozenset(subject(item) for item in value or ())


def recurrence(value: t.Any) -> Meaning:
    """How often: (unit, interval, days, how it ends). Once a year is every twelve months; fillers of zero mean nothing."""
    if not value:
        return None
    pattern = value.get("pattern") or {}
    unit = word(pattern.get("type"))
    interval = int(pattern.get("interval") or 1)
    if unit in ("absoluteyearly", "relativeyearly"):
        unit, interval = unit.replace("yearly", "monthly"), interval * 12
    ends = value.get("range") or {}
    how = word(ends.get("type")) or "noend"
    limit: t.Any = None
    if how == "numbered":
        limit = int(ends.get("numberOfOccurrences") or 0)
    elif how == "enddate":
        limit = str(ends.get("endDate") or "")[:10]
    return (unit, interval, words(pattern.get("daysOfWeek")), how, limit)
