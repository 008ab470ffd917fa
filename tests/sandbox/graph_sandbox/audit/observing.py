# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notice what changed without a write of its own: memberships, and what becomes of requests and assignments.

Delivery happens while somebody reads and as the clock moves, so after each request what is there is compared with what
was there. Members of a group are noticed the same way when a caller adds them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..store import Row
from .activities import core, entitlement
from .recording import ENTITLEMENT_MANAGEMENT, USER_MANAGEMENT, Actor, principal, record, service, target
from .special import request_targets
from .state import Changed, Seen, Target

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..world import Tenant

_ASKED = {
    "adminadd": "Administrator directly assigns user to access package",
    "adminremove": "Administrator directly removes user access package assignment",
    "adminupdate": "Create access package assignment user update request",
    "useradd": "User requests access package assignment",
    "userupdate": "User requests to extend access package assignment",
    "userremove": "User requests to remove access package assignment",
    "onbehalfadd": "User requests access package assignment",
}
_OPERATIONS = {
    "useradd": "CreateEntitlementGrantUserAddRequest",
    "userupdate": "CreateEntitlementGrantUserUpdateRequest",
    "userremove": "CreateEntitlementGrantUserRemoveRequest",
}
_REMOVALS = ("adminremove", "userremove", "approverremove")
_TIMED_OUT = "Access package assignment request timed out (no approver action taken)"
_DONE = {
    "delivered": ("Fulfill access package assignment request", ""),
    "partiallyDelivered": ("Partially fulfill access package assignment request", ""),
    "deliveryFailed": ("Failed access package assignment request", "Delivery of the access package failed."),
}


def look(tenant: Tenant) -> Seen:
    """What is there now."""
    directory, state = tenant.directory, tenant.entitlement
    return Seen(
        {key: dict(links) for key, links in directory.members.items()},
        {key: dict(links) for key, links in directory.owners.items()},
        {row["id"]: row["state"] for row in state.requests},
        {row["id"]: row["state"] for row in state.assignments},
        {row["id"]: row["accountEnabled"] for row in directory.users if row.get("_invited_by_entitlement")},
    )


def notice(call: Call, actor: Actor | None, *, silent: bool = False) -> None:
    """Record what changed since the last look. Who changed memberships: the actor, else entitlement management."""
    tenant = call.tenant
    seen = tenant.audit.seen
    if seen is None or silent:
        tenant.audit.seen = look(tenant)
        return
    _memberships(call, seen.members, "members", actor)
    _memberships(call, seen.owners, "owners", actor)
    _requests(call, seen)
    _assignments(call, seen)
    if actor is None:
        _guests(call, seen)


def _memberships(call: Call, seen: dict[str, dict[str, None]], relation: str, actor: Actor | None) -> None:
    links: dict[str, dict[str, None]] = getattr(call.tenant.directory, relation)
    for group_id in [key for key in seen if key not in links]:
        del seen[group_id]
    for group_id, now in links.items():
        before = seen.get(group_id, {})
        if before == now:
            continue
        seen[group_id] = dict(now)
        group = call.tenant.directory.groups.get(group_id)
        if group is None:
            continue  # it was deleted, which is an entry of its own
        for object_id in (key for key in now if key not in before):
            _membership(call, group, object_id, relation, actor, added=True)
        for object_id in (key for key in before if key not in now):
            _membership(call, group, object_id, relation, actor, added=False)


def _membership(call: Call, group: Row, object_id: str, relation: str, actor: Actor | None, *, added: bool) -> None:
    """The member comes first and carries the group's name; the group is the second target (governance-custom-alerts)."""
    member = call.tenant.directory.find(object_id)
    if member is None:
        return  # a deleted user leaves its groups without an entry
    noun = relation.removesuffix("s")
    texts = [("Group.ObjectID", group["id"]), ("Group.DisplayName", group["displayName"]), ("Group.WellKnownObjectName", None)]
    changed = [
        Changed(name, None if added or text is None else json.dumps(text), json.dumps(text) if added and text else None)
        for name, text in texts
    ]
    name = f"Add {noun} to group" if added else f"Remove {noun} from group"
    record(
        call.tenant,
        core(name, "GroupManagement", "Assign" if added else "Unassign"),
        call.world.clock.now(),
        actor or service(call.tenant, USER_MANAGEMENT),
        [target(member, changed=changed, name=""), target(group, name="")],
    )


