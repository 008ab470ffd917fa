# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of Defender roles (Defender 1.4, 1.5), and the permissions that the routes ask for (Defender 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..directory.types import DIRECTORY_OBJECT, with_type
from ..graph.errors import Area
from ..odata.schema import READ_ONLY_ID, ComplexType, EntityType, Navigation, Property, flag, text
from ..store import Row

if TYPE_CHECKING:
    from ..graph.call import Call

READ_ROLES = ("RoleManagement.Read.Defender", "RoleManagement.ReadWrite.Defender", "RoleManagement.Read.All")
WRITE_ROLES = ("RoleManagement.ReadWrite.Defender",)

ROLE_PERMISSION = ComplexType(
    "unifiedRolePermission",
    {
        "allowedResourceActions": Property("strings"),
        "excludedResourceActions": Property("strings"),
        "condition": text(),
    },
)


def _sparse(call: Call, row: Row) -> Row:
    """Which of the properties Defender really returns nobody recorded: a switch leaves two out (Defender 1.4)."""
    if not call.tenant.quirks.sparse_roles:
        return row
    return {name: value for name, value in row.items() if name not in ("isBuiltIn", "isEnabled")}


ROLE_DEFINITION = EntityType(
    "unifiedRoleDefinition",
    Area.DEFENDER,
    {
        "id": READ_ONLY_ID,
        "displayName": text(),
        "description": text(),
        "isBuiltIn": flag(read_only=True),
        "isEnabled": flag(),
        "templateId": text(on_request=True),
        "version": text(on_request=True),
        "rolePermissions": Property("objects", of=ROLE_PERMISSION),
    },
    present=_sparse,
)


def _role(call: Call, row: Row) -> Row | None:
    return call.tenant.defender.roles.get(row["roleDefinitionId"])


def _principals(call: Call, row: Row) -> list[Row]:
    found = (call.tenant.directory.find(principal) for principal in row["principalIds"])
    return [with_type(principal) for principal in found if principal is not None]


ROLE_ASSIGNMENT = EntityType(
    "unifiedRoleAssignmentMultiple",
    Area.DEFENDER,
    {
        "id": READ_ONLY_ID,
        "displayName": text(),
        "description": text(),
        "roleDefinitionId": text(),
        "principalIds": Property("strings"),
        "directoryScopeIds": Property("strings"),
        "appScopeIds": Property("strings"),
        "condition": text(),
    },
    navigation={
        "roleDefinition": Navigation(_role, lambda: ROLE_DEFINITION),
        "principals": Navigation(_principals, lambda: DIRECTORY_OBJECT, many=True),
    },
)

CUSTOM_APP_SCOPE = EntityType(
    "customAppScope",
    Area.DEFENDER,
    {
        "id": text(),
        "type": text(),
        "displayName": text(),
        "description": text(),
        "customAttributes": Property("any"),
    },
)

RESOURCE_ACTION = EntityType(
    "unifiedRbacResourceAction",
    Area.DEFENDER,
    {
        "id": text(),
        "name": text(),
        "description": text(),
        "actionVerb": text(),
    },
)

RESOURCE_NAMESPACE = EntityType(
    "unifiedRbacResourceNamespace",
    Area.DEFENDER,
    {"id": text(), "name": text()},
    navigation={
        "resourceActions": Navigation(lambda _call, row: row["_actions"], lambda: RESOURCE_ACTION, many=True),
    },
)
