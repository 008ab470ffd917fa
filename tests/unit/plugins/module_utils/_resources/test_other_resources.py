# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Catalogs, packages, connected organizations and Defender roles: what they send, and every sentence they refuse with."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import AccessPackage, GroupRole
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog
from ansible_collections.mssp.defender.plugins.module_utils._resources.connected_organization import ConnectedOrganization
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import DefenderRole
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.tests.unit.fakes import TENANT, A, B, C, Clock, Routes, answer, graph, page, refusal

EM = "identityGovernance/entitlementManagement"
D = "dddddddd-0000-4000-8000-000000000004"
FUTURE = Ref(KNOWN_AFTER_APPLY, "Tier 1 Analyst")


def writes(http):
    return [sent for sent in http.sent if sent.method != "GET"]


# -- catalogs --------------------------------------------------------------------------------------------------------

CATALOG = {"id": A, "displayName": "MSSP", "description": "", "state": "published", "isExternallyVisible": True}
CATALOG_BY_NAME = f"GET {EM}/catalogs?$filter=displayName eq 'MSSP'"
RESOURCES = f"GET {EM}/catalogs/{A}/resources"
ADDED = f"GET {EM}/catalogs/{A}/resources?$filter=originId eq '{B}'&$expand=roles,scopes"
RESOURCE = {"id": D, "displayName": "Tier 1", "originId": B, "originSystem": "AadGroup"}


def catalog(table, desired=None, **options):
    http = Routes(table)
    return Catalog(graph(http), dict(desired or {"displayName": "MSSP"}), **options), http


def test_a_new_catalog_is_published_and_visible():
    resource, http = catalog({CATALOG_BY_NAME: page(), f"POST {EM}/catalogs": answer(201, {"id": A})})
    reconcile(resource)
    assert writes(http)[0].body == {"displayName": "MSSP", "description": "", "state": "published", "isExternallyVisible": True}


def test_several_catalogs():
    resource, dummy = catalog({CATALOG_BY_NAME: page(CATALOG, {**CATALOG, "id": B})})
    with pytest.raises(Failure, match=rf"2 catalogs have this name \({A}, {B}\). Name the right one by catalog_id."):
        reconcile(resource)


def test_microsofts_own_catalog():
    resource, dummy = catalog({CATALOG_BY_NAME: page({**CATALOG, "catalogType": "serviceDefault"})})
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        "Cannot take over the catalog 'MSSP': it is a catalog that Microsoft manages. Choose another name."
    )


def test_a_group_is_added_by_a_request_and_waited_for():
    table = {
        CATALOG_BY_NAME: page(CATALOG),
        # What was there, and then twice too early.
        RESOURCES: [page(), page(), page({**RESOURCE, "originId": C}), page(RESOURCE)],
        f"POST {EM}/resourceRequests": [refusal(404, "ResourceNotFoundInOriginSystem"), answer(201, {"id": "r"})],
    }
    resource, http = catalog(table, groups=[Ref(B, "Tier 1")])
    outcome = reconcile(resource)
    assert writes(http)[0].body == {
        "requestType": "adminAdd",
        "resource": {"originId": B, "originSystem": "AadGroup"},
        "catalog": {"id": A},
    }
    assert len(writes(http)) == 2
    assert outcome.entity["resources"] == [{"id": D, "displayName": "Tier 1", "originId": B}]


def test_a_group_that_is_in_it_already_is_no_failure():
    table = {
        CATALOG_BY_NAME: page(CATALOG),
        RESOURCES: [page(), page(RESOURCE)],
        f"POST {EM}/resourceRequests": refusal(400, "ResourceAlreadyOnboarded"),
    }
    resource, http = catalog(table, groups=[Ref(B, "Tier 1")])
    reconcile(resource)
    assert len(writes(http)) == 1


GRANTING = f"GET {EM}/accessPackages?$filter=catalog/id eq '{A}'&$expand=resourceRoleScopes($expand=role,scope)"
GRANTED = refusal(400, "InvalidDeleteResourceHasEntitlements", "In use.")


