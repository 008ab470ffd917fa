# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The period that an evidence pack is about: what happened in it, of what an audit has read.

What has no instant is kept: of two mistakes, evidence that is missing is the worse one.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import DAY, moment
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Json

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# The least and the greatest there are, for a period that is open at one end.
_FIRST, _LAST = datetime.date(1, 1, 1), datetime.date(9999, 12, 30)


@dataclasses.dataclass(frozen=True)
class Period:
    """Whole days in UTC, both included.

    :param first: None for as far back as there is anything.
    :param last: None for until the audit.
    """

    first: datetime.date | None = None
    last: datetime.date | None = None

    @classmethod
    def stated(cls, first: t.Any, last: t.Any) -> Period:
        """A period as the variables of the playbook state it; what is not stated is None or empty.

        :raises ValueError: one is no day, or the last is before the first; the text is a sentence.
        """
        made = cls(_day("mssp_report_from", first), _day("mssp_report_until", last))
        if made.first and made.last and made.last < made.first:
            raise ValueError(f"mssp_report_until is {made.last}, which is before mssp_report_from, {made.first}.")
        return made

    @property
    def name(self) -> str:
        """For the name of a directory; empty when everything is meant."""
        return f"{self.first or 'begin'}_{self.last or 'now'}" if self.first or self.last else ""

    def __str__(self) -> str:
        """As people read it."""
        if not self.name:
            return "all that was read"
        return f"{self.first or 'the beginning'} to {self.last or 'the audit'}, whole days in UTC"

    def overlaps(self, begins: t.Any, ends: t.Any) -> bool:
        """Whether what began and ended at these instants lies in the period, at least in part; what has no end goes on."""
        began, ended = moment(begins), moment(ends)
        after = datetime.datetime.combine(self.last or _LAST, datetime.time()) + DAY
        before = datetime.datetime.combine(self.first or _FIRST, datetime.time())
        return (began is None or began < after) and (ended is None or ended >= before)

    def within(self, facts: Json) -> Json:
        """The facts of an audit, as far as they are of the period. What is a state, such as policies and roles, is as read."""
        if not self.name:
            return facts
        made = dict(facts)
        for name, (begins, ends) in _HAPPENS.items():
            if isinstance(made.get(name), list):
                made[name] = [x for x in made[name] if self.overlaps(_at(x, begins), _at(x, ends))]
        if isinstance(made.get("reviews"), list):
            made["reviews"] = [self._review(x) for x in made["reviews"]]
        return made

    def _review(self, review: t.Any) -> t.Any:
        instances = review.get("instances") if isinstance(review, dict) else None
        if not isinstance(instances, list):
            return review
        there = [x for x in instances if self.overlaps(_at(x, "startDateTime"), _at(x, "endDateTime"))]
        return {**review, "instances": there}


# Facts that happen: where each begins and ends. An entry of the log is over at once.
_HAPPENS = {
    "requests": ("createdDateTime", "completedDateTime"),
    "assignments": ("schedule.startDateTime", "expiredDateTime"),
    "added": ("activityDateTime", "activityDateTime"),
    "approved": ("activityDateTime", "activityDateTime"),
}


def _at(its: t.Any, path: str) -> t.Any:
    for name in path.split("."):
        its = its.get(name) if isinstance(its, dict) else None
    return its


def _day(variable: str, value: t.Any) -> datetime.date | None:
    text = str(value or "")
    if not text:
        return None
    try:
        if _DAY.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"{variable} is {text}: write a day as 2026-07-01.")
