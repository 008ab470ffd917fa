# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph as a service principal of every tenant: its app roles and delegated scopes.

Ids of app roles: the permissions reference (the two Defender ones: Defender 1.2). A permission whose id was not found
has one derived from its name, and so has every delegated scope.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..identity.tokens import GRAPH_APP_ID
from ..ids import derive_guid
from ..permissions import ALL_APPLICATION_PERMISSIONS, ALL_SCOPES
from ..store import Row

MICROSOFT_TENANT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
"""The tenant that owns Microsoft's own applications."""

_KNOWN_IDS = {
    "AccessReview.Read.All": "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa",
    "AccessReview.ReadWrite.All": "ef5f7d5c-338f-44b0-86c3-351f46c8bb5f",
    "AdministrativeUnit.Read.All": "134fd756-38ce-4afd-ba33-e9623dbe66c2",
    "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    "AuditLog.Read.All": "b0afded3-3588-46d8-8b3d-9842eff778da",
    "CrossTenantInformation.ReadBasic.All": "cac88765-0581-4025-9725-5ebc13f729ee",
    "DelegatedAdminRelationship.Read.All": "f6e9e124-4586-492f-adc0-c6f96e4823fd",
    "DelegatedPermissionGrant.ReadWrite.All": "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
    "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    "Directory.ReadWrite.All": "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
    "Domain.Read.All": "dbb9058a-0e50-45d7-ae91-66909b5d4664",
    "EntitlementManagement.Read.All": "c74fd47d-ed3c-45c3-9a9e-b8676de685d2",
    "EntitlementManagement.ReadWrite.All": "9acd699f-1e81-4958-b001-93b1d2506e19",
    "Group.Create": "bf7b1a76-6e77-406b-b258-bf5c7720e98f",
    "Group.Read.All": "5b567255-7703-4780-807c-7be8301ae99b",
    "Group.ReadWrite.All": "62a82d76-70ea-41e2-9197-370581804d09",
    "GroupMember.Read.All": "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    "GroupMember.ReadWrite.All": "dbaae8cf-10b5-4b86-a4a1-f871c94c6695",
    "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    "Policy.Read.All": "246dd0d5-5bd0-4def-940b-0421030a5b68",
    "Policy.ReadWrite.Authorization": "fb221be6-99f2-473f-bd32-01c6a0e9ca3b",
    "Policy.ReadWrite.CrossTenantAccess": "338163d7-f101-4c92-94ba-ca46fe52447c",
    "RoleManagement.Read.All": "c7fbd983-d9aa-4fa7-84b8-17382c103bc4",
    "RoleManagement.Read.Defender": "4d6e30d1-e64e-4ae7-bf9d-c706cc928cef",
    "RoleManagement.Read.Directory": "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
    "RoleManagement.ReadWrite.Defender": "8b7e8c0a-7e9d-4049-97ec-04b5e1bcaf05",
    "RoleManagement.ReadWrite.Directory": "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
    "User.EnableDisableAccount.All": "3011c876-62b7-4ada-afa2-506cbbecc68c",
    "User.Invite.All": "09850681-111b-4a89-9bed-3f2cae46d706",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    "User.ReadWrite.All": "741f803b-c850-494e-b5df-cde7c675a1ca",
}


def app_role_id(permission: str) -> str:
    """The id of an application permission, whether the sandbox knows the permission or not."""
    return _KNOWN_IDS.get(permission) or derive_guid("app role", permission)


@lru_cache(maxsize=1)
def permission_names() -> dict[str, str]:
    """Names of application permissions by their ids."""
    return {app_role_id(name): name for name in sorted({*ALL_APPLICATION_PERMISSIONS, *_KNOWN_IDS})}


@lru_cache(maxsize=1)
def app_roles() -> list[dict[str, Any]]:
    """``appRoles`` of Microsoft Graph."""
    return [
        {
            "allowedMemberTypes": ["Application"],
            "description": f"Allows the app to use {name} without a signed-in user.",
            "displayName": name,
            "id": row_id,
            "isEnabled": True,
            "origin": "Application",
            "value": name,
        }
        for row_id, name in permission_names().items()
    ]


@lru_cache(maxsize=1)
def permission_scopes() -> list[dict[str, Any]]:
    """``oauth2PermissionScopes`` of Microsoft Graph."""
    return [
        {
            "adminConsentDescription": f"Allows the app to use {name} on behalf of the signed-in user.",
            "adminConsentDisplayName": name,
            "id": derive_guid("scope", name),
            "isEnabled": True,
            "type": "Admin" if name.endswith(".All") else "User",
            "userConsentDescription": None,
            "userConsentDisplayName": None,
            "value": name,
        }
        for name in sorted(ALL_SCOPES)
    ]


def graph_service_principal(tenant_id: str) -> Row:
    """Microsoft Graph as the tenant knows it; its object id is the tenant's own."""
    return {
        "id": derive_guid(tenant_id, "Microsoft Graph"),
        "appId": GRAPH_APP_ID,
        "displayName": "Microsoft Graph",
        "appDisplayName": "Microsoft Graph",
        "appOwnerOrganizationId": MICROSOFT_TENANT,
        "servicePrincipalNames": [GRAPH_APP_ID, "https://graph.microsoft.com"],
        "signInAudience": "AzureADMultipleOrgs",
    }