def test_what_a_package_still_grants_is_not_removed():
    table = {
        CATALOG_BY_NAME: page(CATALOG),
        GRANTING: page({"id": C, "resourceRoleScopes": [{"scope": {"originId": B.upper()}}]}),
        RESOURCES: page(RESOURCE, {**RESOURCE, "id": C, "originSystem": "SharePointOnline"}),
        f"POST {EM}/resourceRequests": refusal(400, "InvalidDeleteResourceHasEntitlements", "In use."),
    }
    resource, http = catalog(table, groups=[])
    with pytest.raises(GraphError) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        "Cannot remove Tier 1 from the catalog 'MSSP': Graph answered 400 InvalidDeleteResourceHasEntitlements: In use. "
        "An access package still grants this group: change the package first, or set append: true."
    )
    assert writes(http)[0].body["resource"] == {"id": D, "originId": B, "originSystem": "AadGroup"}


def test_what_was_granted_a_moment_ago_is_removed_when_that_is_known():
    sent = [GRANTED, GRANTED, answer(201)]
    table = {
        CATALOG_BY_NAME: page(CATALOG),
        RESOURCES: page(RESOURCE),
        GRANTING: page({"id": C}),
        f"POST {EM}/resourceRequests": sent,
    }
    resource, http = catalog(table, groups=[])
    assert reconcile(resource).changed
    assert (len(writes(http)), sent) == (3, [])


@pytest.mark.parametrize("lost", [refusal(500), refusal(404, "ResourceNotFound")])
@pytest.mark.parametrize(("then", "fails"), [([], False), ([RESOURCE], True)])
def test_a_removal_whose_answer_was_lost_is_looked_up(lost, then, fails):
    table = {CATALOG_BY_NAME: page(CATALOG), RESOURCES: [page(RESOURCE), page(*then)], f"POST {EM}/resourceRequests": [lost]}
    resource, http = catalog(table, groups=[])
    if fails:
        with pytest.raises(GraphError):
            reconcile(resource)
    else:
        assert reconcile(resource).changed
    assert len(writes(http)) == 1


def test_groups_of_a_new_catalog_are_each_predicted():
    refs = [Ref(KNOWN_AFTER_APPLY, name) for name in ("Tier 1", "Tier 2", "Approvers")]
    resource, dummy = catalog({CATALOG_BY_NAME: page()}, groups=refs)
    outcome = reconcile(resource, check_mode=True)
    assert [(x.type, x.name, x.action) for x in outcome.changes] == [
        ("catalog", "MSSP", "create"),
        *(("catalog resource", f"MSSP: {ref.name}", "create") for ref in refs),
    ]


def test_a_catalog_with_packages_is_not_deleted():
    table = {
        CATALOG_BY_NAME: page(CATALOG),
        f"GET {EM}/accessPackages?$filter=catalog/id eq '{A}'": page({"displayName": "Tier 1"}),
    }
    resource, dummy = catalog(table)
    with pytest.raises(Failure, match="it is still in use: the access package 'Tier 1' is in it"):
        reconcile(resource, state="absent")


# -- access packages -------------------------------------------------------------------------------------------------

EXPAND = "$expand=catalog,resourceRoleScopes($expand=role,scope)"
PACKAGES = f"GET {EM}/accessPackages?$filter=catalog/id eq '{A}'&{EXPAND}"
SCOPE = {
    "id": "scope-1",
    "role": {"displayName": "Member", "originId": f"Member_{B}"},
    "scope": {"displayName": "Tier 1", "originId": B},
}
PACKAGE = {"id": C, "displayName": "Tier 1", "catalog": {"id": A}, "isHidden": False, "resourceRoleScopes": []}


def package(table, desired=None, **options):
    http = Routes(table)
    options = {"catalog": Ref(A, "MSSP"), **options}
    return AccessPackage(graph(http), dict(desired or {"displayName": "Tier 1"}), **options), http