def _requests(call: Call, seen: Seen) -> None:
    rows = call.tenant.entitlement.requests
    for row in rows:
        before, now, kind = seen.requests.get(row["id"]), row["state"], row["requestType"].lower()
        if before == now:
            continue
        seen.requests[row["id"]] = now
        if kind.startswith("system"):
            continue  # the service asks itself to take something away; that is told of the assignment
        if before is None:
            _asked(call, row, kind)
        if kind.endswith("add"):
            _advanced(call, row, before, now)
        if now == "scheduled":
            _request(call, row, "Schedule a future access package assignment")
        if now in _DONE:
            _request(call, row, *_DONE[now])
        elif row["status"] == "Expired":
            _request(call, row, _TIMED_OUT)
    for key in [key for key in seen.requests if key not in rows]:
        del seen.requests[key]


def _asked(call: Call, row: Row, kind: str) -> None:
    """Somebody asked; whoever it was is the initiator."""
    if kind in _ASKED:
        activity = entitlement(_ASKED[kind], _OPERATIONS.get(kind, "Create"))
        actor = principal(call, row["_requestor"]["objectId"])
        record(call.tenant, activity, call.world.clock.now(), actor, request_targets(call, row))


def _advanced(call: Call, row: Row, before: str | None, now: str) -> None:
    if before is None and now not in ("pendingApproval", "denied"):
        _request(call, row, "Auto approve access package assignment request", operation="AutoApproveEntitlementGrantRequest")
    if before in (None, "pendingApproval") and now in ("submitted", "delivering", *_DONE):
        _request(call, row, "Ready to fulfill access package assignment request")


def _request(call: Call, row: Row, name: str, failure: str = "", operation: str = "Update") -> None:
    actor = service(call.tenant, ENTITLEMENT_MANAGEMENT)
    targets = request_targets(call, row)
    record(call.tenant, entitlement(name, operation), call.world.clock.now(), actor, targets, failure=failure)


def _assignments(call: Call, seen: Seen) -> None:
    rows = call.tenant.entitlement.assignments
    for row in rows:
        before, now = seen.assignments.get(row["id"]), row["state"]
        if before == now:
            continue
        seen.assignments[row["id"]] = now
        if now == "delivered":
            _resource_assignment(call, row, "Fulfill access package resource assignment")
        elif now == "expired":
            if not _was_asked(call, row):
                _resource_assignment(call, row, "Entitlement Management removes access package assignment request for user")
            _resource_assignment(call, row, "Remove access package resource assignment")
    for key in [key for key in seen.assignments if key not in rows]:
        del seen.assignments[key]


def _was_asked(call: Call, assignment: Row) -> bool:
    """Whether somebody asked for the end of an assignment; else its time was over, or a review ended it."""
    return any(
        row["_assignment_id"] == assignment["id"] and row["requestType"].lower() in _REMOVALS
        for row in call.tenant.entitlement.requests
    )


def _resource_assignment(call: Call, assignment: Row, name: str) -> None:
    targets = [Target(assignment["id"], None, "AccessPackageAssignment")]
    user = call.tenant.directory.users.get(assignment["_target"]["objectId"] or "")
    package = call.tenant.entitlement.packages.get(assignment["_package_id"])
    targets += [target(user)] if user else []
    targets += [target(package, "AccessPackage")] if package else []
    record(
        call.tenant,
        entitlement(name, "Update"),
        call.world.clock.now(),
        service(call.tenant, ENTITLEMENT_MANAGEMENT),
        targets,
    )


def _guests(call: Call, seen: Seen) -> None:
    """Guests whom entitlement management brought, shut out, or deleted (practice M5)."""
    users = call.tenant.directory.users
    now = {row["id"]: row for row in users if row.get("_invited_by_entitlement")}
    for user_id, user in now.items():
        before = seen.guests.get(user_id)
        if before is None:
            _guest(call, user, "Add user", "Add")
        elif before and not user["accountEnabled"]:
            _guest(call, user, "Disable account", "Update")
    for user_id in seen.guests:
        gone = call.tenant.directory.deleted_users.get(user_id)
        if user_id not in now and gone is not None:
            _guest(call, gone, "Delete user", "Delete")
    seen.guests = {user_id: user["accountEnabled"] for user_id, user in now.items()}


def _guest(call: Call, user: Row, name: str, operation: str) -> None:
    actor = service(call.tenant, USER_MANAGEMENT)
    record(call.tenant, core(name, "UserManagement", operation), call.world.clock.now(), actor, [target(user)])
