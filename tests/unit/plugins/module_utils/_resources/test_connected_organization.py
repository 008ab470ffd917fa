# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connected organizations: how they are found, what they would open, and every sentence they refuse with."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.connected_organization import ConnectedOrganization
from ansible_collections.mssp.defender.tests.unit.fakes import TENANT, A, B, C, Routes, answer, graph, page, refusal, writes

EM = "identityGovernance/entitlementManagement"
ORGANIZATIONS = f"{EM}/connectedOrganizations"
ANY = "identitySources/any(is:is/microsoft.graph"
BY_TENANT = f"GET {ORGANIZATIONS}?$filter={ANY}.azureActiveDirectoryTenant/tenantId eq '{B}')"
BY_DOMAIN = f"GET {ORGANIZATIONS}?$filter={ANY}.domainIdentitySource/domainName eq 'fabrikam.com')"
SOURCE = {"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "tenantId": B, "displayName": "Fabrikam"}
DOMAIN_SOURCE = {"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": "fabrikam.com", "displayName": "Fabrikam"}
OF_DOMAIN = "GET tenantRelationships/findTenantInformationByDomainName(domainName='fabrikam.com')"
OF_TENANT = f"GET tenantRelationships/findTenantInformationByTenantId(tenantId='{B}')"
KNOWN = {"tenantId": B, "displayName": "Fabrikam", "defaultDomainName": "fabrikam.com"}
THERE = {"id": A, "displayName": "Fabrikam", "state": "proposed", "identitySources": [SOURCE]}


def organization(table, desired=None, policies=(), **options):
    # What becoming `configured` would open is looked up before.
    http = Routes({f"GET {EM}/assignmentPolicies": page(*policies), **table})
    options = {"own_tenant_id": TENANT, **options}
    return ConnectedOrganization(graph(http), dict({} if desired is None else desired), **options), http


def test_by_tenant_with_the_tenants_own_name():
    resource, http = organization(
        {BY_TENANT: page(), OF_TENANT: KNOWN, f"POST {ORGANIZATIONS}": answer(201, {"id": A})}, tenant_id=B
    )
    outcome = reconcile(resource)
    assert writes(http)[0].body == {
        "displayName": "Fabrikam",
        "state": "configured",
        "description": "",
        "identitySources": [SOURCE],
    }
    assert outcome.changes[0].name == "Fabrikam"


def policy(scope="allConfiguredConnectedOrganizationUsers", *, add=True, approval=False):
    return {
        "displayName": "All partners",
        "accessPackage": {"displayName": "Open"},
        "allowedTargetScope": scope,
        "requestorSettings": {"enableTargetsToSelfAddAccess": add},
        "requestApprovalSettings": {"isApprovalRequiredForAdd": approval},
    }


CREATED = {BY_TENANT: page(), f"POST {ORGANIZATIONS}": answer(201, {"id": A})}
PROPOSED = {BY_TENANT: page(THERE), f"PATCH {ORGANIZATIONS}/{A}": answer(202, {})}


@pytest.mark.parametrize(("table", "state"), [(CREATED, None), (CREATED, "configured"), (PROPOSED, "configured")])
def test_what_it_would_open_without_approval(table, state):
    desired = {"displayName": "Fabrikam", **({"state": state} if state else {})}
    resource, http = organization(table, desired, [policy()], tenant_id=B)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        "Cannot plan the connected organization 'Fabrikam': as 'configured' it would let all its users request without any "
        "approval: 'Open' (policy 'All partners'). Set org_state: proposed, which suffices for policies that name the "
        "organization, or accept_open_policies: true to accept it (mssp_onboard_connected_org_state, "
        "mssp_onboard_accept_open_policies)."
    )
    assert writes(http) == []
    accepted, http = organization(table, desired, [policy()], tenant_id=B, accept_open_policies=True)
    assert reconcile(accepted).changed
    assert "may also request 'Open' (policy 'All partners')" in accepted.notes[0]


@pytest.mark.parametrize(
    ("table", "state", "policies", "notes"),
    [
        (CREATED, "proposed", [policy()], 0),
        (PROPOSED, None, [policy()], 0),
        (PROPOSED, "proposed", [policy()], 0),
        (CREATED, None, [policy(approval=True)], 1),
        (CREATED, None, [policy(add=False)], 0),
        (CREATED, None, [policy("allExternalUsers"), policy("specificConnectedOrganizationUsers")], 0),
    ],
)
def test_what_it_does_not_open(table, state, policies, notes):
    desired = {"displayName": "Fabrikam", **({"state": state} if state else {})}
    resource, dummy = organization(table, desired, policies, tenant_id=B)
    reconcile(resource)
    assert len(resource.notes) == notes


def test_a_domain_stands_for_its_tenant():
    resource, http = organization({OF_DOMAIN: KNOWN, BY_TENANT: page(THERE)}, domain="fabrikam.com")
    assert reconcile(resource).changes == []
    assert writes(http) == []


def test_a_domain_without_a_tenant():
    table = {OF_DOMAIN: refusal(404), BY_DOMAIN: page(), f"POST {ORGANIZATIONS}": answer(201, {"id": A})}
    resource, http = organization(table, {"displayName": "Fabrikam"}, domain="fabrikam.com")
    reconcile(resource)
    assert writes(http)[0].body["identitySources"] == [DOMAIN_SOURCE]


def test_a_tenant_that_takes_only_the_domain_form():
    table = {OF_DOMAIN: KNOWN, BY_TENANT: page(), f"POST {ORGANIZATIONS}": [refusal(400, "BadRequest"), answer(201, {"id": A})]}
    resource, http = organization(table, domain="fabrikam.com")
    reconcile(resource)
    assert [sent.body["identitySources"] for sent in writes(http)] == [[SOURCE], [DOMAIN_SOURCE]]


def test_the_state_of_an_organization_that_is_there_is_kept():
    resource, http = organization({BY_TENANT: page(THERE)}, {"displayName": "Fabrikam"}, tenant_id=B)
    assert not reconcile(resource).changed


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (
            {},
            {"tenant_id": TENANT.upper()},
            f"the tenant {TENANT.upper()} cannot be connected to itself. "
            "Name the MSSP's tenant as the connected organization, and the customer's as tenant_id.",
        ),
        (
            {BY_TENANT: page(THERE, {**THERE, "id": C, "displayName": "Twin"})},
            {"tenant_id": B},
            f"2 connected organizations have this identity source: 'Fabrikam' ({A}), 'Twin' ({C}). "
            "Delete the superfluous ones in the portal.",
        ),
        (
            {BY_TENANT: page(), OF_TENANT: refusal(404)},
            {"tenant_id": B},
            f"Microsoft knows no tenant {B} in this cloud. Check the id and the cloud.",
        ),
    ],
)
def test_organizations_that_cannot_be(table, options, words):
    resource, http = organization(table, **options)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value).partition(": ")[2] == words
    assert writes(http) == []


def test_an_organization_that_policies_name_is_not_deleted():
    naming = {
        "displayName": "MSSP SOC users",
        "accessPackage": {"displayName": "Tier 1"},
        "specificAllowedTargets": [{"connectedOrganizationId": A.upper()}],
    }
    table = {BY_TENANT: page(THERE), f"GET {EM}/assignmentPolicies": page(naming, {"specificAllowedTargets": None})}
    resource, dummy = organization(table, tenant_id=B)
    with pytest.raises(Failure, match="in use: the policy 'MSSP SOC users' of the package 'Tier 1' names it"):
        reconcile(resource, state="absent")
