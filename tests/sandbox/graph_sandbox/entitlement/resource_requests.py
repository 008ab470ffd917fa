# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``resourceRequests``: put a group into a catalog, or take it out (EM D.1, D.2)."""

from __future__ import annotations

from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, not_found
from ..odata.options import answer_collection
from ..store import Row
from .common import CHECKER, CONTEXT, READ, WRITE, invalid_model, location, make_router, nested_id, now, require
from .resource_store import GROUP_SYSTEM, find_resource, make_resource
from .types import RESOURCE_REQUEST, RESOURCE_REQUEST_BODY

router = make_router()
_COLLECTION = f"{CONTEXT}resourceRequests"
_ORIGIN_SYSTEMS = ("AadGroup", "AadApplication", "SharePointOnline", "DirectoryRole")


@router.get("/resourceRequests", READ)
def list_requests(call: Call) -> Reply:
    """All requests made so far."""
    return answer_collection(call, RESOURCE_REQUEST, call.tenant.entitlement.resource_requests.list(), _COLLECTION)


@router.post("/resourceRequests", WRITE)
def create_request(call: Call) -> Reply:
    """201, delivered at once; the resource shows up in the catalog only later."""
    body = call.body_object()
    CHECKER.check(body, RESOURCE_REQUEST_BODY)
    catalog_id, resource = nested_id(body, "catalog"), body.get("resource")
    if catalog_id is None or not isinstance(resource, dict):
        raise invalid_model()
    catalog = require(call.tenant.entitlement.catalogs, catalog_id)
    kind = str(body.get("requestType") or "").lower()
    if kind == "adminadd":
        _add(call, catalog, resource)
    elif kind == "adminremove":
        _remove(call, catalog, resource)
    elif kind != "adminupdate":
        raise GraphError(400, "ArgumentException", f"Requested value '{body.get('requestType')}' was not found.")
    row: Row = {
        "id": call.tenant.ids.next(),
        "requestType": f"admin{kind.removeprefix('admin').capitalize()}",
        "state": "delivered",
        "createdDateTime": now(call),
    }
    call.tenant.entitlement.resource_requests.add(row)
    shown = {name: row[name] for name in ("id", "requestType", "state")}
    return Reply(
        201,
        {"@odata.context": f"{call.root}/$metadata#{_COLLECTION}/$entity", **shown},
        location(call, "accessPackageResourceRequests", row["id"]),
    )


def _add(call: Call, catalog: Row, resource: dict[str, Any]) -> None:
    state, quirks = call.tenant.entitlement, call.tenant.quirks
    system = str(resource.get("originSystem") or "")
    if system.lower() not in (known.lower() for known in _ORIGIN_SYSTEMS):
        raise GraphError(400, "ArgumentException", f"Requested value '{system}' was not found.")
    if system.lower() != GROUP_SYSTEM.lower():
        raise GraphError(400, "ResourceNotFoundInOriginSystem", "The sandbox only knows groups as resources.")
    if not call.holds("Group.ReadWrite.All", "Directory.ReadWrite.All"):
        raise GraphError(400, "CallerNotResourceOwner", "The caller is not the resource owner.")
    group_id = str(resource.get("originId") or "").lower()
    group = call.tenant.directory.groups.get(group_id)
    if group is None or state.fails_for_lag("origin", group_id, quirks.origin_lag):
        raise GraphError(400, "ResourceNotFoundInOriginSystem", "The resource was not found in the origin system.")
    if "DynamicMembership" in group["groupTypes"] or group["isManagementRestricted"]:
        raise GraphError(400, "ResourceNotSupported", "The group can not be managed with entitlement management.")
    if find_resource(call.tenant, catalog["id"], None, group_id):
        raise GraphError(400, "ResourceAlreadyOnboarded", "The specified resource is already onboarded to ELM.")
    state.resources.add(make_resource(call.tenant.ids.next(), catalog["id"], group, now(call)), quirks.resource_visible_lag)


def _remove(call: Call, catalog: Row, resource: dict[str, Any]) -> None:
    state = call.tenant.entitlement
    found = find_resource(call.tenant, catalog["id"], resource.get("id"), resource.get("originId"))
    if found is None:
        raise not_found(Area.ENTITLEMENT, str(resource.get("id")))
    used = any(scope["_resource_id"] == found["id"] for scope in state.role_scopes)
    if used or state.tries_left.get(("unuse", found["id"]), 0) > 0:
        if not used:
            state.tries_left["unuse", found["id"]] -= 1
        raise GraphError(
            400,
            "InvalidDeleteResourceHasEntitlements",
            f"The resource: {found['displayName']} can not be deleted because there are active entitlements.",
        )
    state.resources.remove(found["id"])
