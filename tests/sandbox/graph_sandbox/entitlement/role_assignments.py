# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``roleManagement/entitlementManagement``: who may manage which catalog (EM 1.4; rbacapplication-post-roleassignments)."""

from __future__ import annotations

import re

from ..directory.types import DIRECTORY_OBJECT, with_type
from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, not_found
from ..graph.routing import Router
from ..odata.bodies import BodyChecker
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import EntityType, Navigation, Property, flag, text
from ..store import Row
from .common import check_licence

BASE = "/roleManagement/entitlementManagement"
CONTEXT = "roleManagement/entitlementManagement/"
router = Router(Area.ENTITLEMENT, BASE, before=check_licence)
READ = (
    "EntitlementManagement.Read.All",
    "EntitlementManagement.ReadWrite.All",
    "RoleManagement.Read.All",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "Directory.Read.All",
)
WRITE = ("EntitlementManagement.ReadWrite.All",)
_CHECKER = BodyChecker(Area.ENTITLEMENT)
_CATALOG = re.compile(r"^/AccessPackageCatalog/(?P<id>[0-9a-f-]{36})$", re.IGNORECASE)

ROLES = {
    "ba92d953-d8e0-4e39-a797-0cbedb0a89e8": "Catalog creator",
    "ae79f266-94d4-4dab-b730-feca7e132178": "Catalog owner",
    "44272f93-9762-48e8-af59-1b5351b1d6b3": "Catalog reader",
    "7f480852-ebdc-47d4-87de-0d8498384a83": "Access package manager",
    "e2182095-804a-4656-ae11-64734e9b7ae5": "Access package assignment manager",
}
"""Fixed ids in every tenant."""
CATALOG_CREATOR = "ba92d953-d8e0-4e39-a797-0cbedb0a89e8"


def role_definition(role_id: str) -> Row:
    """A built-in role; there are no others."""
    return {
        "id": role_id,
        "displayName": ROLES[role_id],
        "description": f"{ROLES[role_id]} of entitlement management.",
        "isBuiltIn": True,
        "isEnabled": True,
        "templateId": role_id,
        "version": "1.0",
        "resourceScopes": ["/"],
        "rolePermissions": [],
    }


def _principal(call: Call, row: Row) -> Row | None:
    found = call.tenant.directory.find(row["principalId"])
    return with_type(found) if found else None


ROLE_DEFINITION = EntityType(
    "unifiedRoleDefinition",
    Area.ENTITLEMENT,
    {
        "id": text(),
        "description": text(),
        "displayName": text(),
        "isBuiltIn": flag(),
        "isEnabled": flag(),
        "resourceScopes": Property("strings"),
        "templateId": text(),
        "version": text(),
        "rolePermissions": Property("objects"),
    },
)
ROLE_ASSIGNMENT = EntityType(
    "unifiedRoleAssignment",
    Area.ENTITLEMENT,
    {
        "id": Property("guid", read_only=True),
        "principalId": Property("guid"),
        "roleDefinitionId": Property("guid"),
        "directoryScopeId": text(),
        "appScopeId": text(),
    },
    navigation={
        "principal": Navigation(_principal, lambda: DIRECTORY_OBJECT),
        "roleDefinition": Navigation(lambda _call, row: role_definition(row["roleDefinitionId"]), lambda: ROLE_DEFINITION),
    },
)


@router.get("/roleDefinitions", READ)
def list_definitions(call: Call) -> Reply:
    """The five roles."""
    return answer_collection(call, ROLE_DEFINITION, [role_definition(row_id) for row_id in ROLES], f"{CONTEXT}roleDefinitions")


@router.get("/roleDefinitions/{id}", READ)
def get_definition(call: Call, id: str) -> Reply:
    """One role."""
    if id.lower() not in ROLES:
        raise not_found(Area.ENTITLEMENT, id)
    return answer_entity(call, ROLE_DEFINITION, role_definition(id.lower()), f"{CONTEXT}roleDefinitions")


@router.get("/roleAssignments", READ)
def list_assignments(call: Call) -> Reply:
    """All assignments."""
    return answer_collection(call, ROLE_ASSIGNMENT, call.tenant.entitlement.role_assignments.list(), f"{CONTEXT}roleAssignments")


@router.get("/roleAssignments/{id}", READ)
def get_assignment(call: Call, id: str) -> Reply:
    """One assignment."""
    row = call.tenant.entitlement.role_assignments.read(id)
    if row is None:
        raise not_found(Area.ENTITLEMENT, id)
    return answer_entity(call, ROLE_ASSIGNMENT, row, f"{CONTEXT}roleAssignments")


@router.post("/roleAssignments", WRITE)
def create_assignment(call: Call) -> Reply:
    """201; a catalog's roles on ``/AccessPackageCatalog/{id}``, the creator's on ``/``."""
    body = call.body_object()
    _CHECKER.check(body, ROLE_ASSIGNMENT)
    role, principal = str(body.get("roleDefinitionId") or "").lower(), str(body.get("principalId") or "").lower()
    if role not in ROLES or call.tenant.directory.find(principal) is None:
        raise not_found(Area.ENTITLEMENT, role)
    scope = _scope(call, str(body.get("appScopeId") or ""), role)
    state = call.tenant.entitlement
    if any(
        (row["principalId"], row["roleDefinitionId"], row["appScopeId"]) == (principal, role, scope)
        for row in state.role_assignments
    ):
        raise GraphError(409, "DuplicateKey", "There is already a duplicated entity")
    row = state.role_assignments.add(
        {
            "id": call.tenant.ids.next(),
            "principalId": principal,
            "roleDefinitionId": role,
            "directoryScopeId": None,
            "appScopeId": scope,
        }
    )
    return answer_entity(call, ROLE_ASSIGNMENT, row, f"{CONTEXT}roleAssignments", 201)


@router.delete("/roleAssignments/{id}", WRITE)
def delete_assignment(call: Call, id: str) -> Reply:
    """204."""
    if call.tenant.entitlement.role_assignments.remove(id) is None:
        raise not_found(Area.ENTITLEMENT, id)
    return Reply(204)


def _scope(call: Call, scope: str, role: str) -> str:
    if role == CATALOG_CREATOR:
        if scope != "/":
            raise GraphError(400, "InvalidModel", "The model is invalid.")
        return scope
    match = _CATALOG.match(scope)
    if match is None:
        raise GraphError(400, "InvalidModel", "The model is invalid.")
    catalog = call.tenant.entitlement.catalogs.get(match["id"])
    if catalog is None:
        raise not_found(Area.ENTITLEMENT, match["id"])
    return f"/AccessPackageCatalog/{catalog['id']}"
