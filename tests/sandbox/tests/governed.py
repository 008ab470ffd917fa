# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant with everything that governance reads: roles, units, policies, licences, and a partner with customers."""

from __future__ import annotations

from typing import Any

from sandbox_harness import MSSP_TENANT

GUEST = "ana_mssp.example#EXT#@contoso.example"
LEAST = (
    "AdministrativeUnit.Read.All",
    "AppRoleAssignment.ReadWrite.All",
    "Application.Read.All",
    "Application.ReadWrite.All",
    "DelegatedAdminRelationship.Read.All",
    "Domain.Read.All",
    "EntitlementManagement.Read.All",
    "EntitlementManagement.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "Policy.Read.B2BManagementPolicy",
    "Policy.ReadWrite.CrossTenantAccess",
    "Policy.ReadWrite.Authorization",
    "RoleManagement.Read.Defender",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "User.DeleteRestore.All",
    "User.EnableDisableAccount.All",
    "User.Invite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Zone.Read.All",
)
"""Permissions of which a client of the tenant holds one each, under its own name."""

CONTOSO: dict[str, Any] = {
    "display_name": "Contoso",
    "domain": "contoso.example",
    "aliases": ["contoso.onmicrosoft.example"],
    "clients": [
        *({"name": name, "permissions": [name]} for name in LEAST),
        {"name": "auditor", "permissions": ["User.Read.All", "AuditLog.Read.All"]},
        {"name": "writer", "permissions": ["User.ReadWrite.All", "Directory.ReadWrite.All"]},
        {"name": "grants", "permissions": ["DelegatedPermissionGrant.ReadWrite.All"]},
        {"name": "nothing", "permissions": []},
    ],
    "users": [
        {"user_principal_name": "admin@contoso.example", "display_name": "Customer Admin"},
        {
            "user_principal_name": "sam@contoso.example",
            "display_name": "Sam Security",
            "directory_roles": ["Security Administrator"],
            "sign_in": {"interactive": "2026-10-01T08:00:00Z", "successful": "2026-10-01T08:00:00Z"},
            "manager": "admin@contoso.example",
        },
        {
            "user_principal_name": GUEST,
            "mail": "ana@mssp.example",
            "display_name": "Ana Analyst",
            "user_type": "Guest",
            "external_user_state": "PendingAcceptance",
            "created": "2026-01-05T00:00:00Z",
            "sponsors": ["admin@contoso.example"],
        },
    ],
    "groups": [
        {"display_name": "Inner", "members": ["admin@contoso.example"]},
        {"display_name": "Outer", "members": ["Inner"], "owners": ["admin@contoso.example"]},
        {"display_name": "Shielded", "members": ["sam@contoso.example"]},
    ],
    "administrative_units": [
        {"display_name": "Tier 0", "restricted": True, "members": ["Shielded"]},
        {"display_name": "Berlin", "members": ["admin@contoso.example"]},
    ],
    "directory_roles": [{"role": "Directory Readers", "members": ["auditor"]}],
    "conditional_access": [
        {
            "display_name": "MFA for guests",
            "conditions": {
                "users": {"includeUsers": ["GuestsOrExternalUsers"]},
                "applications": {"includeApplications": ["All"]},
            },
            "grant_controls": {"builtInControls": ["mfa"]},
        }
    ],
    "cross_tenant_partners": [{"tenant": "mssp.example", "mfa_trusted": True, "service_provider": True}],
    "defender_roles": [{"display_name": "Old role", "permissions": ["secops/*/read"]}],
    "defender_assignments": [
        {"display_name": "Odd", "role": "Old role", "principals": ["Inner", "workload-token"]},
        {"display_name": "Orphan", "role": "00000000-0000-0000-0000-00000000beef", "principals": ["Inner"]},
    ],
}
CUSTOMERS = 5
GOVERNED: dict[str, Any] = {
    "page_size": 50,
    "applications": [{"name": "onboard", "permissions": ["Group.Read.All", "User.Read.All"]}],
    "tenants": [
        CONTOSO,
        {
            "display_name": "Fabrikam MSSP",
            "domain": "fabrikam.example",
            "consent": {"onboard": None},
            "groups": [{"display_name": "Analysts"}],
            "clients": [
                {"name": "inventory", "permissions": ["DelegatedAdminRelationship.Read.All"]},
                {"name": "Application.ReadWrite.All", "permissions": ["Application.ReadWrite.All"]},
            ],
            "partner": {
                "relationships": [
                    {
                        "customer": "contoso.example",
                        "roles": ["Security Reader", "Security Operator"],
                        "assignments": [{"group": "Analysts", "roles": ["Security Reader"]}],
                    },
                    {"customer": "contoso.example", "status": "terminated", "display_name": "Before"},
                    *({"customer": f"customer{n}.example", "auto_extend": "P180D"} for n in range(1, CUSTOMERS)),
                    {"customer": "waiting.example", "status": "approvalPending", "display_name": "MLT_waiting"},
                    {"status": "approvalPending", "display_name": "For anybody"},
                ]
            },
        },
    ],
    "external_tenants": [
        {"display_name": "The MSSP", "domain": "mssp.example", "tenant_id": MSSP_TENANT},
        {"display_name": "Waiting", "domain": "waiting.example"},
        *({"display_name": f"Customer {n}", "domain": f"customer{n}.example"} for n in range(1, CUSTOMERS)),
    ],
}
