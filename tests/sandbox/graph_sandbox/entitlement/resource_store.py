# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Catalog resources, their roles and scopes, without any route (EM D.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ids import derive_guid
from ..store import Row

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..world import Tenant

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
GROUP_SYSTEM = "AadGroup"
ROLE_NAMES = ("Member", "Owner")


def make_resource(row_id: str, catalog_id: str, group: Row, created: str) -> Row:
    """A group as a catalog's resource."""
    return {
        "id": row_id,
        "_catalog_id": catalog_id,
        "displayName": group["displayName"],
        "description": group["description"],
        "originId": group["id"],
        "originSystem": GROUP_SYSTEM,
        "attributes": [],
        "createdDateTime": created,
        "modifiedDateTime": created,
    }


def role_id(resource: Row, name: str) -> str:
    """The id that a role has once it is used."""
    return derive_guid(0, resource["id"], "role", name)


def scope_id(resource: Row) -> str:
    """The id of the root scope."""
    return derive_guid(0, resource["id"], "scope")


def roles_of(call: Call, resource: Row) -> list[Row]:
    """Member and Owner. A role that no package uses yet shows the zero GUID as id (DC tutorial-access-package-api)."""
    return [role_of(call.tenant, resource, name) for name in ROLE_NAMES]


def role_of(tenant: Tenant, resource: Row, name: str, *, used: bool = False) -> Row:
    """One role of a resource."""
    origin_id = f"{name}_{resource['originId']}"
    hidden = tenant.quirks.zero_role_ids and not used and origin_id not in tenant.entitlement.used_roles
    return {
        "id": ZERO_GUID if hidden else role_id(resource, name),
        "_resource_id": resource["id"],
        "displayName": name,
        "description": None,
        "originId": origin_id,
        "originSystem": GROUP_SYSTEM,
    }


def scopes_of(resource: Row) -> list[Row]:
    """The one scope that a group has."""
    return [
        {
            "id": scope_id(resource),
            "displayName": "Root",
            "description": "Root Scope",
            "originId": resource["originId"],
            "originSystem": GROUP_SYSTEM,
            "isRootScope": True,
        }
    ]


def find_resource(tenant: Tenant, catalog_id: str, resource_id: str | None, origin_id: str | None) -> Row | None:
    """A resource of a catalog by its id or by the id of its group."""
    for row in tenant.entitlement.resources:
        if row["_catalog_id"] == catalog_id and (
            row["id"] == (resource_id or "").lower() or row["originId"] == (origin_id or "").lower()
        ):
            return row
    return None
