# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches that no other test turns, and the promise that each switch is turned by some test."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from sandbox_building import (
    EM,
    grant_chain,
    guest_id,
    make_catalog,
    make_group,
    make_package,
    policy_body,
    unique,
    user_id,
)
from sandbox_harness import MSSP_TENANT, PROGRAM, Graph


def organization(**source: str) -> dict[str, Any]:
    return {"displayName": unique("Org"), "identitySources": [source]}


DOMAIN = {"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": "mssp.example", "displayName": "m"}
TENANT = {"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "tenantId": MSSP_TENANT, "displayName": "m"}


def test_every_switch_is_turned_somewhere() -> None:
    sys.path.insert(0, str(PROGRAM))
    from graph_sandbox.config.quirks import Quirks

    texts = "".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in Quirks.model_fields if f"{name}=" not in texts] == []
    readme = (PROGRAM / "README.md").read_text(encoding="utf-8")
    assert [name for name in Quirks.model_fields if f"`{name}`" not in readme] == []


def test_groups_that_are_gone_at_once(graph: Graph) -> None:
    graph.quirk(group_soft_delete=False)
    group = make_group(graph)
    graph("DELETE", f"/groups/{group}", status=204)
    assert graph.refused("POST", f"/directory/deletedItems/{group}/restore")[0] == 404


def test_unique_name_of_a_deleted_group(graph: Graph) -> None:
    graph.quirk(unique_name_held_by_deleted=True)
    graph("DELETE", f"/groups/{make_group(graph, uniqueName='kept')}", status=204)
    body = {
        "displayName": "K",
        "mailEnabled": False,
        "mailNickname": "k",
        "securityEnabled": True,
        "uniqueName": "kept",
    }
    assert graph.refused("POST", "/groups", body)[0] == 409
    graph.quirk(unique_name_held_by_deleted=False)
    graph("POST", "/groups", body, 201)


def test_tips(graph: Graph) -> None:
    graph.quirk(tips=False)
    assert "@microsoft.graph.tips" not in graph.ok("GET", "/groups")


def test_revoking_sessions_of_guests(graph: Graph) -> None:
    graph.quirk(revoke_sessions_ignores_guests=False)
    assert graph("POST", f"/users/{guest_id(graph)}/revokeSignInSessions").status_code == 403


def test_tenant_policies(graph: Graph) -> None:
    graph.quirk(allow_invites_from="none", inbound_b2b_blocked=True, inbound_mfa_trusted=True)
    assert graph.ok("GET", "/policies/authorizationPolicy")["allowInvitesFrom"] == "none"
    default = graph.ok("GET", "/policies/crossTenantAccessPolicy/default")
    assert default["inboundTrust"]["isMfaAccepted"] is True
    assert default["b2bCollaborationInbound"]["usersAndGroups"]["accessType"] == "blocked"
    assert graph("GET", f"/policies/crossTenantAccessPolicy/partners/{MSSP_TENANT}").status_code == 404


def test_patch_of_a_role_assignment(graph: Graph) -> None:
    graph.quirk(assignment_patch=True, reject_odata_type=False)
    base = "/beta/roleManagement/defender"
    actions = [{"allowedResourceActions": ["microsoft.xdr/secops/*/read"]}]
    role = graph.ok("POST", f"{base}/roleDefinitions", {"displayName": "R", "rolePermissions": actions}, 201)["id"]
    body = {
        "@odata.type": "#microsoft.graph.unifiedRoleAssignmentMultiple",
        "displayName": "a",
        "roleDefinitionId": role,
    }
    made = graph.ok("POST", f"{base}/roleAssignments", {**body, "principalIds": ["p"], "appScopeIds": ["/"]}, 201)
    graph("PATCH", f"{base}/roleAssignments/{made['id']}", {"appScopeIds": ["Mde"]}, 204)
    assert graph.ok("GET", f"{base}/roleAssignments/{made['id']}")["appScopeIds"] == ["Mde"]


def test_connected_organization_sources(other: Graph) -> None:
    other.quirk(connected_org_by_tenant=False)
    assert other.refused("POST", f"{EM}/connectedOrganizations", organization(**TENANT)) == (400, "InvalidModel")
    other.quirk(resolve_domain_sources=False, connected_org_create_empty_sources=False, drop_hash_in_types=False)
    made = other("POST", f"{EM}/connectedOrganizations", organization(**DOMAIN), 201).json()
    assert made["identitySources"] == [DOMAIN]
    other.quirk(connected_org_create_empty_sources=True, drop_hash_in_types=True)
    assert made["@odata.context"]
    other.quirk(foreign_location=False)
    assert "Location" not in other("POST", f"{EM}/catalogs", {"displayName": "x"}, 201).headers


def test_catalog_defaults(graph: Graph) -> None:
    graph.quirk(catalog_default_state="unpublished", catalog_default_externally_visible=True, unique_catalog_names=True)
    made = graph.ok("POST", f"{EM}/catalogs", {"displayName": "Defaults"}, 201)
    assert (made["state"], made["isExternallyVisible"]) == ("unpublished", True)
    assert graph.refused("POST", f"{EM}/catalogs", {"displayName": "defaults"}) == (409, "DuplicateKey")


