# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens after a request is accepted: access is granted or taken away, some reads later (EM G.1, G.2, N.10).

A lag counts reads of requests or assignments. Delivery really changes the groups, so that the directory and the
assignments can be compared as an audit does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..clock import long_time
from ..directory.administrative_units import is_restricted
from ..odata.bodies import parse_time
from ..odata.schema import filled
from ..store import Row
from .callouts import call_out
from .guests import invite, nothing_left
from .policy_rules import parse_duration
from .policy_types import SCHEDULE

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..world import Tenant

Grant = tuple[str, str]
"""A relation (members, owners) and the id of the group."""

LIVE_REQUEST_STATES = ("submitted", "pendingApproval", "scheduled", "delivering")
_RELATIONS = {"Member": "members", "Owner": "owners"}


def begin(call: Call, request: Row, lag: int) -> None:
    """Let a request run: after ``lag`` reads it is done."""
    request["_reads_left"] = lag
    if lag == 0:
        _finish(call, request)


def advance(call: Call) -> None:
    """One read went by: move on every request that runs."""
    for request in call.tenant.entitlement.requests:
        if request["_reads_left"] is None:
            continue
        request["_reads_left"] -= 1
        if request["_reads_left"] <= 0:
            _finish(call, request)
        else:
            request.update(state="delivering", status="Delivering")


def scope_added(tenant: Tenant, package_id: str) -> None:
    """A package grants more: those who have it get that too (DC access-package-resources)."""
    for assignment in tenant.entitlement.live_assignments(_package_id=package_id):
        if assignment["state"] == "delivered":
            list(_link(tenant, assignment))


def scope_removed(tenant: Tenant, scope: Row) -> None:
    """A package grants less: those who have it lose that."""
    for assignment in tenant.entitlement.live_assignments(_package_id=scope["_package_id"]):
        if assignment["state"] == "delivered":
            _take(tenant, assignment["_target"]["objectId"], [_grant(scope)])


def effective_schedule(call: Call, wanted: dict[str, Any] | None, policy: Row) -> Row:
    """From now on; until what the request says, else until what the policy says (EM G.2)."""
    now = call.world.clock.now()
    schedule = filled(SCHEDULE, wanted or {})
    expiration = schedule["expiration"]
    if not expiration or expiration["type"] == "notSpecified":
        expiration = dict(policy["expiration"])
    if expiration["type"] == "afterDuration" and expiration["duration"]:
        end = now + parse_duration(expiration["duration"])
        expiration = {"endDateTime": long_time(end), "duration": None, "type": "afterDateTime"}
    return {**schedule, "startDateTime": long_time(now), "expiration": expiration}


def end_of(assignment: Row) -> datetime | None:
    """When an assignment ends, or None."""
    expiration = (assignment["schedule"] or {}).get("expiration") or {}
    return parse_time(expiration.get("endDateTime") or "")


def expire_due(call: Call) -> None:
    """End the assignments whose time is over."""
    now = call.world.clock.now()
    for assignment in call.tenant.entitlement.live_assignments():
        end = end_of(assignment)
        if end is not None and end <= now:
            expire(call, assignment, end)


def enforce(call: Call, assignment: Row) -> bool:
    """Put the target into every group that the assignment grants; False when one of them cannot be managed.

    Somebody may have deleted the group, or put it into a restricted unit (practice S4).
    """
    results = list(_link(call.tenant, assignment))
    if results and not any(results):
        assignment.update(state="deliveryFailed", status="DeliveryFailed")
    elif not all(results):
        assignment.update(state="partiallyDelivered", status="PartiallyDelivered")
    else:
        assignment.update(state="delivered", status="Delivered")
    return all(results)


def expire(call: Call, assignment: Row, moment: datetime | None = None) -> None:
    """End an assignment, and take what it granted unless another one grants it.

    Who was in the group before the assignment loses that too (DC access-package-resources).
    """
    tenant, ended = call.tenant, moment or call.world.clock.now()
    assignment.update(state="expired", status="ExpiredNotificationTriggered", expiredDateTime=long_time(ended))
    target = assignment["_target"]["objectId"]
    for request in tenant.entitlement.requests:
        # What was asked of it while it lived has become pointless.
        if request["_assignment_id"] == assignment["id"] and request["_reads_left"] is not None:
            done = ("canceled", "Canceled") if request["requestType"].endswith("Add") else ("delivered", "Delivered")
            request.update(state=done[0], status=done[1], completedDateTime=long_time(ended), _reads_left=None)
    if target is None:
        return
    _take(tenant, target, _grants(tenant, assignment))
    if not _others(tenant, target):
        nothing_left(call, assignment["_target"], ended)


def _finish(call: Call, request: Row) -> None:
    state = call.tenant.entitlement
    assignment = state.assignments.get(request["_assignment_id"] or "")
    request["_reads_left"] = None
    request.update(completedDateTime=long_time(call.world.clock.now()), state="delivered", status="Delivered")
    if assignment is None:
        return
    if request["requestType"].lower().endswith("remove"):
        expire(call, assignment)
        call_out(call, request["_policy"], "assignmentRequestRemoved", [request, assignment])
    elif request["requestType"].lower().endswith("add"):
        _give(call, request, assignment)
    elif request["_new_schedule"]:
        assignment["schedule"] = request["_new_schedule"]


def _give(call: Call, request: Row, assignment: Row) -> None:
    if assignment["_target"]["objectId"] is None and not invite(call, assignment["_target"]):
        request.update(state="deliveryFailed", status="DeliveryFailed")
        assignment.update(state="deliveryFailed", status="DeliveryFailed")
        return
    if waits_for_redemption(call.tenant, assignment):
        request.update(state="delivering", status="Delivering", completedDateTime=None, _reads_left=1)
        return
    enforce(call, assignment)
    request.update(state=assignment["state"], status=assignment["status"])
    if request["state"] != "deliveryFailed":
        call_out(call, request["_policy"], "assignmentRequestGranted", [request, assignment])


def waits_for_redemption(tenant: Tenant, assignment: Row) -> bool:
    """Whether a guest must accept the invitation before anything is granted."""
    user = tenant.directory.users.get(assignment["_target"]["objectId"] or "")
    return bool(tenant.quirks.delivering_until_redeemed and user and user["externalUserState"] == "PendingAcceptance")


def _grants(tenant: Tenant, assignment: Row) -> list[Grant]:
    """What an assignment's package grants."""
    return [_grant(scope) for scope in tenant.entitlement.scopes_of(assignment["_package_id"])]


def _grant(scope: Row) -> Grant:
    role = scope["_role"]
    return _RELATIONS[role["displayName"]], role["originId"].partition("_")[2]


def _link(tenant: Tenant, assignment: Row) -> Iterator[bool]:
    for relation, group_id in _grants(tenant, assignment):
        managed = group_id in tenant.directory.groups and not is_restricted(tenant.directory, group_id)
        if managed:
            getattr(tenant.directory, relation).setdefault(group_id, {})[assignment["_target"]["objectId"]] = None
        yield managed


def _others(tenant: Tenant, target: str) -> list[Row]:
    return [row for row in tenant.entitlement.live_assignments() if row["_target"]["objectId"] == target]


def _take(tenant: Tenant, target: str, grants: list[Grant]) -> None:
    """Take somebody out of groups, but for those that an assignment of theirs still grants."""
    delivered = [other for other in _others(tenant, target) if other["state"] == "delivered"]
    kept = {grant for other in delivered for grant in _grants(tenant, other)}
    for relation, group_id in grants:
        if (relation, group_id) not in kept:
            getattr(tenant.directory, relation).get(group_id, {}).pop(target, None)
