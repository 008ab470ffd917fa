# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What applications may do: ``appRoleAssignments`` (application permissions) and ``oauth2PermissionGrants`` (delegated).

A client's permissions on Graph are shown as assignments, and an assignment of a Graph role is a permission that the
next token carries. Sources: serviceprincipal-list-approleassignments, -post-approleassignedto,
-delete-approleassignments, oauth2permissiongrant-list, -delete.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..clock import directory_time
from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, bad_request, not_found
from ..graph.routing import Router
from ..ids import derive_guid
from ..odata.bodies import BodyChecker
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import READ_ONLY_TIME, EntityType, text
from ..store import Row
from .graph_permissions import app_role_id, graph_service_principal, permission_names
from .state import DirectoryState
from .types import READ_SERVICE_PRINCIPALS

if TYPE_CHECKING:
    from ..world import Client, Tenant

router = Router(Area.DIRECTORY)
WRITE_ASSIGNMENTS = ("AppRoleAssignment.ReadWrite.All",)
READ_GRANTS = ("DelegatedPermissionGrant.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All")
WRITE_GRANTS = ("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
_STARTED = "2020-01-01T00:00:00Z"
_CHECKER = BodyChecker(Area.DIRECTORY)

ASSIGNMENT = EntityType(
    "appRoleAssignment",
    Area.DIRECTORY,
    {
        "id": text(),
        "deletedDateTime": READ_ONLY_TIME,
        "appRoleId": text(nullable=False),
        "createdDateTime": READ_ONLY_TIME,
        "principalDisplayName": text(),
        "principalId": text(nullable=False),
        "principalType": text(),
        "resourceDisplayName": text(),
        "resourceId": text(nullable=False),
    },
)
GRANT = EntityType(
    "oAuth2PermissionGrant",
    Area.DIRECTORY,
    {
        "clientId": text(),
        "consentType": text(),
        "id": text(),
        "principalId": text(),
        "resourceId": text(),
        "scope": text(),
    },
)


def _clients(tenant: Tenant) -> list[tuple[Row, Client]]:
    """Clients with their service principals."""
    rows = {row["id"]: row for row in tenant.directory.service_principals}
    return [(rows[client.object_id], client) for client in tenant.clients.values() if client.object_id in rows]


def _assignment(tenant: Tenant, principal: Row, permission: str, created: str = _STARTED) -> Row:
    return {
        "id": derive_guid(principal["id"], "app role assignment", permission),
        "deletedDateTime": None,
        "appRoleId": app_role_id(permission),
        "createdDateTime": created,
        "principalDisplayName": principal["displayName"],
        "principalId": principal["id"],
        "principalType": "ServicePrincipal",
        "resourceDisplayName": "Microsoft Graph",
        "resourceId": graph_service_principal(tenant.id)["id"],
    }


def _assignments(tenant: Tenant) -> list[Row]:
    """Every permission on Graph of every client. Assignments to other resources are not kept."""
    return [
        _assignment(tenant, principal, permission)
        for principal, client in _clients(tenant)
        for permission in sorted(client.permissions)
    ]


def _grants(tenant: Tenant) -> list[Row]:
    graph = graph_service_principal(tenant.id)["id"]
    return [
        {
            "clientId": principal["id"],
            "consentType": "AllPrincipals",
            "id": derive_guid(principal["id"], "delegated grant"),
            "principalId": None,
            "resourceId": graph,
            "scope": " ".join(sorted(client.scopes)),
        }
        for principal, client in _clients(tenant)
        if client.scopes
    ]


def forget_principal(directory: DirectoryState, object_id: str) -> None:
    """Take a deleted application's directory roles away."""
    for row in directory.directory_role_assignments:
        if row["principalId"] == object_id:
            directory.directory_role_assignments.remove(row["id"])


def _known(call: Call, object_id: str) -> Row:
    row = call.tenant.directory.service_principals.read(object_id)
    if row is None:
        raise not_found(Area.DIRECTORY, object_id)
    return row


@router.get("/servicePrincipals/{id}/appRoleAssignments", READ_SERVICE_PRINCIPALS)
def list_assignments(call: Call, id: str) -> Reply:
    """What the application may do for itself."""
    own = _known(call, id)["id"]
    rows = [row for row in _assignments(call.tenant) if row["principalId"] == own]
    return answer_collection(call, ASSIGNMENT, rows, f"servicePrincipals('{own}')/appRoleAssignments")


@router.get("/servicePrincipals/{id}/appRoleAssignedTo", READ_SERVICE_PRINCIPALS)
def list_assigned_to(call: Call, id: str) -> Reply:
    """Who may use the application's roles."""
    own = _known(call, id)["id"]
    rows = [row for row in _assignments(call.tenant) if row["resourceId"] == own]
    return answer_collection(call, ASSIGNMENT, rows, f"servicePrincipals('{own}')/appRoleAssignedTo")


@router.get("/servicePrincipals/{id}/oauth2PermissionGrants", READ_GRANTS)
def list_own_grants(call: Call, id: str) -> Reply:
    """What the application may do for people."""
    own = _known(call, id)["id"]
    return answer_collection(
        call, GRANT, [row for row in _grants(call.tenant) if row["clientId"] == own], "oauth2PermissionGrants"
    )


def _create(call: Call) -> Reply:
    """201; a role that is assigned already is a 400 (serviceprincipal-post-approleassignments)."""
    body = call.body_object()
    _CHECKER.check(body, ASSIGNMENT)
    tenant = call.tenant
    permission = permission_names().get(str(body.get("appRoleId") or "").lower())
    graph = graph_service_principal(tenant.id)["id"]
    if permission is None or str(body.get("resourceId") or "").lower() != graph:
        raise bad_request(Area.DIRECTORY, "Permission being assigned was not found on application")
    found = next((item for item in _clients(tenant) if item[0]["id"] == str(body.get("principalId") or "").lower()), None)
    if found is None:
        raise not_found(Area.DIRECTORY, str(body.get("principalId")))
    principal, client = found
    if permission in client.permissions:
        raise bad_request(Area.DIRECTORY, "Permission being assigned already exists on the object")
    tenant.clients[client.client_id] = replace(client, permissions=client.permissions | {permission})
    row = _assignment(tenant, principal, permission, directory_time(call.world.clock.now()))
    return answer_entity(call, ASSIGNMENT, row, "appRoleAssignments", 201)


@router.post("/servicePrincipals/{id}/appRoleAssignments", WRITE_ASSIGNMENTS)
def create_assignment(call: Call, id: str) -> Reply:
    """As seen from the application that may do more."""
    _known(call, id)
    return _create(call)


@router.post("/servicePrincipals/{id}/appRoleAssignedTo", WRITE_ASSIGNMENTS)
def create_assigned_to(call: Call, id: str) -> Reply:
    """As seen from the resource."""
    _known(call, id)
    return _create(call)


def _remove(call: Call, assignment_id: str) -> Reply:
    for principal, client in _clients(call.tenant):
        for permission in client.permissions:
            if derive_guid(principal["id"], "app role assignment", permission) == assignment_id.lower():
                left = client.permissions - {permission}
                call.tenant.clients[client.client_id] = replace(client, permissions=left)
                return Reply(204)
    raise not_found(Area.DIRECTORY, assignment_id)


@router.delete("/servicePrincipals/{id}/appRoleAssignments/{assignment_id}", WRITE_ASSIGNMENTS)
def delete_assignment(call: Call, id: str, assignment_id: str) -> Reply:
    """204; the next token lacks the permission, tokens already out keep it."""
    _known(call, id)
    return _remove(call, assignment_id)


@router.delete("/servicePrincipals/{id}/appRoleAssignedTo/{assignment_id}", WRITE_ASSIGNMENTS)
def delete_assigned_to(call: Call, id: str, assignment_id: str) -> Reply:
    """204; the same from the resource's side."""
    _known(call, id)
    return _remove(call, assignment_id)


@router.get("/oauth2PermissionGrants", READ_GRANTS)
def list_grants(call: Call) -> Reply:
    """All delegated permissions that were consented to for everybody."""
    return answer_collection(call, GRANT, _grants(call.tenant), "oauth2PermissionGrants")


@router.delete("/oauth2PermissionGrants/{id}", WRITE_GRANTS)
def delete_grant(call: Call, id: str) -> Reply:
    """204; the application may do nothing for people any more."""
    for principal, client in _clients(call.tenant):
        if client.scopes and derive_guid(principal["id"], "delegated grant") == id.lower():
            call.tenant.clients[client.client_id] = replace(client, scopes=frozenset())
            return Reply(204)
    raise not_found(Area.DIRECTORY, id)
