# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of Graph application permissions.

Which route asks for which stands beside the route. Ids of the two Defender ones: permissions.json of
microsoft-graph-devx-content (Defender 1.2); the others have no role here beyond their name.
"""

from __future__ import annotations

ALL_APPLICATION_PERMISSIONS = frozenset(
    {
        "AccessReview.Read.All",
        "AccessReview.ReadWrite.All",
        "Application.Read.All",
        "Application.ReadWrite.All",
        "AuditLog.Read.All",
        "CrossTenantInformation.ReadBasic.All",
        "DelegatedAdminRelationship.Read.All",
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