def test_a_new_package_with_its_role():
    table = {
        PACKAGES: page(),
        f"POST {EM}/accessPackages": [refusal(404, "ResourceNotFound"), answer(201, {"id": C})],
        ADDED: page(
            {**RESOURCE, "roles": [{"id": "role-1", "originId": f"Member_{B}"}], "scopes": [{"id": "s-1", "originId": B}]}
        ),
        f"POST {EM}/accessPackages/{C}/resourceRoleScopes": answer(201, {"id": "new"}),
    }
    resource, http = package(table, roles=[GroupRole(Ref(B, "Tier 1"), "Member")])
    outcome = reconcile(resource)
    assert writes(http)[1].body == {"displayName": "Tier 1", "description": "", "isHidden": False, "catalog": {"id": A}}
    origin = {"originSystem": "AadGroup"}
    assert writes(http)[2].body == {
        "role": {
            "id": "role-1",
            "displayName": "Member",
            "originId": f"Member_{B}",
            "resource": {"id": D, "originId": B, **origin},
            **origin,
        },
        "scope": {"id": "s-1", "originId": B, "isRootScope": True, **origin},
    }
    assert outcome.entity["resourceRoleScopes"] == [{"id": "new", "role": "Member", "group": B}]


def test_the_zero_guid_of_a_role_is_never_sent():
    zero = "00000000-0000-0000-0000-000000000000"
    table = {
        PACKAGES: page(PACKAGE),
        ADDED: page({**RESOURCE, "roles": [{"id": zero, "originId": f"Member_{B}"}], "scopes": [{"id": zero, "originId": B}]}),
        f"POST {EM}/accessPackages/{C}/resourceRoleScopes": answer(201, {"id": "new"}),
    }
    resource, http = package(table, roles=[GroupRole(Ref(B, "Tier 1"), "Member")])
    reconcile(resource)
    assert zero not in str(writes(http)[0].body)


def test_a_role_that_is_granted_already():
    resource, http = package(
        {PACKAGES: page({**PACKAGE, "resourceRoleScopes": [SCOPE]})}, roles=[GroupRole(Ref(B.upper(), "T"), "Member")]
    )
    assert reconcile(resource).changes == []
    assert len(http.sent) == 1


def test_a_role_that_nobody_wants_is_removed():
    table = {
        PACKAGES: page({**PACKAGE, "resourceRoleScopes": [SCOPE]}),
        f"DELETE {EM}/accessPackages/{C}/resourceRoleScopes/scope-1": answer(204),
    }
    resource, http = package(table, roles=[])
    assert [change.name for change in reconcile(resource).changes] == ["Tier 1: Member of Tier 1"]
    assert len(writes(http)) == 1


def test_a_role_whose_answer_was_lost_is_found_and_not_posted_again():
    table = {
        PACKAGES: page(PACKAGE),
        f"GET {EM}/accessPackages/{C}": {**PACKAGE, "resourceRoleScopes": [SCOPE]},
        ADDED: page(RESOURCE),
        f"POST {EM}/accessPackages/{C}/resourceRoleScopes": [answer(504)],
    }
    resource, http = package(table, roles=[GroupRole(Ref(B, "Tier 1"), "Member")])
    assert reconcile(resource).entity["resourceRoleScopes"] == [{"id": "scope-1", "role": "Member", "group": B}]
    assert len(writes(http)) == 1


def test_a_group_that_never_comes_into_the_catalog():
    resource, dummy = package(
        {PACKAGES: page(PACKAGE), ADDED: lambda sent: page()}, roles=[GroupRole(Ref(B, "Tier 1"), "Member")]
    )
    with pytest.raises(Failure, match="waited 300 seconds for the group 'Tier 1' to be in the package's catalog, in vain"):
        reconcile(resource)


