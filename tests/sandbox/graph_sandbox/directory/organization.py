# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/organization`` and ``/domains``: the tenant itself, with its verified domains."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..graph.routing import Router
from ..odata.options import answer_collection, answer_entity
from ..store import Row
from .types import DOMAIN, ORGANIZATION, READ_DOMAINS, READ_ORGANIZATION

router = Router(Area.DIRECTORY)


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
    rows = [
        {
            "id": domain["name"],
            "isDefault": domain["isDefault"],
            "isInitial": domain["isInitial"],
            "isVerified": True,
            "authenticationType": "Managed",
        }
        for domain in _domains(call)
    ]
    return answer_collection(call, DOMAIN, rows, "domains")


def _organization(call: Call) -> Row:
    tenant = call.tenant
    return {
        "id": tenant.id,
        "displayName": tenant.display_name,
        "createdDateTime": "2020-01-01T00:00:00Z",
        "tenantType": "AAD",
        "countryLetterCode": None,
        "assignedPlans": _plans(tenant.quirks.licence),
        "verifiedDomains": _domains(call),
    }


def _plans(licence: str) -> list[Row]:
    """Service plans as the "Product names and service plan identifiers" page names them."""
    plans = {
        "AAD_PREMIUM_P2": "eec0eb4f-6444-4f95-aba0-50c24d67f998",
        "Entra_Identity_Governance": "e866a266-3cff-43a3-acca-0c90a7e00c8b",
    }
    held = {"governance": list(plans), "p2": ["AAD_PREMIUM_P2"], "none": []}[licence]
    return [
        {
            "assignedDateTime": "2020-01-01T00:00:00Z",
            "capabilityStatus": "Enabled",
            "service": "AADPremiumService",
            "servicePlanId": plans[name],
        }
        for name in held
    ]


def _domains(call: Call) -> list[Row]:
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
