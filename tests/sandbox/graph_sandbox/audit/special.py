# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes whose activity depends on more than the route: on the body, or on what was found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..store import Row
from .activities import core, entitlement
from .recording import target
from .state import Activity, Changed, Target

if TYPE_CHECKING:
    from ..graph.call import Call

Found = Iterator[tuple[Activity, list[Target]]]
Values = dict[str, str]
Answer = dict[str, Any]

_EM = "/identityGovernance/entitlementManagement"
_RESOURCES = {
    "adminadd": ("Create resource request", "Create"),
    "adminremove": ("Create resource remove request", "Create"),
    "adminupdate": ("Update access package catalog resource", "Update"),
}
_RESTORED = {"user": "Restore user", "group": "Restore group", "servicePrincipal": "Restore service principal"}
_PURGED = {"user": "Hard Delete user", "group": "Hard Delete group", "servicePrincipal": "Hard delete service principal"}
_CATEGORIES = {"user": "UserManagement", "group": "GroupManagement", "servicePrincipal": "ApplicationManagement"}
_DELETED = {"user": "Delete user", "group": "Delete group"}


def request_targets(call: Call, request: Row) -> list[Target]:
    """A request, the person whom it is for, the package and the policy."""
    state, users = call.tenant.entitlement, call.tenant.directory.users
    targets = [Target(request["id"], None, "AccessPackageAssignmentRequest")]
    user = users.get(request["_target"]["objectId"] or "")
    if user is not None:
        targets.append(target(user))
    for store, key, kind in (
        (state.packages, "_package_id", "AccessPackage"),
        (state.policies, "_policy_id", "AccessPackageAssignmentPolicy"),
    ):
        row = store.get(request.get(key) or "")
        if row is not None:
            targets.append(target(row, kind))
    return targets


def _decision(call: Call, values: Values, answer: Answer) -> Found:
    request = call.tenant.entitlement.requests.get(values["id"])
    verb = str(call.body_object().get("reviewResult")).lower()
    if request is not None and verb in ("approve", "deny"):
        name = f"{verb.capitalize()} access package assignment request"
        yield entitlement(name, f"{verb.capitalize()}EntitlementGrantRequest"), request_targets(call, request)


def _resource_request(call: Call, values: Values, answer: Answer) -> Found:
    body = call.body_object()
    found = _RESOURCES.get(str(body.get("requestType")).lower())
    resource, catalog = body.get("resource") or {}, body.get("catalog") or {}
    if found is None:
        return
    catalog_row = call.tenant.entitlement.catalogs.get(str(catalog.get("id")))
    group = call.tenant.directory.groups.get(str(resource.get("originId")))
    targets = [Target(str(answer.get("id")), None, "AccessPackageResourceRequest")]
    targets += [target(catalog_row, "AccessPackageCatalog")] if catalog_row else []
    targets += [target(group)] if group else []
    yield entitlement(*found), targets


def _sponsor(adding: bool) -> Callable[[Call, Values, Answer], Found]:
    def find(call: Call, values: Values, answer: Answer) -> Found:
        side = "internal" if values["relation"].lower().startswith("internal") else "external"
        organization = call.tenant.entitlement.connected_organizations.get(values["id"])
        user = call.tenant.directory.find(call.reference() if adding else values["object_id"])
        name = f"{'Assign' if adding else 'Remove'} user as {side} sponsor"
        targets = [target(organization, "ConnectedOrganization")] if organization else []
        yield entitlement(name, "Update"), [*targets, *([target(user)] if user else [])]

    return find


def _role_assignment(adding: bool) -> Callable[[Call, Values, Answer], Found]:
    def find(call: Call, values: Values, answer: Answer) -> Found:
        row = answer if adding else (call.tenant.audit.before or {})
        principal = call.tenant.directory.find(str(row.get("principalId")))
        role_id = str(row.get("roleDefinitionId"))
        # Rules that look for a role find its template's id in the third property (governance-custom-alerts).
        changed = [
            Changed(name, None if adding else json.dumps(value), json.dumps(value) if adding else None)
            for name, value in (("Role.ObjectID", role_id), ("Role.DisplayName", None), ("Role.TemplateId", role_id))
        ]
        name = "Add member to role" if adding else "Remove member from role"
        targets = [target(principal, changed=changed)] if principal else []
        yield core(name, "RoleManagement", "Assign" if adding else "Unassign"), [*targets, Target(role_id, None, "Role")]

    return find


def _deleted_item(names: dict[str, str]) -> Callable[[Call, Values, Answer], Found]:
    def find(call: Call, values: Values, answer: Answer) -> Found:
        row = call.tenant.audit.before
        kind = str(row["_type"]) if row else ""
        if row is not None and kind in names:
            operation = "Restore" if names is _RESTORED else "Delete"
            yield core(names[kind], _CATEGORIES[kind], operation), [target(row)]

    return find


def _enabled(call: Call, values: Values, answer: Answer) -> Found:
    """Blocking an account is an entry of its own beside the change of the user."""
    before = call.tenant.audit.before or {}
    user = call.tenant.directory.users.get(str(before.get("id")))
    if user is not None and bool(before.get("accountEnabled")) != bool(user["accountEnabled"]):
        yield core("Enable account" if user["accountEnabled"] else "Disable account", "UserManagement", "Update"), [target(user)]


def _deleted_member(call: Call, values: Values, answer: Answer) -> Found:
    """The dangerous DELETE without $ref (EM A.5): it is the object that goes."""
    row = call.tenant.audit.before
    if row is not None and row["_type"] in _DELETED:
        yield core(_DELETED[row["_type"]], _CATEGORIES[row["_type"]], "Delete"), [target(row)]


SPECIAL: dict[str, Callable[[Call, Values, Answer], Found]] = {
    f"PATCH {_EM}/accessPackageAssignmentApprovals/{{}}/stages/{{}}": _decision,
    f"POST {_EM}/resourceRequests": _resource_request,
    f"POST {_EM}/connectedOrganizations/{{}}/{{}}/$ref": _sponsor(True),
    f"DELETE {_EM}/connectedOrganizations/{{}}/{{}}/{{}}/$ref": _sponsor(False),
    "POST /roleManagement/directory/roleAssignments": _role_assignment(True),
    "DELETE /roleManagement/directory/roleAssignments/{}": _role_assignment(False),
    "POST /directory/deletedItems/{}/restore": _deleted_item(_RESTORED),
    "DELETE /directory/deletedItems/{}": _deleted_item(_PURGED),
    "PATCH /users/{}": _enabled,
    "DELETE /groups/{}/members/{}": _deleted_member,
}
"""By method and template, as ActivityTable.path_of tells them."""
