# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of Graph permissions, and what directory roles let a person do with them.

Which route asks for which stands beside the route. Ids of the two Defender ones: permissions.json of
microsoft-graph-devx-content (Defender 1.2); the others have no role here beyond their name.
"""

from __future__ import annotations

from dataclasses import dataclass

ALL_APPLICATION_PERMISSIONS = frozenset(
    {
        "AccessReview.Read.All",
        "AccessReview.ReadWrite.All",
        "AdministrativeUnit.Read.All",
        "AppRoleAssignment.ReadWrite.All",
        "Application.Read.All",
        "Application.ReadWrite.All",
        "AuditLog.Read.All",
        "CrossTenantInformation.ReadBasic.All",
        "DelegatedAdminRelationship.Read.All",
        "DelegatedPermissionGrant.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "Domain.Read.All",
        "EntitlementManagement.Read.All",
        "EntitlementManagement.ReadWrite.All",
        "Group.Create",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "GroupMember.Read.All",
        "GroupMember.ReadWrite.All",
        "Organization.Read.All",
        "Policy.Read.All",
        "Policy.Read.B2BManagementPolicy",
        "Policy.ReadWrite.Authorization",
        "Policy.ReadWrite.CrossTenantAccess",
        "RoleManagement.Read.All",
        "RoleManagement.Read.Defender",
        "RoleManagement.Read.Directory",
        "RoleManagement.ReadWrite.Defender",
        "RoleManagement.ReadWrite.Directory",
        "User.DeleteRestore.All",
        "User.EnableDisableAccount.All",
        "User.Invite.All",
        "User.Read.All",
        "User.ReadWrite.All",
        "User.RevokeSessions.All",
        "Zone.Read.All",
    }
)

DELEGATED_ONLY = frozenset(
    {
        "Directory.AccessAsUser.All",
        "EntitlementMgmt-SubjectAccess.ReadWrite",
        "User.Read",
        "User.ReadBasic.All",
        "email",
        "offline_access",
        "openid",
        "profile",
    }
)
"""Scopes that no application can hold for itself (permissions reference; EM 1.4)."""

ALL_SCOPES = (ALL_APPLICATION_PERMISSIONS - {"Group.Create"}) | DELEGATED_ONLY
"""Scopes that a person's token may carry. Nearly all application permissions exist as a scope of the same name."""

MEMBERS_READ = (
    "Application.Read.All",
    "CrossTenantInformation.ReadBasic.All",
    "Directory.Read.All",
    "Domain.Read.All",
    "Group.Read.All",
    "GroupMember.Read.All",
    "Organization.Read.All",
    "User.Read.All",
)
"""Scopes whose work every member may do; guests may not look around ("Default user permissions")."""


@dataclass(frozen=True, slots=True)
class DirectoryRole:
    """A built-in role of the directory."""

    template_id: str
    """As the claim ``wids`` carries it."""
    covers: tuple[str, ...]
    """Patterns of the scopes whose work the role lets a person do."""


DIRECTORY_ROLES = {
    "Global Administrator": DirectoryRole("62e90394-69f5-4237-9190-012177145e10", ("*",)),
    "Global Reader": DirectoryRole("f2ef992c-3afb-46b9-b7cf-a126ee74c451", ("*.Read.*", "*.ReadBasic.*")),
    "Identity Governance Administrator": DirectoryRole(
        "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e", ("EntitlementManagement.*", "AccessReview.*", "AuditLog.Read.All")
    ),
    "User Administrator": DirectoryRole(
        "fe930be7-5e62-47db-91af-98c3a49a38b1", ("User.*", "Group.*", "GroupMember.*", "AccessReview.*")
    ),
    "Groups Administrator": DirectoryRole("fdd7a751-b60b-444a-984c-02652fe8fa1c", ("Group.*", "GroupMember.*")),
    "Privileged Role Administrator": DirectoryRole(
        "e8611ab8-c189-46e8-94e1-60213ab1f814", ("RoleManagement.*.Directory", "RoleManagement.Read.All")
    ),
    "Security Administrator": DirectoryRole(
        "194ae4cb-b126-40b2-bd5b-6091b380977d",
        ("RoleManagement.*.Defender", "Policy.*", "Zone.Read.All", "AuditLog.Read.All"),
    ),
    "Security Reader": DirectoryRole(
        "5d6b6bb7-de71-4623-b4af-96380a352509",
        ("RoleManagement.Read.Defender", "Policy.Read.*", "Zone.Read.All", "AuditLog.Read.All"),
    ),
}
"""The roles that matter here, by the name that the portal shows ("Microsoft Entra built-in roles", ids D)."""
