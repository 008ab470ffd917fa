# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's policies: invitations, domain lists, cross-tenant access, Conditional Access (practice M7)."""

from __future__ import annotations

import json

from governed import GOVERNED
from sandbox_harness import MSSP_TENANT, Graph, Running

SANDBOX = GOVERNED

CROSS = "/policies/crossTenantAccessPolicy"
CUSTOMER = "00000000-0000-0000-0000-0000000000c1"


def test_authorization_policy(graph: Graph, sandbox: Running) -> None:
    """practice M7: allowInvitesFrom; what members may do by default (M6). Beta answers a collection."""
    url = "/policies/authorizationPolicy"
    policy = graph.ok("GET", url)
    assert (policy["id"], policy["allowInvitesFrom"]) == ("authorizationPolicy", "everyone")
    assert policy["defaultUserRolePermissions"]["allowedToCreateSecurityGroups"] is True
    assert [row["id"] for row in graph.ok("GET", f"/beta{url}")["value"]] == ["authorizationPolicy"]
    writer = sandbox.graph(client="Policy.ReadWrite.Authorization")
    change = {"allowInvitesFrom": "none", "defaultUserRolePermissions": {"allowedToCreateSecurityGroups": False}}
    writer("PATCH", url, change, 204)
    policy = graph.ok("GET", url)
    assert (policy["allowInvitesFrom"], policy["defaultUserRolePermissions"]["allowedToCreateSecurityGroups"]) == ("none", False)
    assert policy["defaultUserRolePermissions"]["allowedToCreateApps"] is True
    invitation = {"invitedUserEmailAddress": "x@partner.example", "inviteRedirectUrl": "https://x.example"}
    assert graph("POST", "/invitations", invitation).status_code == 403
    writer("PATCH", f"/beta{url}/authorizationPolicy", {"allowInvitesFrom": "everyone"}, 204)
    assert graph.ok("GET", f"/beta{url}/authorizationPolicy")["allowInvitesFrom"] == "everyone"
    assert writer.refused("PATCH", url, {"allowInvitesFrom": "martians"}) == (400, "Request_BadRequest")
    assert sandbox.graph(client="Policy.Read.All")("PATCH", url, change).status_code == 403


def test_domain_list(graph: Graph) -> None:
    """practice M7: the allow or deny list of domains; beta only."""
    url = "/beta/policies/b2bManagementPolicies"
    assert graph("GET", "/v1.0/policies/b2bManagementPolicies").status_code == 400

    def shown() -> dict[str, list[str]]:
        policy = graph.ok("GET", url)["value"][0]
        assert policy["isOrganizationDefault"] is True
        lists: dict[str, list[str]] = json.loads(policy["definition"][0])["B2BManagementPolicy"][
            "InvitationsAllowedAndBlockedDomainsPolicy"
        ]
        return lists

    assert shown() == {"BlockedDomains": []}
    graph.quirk(b2b_domain_list={"allowed": ["mssp.example"]})
    assert shown() == {"AllowedDomains": ["mssp.example"]}
    graph.quirk(b2b_domain_list={"blocked": ["evil.example"]})
    assert shown() == {"BlockedDomains": ["evil.example"]}


def test_domain_list_takes_a_permission_of_its_own(sandbox: Running) -> None:
    """b2bmanagementpolicy-get: Policy.Read.All is not among its permissions."""
    assert sandbox.graph(client="Policy.Read.All")("GET", "/beta/policies/b2bManagementPolicies").status_code == 403


def test_naming_policy(graph: Graph) -> None:
    """group-list-settings: no object until somebody sets one; then name and value pairs of the template Group.Unified."""
    assert graph.ok("GET", "/groupSettings")["value"] == []
    graph.quirk(group_naming={"requirement": "GRP_[GroupName]", "blocked": "ceo,payroll"})
    (setting,) = graph.ok("GET", "/groupSettings")["value"]
    assert (setting["displayName"], setting["templateId"]) == ("Group.Unified", "62375ab9-6b52-47ed-826b-58e47e0e304b")
    values = {value["name"]: value["value"] for value in setting["values"]}
    assert values["PrefixSuffixNamingRequirement"] == "GRP_[GroupName]"
    assert values["CustomBlockedWordsList"] == "ceo,payroll"
    # Settings are texts, whatever they hold.
    assert values["EnableGroupCreation"] == "true"
    assert graph.ok("GET", f"/groupSettings/{setting['id']}")["id"] == setting["id"]
    # A security group is made all the same: the policy is that of Microsoft 365 groups.
    body = {"displayName": "CEO", "mailEnabled": False, "mailNickname": "ceo", "securityEnabled": True}
    assert graph("POST", "/groups", body).status_code == 201
    assert graph("GET", "/groupSettings/00000000-0000-0000-0000-0000000000aa").status_code == 404


