# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of entries of the cross-tenant access policy, property by property."""

from __future__ import annotations

import typing as t

from harness.drift import BOOLEAN, FALSE_IS_STATED, Body, Case, Empty, Patched, Spelled, with_value
from harness.drift_promises import EveryProperty
from harness.drift_story import Table
from harness.server import Sandbox
from harness.tenants import Tenant

from ansible_collections.mssp.defender.plugins.module_utils._resources.cross_tenant import CrossTenantPartner


def _inbound(access: str, *, everybody: str = "AllUsers") -> Body:
    return {
        "usersAndGroups": {"accessType": access, "targets": [{"target": everybody, "targetType": "user"}]},
        "applications": {"accessType": access, "targets": [{"target": "AllApplications", "targetType": "application"}]},
    }


_TRUST = {"isMfaAccepted": True, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": True}
_CHOSEN = {"accessType": "allowed", "targets": [{"target": "Office365", "targetType": "application"}]}


class Partners(Patched):
    """Entries. Each is known by its tenant, so each one has another tenant; what only others set is in them as well."""

    module = "cross_tenant_access"
    collection = "policies/crossTenantAccessPolicy/partners"
    options = {"inbound": "block", "trust_mfa": True, "trust_compliant_device": False}

    def __init__(self, sandbox: Sandbox, tenant: Tenant) -> None:
        super().__init__(sandbox, tenant)
        self._others = [other.tenant_id for other in sandbox.tenants if other.tenant_id != tenant.tenant_id]

    def create(self, number: int) -> str:
        body = {
            "tenantId": self._others[number],
            "b2bCollaborationInbound": _inbound("blocked"),
            "inboundTrust": _TRUST,
            "b2bCollaborationOutbound": {"applications": _CHOSEN},
        }
        return str(self.tenant.post(self.collection, body)["tenantId"])

    def key(self, identifier: str) -> Body:
        return {"partner_tenant_id": identifier}

    def write(self, identifier: str, path: str, value: t.Any) -> None:
        whole, dummy, inner = path.partition(".")
        current = self.raw(identifier)
        body = with_value(current, path, value) if inner else {whole: value}
        self.tenant.patch(f"{self.collection}/{identifier}", {whole: body[whole]})

    def beside(self, path: str) -> tuple[str, Body]:
        if path == "inboundTrust.isMfaAccepted":
            return "inboundTrust.isCompliantDeviceAccepted", {"trust_compliant_device": True}
        return "inboundTrust.isMfaAccepted", {"trust_mfa": False}


CASES = {
    "b2bCollaborationInbound": Case(
        _inbound("allowed"),
        Empty({"inbound": "default"}, None),
        {
            "case": _inbound("Blocked", everybody="allusers"),
            "parts without anything": Spelled(
                {"b2bCollaborationInbound": {"usersAndGroups": None, "applications": None}}, {"inbound": "default"}, None
            ),
        },
    ),
    "inboundTrust.isMfaAccepted": Case(False, FALSE_IS_STATED, BOOLEAN),
    "inboundTrust.isCompliantDeviceAccepted": Case(True, FALSE_IS_STATED, BOOLEAN),
}
TABLE = Table(Partners, {prop.path: prop.option for prop in CrossTenantPartner.properties}, CASES)


class TestCrossTenantAccess(EveryProperty):
    table = TABLE
