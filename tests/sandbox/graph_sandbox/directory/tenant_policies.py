# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read-only tenant policies that decide whether a guest ever gets in (decisions M7).

Shapes: authorizationpolicy-get, crosstenantaccesspolicyconfigurationdefault-get, -partner-get. What they say follows
from the tenant's quirks.
"""

from __future__ import annotations

from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..graph.routing import Router

router = Router(Area.DIRECTORY)
READ_POLICIES = ("Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess")


@router.get("/policies/authorizationPolicy", ("Policy.Read.All",))
def get_authorization_policy(call: Call) -> Reply:
    """Who may invite guests."""
    return Reply(
        200,
        {
            "@odata.context": f"{call.root}/$metadata#policies/authorizationPolicy/$entity",
            "id": "authorizationPolicy",
            "displayName": "Authorization Policy",
            "allowInvitesFrom": call.tenant.quirks.allow_invites_from,
            "allowedToSignUpEmailBasedSubscriptions": True,
            "allowEmailVerifiedUsersToJoinOrganization": False,
            "blockMsolPowerShell": False,
            "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
            "defaultUserRolePermissions": {"allowedToCreateApps": True, "allowedToCreateSecurityGroups": True},
        },
    )


@router.get("/policies/crossTenantAccessPolicy/default", READ_POLICIES)
def get_default(call: Call) -> Reply:
    """What holds for every other tenant."""
    return Reply(
        200,
        {
            "@odata.context": f"{call.root}/$metadata#policies/crossTenantAccessPolicy/default/$entity",
            "isServiceDefault": True,
            "inboundTrust": {
                "isMfaAccepted": call.tenant.quirks.inbound_mfa_trusted,
                "isCompliantDeviceAccepted": False,
                "isHybridAzureADJoinedDeviceAccepted": False,
            },
            "b2bCollaborationInbound": _collaboration(blocked=call.tenant.quirks.inbound_b2b_blocked),
            "b2bCollaborationOutbound": _collaboration(blocked=False),
        },
    )


@router.get("/policies/crossTenantAccessPolicy/partners", READ_POLICIES)
def list_partners(call: Call) -> Reply:
    """No partner has settings of its own."""
    return Reply(200, {"@odata.context": f"{call.root}/$metadata#policies/crossTenantAccessPolicy/partners", "value": []})


@router.get("/policies/crossTenantAccessPolicy/partners/{tenant_id}", READ_POLICIES)
def get_partner(call: Call, tenant_id: str) -> Reply:
    """404: the default holds."""
    raise not_found(Area.DIRECTORY, tenant_id)


def _collaboration(*, blocked: bool) -> dict[str, Any]:
    access = "blocked" if blocked else "allowed"
    return {
        "usersAndGroups": {"accessType": access, "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {"accessType": access, "targets": [{"target": "AllApplications", "targetType": "application"}]},
    }
