# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/tenantRelationships/delegatedAdmin...``: a partner reads its customers and relationships (EM K).

Sources: tenantrelationship-list-delegatedadmincustomers, -list-delegatedadminrelationships,
delegatedadmincustomer-list-servicemanagementdetails, delegatedadminrelationship-list-accessassignments, -list-operations,
-list-requests. A tenant that is no partner's has none of them.
"""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, forbidden, not_found
from ..graph.routing import Router
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import EntityType
from ..store import Row, Store
from .lifecycle import LIVE, settled
from .types import (
    ACCESS_ASSIGNMENT,
    BASE,
    CONTEXT,
    CUSTOMER,
    OPERATION,
    READ,
    RELATIONSHIP,
    REQUEST,
    SERVICE_DETAIL,
    services,
)

MAXIMUM_PAGE = 300


def _check(call: Call) -> None:
    """Whether an application may read here is told both ways (EM K)."""
    if call.user_id is None and not call.tenant.quirks.gdap_application_permission:
        raise forbidden(Area.DIRECTORY)


router = Router(Area.DIRECTORY, BASE, before=_check)


def _page(call: Call, kind: EntityType, rows: list[Row], context: str) -> Reply:
    """At most 300 a page, however many are asked for."""
    top = call.query.get("$top", "")
    if top.isdigit() and int(top) > MAXIMUM_PAGE:
        call.query["$top"] = str(MAXIMUM_PAGE)
    return answer_collection(call, kind, rows, context, page_size=min(MAXIMUM_PAGE, call.world.config.page_size))


def _customers(call: Call) -> list[Row]:
    """One a tenant that at least one live relationship reaches."""
    found: dict[str, Row] = {}
    for row in settled(call):
        if row["status"] in LIVE:
            customer = row["customer"]
            found.setdefault(customer["tenantId"], {"id": customer["tenantId"], **customer})
    return list(found.values())


def _customer(call: Call, tenant_id: str) -> Row:
    row = next((row for row in _customers(call) if row["tenantId"] == tenant_id.lower()), None)
    if row is None:
        raise not_found(Area.DIRECTORY, tenant_id)
    return row


def _relationship(call: Call, relationship_id: str) -> Row:
    row = settled(call).read(relationship_id)
    if row is None:
        raise not_found(Area.DIRECTORY, relationship_id)
    return row


@router.get("/delegatedAdminCustomers", READ)
def list_customers(call: Call) -> Reply:
    """The partner's customers."""
    return _page(call, CUSTOMER, _customers(call), f"{CONTEXT}delegatedAdminCustomers")


@router.get("/delegatedAdminCustomers/{id}", READ)
def get_customer(call: Call, id: str) -> Reply:
    """One by its tenant's id."""
    return answer_entity(call, CUSTOMER, _customer(call, id), f"{CONTEXT}delegatedAdminCustomers")


@router.get("/delegatedAdminCustomers/{id}/serviceManagementDetails", READ)
def list_services(call: Call, id: str) -> Reply:
    """Where the partner administers the customer."""
    tenant_id = _customer(call, id)["tenantId"]
    context = f"{CONTEXT}delegatedAdminCustomers('{tenant_id}')/serviceManagementDetails"
    return answer_collection(call, SERVICE_DETAIL, services(tenant_id), context)


@router.get("/delegatedAdminRelationships", READ)
def list_relationships(call: Call) -> Reply:
    """All relationships, ended ones too."""
    return _page(call, RELATIONSHIP, settled(call).list(), f"{CONTEXT}delegatedAdminRelationships")


@router.get("/delegatedAdminRelationships/{id}", READ)
def get_relationship(call: Call, id: str) -> Reply:
    """One relationship."""
    return answer_entity(call, RELATIONSHIP, _relationship(call, id), f"{CONTEXT}delegatedAdminRelationships")


def _parts(name: str, kind: EntityType) -> None:
    """What hangs on a relationship: as a list, and one by its id."""

    def store(call: Call) -> Store:
        state = call.tenant.relationships
        return {"accessAssignments": state.assignments, "operations": state.operations, "requests": state.requests}[name]

    def context(relationship: Row) -> str:
        return f"{CONTEXT}delegatedAdminRelationships('{relationship['id']}')/{name}"

    @router.get(f"/delegatedAdminRelationships/{{id}}/{name}", READ)
    def list_parts(call: Call, id: str) -> Reply:
        relationship = _relationship(call, id)
        rows = store(call).list(lambda row: row["_relationship_id"] == relationship["id"])
        return answer_collection(call, kind, rows, context(relationship))

    @router.get(f"/delegatedAdminRelationships/{{id}}/{name}/{{part_id}}", READ)
    def get_part(call: Call, id: str, part_id: str) -> Reply:
        relationship, row = _relationship(call, id), store(call).read(part_id)
        if row is None or row["_relationship_id"] != relationship["id"]:
            raise not_found(Area.DIRECTORY, part_id)
        return answer_entity(call, kind, row, context(relationship))


_parts("accessAssignments", ACCESS_ASSIGNMENT)
_parts("operations", OPERATION)
_parts("requests", REQUEST)
