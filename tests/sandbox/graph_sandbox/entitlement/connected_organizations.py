# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``connectedOrganizations`` and their sponsors (EM B)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, not_found
from ..odata.options import answer_collection, answer_entity
from ..store import Row
from .common import CHECKER, CONTEXT, READ, WRITE, invalid_model, location, make_router, now, require, writable
from .identity_sources import check_unused, resolve_sources
from .types import CONNECTED_ORGANIZATION

router = make_router()
_COLLECTION = f"{CONTEXT}connectedOrganizations"
_SPONSORS = {"internalSponsors": "internal_sponsors", "externalSponsors": "external_sponsors"}


@router.get("/connectedOrganizations", READ)
def list_organizations(call: Call) -> Reply:
    """All; ``identitySources/any(...)`` with a cast works in $filter."""
    return answer_collection(call, CONNECTED_ORGANIZATION, call.tenant.entitlement.connected_organizations.list(), _COLLECTION)


@router.get("/connectedOrganizations/{id}", READ)
def get_organization(call: Call, id: str) -> Reply:
    """One."""
    row = require(call.tenant.entitlement.connected_organizations, id, reading=True)
    return answer_entity(call, CONNECTED_ORGANIZATION, row, _COLLECTION)


@router.post("/connectedOrganizations", WRITE)
def create_organization(call: Call) -> Reply:
    """201, without the sources in the answer: one must read again to see what they became."""
    body = call.body_object()
    CHECKER.check(body, CONNECTED_ORGANIZATION)
    sources = body.get("identitySources")
    if not body.get("displayName") or not isinstance(sources, list) or len(sources) != 1:
        raise invalid_model()
    resolved = resolve_sources(call, sources)
    check_unused(call.tenant, resolved, None, "ConnectedOrganizationAlreadyExists")
    row = make_organization(
        call.tenant.ids.next(),
        now(call),
        **{**writable(body), "identitySources": resolved, "state": str(body.get("state") or "configured").lower()},
    )
    call.tenant.entitlement.connected_organizations.add(row)
    reply = answer_entity(
        call, CONNECTED_ORGANIZATION, row, _COLLECTION, 201, location(call, "connectedOrganizations", row["id"])
    )
    if call.tenant.quirks.connected_org_create_empty_sources:
        reply.body["identitySources"] = []
    return reply


@router.patch("/connectedOrganizations/{id}", WRITE)
def update_organization(call: Call, id: str) -> Reply:
    """202 with four properties; identitySources is replaced as a whole."""
    row = require(call.tenant.entitlement.connected_organizations, id)
    body = call.body_object()
    CHECKER.check(body, CONNECTED_ORGANIZATION)
    changes = writable(body)
    if "displayName" in changes and not changes["displayName"]:
        raise invalid_model()
    if "identitySources" in changes:
        changes["identitySources"] = resolve_sources(call, changes["identitySources"] or [])
        check_unused(call.tenant, changes["identitySources"], row["id"], "IdentityProviderAlreadyConfigured")
    if "state" in changes:
        changes["state"] = changes["state"].lower()
    row.update(changes, modifiedDateTime=now(call))
    shown = {name: row[name] for name in ("id", "displayName", "description", "state")}
    return Reply(202, {"@odata.context": f"{call.root}/$metadata#{_COLLECTION}/$entity", **shown})


@router.delete("/connectedOrganizations/{id}", WRITE)
def delete_organization(call: Call, id: str) -> Reply:
    """204."""
    state = call.tenant.entitlement
    row = require(state.connected_organizations, id)
    state.connected_organizations.remove(row["id"])
    state.internal_sponsors.pop(row["id"], None)
    state.external_sponsors.pop(row["id"], None)
    return Reply(204)


def make_organization(row_id: str, created: str, **properties: object) -> Row:
    """A connected organization with every property."""
    return {
        "id": row_id,
        "displayName": None,
        "description": None,
        "createdDateTime": created,
        "modifiedDateTime": created,
        "state": "configured",
        "identitySources": [],
        **properties,
    }


@router.get("/connectedOrganizations/{id}/{relation}", READ)
def list_sponsors(call: Call, id: str, relation: str) -> Reply:
    """Sponsors: users and groups."""
    row = require(call.tenant.entitlement.connected_organizations, id)
    navigation = CONNECTED_ORGANIZATION.navigation[_known(relation)]
    return answer_collection(call, navigation.target(), navigation.resolve(call, row), "directoryObjects")


@router.post("/connectedOrganizations/{id}/{relation}/$ref", WRITE)
def add_sponsor(call: Call, id: str, relation: str) -> Reply:
    """204. What the service says of one who is a sponsor already is not documented: as with groups, 400."""
    state = call.tenant.entitlement
    row = require(state.connected_organizations, id)
    links = getattr(state, _SPONSORS[_known(relation)]).setdefault(row["id"], {})
    sponsor = call.tenant.directory.find(call.reference())
    if sponsor is None or sponsor["_type"] not in ("user", "group"):
        raise not_found(Area.ENTITLEMENT, "")
    if relation == "externalSponsors" and sponsor["_type"] == "user" and sponsor["userType"] != "Guest":
        raise invalid_model()
    if sponsor["id"] in links:
        raise GraphError(
            400,
            "Request_BadRequest",
            f"One or more added object references already exist for the following modified properties: '{relation}'.",
        )
    links[sponsor["id"]] = None
    return Reply(204)


@router.delete("/connectedOrganizations/{id}/{relation}/{object_id}/$ref", WRITE)
def remove_sponsor(call: Call, id: str, relation: str, object_id: str) -> Reply:
    """204; 404 for one who is no sponsor."""
    state = call.tenant.entitlement
    row = require(state.connected_organizations, id)
    links = getattr(state, _SPONSORS[_known(relation)]).get(row["id"], {})
    if object_id.lower() not in links:
        raise not_found(Area.ENTITLEMENT, object_id)
    del links[object_id.lower()]
    return Reply(204)


def _known(relation: str) -> str:
    if relation not in _SPONSORS:
        raise not_found(Area.ENTITLEMENT, relation)
    return relation