def test_role_scope_comes_late(graph: Graph) -> None:
    graph.quirk(role_scope_visible_lag=1, zero_role_ids=False)
    _unused, _unused, package = grant_chain(graph)
    url = f"{EM}/accessPackages/{package}?$expand=resourceRoleScopes"
    assert [len(graph.ok("GET", url)["resourceRoleScopes"]) for _unused in range(2)] == [0, 1]


def test_policy_switches(graph: Graph) -> None:
    package = make_package(graph, make_catalog(graph))
    graph.quirk(policy_conflict_status=400, put_requires_all=True, review_start_moves=True)
    body = policy_body(graph, "tier1", package)
    body["reviewSettings"]["schedule"]["startDateTime"] = "2020-01-01T00:00:00Z"
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", body, 201)
    assert policy["reviewSettings"]["schedule"]["startDateTime"] > "2026"
    assert graph.refused("POST", f"{EM}/assignmentPolicies", body) == (400, "DuplicateKey")
    assert graph.refused("PUT", f"{EM}/assignmentPolicies/{policy['id']}", body) == (400, "InvalidModel")
    graph.ok("PUT", f"{EM}/assignmentPolicies/{policy['id']}", {**body, "automaticRequestSettings": None})


def test_billing_of_guest_policies(graph: Graph) -> None:
    package = make_package(graph, make_catalog(graph))
    body = policy_body(graph, "tier1", package)
    graph.quirk(subscription_linked=False, guest_billing_required="all_guest_policies", guest_billing_status=400)
    assert graph("POST", f"{EM}/assignmentPolicies", body).status_code == 400
    graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "customer_approvers", package), 201)


def add_body(package: str, policy: str, target: str, **more: Any) -> dict[str, Any]:
    wanted = {"targetId": target, "assignmentPolicyId": policy, "accessPackageId": package}
    return {"requestType": "adminAdd", "assignment": wanted, **more}


def test_administrators_and_approval(graph: Graph) -> None:
    _unused, _unused, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)["id"]
    graph.quirk(admin_add_bypasses_approval="always", bypass_parameter_known=False, delivery_lag=0)
    body = add_body(package, policy, guest_id(graph))
    assert graph("POST", f"{EM}/assignmentRequests", {**body, "parameters": {"bypassApproval": True}}).status_code == 400
    graph("POST", f"{EM}/assignmentRequests", body, 201)
    assert graph.ok("GET", f"{EM}/assignments?$filter=accessPackage/id eq '{package}'")["value"][0]["state"] == "delivered"


def test_lags_of_delivery_and_removal(graph: Graph) -> None:
    group, _unused, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "customer_approvers", package), 201)["id"]
    graph.quirk(delivery_lag=3, removal_lag=2)
    graph("POST", f"{EM}/assignmentRequests", add_body(package, policy, user_id(graph)), 201)
    url = f"{EM}/assignments?$filter=accessPackage/id eq '{package}'"
    seen = [graph.ok("GET", url)["value"][0] for _unused in range(3)]
    assert [row["state"] for row in seen] == ["delivering", "delivering", "delivered"]
    remove = {"requestType": "adminRemove", "assignment": {"id": seen[0]["id"]}}
    graph("POST", f"{EM}/assignmentRequests", remove, 201)
    assert [graph.ok("GET", url)["value"][0]["state"] for _unused in range(2)] == ["delivered", "expired"]
    assert graph.ok("GET", f"/groups/{group}/members")["value"] == []


@pytest.mark.parametrize(("action", "enabled"), [("none", True), ("blockSignIn", False)])
def test_guests_who_have_nothing_left(graph: Graph, action: str, enabled: bool) -> None:
    _unused, _unused, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)["id"]
    graph.quirk(lifecycle_action=action, duration_until_external_user_deleted="P5D", removal_lag=0)
    assert graph.ok("GET", f"{EM}/settings")["durationUntilExternalUserDeletedAfterBlocked"] == "P5D"
    name = f"{action}@mssp.example".lower()
    wanted = {"target": {"email": name}, "assignmentPolicyId": policy, "accessPackageId": package}
    body = {"requestType": "adminAdd", "assignment": wanted, "parameters": {"bypassApproval": True}}
    graph("POST", f"{EM}/assignmentRequests", body, 201)
    assignment = graph.ok("GET", f"{EM}/assignments?$filter=accessPackage/id eq '{package}'")["value"][0]["id"]
    graph("POST", f"{EM}/assignmentRequests", {"requestType": "adminRemove", "assignment": {"id": assignment}}, 201)
    guest = graph.ok("GET", f"/users?$filter=mail eq '{name}'&$select=accountEnabled")["value"][0]
    assert guest["accountEnabled"] is enabled


def test_nobody_may_invite(graph: Graph) -> None:
    _unused, _unused, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)["id"]
    graph.quirk(allow_invites_from="none")
    wanted = {"target": {"email": "eve@mssp.example"}, "assignmentPolicyId": policy, "accessPackageId": package}
    body = {"requestType": "adminAdd", "assignment": wanted, "parameters": {"bypassApproval": True}}
    request = graph.ok("POST", f"{EM}/assignmentRequests", body, 201)["id"]
    assert graph.ok("GET", f"{EM}/assignmentRequests/{request}")["state"] == "deliveryFailed"
