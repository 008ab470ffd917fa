# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``accessPackages/{id}/resourceRoleScopes``: which role on which resource a package grants (EM E.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, not_found
from ..store import Row
from .common import CHECKER, CONTEXT, WRITE, invalid_model, location, make_router, now, require
from .delivery import scope_added, scope_removed
from .resource_store import ROLE_NAMES, find_resource, role_id, role_of, scope_id, scopes_of
from .types import ROLE_SCOPE_BODY

if TYPE_CHECKING:
    from ..world import Tenant

router = make_router()


@router.post("/accessPackages/{id}/resourceRoleScopes", WRITE)
def add_role_scope(call: Call, id: str) -> Reply:
    """201 with id and creation time only."""
    state = call.tenant.entitlement
    package = require(state.packages, id)
    body = call.body_object()
    CHECKER.check(body, ROLE_SCOPE_BODY)
    role, scope = body.get("role"), body.get("scope")
    if not isinstance(role, dict) or not isinstance(scope, dict) or not isinstance(role.get("resource"), dict):
        raise invalid_model()
    resource = _resource(call, package, role["resource"])
    name = _role_name(resource, role)
    if str(scope.get("originId") or "").lower() != resource["originId"] or scope.get("id") not in (
        None,
        "",
        scope_id(resource),
    ):
        raise not_found(Area.ENTITLEMENT, str(scope.get("id")))
    row = make_role_scope(call.tenant, package["id"], resource, name, now(call))
    if any(entry["id"] == row["id"] for entry in state.scopes_of(package["id"])):
        raise GraphError(409, "DuplicateKey", "There is already a duplicated entity")
    state.role_scopes.add(row, call.tenant.quirks.role_scope_visible_lag)
    scope_added(call.tenant, package["id"])
    context = f"{CONTEXT}accessPackages('{package['id']}')/resourceRoleScopes"
    return Reply(
        201,
        {
            "@odata.context": f"{call.root}/$metadata#{context}/$entity",
            "id": row["id"],
            "createdDateTime": row["createdDateTime"],
        },
        location(call, "accessPackageResourceRoleScopes", row["id"]),
    )


@router.delete("/accessPackages/{id}/resourceRoleScopes/{scope_id}", WRITE)
def remove_role_scope(call: Call, id: str, scope_id: str) -> Reply:
    """204. The resource may count as used for a while longer."""
    state = call.tenant.entitlement
    package = require(state.packages, id)
    row = next((entry for entry in state.scopes_of(package["id"]) if entry["id"].lower() == scope_id.lower()), None)
    if row is None:
        raise not_found(Area.ENTITLEMENT, scope_id)
    state.role_scopes.remove(row["_key"])
    scope_removed(call.tenant, row)
    release_resource(call.tenant, row["_resource_id"])
    return Reply(204)


def make_role_scope(tenant: Tenant, package_id: str, resource: Row, name: str, created: str) -> Row:
    """A role scope. From now on the role has an id of its own."""
    role = role_of(tenant, resource, name, used=True)
    tenant.entitlement.used_roles.add(role["originId"])
    row_id = f"{role_id(resource, name)}_{scope_id(resource)}"
    return {
        "id": row_id,
        "_key": f"{package_id}/{row_id}",
        "createdDateTime": created,
        "_package_id": package_id,
        "_resource_id": resource["id"],
        "_role": role,
        "_scope": scopes_of(resource)[0],
    }


def release_resource(tenant: Tenant, resource_id: str) -> None:
    """After a role scope is gone: the resource's removal may fail some more times."""
    state = tenant.entitlement
    if tenant.quirks.unuse_lag and not any(scope["_resource_id"] == resource_id for scope in state.role_scopes):
        state.tries_left["unuse", resource_id] = tenant.quirks.unuse_lag


def _resource(call: Call, package: Row, wanted: dict[str, Any]) -> Row:
    resource = find_resource(call.tenant, package["_catalog_id"], wanted.get("id"), wanted.get("originId"))
    if resource is None or call.tenant.entitlement.fails_for_lag("role scope", resource["id"], call.tenant.quirks.role_scope_lag):
        raise not_found(Area.ENTITLEMENT, str(wanted.get("id")))
    return resource


def _role_name(resource: Row, role: dict[str, Any]) -> str:
    """The role that the body means. Its id may be left out; a wrong one, the zero GUID included, names no role."""
    for name in ROLE_NAMES:
        named = str(role.get("originId") or "").lower() == f"{name}_{resource['originId']}".lower()
        if named and role.get("id") in (None, "", role_id(resource, name)):
            return name
    raise GraphError(404, "RoleNotFound", "The role was not found.")
