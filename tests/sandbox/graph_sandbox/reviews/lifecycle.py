# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clock does to reviews: definitions follow policies, instances begin, end and are applied.

Nobody is called when time passes, so every request begins by asking what is due; each event happens as of its own time.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING

from ..clock import long_time
from ..entitlement.delivery import end_of
from ..odata.bodies import parse_time
from ..store import Row
from . import notes
from .applying import apply_decisions
from .records import describe, make_decision, make_definition, make_instance
from .schedule import occurrence

if TYPE_CHECKING:
    from ..graph.call import Call

_NEVER = datetime.max.replace(tzinfo=timezone.utc)
CLOSED = ("Completed", "AutoReviewed", "Applied")


def advance(call: Call) -> bool:
    """Let happen what is due; whether anything was looked at."""
    state, now = call.tenant.reviews, call.world.clock.now()
    waiting = state.due is None or now < state.due
    if waiting and not state.touched and state.quirks is call.tenant.quirks:
        return False
    state.touched, state.quirks = False, call.tenant.quirks
    for policy in call.tenant.entitlement.policies:
        if _enabled(policy):
            _define(call, policy, now)
    events = [_run(call, definition, now) for definition in state.definitions]
    state.due = min((event for event in events if event is not None), default=_NEVER)
    if call.tenant.quirks.review_definition_appears == "at_start":
        starts = (parse_time(row["reviewSettings"]["schedule"]["startDateTime"]) for row in _undefined(call))
        state.due = min([state.due, *(start for start in starts if start is not None)])
    return True


def has_begun(call: Call, policy: Row) -> bool:
    """Whether a review of this policy exists: one of its instances has begun."""
    return any(
        instance["status"] != "NotStarted"
        for definition in call.tenant.reviews.definitions
        if definition["_policy_id"] == policy["id"]
        for instance in call.tenant.reviews.instances_of(definition)
    )


def _enabled(policy: Row) -> bool:
    review = policy["reviewSettings"]
    return bool(review and review["isEnabled"] and review["schedule"] and review["schedule"]["startDateTime"])


def _undefined(call: Call) -> list[Row]:
    known = {row["_policy_id"] for row in call.tenant.reviews.definitions}
    return [row for row in call.tenant.entitlement.policies if _enabled(row) and row["id"] not in known]


def _define(call: Call, policy: Row, now: datetime) -> None:
    """Make the definition of a policy, or let it follow what the policy and its package say now."""
    state = call.tenant.reviews
    package = call.tenant.entitlement.packages.get(policy["_package_id"])
    seen = (policy["modifiedDateTime"], package["displayName"] if package else None, call.tenant.quirks.review_scope)
    definition = next((row for row in state.definitions if row["_policy_id"] == policy["id"]), None)
    if definition is None:
        start = parse_time(policy["reviewSettings"]["schedule"]["startDateTime"])
        if call.tenant.quirks.review_definition_appears == "at_start" and start is not None and start > now:
            return
        definition = state.definitions.add(make_definition(call, policy, "NotStarted"))
        definition["_seen"] = seen
        notes.service(call, "Create access review", definition, now)
    elif definition["_seen"] != seen:
        describe(call, definition, policy)
        definition["_seen"] = seen
        notes.service(call, "Update access review", definition, now)


def _run(call: Call, definition: Row, now: datetime) -> datetime | None:
    """Bring one series up to date; when it next wants attention."""
    state = call.tenant.reviews
    policy = call.tenant.entitlement.policies.get(definition["_policy_id"])
    if policy is None or not _enabled(policy):
        _close(call, definition, now)
        return None
    while True:
        instances = state.instances_of(definition)
        newest = instances[-1] if instances else None
        due = _step(call, definition, policy, newest, now) if newest else now
        if newest is not None and due is not None:
            if due > now:
                break
            continue
        if not _add_next(call, definition, policy, newest):
            break
    begun = [row for row in state.instances_of(definition) if row["status"] != "NotStarted"]
    definition["status"] = begun[-1]["status"] if begun else "NotStarted"
    return due


def _step(call: Call, definition: Row, policy: Row, instance: Row, now: datetime) -> datetime | None:
    """Do the next thing that is due with an instance; when the one after it is, or None when nothing will come."""
    if instance["status"] == "NotStarted":
        if instance["_seen"] != definition["_seen"]:
            found = occurrence(policy["reviewSettings"]["schedule"], instance["_number"])
            if found is None:
                call.tenant.reviews.instances.remove(instance["id"])
                return None
            instance.update(make_instance(definition, found))
        start = _time(instance["startDateTime"])
        if start <= now:
            _begin(call, instance, policy, start)
        return start
    if instance["status"] == "InProgress":
        end = _time(instance["endDateTime"])
        if end <= now:
            finish(call, definition, instance, end)
        return end
    apply_at: datetime | None = instance.get("_apply_at")
    if apply_at is not None and apply_at <= now:
        apply_decisions(call, definition, instance, apply_at)
    return apply_at


def _add_next(call: Call, definition: Row, policy: Row, newest: Row | None) -> bool:
    """Make the instance after the newest one; the first is the first that is not over when the definition is made."""
    made = _time(definition["createdDateTime"])
    for number in count(newest["_number"] + 1 if newest else 0):
        found = occurrence(policy["reviewSettings"]["schedule"], number)
        if found is None:
            return False
        if newest is not None or found.end > made:
            call.tenant.reviews.instances.add(make_instance(definition, found))
            return True
    return False


def _begin(call: Call, instance: Row, policy: Row, moment: datetime) -> None:
    """Ask about everybody who has access through the policy at that time."""
    state = call.tenant.reviews
    instance["status"] = "InProgress"
    contacted: dict[str, None] = {}
    for assignment in call.tenant.entitlement.live_assignments(_policy_id=policy["id"]):
        end, start = end_of(assignment), parse_time((assignment["schedule"] or {}).get("startDateTime") or "")
        # One that has not begun is not reviewed, nor one that was over by then and of which nobody has taken note yet.
        if assignment["state"] != "delivered" or (start and start > call.world.clock.now()) or (end and end <= moment):
            continue
        decision = state.decisions.add(make_decision(call, instance, policy, assignment, moment))
        contacted.update(dict.fromkeys(decision["_reviewers"]))
    instance["_contacted"] = [{"id": user_id, "createdDateTime": long_time(moment)} for user_id in contacted]


def finish(call: Call, definition: Row, instance: Row, moment: datetime, *, stopped: bool = False) -> None:
    """No more decisions. What was decided is applied by itself, unless somebody stopped the review."""
    wait = timedelta(seconds=call.tenant.quirks.review_apply_seconds)
    instance.update(status="Completed", _apply_at=None if stopped else moment + wait)
    notes.service(call, "Access review ended", definition, moment)


def _close(call: Call, definition: Row, now: datetime) -> None:
    """The policy is gone or wants no reviews any more: what has begun stays to be read, and changes nothing."""
    state = call.tenant.reviews
    for instance in state.instances_of(definition):
        if instance["status"] == "NotStarted":
            state.instances.remove(instance["id"])
        elif instance["status"] == "InProgress":
            finish(call, definition, instance, now, stopped=True)
        else:
            instance["_apply_at"] = None
    left = state.instances_of(definition)
    if left:
        definition["status"] = left[-1]["status"]
    else:
        state.definitions.remove(definition["id"])
        notes.service(call, "Delete access review", definition, now)


def _time(text: str) -> datetime:
    moment = parse_time(text)
    assert moment is not None, text
    return moment