def test_roles_of_groups_that_will_be_there_are_each_predicted():
    roles = [GroupRole(Ref(KNOWN_AFTER_APPLY, name), "Member") for name in ("Tier 1", "Tier 2")]
    resource, dummy = package({}, catalog=Ref(KNOWN_AFTER_APPLY, "MSSP"), roles=roles)
    outcome = reconcile(resource, check_mode=True)
    assert [change.type for change in outcome.changes] == ["access package", "role scope", "role scope"]


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (
            {PACKAGES: page(PACKAGE, {**PACKAGE, "id": B})},
            {},
            f"2 access packages of the catalog have this name ({C}, {B}). Name the right one by package_id.",
        ),
        ({}, {"catalog": None}, "the catalog is not named, and package names are unique only in a catalog. Set catalog."),
        (
            {f"GET {EM}/accessPackages/{C}": refusal(404)},
            {"package_id": C},
            f"there is no access package with the id {C}. Check the id, or leave it out and name the object.",
        ),
        (
            {f"GET {EM}/accessPackages/{C}": {**PACKAGE, "catalog": {"id": B}}},
            {"package_id": C},
            f"it lies in another catalog ({B}), and Graph v1.0 cannot move it. "
            "Leave catalog out, or delete the package and let it be made anew.",
        ),
    ],
)
def test_packages_that_cannot_be(table, options, words):
    resource, dummy = package(table, **options)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value).partition(": ")[2] == words


def test_live_assignments_are_named():
    people = [{"state": "delivered", "target": {"displayName": name}} for name in ("Ann", None, "Cleo", "Dan", "Eve", "Fay")]
    table = {
        PACKAGES: page(PACKAGE),
        f"GET {EM}/assignments?$filter=accessPackage/id eq '{C}'&$expand=target": page({"state": "expired"}, *people),
    }
    resource, dummy = package(table)
    with pytest.raises(Failure, match=r"6 live assignments \('Ann', 'somebody', 'Cleo', 'Dan', 'Eve'\)\."):
        reconcile(resource, state="absent")


# -- connected organizations -----------------------------------------------------------------------------------------

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


# -- Defender roles --------------------------------------------------------------------------------------------------

ROLES = "roleManagement/defender/roleDefinitions"
ASSIGNMENTS = "roleManagement/defender/roleAssignments"
ACTIONS = [{"allowedResourceActions": ["microsoft.xdr/secops/securitydata/alerts/manage"]}]
ROLE = {"id": A, "displayName": "Tier 1", "description": "", "isBuiltIn": False, "rolePermissions": ACTIONS}
ASSIGNMENT = {"id": "as-1", "roleDefinitionId": A, "principalIds": [B], "appScopeIds": ["Mde"]}


def role(table, desired=None, **options):
    http = Routes(table)
    return DefenderRole(graph(http), dict(desired or {"displayName": "Tier 1", "rolePermissions": ACTIONS}), **options), http


def test_a_new_role_with_its_assignment():
    table = {
        f"GET {ROLES}": page(),
        f"POST {ROLES}": answer(201, {"id": A}),
        f"POST {ASSIGNMENTS}": answer(201, {**ASSIGNMENT}),
        f"GET {ASSIGNMENTS}": page(ASSIGNMENT),
    }
    resource, http = role(table, groups=[Ref(B, "Tier 1 Analyst")])
    reconcile(resource)
    assert {sent.url.split("/")[3] for sent in http.sent} == {"beta"}
    assert "@odata.type" not in str([sent.body for sent in http.sent])
    assert writes(http)[1].body == {"displayName": "Tier 1", "roleDefinitionId": A, "principalIds": [B], "appScopeIds": ["Mde"]}


def twin(identifier):
    return {**ROLE, "id": identifier}


@pytest.mark.parametrize(
    ("mine", "listed", "kept", "paused"),
    [
        # The larger id gives way at once.
        (D, [page(twin(A), twin(D)), page(twin(A))], A, 0),
        # The smaller one waits: the other gave way, or it had looked before and stays.
        (A, [page(twin(A), twin(D)), page(twin(A))], A, 2),
        (A, [page(twin(A), twin(D)), page(twin(A), twin(D)), page(twin(D))], D, 2),
        (A, [page(twin(A))], A, 0),
        # A list that does not show ours yet.
        (A, [page()], A, 0),
    ],
)
def test_of_two_roles_that_two_runs_make_at_the_same_moment_one_is_kept(mine, listed, kept, paused):
    table = {
        f"GET {ROLES}": [page(), *listed],
        f"POST {ROLES}": answer(201, {"id": mine}),
        f"DELETE {ROLES}/{mine}": answer(204),
    }
    clock = Clock()
    resource, http = role(table)
    resource.graph.budget = Budget(300, clock)
    assert reconcile(resource).entity["id"] == kept
    assert [sent.method for sent in writes(http)] == ["POST", *(["DELETE"] if kept != mine else [])]
    assert sum(clock.slept) == paused


