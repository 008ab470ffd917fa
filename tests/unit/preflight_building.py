# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the preflight's gates are made of: a customer, its answers when all is well, and what is found."""

from __future__ import annotations

import copy
import dataclasses
import json
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import find_cloud
from ansible_collections.mssp.defender.plugins.module_utils._resources.features import needed
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import KINDS, STOP, WARNING, Finding
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gate import Wanted
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gates import report
from ansible_collections.mssp.defender.tests.unit.fakes import TENANT, A

MSSP = TENANT
CONSENT = "https://login.test/consent"
PLANS = {
    "p1": "41781fb2-bc02-4b7c-bd55-b576c07bb09d",
    "p2": "eec0eb4f-6444-4f95-aba0-50c24d67f998",
    "governance": "e866a266-3cff-43a3-acca-0c90a7e00c8b",
    "mde_p2": "871d91ec-ec1a-452b-a83f-bd76c7d770ef",
    "mde_p1": "292cc034-7b7c-4950-aaf5-943befd3f1d4",
    "mde_business": "bfc1bbd9-981b-4f71-9b82-17c35fd0e2a4",
}
ACTION = "microsoft.xdr/secops/securitydata/alerts/manage"


def sku(*plans: str, status: str = "Enabled", provisioned: str = "Success") -> dict[str, t.Any]:
    """A product with these service plans."""
    return {
        "skuPartNumber": "-".join(plans),
        "capabilityStatus": status,
        "servicePlans": [{"servicePlanId": PLANS[plan], "provisioningStatus": provisioned} for plan in plans],
    }


def listed(*rows: t.Any) -> dict[str, t.Any]:
    """A collection."""
    return {"value": list(rows)}


def refusal(status: int, code: str = "Authorization_RequestDenied") -> GraphError:
    """What Graph said instead."""
    return GraphError(f"Graph answered {status} {code}", status=status, code=code)


def setting(access: str = "allowed", users: str = "AllUsers", applications: str = "AllApplications") -> dict[str, t.Any]:
    """Cross-tenant access in one direction."""
    return {
        "usersAndGroups": {"accessType": access, "targets": [{"target": users, "targetType": "user"}]},
        "applications": {"accessType": access, "targets": [{"target": applications, "targetType": "application"}]},
    }


def domain_policy(**lists: list[str]) -> dict[str, t.Any]:
    """The policy of domains, whose content is a text."""
    content = {"B2BManagementPolicy": {"InvitationsAllowedAndBlockedDomainsPolicy": lists}}
    return {"definition": [json.dumps(content)], "isOrganizationDefault": True}


def policy(scope: str = "allConfiguredConnectedOrganizationUsers", approval: bool = False, **more: t.Any) -> dict[str, t.Any]:
    """An assignment policy of somebody."""
    return {
        "displayName": "Everybody",
        "allowedTargetScope": scope,
        "requestorSettings": {"enableTargetsToSelfAddAccess": True},
        "requestApprovalSettings": {"isApprovalRequiredForAdd": approval},
        "accessPackage": {"displayName": "Suppliers"},
        **more,
    }


GOOD: dict[str, t.Any] = {
    "skus": listed(sku("p1", "p2"), sku("mde_p2")),
    "authorization": {"allowInvitesFrom": "everyone"},
    "domains": listed(domain_policy(BlockedDomains=[])),
    "cross_default": {"b2bCollaborationInbound": setting(), "inboundTrust": {"isMfaAccepted": True}},
    "cross_partner": refusal(404, "Request_ResourceNotFound"),
    "conditional": listed(),
    "settings": {"externalUserLifecycleAction": "none"},
    "policies": listed(),
    "organizations": listed(),
    "roles": listed({"id": "1"}),
    "namespaces": listed({"id": "microsoft.xdr", "resourceActions": [{"id": ACTION}]}),
    "group_settings": listed(),
    "partner": {"tenantId": MSSP},
}
WANTED = Wanted(
    find_cloud("public"),
    A,
    features=("onboard",),
    granted=tuple(needed(["onboard", "preflight"])),
    consent=CONSENT,
    partner_id=MSSP,
    partner_domains=("fabrikam.example",),
    group_names=("Tier 1 Analyst",),
    permissions=(ACTION,),
)
# Told of every customer, whatever is set there.
ALWAYS = {"guest_billing", "mssp_outbound"}


def wanted(**changes: t.Any) -> Wanted:
    """What is intended, with changes."""
    return dataclasses.replace(WANTED, **changes)


def findings(changes: dict[str, t.Any] | None = None, **intended: t.Any) -> list[Finding]:
    """What is found in a customer where all is well but this; without what is told of everybody."""
    answers = {**copy.deepcopy(GOOD), **(changes or {})}
    found = report(wanted(**intended), answers).findings
    for one in found:
        # What stops is a warning where it is accepted, or nothing is built.
        assert one.severity in KINDS[one.id].severities or (one.severity, KINDS[one.id].severities[0]) == (WARNING, STOP), one
    return [x for x in found if x.id not in ALWAYS]


def told(changes: dict[str, t.Any] | None = None, **intended: t.Any) -> list[tuple[str, str]]:
    """The same as pairs of id and severity."""
    return [(x.id, x.severity) for x in findings(changes, **intended)]
