# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications and roles in a tenant: service principals, permissions, directory roles, units, licences."""

from __future__ import annotations

from typing import Any

from governed import GOVERNED
from sandbox_building import make_group
from sandbox_harness import Graph, Running, Start

SANDBOX = GOVERNED

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
EVENTUAL = {"ConsistencyLevel": "eventual"}


def client_of(running: Running, name: str, tenant: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in running.tenant(tenant)["clients"] if item["name"] == name)
    return found


def token(running: Running, client: dict[str, Any], tenant: int = 0) -> dict[str, Any]:
    application = running.application(client, running.tenant(tenant)["domain"])
    answer: dict[str, Any] = application.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    return answer


def test_graph_is_a_service_principal_with_its_roles(graph: Graph, sandbox: Running) -> None:
    """Defender 1.2: ids of the two Defender permissions. practice B.5: own surplus permissions."""
    microsoft = graph.ok("GET", f"/servicePrincipals(appId='{GRAPH_APP}')?$select=id,displayName,appRoles")
    roles = {role["value"]: role["id"] for role in microsoft["appRoles"]}
    assert roles["RoleManagement.Read.Defender"] == "4d6e30d1-e64e-4ae7-bf9d-c706cc928cef"
    assert roles["RoleManagement.ReadWrite.Defender"] == "8b7e8c0a-7e9d-4049-97ec-04b5e1bcaf05"
    client = client_of(sandbox, "auditor")
    own = graph.ok("GET", f"/servicePrincipals?$filter=appId eq '{client['client_id']}'")["value"][0]
    held = graph.ok("GET", f"/servicePrincipals/{own['id']}/appRoleAssignments")["value"]
    assert {row["appRoleId"] for row in held} == {roles["User.Read.All"], roles["AuditLog.Read.All"]}
    assert {row["resourceId"] for row in held} == {microsoft["id"]}
    assigned = graph.ok("GET", f"/servicePrincipals/{microsoft['id']}/appRoleAssignedTo?$filter=principalId eq '{own['id']}'")
    assert len(assigned["value"]) == 2


def test_a_grant_is_in_the_next_token(graph: Graph, sandbox: Running) -> None:
    """serviceprincipal-post-approleassignments, -delete-approleassignments: consent by API."""
    client = client_of(sandbox, "nothing")
    own = graph.ok("GET", f"/servicePrincipals(appId='{client['client_id']}')")["id"]
    microsoft = graph.ok("GET", f"/servicePrincipals(appId='{GRAPH_APP}')")
    role = next(role["id"] for role in microsoft["appRoles"] if role["value"] == "Group.Read.All")
    assert sandbox.graph(client="nothing")("GET", "/groups").status_code == 403
    body = {"principalId": own, "resourceId": microsoft["id"], "appRoleId": role}
    made = graph.ok("POST", f"/servicePrincipals/{own}/appRoleAssignments", body, 201)
    assert graph.refused("POST", f"/servicePrincipals/{own}/appRoleAssignments", body) == (400, "Request_BadRequest")
    assert sandbox.graph(client="nothing")("GET", "/groups").status_code == 200
    graph("DELETE", f"/servicePrincipals/{own}/appRoleAssignments/{made['id']}", status=204)
    assert sandbox.graph(client="nothing")("GET", "/groups").status_code == 403
    wrong = {**body, "appRoleId": "00000000-0000-0000-0000-000000000001"}
    assert graph.refused("POST", f"/servicePrincipals/{own}/appRoleAssignments", wrong)[0] == 400


def test_a_deleted_enterprise_application_gets_no_token(start: Start) -> None:
    """practice M5.5: the customer deletes the enterprise application, and no token can be had any more."""
    running = start(GOVERNED)
    graph, client = running.graph(), client_of(running, "onboard")
    assert "access_token" in token(running, client)
    own = graph.ok("GET", f"/servicePrincipals(appId='{client['client_id']}')")
    assert own["signInAudience"] == "AzureADMultipleOrgs"
    assert own["appOwnerOrganizationId"] != running.tenant()["tenant_id"]
    graph("DELETE", f"/servicePrincipals/{own['id']}", status=204)
    assert "AADSTS700016" in token(running, client)["error_description"]
    assert graph("GET", f"/servicePrincipals/{own['id']}").status_code == 404
    deleted = graph.ok("GET", "/directory/deletedItems/microsoft.graph.servicePrincipal")["value"]
    assert [row["id"] for row in deleted] == [own["id"]]
    assert graph.ok("POST", f"/directory/deletedItems/{own['id']}/restore")["appId"] == client["client_id"]
    assert "access_token" in token(running, client)
    assert graph.ok("GET", f"/servicePrincipals/{own['id']}/appRoleAssignments")["value"] == []


