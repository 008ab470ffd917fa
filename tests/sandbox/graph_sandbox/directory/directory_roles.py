# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of the directory: ``directoryRoles``, and ``roleManagement/directory`` with definitions and assignments.

Sources: directoryrole-list, -list-members, rbacapplication-list-roledefinitions, -list-roleassignments,
-post-roleassignments. Only what says which role a person, a group or an application has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, bad_request, not_found
from ..graph.routing import Router
from ..ids import derive_guid
from ..odata.bodies import BodyChecker
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import READ_ONLY_ID, EntityType, Navigation, Property, flag, text
from ..permissions import DIRECTORY_ROLES
from ..store import Row
from .role_catalogue import NAMES, TEMPLATES, UNPRIVILEGED, template_id
from .state import DirectoryState
from .types import DIRECTORY_OBJECT, DIRECTORY_ROLE, with_type

if TYPE_CHECKING:
    from ..world import Tenant

router = Router(Area.DIRECTORY)
READ_ROLES = (
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
WRITE_ROLES = ("RoleManagement.ReadWrite.Directory",)
_BASE = "/roleManagement/directory"
_CONTEXT = "roleManagement/directory/"


def role_definition(name: str) -> Row:
    """A built-in role."""
    return {
        "id": TEMPLATES[name],
        "displayName": name,
        "description": f"Built-in role {name}.",
        "isBuiltIn": True,
        "isEnabled": True,
        "isPrivileged": name not in UNPRIVILEGED,
        "resourceScopes": ["/"],
        "templateId": TEMPLATES[name],
        "version": "1",
        "rolePermissions": [],
    }


def _principal(call: Call, row: Row) -> Row | None:
    found = call.tenant.directory.find(row["principalId"])
    return with_type(found) if found else None


ROLE_DEFINITION = EntityType(
    "unifiedRoleDefinition",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "description": text(),
        "displayName": text(),
        "isBuiltIn": flag(read_only=True),
        "isEnabled": flag(),
        "resourceScopes": Property("strings"),
        "templateId": text(),
        "version": text(),
        "rolePermissions": Property("objects"),
    },
)
ROLE_ASSIGNMENT = EntityType(
    "unifiedRoleAssignment",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "principalId": text(nullable=False),
        "directoryScopeId": text(),
        "roleDefinitionId": text(nullable=False),
    },
    navigation={
        "principal": Navigation(_principal, lambda: DIRECTORY_OBJECT),
        "roleDefinition": Navigation(lambda _call, row: role_definition(NAMES[row["roleDefinitionId"]]), lambda: ROLE_DEFINITION),
    },
)
_CHECKER = BodyChecker(Area.DIRECTORY)


def roles_held(directory: DirectoryState, *principal_ids: str) -> list[str]:
    """Names of the roles that any of these principals has in the whole directory."""
    held = (row["roleDefinitionId"] for row in directory.directory_role_assignments if row["principalId"] in principal_ids)
    return [NAMES[template] for template in dict.fromkeys(held)]


def assign(directory: DirectoryState, row_id: str, principal: Row, role: str, scope: str = "/") -> Row:
    """Give a principal a role by its template id; people may use it in delegated calls from then on."""
    name = NAMES[role]
    if name in DIRECTORY_ROLES and scope == "/":
        principal["_directory_roles"] = tuple(dict.fromkeys((*principal.get("_directory_roles", ()), name)))
    return directory.directory_role_assignments.add(
        {"id": row_id, "principalId": principal["id"], "directoryScopeId": scope, "roleDefinitionId": role}
    )


def directory_role(tenant: Tenant, name: str) -> Row:
    """An activated role as an object of the directory; its id is the tenant's own, other than its template's."""
    return {
        "_type": "directoryRole",
        "id": derive_guid(tenant.id, "directory role", name),
        "deletedDateTime": None,
        "description": f"Built-in role {name}.",
        "displayName": name,
        "roleTemplateId": TEMPLATES[name],
    }


def _activated(call: Call) -> list[Row]:
    """Roles that somebody holds, and the one that every tenant has."""
    used = {row["roleDefinitionId"] for row in call.tenant.directory.directory_role_assignments}
    names = [name for name, template in TEMPLATES.items() if template in used or name == "Global Administrator"]
    return [directory_role(call.tenant, name) for name in names]


def _find_role(call: Call, key: str) -> Row:
    row = next((row for row in _activated(call) if key.lower() in (row["id"], row["roleTemplateId"])), None)
    if row is None:
        raise not_found(Area.DIRECTORY, key)
    return row