def test_default_access(graph: Graph) -> None:
    """practice M7: b2bCollaborationInbound and inboundTrust of the default; service default until somebody writes."""
    settings = graph.ok("GET", f"{CROSS}/default")
    assert settings["isServiceDefault"] is True
    assert settings["b2bCollaborationInbound"]["usersAndGroups"]["accessType"] == "allowed"
    graph("PATCH", f"{CROSS}/default", {"inboundTrust": {"isMfaAccepted": True}}, 204)
    settings = graph.ok("GET", f"{CROSS}/default")
    assert (settings["isServiceDefault"], settings["inboundTrust"]["isMfaAccepted"]) == (False, True)
    graph("POST", f"{CROSS}/default/resetToSystemDefault", status=204)
    assert graph.ok("GET", f"{CROSS}/default")["isServiceDefault"] is True
    graph("PATCH", CROSS, {"allowedCloudEndpoints": ["microsoftonline.us"]}, 204)
    assert graph.ok("GET", CROSS)["allowedCloudEndpoints"] == ["microsoftonline.us"]


def test_partners(graph: Graph, sandbox: Running) -> None:
    """practice M4.5, M7, S12: an entry for one tenant; a cut-off blocks it with Policy.ReadWrite.CrossTenantAccess."""
    configured = graph.ok("GET", f"{CROSS}/partners/{MSSP_TENANT}")
    assert (configured["isServiceProvider"], configured["inboundTrust"]["isMfaAccepted"]) == (True, True)
    assert configured["b2bCollaborationInbound"] is None
    assert graph.refused("GET", f"{CROSS}/partners/{CUSTOMER}") == (404, "Request_ResourceNotFound")
    writer = sandbox.graph(client="Policy.ReadWrite.CrossTenantAccess")
    made = writer.ok("POST", f"{CROSS}/partners", {"tenantId": CUSTOMER.upper()}, 201)
    assert (made["tenantId"], made["inboundTrust"]) == (CUSTOMER, None)
    assert writer.refused("POST", f"{CROSS}/partners", {"tenantId": CUSTOMER})[0] == 409
    blocked = {
        "usersAndGroups": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {"accessType": "blocked", "targets": [{"target": "AllApplications", "targetType": "application"}]},
    }
    writer("PATCH", f"{CROSS}/partners/{CUSTOMER}", {"b2bCollaborationInbound": blocked}, 204)
    assert writer.ok("GET", f"{CROSS}/partners/{CUSTOMER}")["b2bCollaborationInbound"] == blocked
    wrong = {"b2bCollaborationInbound": {"usersAndGroups": {"accessType": "sometimes"}}}
    assert writer.refused("PATCH", f"{CROSS}/partners/{CUSTOMER}", wrong) == (400, "Request_BadRequest")
    assert {row["tenantId"] for row in graph.ok("GET", f"{CROSS}/partners")["value"]} == {MSSP_TENANT, CUSTOMER}
    reader = sandbox.graph(client="Policy.Read.All")
    assert reader("DELETE", f"{CROSS}/partners/{CUSTOMER}").status_code == 403
    writer("DELETE", f"{CROSS}/partners/{CUSTOMER}", status=204)
    assert reader("GET", f"{CROSS}/partners/{CUSTOMER}").status_code == 404
    assert writer.refused("POST", f"{CROSS}/partners", {"tenantId": graph.tenant["tenant_id"]})[0] == 400


def test_conditional_access(graph: Graph) -> None:
    """practice M7: Conditional Access on guests, read with Policy.Read.All."""
    policies = graph.ok("GET", "/identity/conditionalAccess/policies?$filter=state eq 'enabled'")["value"]
    assert [row["displayName"] for row in policies] == ["MFA for guests"]
    conditions = policies[0]["conditions"]
    assert conditions["users"]["includeUsers"] == ["GuestsOrExternalUsers"]
    assert conditions["users"]["excludeGroups"] == []
    assert conditions["clientAppTypes"] == ["all"]
    assert policies[0]["grantControls"] == {
        "operator": "OR",
        "builtInControls": ["mfa"],
        "customAuthenticationFactors": [],
        "termsOfUse": [],
        "authenticationStrength": None,
    }
    assert graph.ok("GET", f"/identity/conditionalAccess/policies/{policies[0]['id']}")["id"] == policies[0]["id"]
    assert graph("GET", "/identity/conditionalAccess/policies/none").status_code == 404
