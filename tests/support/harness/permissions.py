# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The application permissions of Microsoft Graph that docs/permissions.md has a customer's administrator consent to.

Written down once more: the tests know nothing of the collection.
"""

from __future__ import annotations

ONBOARD = (
    "EntitlementManagement.ReadWrite.All",
    "Group.ReadWrite.All",
    "RoleManagement.ReadWrite.Defender",
    "CrossTenantInformation.ReadBasic.All",
    "User.Read.All",
    "Organization.Read.All",
)
# Of the application that can only read.
AUDIT = (
    "EntitlementManagement.Read.All",
    "GroupMember.Read.All",
    "User.Read.All",
    "RoleManagement.Read.Defender",
    "AccessReview.Read.All",
    "AuditLog.Read.All",
    "RoleManagement.Read.Directory",
    "CrossTenantInformation.ReadBasic.All",
    "Organization.Read.All",
)