def test_a_multi_tenant_application_becomes_known(start: Start) -> None:
    """serviceprincipal-post-serviceprincipals: first the principal, then consent."""
    running = start(GOVERNED)
    client, fabrikam = client_of(running, "onboard"), running.graph(1)
    assert "AADSTS700016" in token(running, client, 1)["error_description"]
    made = fabrikam.ok("POST", "/servicePrincipals", {"appId": client["client_id"]}, 201)
    assert made["appId"] == client["client_id"]
    assert "access_token" in token(running, client, 1)
    assert fabrikam.refused("POST", "/servicePrincipals", {"appId": client["client_id"]})[0] == 409
    unknown = {"appId": "00000000-0000-0000-0000-000000000001"}
    assert fabrikam.refused("POST", "/servicePrincipals", unknown) == (400, "Request_BadRequest")


def test_applications_are_those_registered_here(graph: Graph, sandbox: Running) -> None:
    """application-list: a multi-tenant application of somebody else's is a service principal only."""
    names = {row["displayName"] for row in graph.ok("GET", "/applications?$select=displayName")["value"]}
    assert {"auditor", "default"} <= names
    assert "onboard" not in names
    row = graph.ok("GET", f"/applications(appId='{client_of(sandbox, 'auditor')['client_id']}')")
    assert len(row["requiredResourceAccess"][0]["resourceAccess"]) == 2
    assert graph.ok("GET", f"/applications/{row['id']}")["signInAudience"] == "AzureADMyOrg"
    assert graph("GET", "/servicePrincipals/$count", status=200, **EVENTUAL).text.isdigit()


def test_delegated_grants(graph: Graph, sandbox: Running) -> None:
    """oauth2permissiongrant-list, -delete: what the default client may do for people."""
    own = graph.ok("GET", f"/servicePrincipals(appId='{sandbox.tenant()['client_id']}')")["id"]
    grants = sandbox.graph(client="grants")
    found = grants.ok("GET", "/oauth2PermissionGrants")["value"]
    assert [(row["clientId"], row["consentType"]) for row in found] == [(own, "AllPrincipals")]
    assert "EntitlementManagement.ReadWrite.All" in found[0]["scope"].split()
    assert len(grants.ok("GET", "/oauth2PermissionGrants?$filter=clientId eq 'x'")["value"]) == 0
    assert sandbox.graph(client="nothing")("GET", "/oauth2PermissionGrants").status_code == 403


def test_directory_roles(graph: Graph) -> None:
    """directoryrole-list: activated roles only. rbacapplication-list-roleassignments: who holds what."""
    roles = {row["displayName"]: row for row in graph.ok("GET", "/directoryRoles")["value"]}
    assert {"Security Administrator", "Directory Readers", "Global Administrator"} <= set(roles)
    assert "Global Reader" not in roles
    role = roles["Security Administrator"]
    assert role["roleTemplateId"] == "194ae4cb-b126-40b2-bd5b-6091b380977d" != role["id"]
    members = graph.ok("GET", f"/directoryRoles/{role['id']}/members")["value"]
    assert [row["userPrincipalName"] for row in members] == ["sam@contoso.example"]
    assert graph.ok("GET", f"/directoryRoles(roleTemplateId='{role['roleTemplateId']}')")["id"] == role["id"]
    query = f"$filter=roleDefinitionId eq '{role['roleTemplateId']}'&$expand=principal,roleDefinition"
    held = graph.ok("GET", f"/roleManagement/directory/roleAssignments?{query}")["value"]
    assert [row["principal"]["id"] for row in held] == [members[0]["id"]]
    assert held[0]["roleDefinition"]["displayName"] == "Security Administrator"
    definition = graph.ok("GET", "/roleManagement/directory/roleDefinitions?$filter=displayName eq 'Security Reader'")["value"]
    assert [row["id"] for row in definition] == ["5d6b6bb7-de71-4623-b4af-96380a352509"]


