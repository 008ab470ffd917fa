# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``catalogs`` with what is in them (EM C, D.3)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import GraphError
from ..odata.options import answer_collection, answer_entity
from ..store import Row
from .common import CHECKER, CONTEXT, READ, WRITE, invalid_model, location, make_router, now, require, writable
from .resource_store import roles_of
from .types import CATALOG, RESOURCE, RESOURCE_ROLE

router = make_router()
_COLLECTION = f"{CONTEXT}catalogs"


@router.get("/catalogs", READ)
def list_catalogs(call: Call) -> Reply:
    """All catalogs, the built-in one among them."""
    return answer_collection(call, CATALOG, call.tenant.entitlement.catalogs.list(), _COLLECTION)


@router.get("/catalogs/{id}", READ)
def get_catalog(call: Call, id: str) -> Reply:
    """One catalog."""
    return answer_entity(call, CATALOG, require(call.tenant.entitlement.catalogs, id, reading=True), _COLLECTION)


@router.post("/catalogs", WRITE)
def create_catalog(call: Call) -> Reply:
    """201. Whether a second catalog of the same name is refused is not recorded: a quirk."""
    body = call.body_object()
    CHECKER.check(body, CATALOG)
    if not body.get("displayName"):
        raise invalid_model()
    _check_name(call, body["displayName"], None)
    quirks = call.tenant.quirks
    defaults = {"state": quirks.catalog_default_state, "isExternallyVisible": quirks.catalog_default_externally_visible}
    row = make_catalog(call.tenant.ids.next(), now(call), **{**defaults, **_spelt(writable(body))})
    call.tenant.entitlement.catalogs.add(row)
    return answer_entity(call, CATALOG, row, _COLLECTION, 201, location(call, "accessPackageCatalogs", row["id"]))


@router.patch("/catalogs/{id}", WRITE)
def update_catalog(call: Call, id: str) -> Reply:
    """204."""
    row = require(call.tenant.entitlement.catalogs, id)
    body = call.body_object()
    CHECKER.check(body, CATALOG)
    if "displayName" in body:
        if not body["displayName"] or (row["catalogType"] != "userManaged" and body["displayName"] != row["displayName"]):
            raise invalid_model()
        _check_name(call, body["displayName"], row["id"])
    row.update(_spelt(writable(body)), modifiedDateTime=now(call))
    return Reply(204)


@router.delete("/catalogs/{id}", WRITE)
def delete_catalog(call: Call, id: str) -> Reply:
    """204; refused while it holds access packages. Code and status of that refusal are not documented."""
    state = call.tenant.entitlement
    row = require(state.catalogs, id)
    if row["catalogType"] != "userManaged":
        raise invalid_model()
    if any(package["_catalog_id"] == row["id"] for package in state.packages):
        raise GraphError(
            400,
            "InvalidDeleteCatalogHasAccessPackages",
            f"The catalog: {row['displayName']} can not be deleted because it has access packages.",
        )
    for resource in state.resources:
        if resource["_catalog_id"] == row["id"]:
            state.resources.remove(resource["id"])
    for extension in state.extensions:
        if extension["_catalog_id"] == row["id"]:
            state.extensions.remove(extension["id"])
    state.catalogs.remove(row["id"])
    return Reply(204)


@router.get("/catalogs/{id}/resources", READ)
def list_resources(call: Call, id: str) -> Reply:
    """The catalog's resources; a new one may be missing for a while."""
    state = call.tenant.entitlement
    catalog = require(state.catalogs, id)
    rows = state.resources.list(lambda row: row["_catalog_id"] == catalog["id"])
    return answer_collection(call, RESOURCE, rows, f"{_COLLECTION}('{catalog['id']}')/resources")


@router.get("/catalogs/{id}/resourceRoles", READ)
def list_resource_roles(call: Call, id: str) -> Reply:
    """Roles of the catalog's resources; the filter must name the origin system (T powershell#1982)."""
    state = call.tenant.entitlement
    catalog = require(state.catalogs, id)
    if "originsystem" not in call.query.get("$filter", "").lower():
        raise GraphError(400, "InvalidFilter", "Origin system is required.")
    rows = [role for resource in state.resources if resource["_catalog_id"] == catalog["id"] for role in roles_of(call, resource)]
    return answer_collection(call, RESOURCE_ROLE, rows, f"{_COLLECTION}('{catalog['id']}')/resourceRoles")


def make_catalog(row_id: str, created: str, **properties: object) -> Row:
    """A catalog with every property."""
    return {
        "id": row_id,
        "displayName": None,
        "description": None,
        "catalogType": "userManaged",
        "state": "published",
        "isExternallyVisible": False,
        "createdDateTime": created,
        "modifiedDateTime": created,
        **properties,
    }


def _spelt(body: Row) -> Row:
    return {**body, "state": body["state"].lower()} if "state" in body else body


def _check_name(call: Call, name: str, own_id: str | None) -> None:
    if call.tenant.quirks.unique_catalog_names and any(
        row["displayName"].lower() == name.lower() and row["id"] != own_id for row in call.tenant.entitlement.catalogs
    ):
        raise GraphError(409, "DuplicateKey", "There is already a duplicated entity")
