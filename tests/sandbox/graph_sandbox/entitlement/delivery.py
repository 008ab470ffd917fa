# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens after a request is accepted: access is granted or taken away, some reads later (EM G.1, G.2, N.10).

A lag counts reads of requests or assignments. Delivery really changes the groups, so that the directory and the
assignments can be compared as an audit does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clock import long_time
from ..odata.bodies import parse_time
from ..odata.schema import filled
from ..store import Row
from .policy_rules import parse_duration
from .policy_types import SCHEDULE
from .settings import current_settings

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
            _link(tenant, assignment)


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


def end_of(assignment: Row) -> Any:
    """When an assignment ends, or None."""
    expiration = (assignment["schedule"] or {}).get("expiration") or {}
    return parse_time(expiration.get("endDateTime") or "")


def expire_due(call: Call) -> None:
    """End the assignments whose time is over."""
    now = call.world.clock.now()
    for assignment in call.tenant.entitlement.live_assignments():
        end = end_of(assignment)
        if end is not None and end <= now:
            _expire(call, assignment)


def _finish(call: Call, request: Row) -> None:
    state = call.tenant.entitlement
    assignment = state.assignments.get(request["_assignment_id"])
    request["_reads_left"] = None
    request.update(completedDateTime=long_time(call.world.clock.now()), state="delivered", status="Delivered")
    if assignment is None:
        return
    if request["requestType"].lower().endswith("remove"):
        _expire(call, assignment)
    elif request["requestType"].lower().endswith("add"):
        if _cannot_be_invited(call.tenant, assignment):
            request.update(state="deliveryFailed", status="DeliveryFailed")
            assignment.update(state="deliveryFailed", status="DeliveryFailed")
            return
        if _waits_for_redemption(call.tenant, assignment):
            request.update(state="delivering", status="Delivering", completedDateTime=None, _reads_left=1)
            return
        assignment.update(state="delivered", status="Delivered")
        _link(call.tenant, assignment)


def _cannot_be_invited(tenant: Tenant, assignment: Row) -> bool:
    """Where nobody may invite guests, access for a new one fails after it was approved (T azure-docs#83206)."""
    user = tenant.directory.users.get(assignment["_target"]["objectId"] or "")
    return bool(tenant.quirks.allow_invites_from == "none" and user and user.get("_invited_by_entitlement"))


def _waits_for_redemption(tenant: Tenant, assignment: Row) -> bool:
    user = tenant.directory.users.get(assignment["_target"]["objectId"] or "")
    return bool(tenant.quirks.delivering_until_redeemed and user and user["externalUserState"] == "PendingAcceptance")


def _grants(tenant: Tenant, assignment: Row) -> list[Grant]:
    """What an assignment's package grants."""
    return [_grant(scope) for scope in tenant.entitlement.scopes_of(assignment["_package_id"])]


def _grant(scope: Row) -> Grant:
    role = scope["_role"]
    return _RELATIONS[role["displayName"]], role["originId"].partition("_")[2]


def _link(tenant: Tenant, assignment: Row) -> None:
    for relation, group_id in _grants(tenant, assignment):
        if group_id in tenant.directory.groups:
            getattr(tenant.directory, relation).setdefault(group_id, {})[assignment["_target"]["objectId"]] = None


def _expire(call: Call, assignment: Row) -> None:
    """End an assignment, and take what it granted unless another one grants it.

    Who was in the group before the assignment loses that too (DC access-package-resources).
    """
    tenant = call.tenant
    assignment.update(state="expired", status="ExpiredNotificationTriggered", expiredDateTime=long_time(call.world.clock.now()))
    target = assignment["_target"]["objectId"]
    _take(tenant, target, _grants(tenant, assignment))
    others = _others(tenant, target)
    user = tenant.directory.users.get(target or "")
    lifecycle = current_settings(call)["externalUserLifecycleAction"]
    if user and not others and user.get("_invited_by_entitlement") and lifecycle != "none":
        user["accountEnabled"] = False


def _others(tenant: Tenant, target: str) -> list[Row]:
    return [row for row in tenant.entitlement.live_assignments() if row["_target"]["objectId"] == target]


def _take(tenant: Tenant, target: str, grants: list[Grant]) -> None:
    """Take somebody out of groups, but for those that an assignment of theirs still grants."""
    delivered = [other for other in _others(tenant, target) if other["state"] == "delivered"]
    kept = {grant for other in delivered for grant in _grants(tenant, other)}
    for relation, group_id in grants:
        if (relation, group_id) not in kept:
            getattr(tenant.directory, relation).get(group_id, {}).pop(target, None)