def test_a_group_holds_a_role_only_if_it_was_made_for_it(graph: Graph) -> None:
    """practice S3: role-assignable is decided at creation."""
    plain, assignable = make_group(graph), make_group(graph, isAssignableToRole=True)
    body = {"roleDefinitionId": "5d6b6bb7-de71-4623-b4af-96380a352509", "directoryScopeId": "/"}
    url = "/roleManagement/directory/roleAssignments"
    assert graph.refused("POST", url, {**body, "principalId": plain}) == (400, "Request_BadRequest")
    made = graph.ok("POST", url, {**body, "principalId": assignable}, 201)
    assert graph.refused("POST", url, {**body, "principalId": assignable})[0] == 400
    assert graph.ok("GET", f"{url}/{made['id']}")["principalId"] == assignable
    held = graph.ok("GET", f"/groups/{assignable}/memberOf")["value"]
    assert [row["displayName"] for row in held] == ["Security Reader"]
    graph("DELETE", f"{url}/{made['id']}", status=204)


def test_a_restricted_unit_shields_its_members(graph: Graph) -> None:
    """practice S4: isManagementRestricted on a group, which nobody of the whole tenant may change."""
    units = {row["displayName"]: row for row in graph.ok("GET", "/directory/administrativeUnits")["value"]}
    assert (units["Tier 0"]["isMemberManagementRestricted"], units["Berlin"]["isMemberManagementRestricted"]) == (True, False)
    members = graph.ok("GET", f"/directory/administrativeUnits/{units['Tier 0']['id']}/members")["value"]
    assert [row["displayName"] for row in members] == ["Shielded"]
    group = members[0]["id"]
    assert graph.ok("GET", f"/groups/{group}?$select=isManagementRestricted")["isManagementRestricted"] is True
    admin = graph.ok("GET", "/users/admin@contoso.example")["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{admin}"}
    for method, path, body in (
        ("PATCH", f"/groups/{group}", {"description": "x"}),
        ("POST", f"/groups/{group}/members/$ref", reference),
        ("POST", f"/groups/{group}/owners/$ref", reference),
        ("DELETE", f"/groups/{group}", None),
    ):
        error = graph(method, path, body, 403).json()["error"]
        assert "restricted management administrative unit" in error["message"]
    assert (
        graph("GET", f"/directory/administrativeUnits/{units['Berlin']['id']}/members/$count", status=200, **EVENTUAL).text == "1"
    )


def test_licences(graph: Graph) -> None:
    """practice M11: P1 or P2, Defender for Endpoint Plan 2 or Business. EM 1.4: P1 alone has no entitlement management."""

    def plans() -> set[str]:
        skus = graph.ok("GET", "/subscribedSkus")["value"]
        return {plan["servicePlanName"] for sku in skus for plan in sku["servicePlans"]}

    assert plans() == {"AAD_PREMIUM", "AAD_PREMIUM_P2", "Entra_Identity_Governance", "WINDEFATP"}
    graph.quirk(licence="p1", defender_plan="business")
    assert plans() == {"AAD_PREMIUM", "MDE_SMB"}
    assigned = graph.ok("GET", "/organization?$select=assignedPlans")["value"][0]["assignedPlans"]
    assert {plan["service"] for plan in assigned} == {"AADPremiumService", "WindowsDefenderATP"}
    assert graph.refused("GET", "/identityGovernance/entitlementManagement/catalogs") == (403, "NoLicense")
    graph.quirk(licence="none", defender_plan="none")
    assert plans() == set()


def test_domains(graph: Graph) -> None:
    """EM K: domains of a customer, read in the customer's tenant."""
    rows = graph.ok("GET", "/domains")["value"]
    assert [(row["id"], row["isDefault"], row["isVerified"]) for row in rows] == [
        ("contoso.example", True, True),
        ("contoso.onmicrosoft.example", False, True),
    ]
    assert graph.ok("GET", "/domains/contoso.onmicrosoft.example")["authenticationType"] == "Managed"
    assert graph("GET", "/domains/other.example").status_code == 404
