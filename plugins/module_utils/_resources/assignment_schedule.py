# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""When an assignment ends: what the operator states, what Graph keeps, and how the two compare.

Graph turns a duration into an instant when it delivers, counted from then, and the start is never compared with what was sent
(EM G.1). So a duration is compared with the whole days between the two.
"""

from __future__ import annotations

import copy
import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._normalise import instant, word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, pick

_DAY = datetime.timedelta(days=1)
DURATION = "schedule.expiration.duration"
END = "schedule.expiration.endDateTime"


def stated(duration_days: int | None, ends: str | None) -> Entity:
    """The `schedule` of a request as the options state it; empty when they do not.

    :param ends: ISO 8601; without a zone it is UTC.
    :raises InvalidInput: less than a day, or text that is no point in time.
    """
    if duration_days is not None:
        if duration_days < 1:
            raise InvalidInput(
                f"duration_days is {duration_days}, and access lasts a day at least", remedy="Use state: absent to end it."
            )
        return {"schedule": {"expiration": {"type": "afterDuration", "duration": f"P{duration_days}D"}}}
    if ends is None:
        return {}
    at = instant(ends)
    if not isinstance(at, datetime.datetime):
        raise InvalidInput(f"ends is '{ends}', which is not a point in time", remedy="Write it as 2027-01-31T18:00:00Z.")
    # Graph understands UTC best: the operator's own zone is put away.
    return {"schedule": {"expiration": {"type": "afterDateTime", "endDateTime": f"{at.isoformat()}Z"}}}


def check_future(wanted: Entity, now: datetime.datetime) -> None:
    """Refuse an end that is over: what is assigned would end at once, and the next run would assign it again.

    :param now: in UTC, without a zone.
    :raises InvalidInput: it is over.
    """
    end = instant(pick(wanted, END))
    if end is not None and end <= now:
        raise InvalidInput(f"ends is {pick(wanted, END)}, which is over", remedy="Use state: absent to end an assignment.")


def with_duration(assignment: Entity) -> Entity:
    """An assignment that also says how many whole days it lasts, as a duration, where Graph says from when until when."""
    expiration = pick(assignment, "schedule.expiration") or {}
    start, end = instant(pick(assignment, "schedule.startDateTime")), instant(expiration.get("endDateTime"))
    if word(expiration.get("type")) != "afterdatetime" or not isinstance(start, datetime.datetime):
        return assignment
    if not isinstance(end, datetime.datetime):
        return assignment
    told = copy.deepcopy(assignment)
    told["schedule"]["expiration"]["duration"] = f"P{round((end - start) / _DAY)}D"
    return told


def as_kept(schedule: t.Mapping[str, t.Any] | None) -> Entity | None:
    """A schedule as Graph has it, without the days that `with_duration` has counted."""
    if not schedule:
        return None
    expiration = schedule.get("expiration") or {}
    if word(expiration.get("type")) == "afterdatetime":
        expiration = {**expiration, "duration": None}
    return {**schedule, "expiration": expiration}