@router.get("/directoryRoles", READ_ROLES)
def list_directory_roles(call: Call) -> Reply:
    """Only activated roles: a role that nobody ever held is not among them (directoryrole-list)."""
    return answer_collection(call, DIRECTORY_ROLE, _activated(call), "directoryRoles")


@router.get("/directoryRoles(roleTemplateId={template})", READ_ROLES)
def get_by_template(call: Call, template: str) -> Reply:
    """One activated role by its template."""
    return answer_entity(call, DIRECTORY_ROLE, _find_role(call, template), "directoryRoles")


@router.get("/directoryRoles/{id}", READ_ROLES)
def get_directory_role(call: Call, id: str) -> Reply:
    """One activated role."""
    return answer_entity(call, DIRECTORY_ROLE, _find_role(call, id), "directoryRoles")


@router.get("/directoryRoles/{id}/members", READ_ROLES)
def list_role_members(call: Call, id: str) -> Reply:
    """Who holds the role in the whole directory."""
    template = _find_role(call, id)["roleTemplateId"]
    directory = call.tenant.directory
    held = [row for row in directory.directory_role_assignments if row["roleDefinitionId"] == template]
    found = (directory.find(row["principalId"]) for row in held if row["directoryScopeId"] == "/")
    return answer_collection(call, DIRECTORY_OBJECT, [with_type(row) for row in found if row], "directoryObjects")


@router.get(f"{_BASE}/roleDefinitions", READ_ROLES)
def list_definitions(call: Call) -> Reply:
    """Built-in roles; custom ones are not kept."""
    rows = [role_definition(name) for name in TEMPLATES]
    return answer_collection(call, ROLE_DEFINITION, rows, f"{_CONTEXT}roleDefinitions")


@router.get(f"{_BASE}/roleDefinitions/{{id}}", READ_ROLES)
def get_definition(call: Call, id: str) -> Reply:
    """One built-in role."""
    name = NAMES.get(id.lower())
    if name is None:
        raise not_found(Area.DIRECTORY, id)
    return answer_entity(call, ROLE_DEFINITION, role_definition(name), f"{_CONTEXT}roleDefinitions")


@router.get(f"{_BASE}/roleAssignments", READ_ROLES)
def list_assignments(call: Call) -> Reply:
    """All assignments."""
    rows = call.tenant.directory.directory_role_assignments.list()
    return answer_collection(call, ROLE_ASSIGNMENT, rows, f"{_CONTEXT}roleAssignments")


@router.get(f"{_BASE}/roleAssignments/{{id}}", READ_ROLES)
def get_assignment(call: Call, id: str) -> Reply:
    """One assignment."""
    row = call.tenant.directory.directory_role_assignments.read(id)
    if row is None:
        raise not_found(Area.DIRECTORY, id)
    return answer_entity(call, ROLE_ASSIGNMENT, row, f"{_CONTEXT}roleAssignments")


@router.post(f"{_BASE}/roleAssignments", WRITE_ROLES)
def create_assignment(call: Call) -> Reply:
    """201; a group must be role-assignable."""
    body = call.body_object()
    _CHECKER.check(body, ROLE_ASSIGNMENT)
    directory = call.tenant.directory
    role = template_id(str(body.get("roleDefinitionId", "")))
    principal = directory.find(str(body.get("principalId", "")))
    if role is None or principal is None:
        raise not_found(Area.DIRECTORY, str(body.get("principalId") if role else body.get("roleDefinitionId")))
    if principal["_type"] == "group" and not principal["isAssignableToRole"]:
        raise bad_request(Area.DIRECTORY, "The group is not assignable to a role.")
    scope = str(body.get("directoryScopeId") or "/")
    if any(
        (row["principalId"], row["roleDefinitionId"], row["directoryScopeId"]) == (principal["id"], role, scope)
        for row in directory.directory_role_assignments
    ):
        raise GraphError(
            400,
            "Request_BadRequest",
            "A conflicting object with one or more of the specified property values is present in the directory.",
        )
    row = assign(directory, call.tenant.ids.next(), principal, role, scope)
    return answer_entity(call, ROLE_ASSIGNMENT, row, f"{_CONTEXT}roleAssignments", 201)


@router.delete(f"{_BASE}/roleAssignments/{{id}}", WRITE_ROLES)
def delete_assignment(call: Call, id: str) -> Reply:
    """204."""
    directory = call.tenant.directory
    row = directory.directory_role_assignments.remove(id)
    if row is None:
        raise not_found(Area.DIRECTORY, id)
    principal = directory.find(row["principalId"])
    if principal is not None:
        left = roles_held(directory, principal["id"])
        principal["_directory_roles"] = tuple(name for name in principal.get("_directory_roles", ()) if name in left)
    return Reply(204)
