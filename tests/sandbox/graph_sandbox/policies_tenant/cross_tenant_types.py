# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of the cross-tenant access policy (resources/crosstenantaccesspolicy and its configurations)."""

from __future__ import annotations

from typing import Any

from ..graph.errors import Area
from ..odata.schema import ComplexType, EntityType, Property, choice, flag, text

_TARGET = ComplexType("crossTenantAccessPolicyTarget", {"target": text(), "targetType": choice("user", "group", "application")})
_TARGETS = ComplexType(
    "crossTenantAccessPolicyTargetConfiguration",
    {"accessType": choice("allowed", "blocked"), "targets": Property("objects", of=_TARGET)},
)
B2B_SETTING = ComplexType(
    "crossTenantAccessPolicyB2BSetting",
    {"usersAndGroups": Property("object", of=_TARGETS), "applications": Property("object", of=_TARGETS)},
)
INBOUND_TRUST = ComplexType(
    "crossTenantAccessPolicyInboundTrust",
    {
        "isMfaAccepted": flag(),
        "isCompliantDeviceAccepted": flag(),
        "isHybridAzureADJoinedDeviceAccepted": flag(),
    },
)
CONSENT = ComplexType("inboundOutboundPolicyConfiguration", {"inboundAllowed": flag(), "outboundAllowed": flag()})

SETTINGS = {
    "inboundTrust": Property("object", of=INBOUND_TRUST),
    "b2bCollaborationInbound": Property("object", of=B2B_SETTING),
    "b2bCollaborationOutbound": Property("object", of=B2B_SETTING),
    "b2bDirectConnectInbound": Property("object", of=B2B_SETTING),
    "b2bDirectConnectOutbound": Property("object", of=B2B_SETTING),
    "automaticUserConsentSettings": Property("object", of=CONSENT),
    "tenantRestrictions": Property("object"),
}
CROSS_TENANT_POLICY = EntityType(
    "crossTenantAccessPolicy",
    Area.DIRECTORY,
    {
        "id": text(read_only=True),
        "deletedDateTime": Property("datetime", read_only=True),
        "displayName": text(),
        "allowedCloudEndpoints": Property("strings"),
    },
)
CROSS_TENANT_DEFAULT = EntityType(
    "crossTenantAccessPolicyConfigurationDefault", Area.DIRECTORY, {"isServiceDefault": flag(read_only=True), **SETTINGS}
)
PARTNER = EntityType(
    "crossTenantAccessPolicyConfigurationPartner",
    Area.DIRECTORY,
    {
        "tenantId": Property("guid", nullable=False),
        "isServiceProvider": flag(),
        "isInMultiTenantOrganization": flag(read_only=True),
        **SETTINGS,
    },
)


def collaboration(*, blocked: bool) -> dict[str, Any]:
    """All users and applications, in or out."""
    access = "blocked" if blocked else "allowed"
    return {
        "usersAndGroups": {"accessType": access, "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {"accessType": access, "targets": [{"target": "AllApplications", "targetType": "application"}]},
    }


def trust(*, mfa: bool) -> dict[str, Any]:
    """What is accepted of the other tenant's own checks."""
    return {"isMfaAccepted": mfa, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False}


def make_partner(tenant_id: str, **settings: Any) -> dict[str, Any]:
    """Settings for one other tenant; null follows the default (crosstenantaccesspolicyconfigurationpartner)."""
    return {
        "id": tenant_id,
        "tenantId": tenant_id,
        "isServiceProvider": None,
        "isInMultiTenantOrganization": False,
        "inboundTrust": None,
        "b2bCollaborationInbound": None,
        "b2bCollaborationOutbound": None,
        "b2bDirectConnectInbound": None,
        "b2bDirectConnectOutbound": None,
        "automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": None},
        "tenantRestrictions": None,
        **settings,
    }
