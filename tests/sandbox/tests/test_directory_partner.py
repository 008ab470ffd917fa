# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A partner reads its customers and relationships (EM K)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from governed import CUSTOMERS, GOVERNED
from sandbox_harness import Graph, Running, Start

SANDBOX = GOVERNED

CUSTOMER_LIST = "/tenantRelationships/delegatedAdminCustomers"
RELATIONSHIPS = "/tenantRelationships/delegatedAdminRelationships"
READER = "5d6b6bb7-de71-4623-b4af-96380a352509"


@pytest.fixture
def partner(sandbox: Running) -> Iterator[Graph]:
    yield sandbox.graph(1)
    sandbox.control("DELETE", "quirks")


def test_customers_are_those_of_live_relationships(partner: Graph, sandbox: Running) -> None:
    """EM K: id is the tenant's id; a customer is there while a relationship is active."""
    rows = partner.ok("GET", CUSTOMER_LIST)["value"]
    assert len(rows) == CUSTOMERS
    assert all(row["id"] == row["tenantId"] for row in rows)
    contoso = sandbox.tenant()["tenant_id"]
    assert {row["tenantId"]: row["displayName"] for row in rows}[contoso] == "Contoso"
    assert "Waiting" not in [row["displayName"] for row in rows]
    assert partner.ok("GET", f"{CUSTOMER_LIST}/{contoso}")["displayName"] == "Contoso"
    details = partner.ok("GET", f"{CUSTOMER_LIST}/{contoso}/serviceManagementDetails")["value"]
    assert all(contoso in row["serviceManagementUrl"] for row in details)
    assert partner.refused("GET", f"{CUSTOMER_LIST}/00000000-0000-0000-0000-000000000001")[0] == 404


def test_customers_come_in_pages(partner: Graph) -> None:
    """EM K: $top up to 300, $orderby, $filter, $count, $skipToken."""
    seen, url = [], f"{CUSTOMER_LIST}?$top=2&$orderby=displayName&$select=displayName"
    pages = 0
    while url:
        answer = partner.ok("GET", url)
        seen += [row["displayName"] for row in answer["value"]]
        url, pages = answer.get("@odata.nextLink"), pages + 1
    assert (seen, pages) == (["Contoso", *(f"Customer {n}" for n in range(1, CUSTOMERS))], -(-CUSTOMERS // 2))
    assert len(partner.ok("GET", f"{CUSTOMER_LIST}?$top=999")["value"]) == CUSTOMERS
    assert len(partner.ok("GET", f"{CUSTOMER_LIST}?$filter=displayName eq 'Contoso'")["value"]) == 1
    assert partner.ok("GET", f"{CUSTOMER_LIST}?$count=true&$top=1")["@odata.count"] == CUSTOMERS


def test_relationships(partner: Graph, sandbox: Running) -> None:
    """EM K: filter by status, statuses of the metadata, customer.tenantId to group by."""
    query = "?$filter=status eq 'active'&$select=customer,autoExtendDuration,endDateTime"
    active = partner.ok("GET", f"{RELATIONSHIPS}{query}")["value"]
    assert len(active) == CUSTOMERS
    assert all(row["endDateTime"] and row["customer"]["tenantId"] for row in active)
    contoso = sandbox.tenant()["tenant_id"]
    own = partner.ok("GET", f"{RELATIONSHIPS}?$filter=customer/tenantId eq '{contoso}' and status eq 'active'")["value"][0]
    assert len(own["accessDetails"]["unifiedRoles"]) == 2
    assert own["@odata.etag"].startswith('W/"')
    every = {row["displayName"]: row["status"] for row in partner.ok("GET", RELATIONSHIPS)["value"]}
    assert (every["Before"], every["MLT_waiting"]) == ("terminated", "approvalPending")
    assignments = partner.ok("GET", f"{RELATIONSHIPS}/{own['id']}/accessAssignments")["value"]
    assert [row["accessDetails"] for row in assignments] == [{"unifiedRoles": [{"roleDefinitionId": READER}]}]
    group = assignments[0]["accessContainer"]
    assert group["accessContainerType"] == "securityGroup"
    assert partner.ok("GET", f"/groups/{group['accessContainerId']}")["displayName"] == "Analysts"
    assert partner.ok("GET", f"{RELATIONSHIPS}/{own['id']}/accessAssignments/{assignments[0]['id']}")["status"] == "active"
    assert partner.ok("GET", f"{RELATIONSHIPS}/{own['id']}/operations")["value"] == []
    assert partner.ok("GET", f"{RELATIONSHIPS}/{own['id']}?$expand=accessAssignments")["accessAssignments"]


def test_an_invitation_has_no_customer_yet(partner: Graph, start: Start) -> None:
    """resources/delegatedadminrelationship: customer is set by the system after the customer approves."""
    (invitation,) = partner.ok("GET", f"{RELATIONSHIPS}?$filter=displayName eq 'For anybody'")["value"]
    assert (invitation["customer"], invitation["status"], invitation["endDateTime"]) == (None, "approvalPending", None)
    assert not [row for row in partner.ok("GET", CUSTOMER_LIST)["value"] if not row["tenantId"]]
    active: dict[str, Any] = {"display_name": "x", "domain": "x.example", "partner": {"relationships": [{"status": "active"}]}}
    with pytest.raises(AssertionError, match="customer is missing"):
        start({"tenants": [active]})


def test_permissions(partner: Graph, sandbox: Running) -> None:
    """EM 1.4: DelegatedAdminRelationship.Read.All; EM K: an older page says that no application may."""
    inventory = sandbox.graph(1, "inventory")
    assert len(inventory.ok("GET", CUSTOMER_LIST)["value"]) == CUSTOMERS
    assert sandbox.graph(1, "Application.ReadWrite.All").refused("GET", CUSTOMER_LIST) == (403, "Authorization_RequestDenied")
    partner.quirk(gdap_application_permission=False)
    assert inventory.refused("GET", CUSTOMER_LIST) == (403, "Authorization_RequestDenied")


def test_a_customer_is_no_partner(graph: Graph) -> None:
    """practice S12: GDAP can be read from the partner's tenant only."""
    assert graph.ok("GET", CUSTOMER_LIST)["value"] == []
    assert graph.ok("GET", RELATIONSHIPS)["value"] == []


def test_relationships_end_or_extend_themselves(start: Start) -> None:
    """EM K: autoExtendDuration; without it a relationship is over at its end, and so is the customer."""
    running = start(GOVERNED)
    running.control("POST", "clock", {"advance_seconds": 731 * 86400})
    partner = running.graph(1)
    assert "Contoso" not in [row["displayName"] for row in partner.ok("GET", CUSTOMER_LIST)["value"]]
    assert len(partner.ok("GET", CUSTOMER_LIST)["value"]) == CUSTOMERS - 1
    ended = partner.ok("GET", f"{RELATIONSHIPS}?$filter=status eq 'expired'")["value"]
    assert [row["customer"]["displayName"] for row in ended] == ["Contoso"]
