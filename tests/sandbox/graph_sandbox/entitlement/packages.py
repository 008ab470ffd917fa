# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``accessPackages`` (EM E.1)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import GraphError
from ..odata.options import answer_collection, answer_entity
from ..store import Row
from .common import (
    CHECKER,
    CONTEXT,
    READ,
    WRITE,
    invalid_model,
    location,
    make_router,
    nested_id,
    now,
    require,
    writable,
)
from .role_scopes import release_resource
from .types import ACCESS_PACKAGE, PACKAGE_TO_CREATE

router = make_router()
_COLLECTION = f"{CONTEXT}accessPackages"

# These stand in Graph's metadata; the service has no such routes (EM 1.1).
router.absent("GET", "/accessPackages/{id}/assignmentPolicies")
router.absent("POST", "/accessPackages/{id}/assignmentPolicies")
router.absent("GET", "/accessPackages/{id}/resourceRoleScopes")
router.absent("PATCH", "/accessPackages/{id}/resourceRoleScopes/{scope_id}")


@router.get("/accessPackages", READ)
def list_packages(call: Call) -> Reply:
    """All packages; the catalog comes with $expand only."""
    return answer_collection(call, ACCESS_PACKAGE, call.tenant.entitlement.packages.list(), _COLLECTION)


@router.get("/accessPackages/{id}", READ)
def get_package(call: Call, id: str) -> Reply:
    """One package."""
    return answer_entity(call, ACCESS_PACKAGE, require(call.tenant.entitlement.packages, id, reading=True), _COLLECTION)


@router.post("/accessPackages", WRITE)
def create_package(call: Call) -> Reply:
    """201; the name must be new in the catalog."""
    body = call.body_object()
    CHECKER.check(body, PACKAGE_TO_CREATE)
    catalog_id = nested_id(body, "catalog")
    if not body.get("displayName") or catalog_id is None:
        raise invalid_model()
    catalog = require(call.tenant.entitlement.catalogs, catalog_id)
    _check_name(call, body["displayName"], catalog["id"], None)
    moment = now(call)
    row: Row = {
        "id": call.tenant.ids.next(),
        "_catalog_id": catalog["id"],
        "displayName": body["displayName"],
        "description": body.get("description"),
        "isHidden": bool(body.get("isHidden")),
        "createdDateTime": moment,
        "modifiedDateTime": moment,
    }
    call.tenant.entitlement.packages.add(row)
    return answer_entity(call, ACCESS_PACKAGE, row, _COLLECTION, 201, location(call, "accessPackages", row["id"]))


@router.patch("/accessPackages/{id}", WRITE)
def update_package(call: Call, id: str) -> Reply:
    """204; a package stays in its catalog."""
    row = require(call.tenant.entitlement.packages, id)
    body = call.body_object()
    CHECKER.check(body, ACCESS_PACKAGE)
    if "displayName" in body:
        if not body["displayName"]:
            raise invalid_model()
        _check_name(call, body["displayName"], row["_catalog_id"], row["id"])
    row.update(writable(body), modifiedDateTime=now(call))
    return Reply(204)


@router.delete("/accessPackages/{id}", WRITE)
def delete_package(call: Call, id: str) -> Reply:
    """204; its policies and role scopes go with it. Code and status of the refusal are not documented."""
    state = call.tenant.entitlement
    row = require(state.packages, id)
    if state.live_assignments(_package_id=row["id"]):
        raise GraphError(
            400,
            "InvalidDeleteAccessPackageHasAssignments",
            f"The access package: {row['displayName']} can not be deleted because there are active assignments.",
        )
    for policy in state.policies:
        if policy["_package_id"] == row["id"]:
            state.policies.remove(policy["id"])
    for scope in list(state.scopes_of(row["id"])):
        state.role_scopes.remove(scope["_key"])
        release_resource(call.tenant, scope["_resource_id"])
    for links in (state.incompatible_packages, state.incompatible_groups):
        links.pop(row["id"], None)
    state.packages.remove(row["id"])
    return Reply(204)


def _check_name(call: Call, name: str, catalog_id: str, own_id: str | None) -> None:
    for row in call.tenant.entitlement.packages:
        if row["_catalog_id"] == catalog_id and row["id"] != own_id and row["displayName"].lower() == name.lower():
            raise GraphError(
                call.tenant.quirks.duplicate_package_status,
                "DuplicateAccessPackage",
                f"An access package with the name {name} already exists in the catalog.",
            )
