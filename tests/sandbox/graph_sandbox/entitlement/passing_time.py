# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What time does by itself: approvals that end, assignments that begin and end, guests who are deleted (EM G, practice M5, S7).

Nobody waits for anything: at the beginning of each request to a tenant, what has become due is made up for, with the
time at which it was due. Which that is next is remembered, so that requests to other services lose no time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..graph.errors import Area
from ..odata.bodies import parse_time
from ..store import Row
from .approval_stages import current_stage, escalates_at, times_out_at
from .callouts import call_out, time_out
from .delivery import LIVE_REQUEST_STATES, end_of, expire, expire_due
from .guests import delete_due
from .request_flow import deliver, end, escalate, go_on

if TYPE_CHECKING:
    from ..graph.call import Call

_WARNINGS = (
    (timedelta(days=14), "assignmentFourteenDaysBeforeExpiration"),
    (timedelta(days=1), "assignmentOneDayBeforeExpiration"),
)
_NEAR_END = timedelta(days=1)
_KEPT = timedelta(days=30)
"""How long deleted users can be restored."""


def pass_time(call: Call) -> None:
    """Make up for what has become due in a tenant."""
    state = call.tenant.entitlement
    now = call.world.clock.now().timestamp()
    ours = call.area is Area.ENTITLEMENT
    if ours or now >= state.due_at:
        coming = [moment.timestamp() for moment in _catch_up(call)]
        state.due_at = min(coming, default=float("inf"))
    if ours and call.exchange.method != "GET":
        state.due_at = 0  # whatever this request brings may be due before


def _catch_up(call: Call) -> list[datetime]:
    """Do what is due; what is still to come."""
    coming: list[datetime] = []
    for request in call.tenant.entitlement.requests:
        if request["state"] in LIVE_REQUEST_STATES:
            coming.extend(_request(call, request))
    for assignment in call.tenant.entitlement.live_assignments():
        coming.extend(_warn(call, assignment))
        coming.extend(_holder(call, assignment))
    expire_due(call)
    coming.extend(filter(None, map(end_of, call.tenant.entitlement.live_assignments())))
    coming.extend(delete_due(call))
    return coming


def _request(call: Call, request: Row) -> Iterator[datetime]:
    now = call.world.clock.now()
    stage = current_stage(request)
    if request["_waits_for"] is not None:
        until: datetime = request["_waits_for"]["until"]
        if until > now:
            yield until
        elif call.tenant.quirks.callback_timeout == "denied":
            time_out(request)
            end(call, request, "denied", "CallbackTimedOut", until)
        else:
            waited = request["_waits_for"]
            time_out(request)
            request["_waits_for"] = waited
            go_on(call, request)
    elif stage is not None:
        yield from _stage(call, request, stage, now)
    elif request["state"] == "scheduled":
        start = parse_time(request["schedule"]["startDateTime"] or "")
        if start is not None and start > now:
            yield start
        else:
            deliver(call, request)


def _stage(call: Call, request: Row, stage: Row, now: datetime) -> Iterator[datetime]:
    limit, escalation = times_out_at(stage), escalates_at(stage)
    if limit <= now:
        # What such a request reads is not recorded; the metadata has no state for it (practice S7).
        end(call, request, call.tenant.quirks.request_timeout_state, "Expired", limit, stages="Expired")
        return
    yield limit
    if escalation is not None and escalation <= now:
        escalate(stage, request)
    elif escalation is not None:
        yield escalation


def _holder(call: Call, assignment: Row) -> Iterator[datetime]:
    """The assignment of a deleted user lives until the user is gone for good, 30 days later (practice M5.3)."""
    target, directory = assignment["_target"]["objectId"], call.tenant.directory
    if target is None or target in directory.users:
        return
    deleted = directory.deleted_users.get(target)
    gone = parse_time(deleted["deletedDateTime"]) if deleted else None
    if gone is not None and gone + _KEPT > call.world.clock.now():
        yield gone + _KEPT
    else:
        expire(call, assignment, gone + _KEPT if gone else None)


def _warn(call: Call, assignment: Row) -> Iterator[datetime]:
    """Shortly before its end an assignment says so, and extensions of the policy are called."""
    finish, now = end_of(assignment), call.world.clock.now()
    if finish is None or assignment["state"] not in ("delivered", "partiallyDelivered"):
        return
    policy = call.tenant.entitlement.policies.get(assignment["_policy_id"])
    for before, stage in _WARNINGS:
        if stage in assignment["_called_out"]:
            continue
        if finish - before > now:
            yield finish - before
            continue
        assignment["_called_out"].append(stage)
        if policy is not None:
            call_out(call, policy, stage, [assignment])
    if finish - _NEAR_END <= now:
        assignment["status"] = "NearExpiry1DayNotificationTriggered"
