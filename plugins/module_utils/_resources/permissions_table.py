# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Every permission of Microsoft Graph that the collection can use: its id, whose it is, and why.

Which feature needs which is told by `features.py` alone; here it is turned round. Ids: Microsoft Graph permissions reference and
the provisioning data of microsoft-graph-devx-content.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._resources.features import FEATURES, needed

# The application that a feature is for (practice M12): three registrations, and the MSSP's own tenant for the list of customers.
MODES: t.Mapping[str, tuple[str, ...]] = {
    "onboard": (
        "onboard",
        "groups",
        "role_assignable_groups",
        "defender",
        "entitlement",
        "catalog_owner",
        "cut_off",
        "block_tenant",
        "cross_tenant",
        "offboard",
        "delete_guests",
        "preflight",
    ),
    "audit": ("audit", "audit_drift", "preflight"),
    "approve": ("approve",),
    "customers": (),
}
# What an application of that mode cannot do without; the rest is for what is chosen.
CORE: t.Mapping[str, str] = {"onboard": "onboard", "audit": "audit", "approve": "approve"}
_DELEGATED = ("approve",)


@dataclasses.dataclass(frozen=True)
class Row:
    """One permission of one kind.

    :param kind: `Role` is the application's own, `Scope` is delegated by a person: the words of a manifest.
    :param modes: the applications that can use it: `onboard`, `audit`, `approve`, `customers` (in the MSSP's own tenant).
    :param features: the features of tenant_info that need it; empty where only signing in, or another plugin, does.
    :param reason: one sentence.
    """

    name: str
    guid: str
    kind: str
    modes: tuple[str, ...]
    features: tuple[str, ...]
    reason: str

    def core(self, mode: str) -> bool:
        """Whether the application of this mode always asks for it; otherwise only for a feature that is chosen."""
        return mode in self.modes and (not self.features or CORE.get(mode) in self.features)


_ROLES = (
    (
        "EntitlementManagement.ReadWrite.All",
        "9acd699f-1e81-4958-b001-93b1d2506e19",
        "Makes, changes and removes the connected organization, the catalog, access packages, policies and assignments.",
    ),
    (
        "Group.ReadWrite.All",
        "62a82d76-70ea-41e2-9197-370581804d09",
        "Makes, changes and removes the tier and approver groups, and adds them to the catalog.",
    ),
    (
        "RoleManagement.ReadWrite.Defender",
        "8b7e8c0a-7e9d-4049-97ec-04b5e1bcaf05",
        "Makes, changes and removes the Defender roles and links them to the tier groups.",
    ),
    (
        "CrossTenantInformation.ReadBasic.All",
        "cac88765-0581-4025-9725-5ebc13f729ee",
        "Finds the MSSP's tenant by its domain, and the name of a tenant by its id.",
    ),
    (
        "User.Read.All",
        "df021288-bdef-4463-88db-98f22de89214",
        "Looks up approvers, reviewers and sponsors, and tells who the members of a group are.",
    ),
    (
        "Organization.Read.All",
        "498476ce-e0fe-48b0-b801-37ba7e2685c6",
        "Reads the tenant's name, domains and licences.",
    ),
    (
        "RoleManagement.ReadWrite.Directory",
        "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
        "Makes groups that may hold Entra roles; the application could also make itself Global Administrator, so let the "
        "customer make such groups instead.",
    ),
    (
        "User.EnableDisableAccount.All",
        "3011c876-62b7-4ada-afa2-506cbbecc68c",
        "Blocks the sign-in of the MSSP's guests in a cut-off.",
    ),
    (
        "Policy.ReadWrite.CrossTenantAccess",
        "338163d7-f101-4c92-94ba-ca46fe52447c",
        "Sets the MSSP's entry in the cross-tenant access policy, to let it in or to block it.",
    ),
    (
        "User.DeleteRestore.All",
        "eccc023d-eccf-4e7b-9683-8813ab36cecc",
        "Deletes the MSSP's guests when a customer is offboarded.",
    ),
    (
        "EntitlementManagement.Read.All",
        "c74fd47d-ed3c-45c3-9a9e-b8676de685d2",
        "Reads the connected organization, the catalog, access packages, policies, requests and assignments.",
    ),
    (
        "GroupMember.Read.All",
        "98830695-27a2-44f7-8c18-0c3ebc9698f6",
        "Reads groups, their members and their owners, and nothing of what is in a team or mailbox.",
    ),
    (
        "RoleManagement.Read.Defender",
        "4d6e30d1-e64e-4ae7-bf9d-c706cc928cef",
        "Reads the Defender roles and who holds them.",
    ),
    (
        "AccessReview.Read.All",
        "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa",
        "Reads access reviews and what was decided in them.",
    ),
    (
        "AuditLog.Read.All",
        "b0afded3-3588-46d8-8b3d-9842eff778da",
        "Reads who changed what and when, and when somebody last signed in.",
    ),
    (
        "RoleManagement.Read.Directory",
        "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
        "Reads who of the MSSP holds an Entra role.",
    ),
    (
        "Policy.Read.All",
        "246dd0d5-5bd0-4def-940b-0421030a5b68",
        "Reads what decides whether a guest gets in: invitations, cross-tenant access, Conditional Access.",
    ),
    (
        "Policy.Read.B2BManagementPolicy",
        "b41683de-870d-4462-939a-1a3d94f3accf",
        "Reads from which domains guests may be invited.",
    ),
)
_SCOPES = (
    (
        "EntitlementManagement.ReadWrite.All",
        "ae7a573d-81d7-432b-ad44-4ed5c9d89038",
        "Lets an approver decide requests; no application can do that in its own name.",
    ),
    (
        "User.Read",
        "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
        "Lets the approver sign in.",
    ),
)


def _using(name: str, *, delegated: bool) -> tuple[str, ...]:
    return tuple(each for each in FEATURES if (each in _DELEGATED) == delegated and name in needed([each]))


def _modes(features: t.Collection[str]) -> tuple[str, ...]:
    return tuple(mode for mode, own in MODES.items() if set(own) & set(features))


def rows() -> list[Row]:
    """All of them, those of applications first, in the order in which they are documented."""
    found = []
    for kind, table in (("Role", _ROLES), ("Scope", _SCOPES)):
        for name, guid, reason in table:
            features = _using(name, delegated=kind == "Scope")
            found.append(Row(name, guid, kind, _modes(features), features, reason))
    # No feature of tenant_info needs these two: a person's sign-in that lasts, and the inventory of customers.
    found.append(
        Row("offline_access", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182", "Scope", ("approve",), (), "Keeps the approver signed in.")
    )
    found.append(
        Row(
            "DelegatedAdminRelationship.Read.All",
            "f6e9e124-4586-492f-adc0-c6f96e4823fd",
            "Role",
            ("customers",),
            (),
            "Lists the MSSP's customers for the inventory, in the MSSP's own tenant only.",
        )
    )
    return found