def test_when_neither_is_left_the_next_run_is_asked_for():
    table = {
        f"GET {ROLES}": [page(), page(twin(A), twin(D)), *(page() for dummy in range(9))],
        f"POST {ROLES}": answer(201, {"id": D}),
        f"DELETE {ROLES}/{D}": answer(204),
    }
    resource, dummy = role(table)
    with pytest.raises(GraphError) as caught:
        reconcile(resource)
    assert caught.value.code == "MadeTwice"
    assert str(caught.value) == (
        "Cannot create the Defender role 'Tier 1': another run has made this role at the same moment. "
        "Whether it was created is not known; run again: the next run looks for it first."
    )


def test_an_assignment_that_another_run_made_at_the_same_moment_is_taken():
    other = {**ASSIGNMENT, "id": "as-0"}
    table = {
        f"GET {ROLES}": page(ROLE),
        f"GET {ASSIGNMENTS}": [page(), page(other, ASSIGNMENT), page(other)],
        f"POST {ASSIGNMENTS}": answer(201, {**ASSIGNMENT}),
        f"DELETE {ASSIGNMENTS}/as-1": answer(204),
    }
    resource, http = role(table, groups=[Ref(B, "T1")], adopt=True)
    (link,) = reconcile(resource).entity["assignments"]
    assert link["id"] == "as-0"
    assert [sent.method for sent in writes(http)] == ["POST", "DELETE"]


def test_a_catalog_that_another_run_made_at_the_same_moment_is_taken():
    there = {"id": A, "displayName": "MSSP Accesses", "catalogType": "userManaged"}
    listed = f"GET {EM}/catalogs?$filter=displayName eq 'MSSP Accesses'"
    table = {
        listed: [page(), page(there, {**there, "id": D}), page(there)],
        f"POST {EM}/catalogs": answer(201, {"id": D, "displayName": "MSSP Accesses"}),
        f"DELETE {EM}/catalogs/{D}": answer(204),
    }
    http = Routes(table)
    assert reconcile(Catalog(graph(http), {"displayName": "MSSP Accesses"})).entity["id"] == A
    assert [sent.method for sent in writes(http)] == ["POST", "DELETE"]


@pytest.mark.parametrize(
    "stored",
    [
        ["microsoft.xdr/secops/securitydata/alerts/manage", "microsoft.xdr/secops/securitydata/alerts/read"],
        ["Microsoft.XDR/SecOps/SecurityData/Alerts/Manage"],
    ],
)
def test_actions_are_compared_by_what_they_grant(stored):
    resource, dummy = role({f"GET {ROLES}": page({**ROLE, "rolePermissions": [{"allowedResourceActions": stored}]})})
    assert reconcile(resource).changes == []


def test_the_assignment_is_replaced_by_adding_before_removing():
    table = {
        f"GET {ROLES}": page(ROLE),
        f"GET {ASSIGNMENTS}": page({**ASSIGNMENT, "appScopeIds": ["Mdo"]}, {**ASSIGNMENT, "roleDefinitionId": C}),
        f"POST {ASSIGNMENTS}": answer(201, {**ASSIGNMENT, "id": "as-2"}),
        f"DELETE {ASSIGNMENTS}/as-1": answer(204),
    }
    resource, http = role(table, groups=[Ref(B, "g")])
    outcome = reconcile(resource)
    assert [sent.method for sent in writes(http)] == ["POST", "DELETE"]
    assert outcome.entity["assignments"] == [{"principalIds": [B], "appScopeIds": ["Mde"], "id": "as-2"}]


