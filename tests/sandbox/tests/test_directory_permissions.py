# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least permission of each route suffices, and without any there is a 403 (EM 1.4, K; Defender 1.2)."""

from __future__ import annotations

import pytest
from governed import GOVERNED
from sandbox_harness import Graph, Running

SANDBOX = GOVERNED

NOBODY = "00000000-0000-0000-0000-000000000001"
ROLES = "/roleManagement"
LEAST = [
    ("GroupMember.Read.All", "GET", "/groups"),
    ("GroupMember.Read.All", "GET", f"/groups/{NOBODY}/transitiveMembers"),
    ("GroupMember.Read.All", "GET", f"/groups/{NOBODY}/memberOf"),
    ("GroupMember.Read.All", "POST", f"/groups/{NOBODY}/checkMemberGroups"),
    ("Group.Read.All", "GET", "/directory/deletedItems/microsoft.graph.group"),
    ("Group.ReadWrite.All", "POST", f"/directory/deletedItems/{NOBODY}/restore"),
    ("User.Read.All", "GET", "/users"),
    ("User.Read.All", "GET", f"/users/{NOBODY}/transitiveMemberOf"),
    ("User.Read.All", "GET", f"/users/{NOBODY}/manager"),
    ("User.Read.All", "GET", f"/users/{NOBODY}/sponsors"),
    ("User.Read.All", "GET", "/directory/deletedItems/microsoft.graph.user"),
    ("User.DeleteRestore.All", "DELETE", f"/users/{NOBODY}"),
    ("User.DeleteRestore.All", "DELETE", f"/directory/deletedItems/{NOBODY}"),
    ("User.EnableDisableAccount.All", "PATCH", f"/users/{NOBODY}"),
    ("User.Invite.All", "POST", "/invitations"),
    ("User.ReadWrite.All", "PUT", f"/users/{NOBODY}/manager/$ref"),
    ("Organization.Read.All", "GET", "/organization"),
    ("Organization.Read.All", "GET", "/subscribedSkus"),
    ("Domain.Read.All", "GET", "/domains"),
    ("AdministrativeUnit.Read.All", "GET", "/directory/administrativeUnits"),
    ("Application.Read.All", "GET", "/servicePrincipals"),
    ("Application.Read.All", "GET", f"/servicePrincipals/{NOBODY}/appRoleAssignments"),
    ("Application.Read.All", "GET", "/applications"),
    ("Application.ReadWrite.All", "DELETE", f"/servicePrincipals/{NOBODY}"),
    ("AppRoleAssignment.ReadWrite.All", "DELETE", f"/servicePrincipals/{NOBODY}/appRoleAssignments/{NOBODY}"),
    ("Policy.Read.All", "GET", "/policies/authorizationPolicy"),
    ("Policy.Read.All", "GET", "/policies/crossTenantAccessPolicy/default"),
    ("Policy.Read.All", "GET", f"/policies/crossTenantAccessPolicy/partners/{NOBODY}"),
    ("Policy.Read.All", "GET", "/identity/conditionalAccess/policies"),
    ("Policy.Read.B2BManagementPolicy", "GET", "/beta/policies/b2bManagementPolicies"),
    ("Group.Read.All", "GET", "/groupSettings"),
    ("Policy.ReadWrite.CrossTenantAccess", "PATCH", f"/policies/crossTenantAccessPolicy/partners/{NOBODY}"),
    ("RoleManagement.Read.Directory", "GET", "/directoryRoles"),
    ("RoleManagement.Read.Directory", "GET", f"{ROLES}/directory/roleAssignments"),
    ("RoleManagement.ReadWrite.Directory", "DELETE", f"{ROLES}/directory/roleAssignments/{NOBODY}"),
    ("EntitlementManagement.Read.All", "GET", f"{ROLES}/entitlementManagement/roleAssignments"),
    ("EntitlementManagement.ReadWrite.All", "DELETE", f"{ROLES}/entitlementManagement/roleAssignments/{NOBODY}"),
    ("EntitlementManagement.Read.All", "GET", "/identityGovernance/entitlementManagement/settings"),
    ("EntitlementManagement.Read.All", "GET", "/identityGovernance/entitlementManagement/subjects"),
    ("DelegatedAdminRelationship.Read.All", "GET", "/tenantRelationships/delegatedAdminCustomers"),
    ("DelegatedAdminRelationship.Read.All", "GET", "/tenantRelationships/delegatedAdminRelationships"),
    ("RoleManagement.Read.Defender", "GET", f"/beta{ROLES}/defender/roleDefinitions"),
    ("RoleManagement.Read.Defender", "GET", f"/beta{ROLES}/defender/customAppScopes"),
    ("Zone.Read.All", "GET", "/beta/security/zones"),
]
_BODIES = {"checkMemberGroups": {"groupIds": [NOBODY]}}


@pytest.fixture(scope="module")
def clients(sandbox: Running) -> dict[str, Graph]:
    """Graph with one permission each; ``nothing`` has none."""
    return {name: sandbox.graph(client=name) for name in {*(row[0] for row in LEAST), "nothing"}}


@pytest.mark.parametrize(("permission", "method", "path"), LEAST)
def test_least(clients: dict[str, Graph], permission: str, method: str, path: str) -> None:
    """EM 1.4, Defender 1.2 and the page of each operation: this permission alone gets through."""
    body = _BODIES.get(path.rsplit("/", 1)[-1], {"accountEnabled": True}) if method in ("POST", "PATCH", "PUT") else None
    assert clients[permission](method, path, body).status_code in (200, 400, 404)
    refused = clients["nothing"](method, path, body)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] in ("Authorization_RequestDenied", "UnAuthorized", "Forbidden")


@pytest.mark.parametrize(
    ("permission", "method", "path"),
    [
        ("User.Read.All", "PATCH", f"/users/{NOBODY}"),
        ("User.EnableDisableAccount.All", "DELETE", f"/users/{NOBODY}"),
        ("GroupMember.Read.All", "GET", "/users"),
        ("Group.Read.All", "POST", f"/directory/deletedItems/{NOBODY}/restore"),
        ("Application.Read.All", "DELETE", f"/servicePrincipals/{NOBODY}"),
        ("Application.ReadWrite.All", "POST", f"/servicePrincipals/{NOBODY}/appRoleAssignments"),
        ("Policy.Read.All", "PATCH", "/policies/authorizationPolicy"),
        ("Policy.ReadWrite.CrossTenantAccess", "GET", "/policies/authorizationPolicy"),
        ("RoleManagement.Read.Directory", "POST", f"{ROLES}/directory/roleAssignments"),
        ("EntitlementManagement.Read.All", "POST", f"{ROLES}/entitlementManagement/roleAssignments"),
        ("RoleManagement.Read.Defender", "DELETE", f"/beta{ROLES}/defender/roleDefinitions/{NOBODY}"),
    ],
)
def test_too_little(clients: dict[str, Graph], permission: str, method: str, path: str) -> None:
    """EM 1.4, Defender 1.2: a neighbouring permission does not."""
    assert clients[permission](method, path, {} if method in ("POST", "PATCH") else None).status_code == 403
