# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/organization`` and ``/domains``: the tenant itself, with its verified domains (organization-list, domain-list)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..graph.routing import Router
from ..odata.options import answer_collection, answer_entity
from ..store import Row
from .licences import products
from .tenant_types import DOMAIN, ORGANIZATION, READ_DOMAINS, READ_ORGANIZATION

router = Router(Area.DIRECTORY)
_CREATED = "2020-01-01T00:00:00Z"


@router.get("/organization", READ_ORGANIZATION)
def list_organization(call: Call) -> Reply:
    """A collection with exactly one object."""
    return answer_collection(call, ORGANIZATION, [_organization(call)], "organization")


@router.get("/organization/{id}", READ_ORGANIZATION)
def get_organization(call: Call, id: str) -> Reply:
    """The tenant by its id."""
    if id.lower() != call.tenant.id:
        raise not_found(Area.DIRECTORY, id)
    return answer_entity(call, ORGANIZATION, _organization(call), "organization")


@router.get("/domains", READ_DOMAINS)
def list_domains(call: Call) -> Reply:
    """The verified domains."""
    return answer_collection(call, DOMAIN, _domains(call), "domains")


@router.get("/domains/{id}", READ_DOMAINS)
def get_domain(call: Call, id: str) -> Reply:
    """One by its name."""
    row = next((row for row in _domains(call) if row["id"].lower() == id.lower()), None)
    if row is None:
        raise not_found(Area.DIRECTORY, id)
    return answer_entity(call, DOMAIN, row, "domains")


def _domains(call: Call) -> list[Row]:
    return [
        {
            "authenticationType": domain["type"],
            "availabilityStatus": None,
            "id": domain["name"],
            "isAdminManaged": True,
            "isDefault": domain["isDefault"],
            "isInitial": domain["isInitial"],
            "isRoot": True,
            "isVerified": True,
            "supportedServices": ["Email", "OfficeCommunicationsOnline"],
        }
        for domain in _verified_domains(call)
    ]


def _organization(call: Call) -> Row:
    tenant = call.tenant
    plans = {plan_id: service for product in products(tenant.quirks) for _name, plan_id, service in product.plans}
    return {
        "id": tenant.id,
        "displayName": tenant.display_name,
        "createdDateTime": _CREATED,
        "tenantType": "AAD",
        "countryLetterCode": None,
        "assignedPlans": [
            {"assignedDateTime": _CREATED, "capabilityStatus": "Enabled", "service": service, "servicePlanId": plan_id}
            for plan_id, service in plans.items()
        ],
        "verifiedDomains": _verified_domains(call),
    }


def _verified_domains(call: Call) -> list[Row]:
    domains = [
        {
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": position == 0,
            "isInitial": name.endswith(".onmicrosoft.com"),
            "name": name,
            "type": "Managed",
        }
        for position, name in enumerate(call.tenant.domains)
    ]
    if not any(domain["isInitial"] for domain in domains):
        domains[0]["isInitial"] = True  # every tenant has exactly one initial domain
    return domains