@pytest.mark.parametrize(
    ("held", "log"),
    [
        # The same, or more to more groups: nothing to do.
        ([{"principalIds": [B], "appScopeIds": ["Mde"]}], []),
        ([{"principalIds": [C, B.upper()], "appScopeIds": ["Mdo", "mde"]}], []),
        ([{"principalIds": [B], "directoryScopeIds": ["Mde"]}], []),
        # Less: one more, and theirs stay.
        ([{"principalIds": [B], "appScopeIds": ["Mdo"]}], ["POST"]),
        ([{"principalIds": [C], "appScopeIds": ["Mde"]}], ["POST"]),
        ([{"principalIds": [B], "appScopeIds": ["Mdo"]}, {"principalIds": [B], "appScopeIds": ["Mde"]}], []),
    ],
)
def test_assignments_that_are_only_added_to(held, log):
    listed = [{"id": f"{number}", "roleDefinitionId": A, **item} for number, item in enumerate(held)]
    made = {f"POST {ASSIGNMENTS}": lambda sent: answer(201, {"id": D, **sent.body})}
    table = {f"GET {ROLES}": page(ROLE), f"GET {ASSIGNMENTS}": page(*listed), **made}
    resource, http = role(table, groups=[Ref(B, "T1")], append=True, adopt=True)
    outcome = reconcile(resource)
    assert [sent.method for sent in http.sent if sent.method != "GET"] == log
    assert len(outcome.changes) == len(log)


def test_a_scope_that_was_widened_is_taken_back():
    table = {
        f"GET {ROLES}": page(ROLE),
        f"GET {ASSIGNMENTS}": page(),
        f"POST {ASSIGNMENTS}": answer(201, {**ASSIGNMENT, "appScopeIds": ["/"]}),
        f"DELETE {ASSIGNMENTS}/as-1": answer(204),
    }
    resource, http = role(table, groups=[Ref(B, "g")])
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert caught.value.code == "ScopeWidened"
    assert "Defender stored the assignment with the scopes ['/'] instead of ['Mde']; it was taken back." in str(caught.value)
    assert [sent.method for sent in writes(http)] == ["POST", "DELETE"]


FOREIGN = {**ASSIGNMENT, "id": "as-9", "principalIds": [C]}


def test_a_role_that_others_hold_is_not_taken_over():
    resource, http = role({f"GET {ROLES}": page(ROLE), f"GET {ASSIGNMENTS}": page(ASSIGNMENT, FOREIGN)}, groups=[Ref(B, "g")])
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        f"Cannot take over the Defender role 'Tier 1': a role of this name (id {A}) is assigned to others as well ({C}), "
        "who would gain what is granted to it now. "
        "Check who they are; then set adopt: true to leave them, or purge_assignments: true to remove them."
    )
    assert writes(http) == []


@pytest.mark.parametrize(
    ("options", "log"),
    [
        ({"adopt": True}, []),
        ({"purge_foreign": True}, [f"DELETE /beta/{ASSIGNMENTS}/as-9"]),
        ({"role_id": A}, []),
    ],
)
def test_what_becomes_of_others(options, log):
    table = {
        f"GET {ROLES}": page(ROLE),
        f"GET {ASSIGNMENTS}": page(ASSIGNMENT, FOREIGN),
        f"DELETE {ASSIGNMENTS}/as-9": answer(204),
    }
    resource, http = role(table, groups=[Ref(B.upper(), "g")], **options)
    reconcile(resource)
    assert [str(sent) for sent in writes(http)] == log


MIXED = {"id": "as-2", "roleDefinitionId": A, "principalIds": [B, C], "appScopeIds": ["Mde"]}
OURS = [ASSIGNMENT, {**ASSIGNMENT, "id": "as-3", "appScopeIds": ["/"]}]


def test_groups_lose_a_role_and_others_keep_it():
    gone = {f"DELETE {ASSIGNMENTS}/{x['id']}": answer(204) for x in OURS}
    table = {f"GET {ROLES}": page(ROLE), f"GET {ASSIGNMENTS}": page(*OURS, FOREIGN, MIXED), **gone}
    resource, http = role(table, groups=[Ref(B.upper(), "g")], unassign=True)
    outcome = reconcile(resource)
    assert [sent.path.rpartition("/")[2] for sent in writes(http)] == [x["id"] for x in OURS]
    assert [change.action for change in outcome.changes] == ["delete", "delete"]


def test_a_built_in_role_can_be_taken_away_and_neither_changed_nor_deleted():
    table = {f"GET {ROLES}": page({**ROLE, "isBuiltIn": True}), f"GET {ASSIGNMENTS}": page(*OURS)}
    table.update({f"DELETE {ASSIGNMENTS}/{x['id']}": answer(204) for x in OURS})
    resource, http = role(table, groups=[Ref(B, "g")], unassign=True)
    reconcile(resource)
    assert len(writes(http)) == len(OURS)
    for more, state in (({}, "present"), ({"unassign": True}, "absent")):
        resource, http = role(table, groups=[Ref(B, "g")], **more)
        with pytest.raises(Failure, match="it is a built-in role of Defender"):
            reconcile(resource, state=state)
        assert writes(http) == []


@pytest.mark.parametrize(("held", "deleted"), [(OURS, True), ([*OURS, MIXED], False), ([FOREIGN], False)])
def test_a_role_that_only_those_groups_hold_is_deleted(held, deleted):
    table = {f"GET {ROLES}": page(ROLE), f"GET {ASSIGNMENTS}": page(*held), f"DELETE {ROLES}/{A}": answer(204)}
    resource, http = role(table, groups=[Ref(B, "g")], unassign=True)
    if deleted:
        reconcile(resource, state="absent")
    else:
        with pytest.raises(Failure, match="1 assignment to others"):
            reconcile(resource, state="absent")
    assert len(writes(http)) == int(deleted)


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (
            {f"GET {ROLES}": page(ROLE, {**ROLE, "id": B})},
            {},
            f"2 Defender roles have this name ({A}, {B}). "
            "Name the right one by role_id, or delete the others in the Defender portal.",
        ),
        (
            {f"GET {ROLES}": page(ROLE)},
            {"role_id": C},
            f"there is no Defender role with the id {C}. Check the id, or leave it out and name the object.",
        ),
        ({f"GET {ROLES}": page({**ROLE, "isBuiltIn": True})}, {}, "it is a built-in role of Defender. Choose another name."),
    ],
)
def test_roles_that_cannot_be(table, options, words):
    resource, dummy = role(table, **options)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value).partition(": ")[2] == words


def test_unified_rbac_that_does_not_answer():
    resource, dummy = role({f"GET {ROLES}": refusal(404, "NotFound", "No.", request_id="r-1")})
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    text = str(caught.value)
    assert "Defender's unified role-based access control does not answer in this tenant (Graph answered 404 NotFound" in text
    assert "Defender for Endpoint Plan 2" in text
    assert (caught.value.status, caught.value.request_id) == (404, "r-1")


def test_an_answer_without_a_body_is_looked_up_and_not_posted_again():
    table = {f"GET {ROLES}": [page(), page(), page(ROLE)], f"POST {ROLES}": [answer(201)]}
    resource, http = role(table)
    assert reconcile(resource).entity["id"] == A
    assert len(writes(http)) == 1


@pytest.mark.parametrize(("held", "words"), [([FOREIGN], "1 assignment give it"), ([FOREIGN, FOREIGN], "2 assignments give it")])
def test_a_role_that_others_hold_is_not_deleted(held, words):
    resource, dummy = role({f"GET {ROLES}": page(ROLE), f"GET {ASSIGNMENTS}": page(*held)}, groups=[Ref(B, "g")])
    with pytest.raises(Failure) as caught:
        reconcile(resource, state="absent")
    assert words.split(" give")[0] in str(caught.value)
    assert "to others" in str(caught.value)
