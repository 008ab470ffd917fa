# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of connected organizations, property by property."""

from __future__ import annotations

from harness.drift import EXACT, NO_NAME, ONE_SPELLING, Body, Case, Empty, Patched, Spelled
from harness.drift_promises import EveryProperty
from harness.drift_story import Table
from harness.server import Sandbox
from harness.tenants import EM, Tenant

from ansible_collections.mssp.defender.plugins.module_utils._resources.connected_organization import ConnectedOrganization


class Organizations(Patched):
    """Connected organizations with sponsors. An organization is known by its tenant: each one has another tenant."""

    module = "connected_org"
    collection = f"{EM}/connectedOrganizations"
    sets = {"internalSponsors": None, "externalSponsors": None}
    options = {
        "name": "{name}",
        "description": "Managed security",
        "org_state": "configured",
        "internal_sponsors": ["{ada}", "{ben}"],
        "external_sponsors": ["{eva}", "{fay}"],
    }

    def __init__(self, sandbox: Sandbox, tenant: Tenant) -> None:
        super().__init__(sandbox, tenant)
        self._others = [other.tenant_id for other in sandbox.tenants if other.tenant_id != tenant.tenant_id]
        self._tenant_of: dict[str, str] = {}
        self.call_ids({name: self._guest(name) for name in ("eva", "fay", "gil")})

    def _guest(self, name: str) -> str:
        body = {
            "accountEnabled": True,
            "displayName": name.title(),
            "mailNickname": name,
            "passwordProfile": {"password": "not-kept"},
            "userPrincipalName": f"{name}@{self.tenant.domain}",
            "userType": "Guest",
        }
        return str(self.tenant.post("users", body)["id"])

    def create(self, number: int) -> str:
        kind = "#microsoft.graph.azureActiveDirectoryTenant"
        source = {"@odata.type": kind, "tenantId": self._others[number], "displayName": "Another tenant"}
        body = {"displayName": "{name}", "description": "Managed security", "state": "configured", "identitySources": [source]}
        created = str(self.tenant.post(self.collection, self.filled(body))["id"])
        self._tenant_of[created] = self._others[number]
        for path, option in (("internalSponsors", "internal_sponsors"), ("externalSponsors", "external_sponsors")):
            for person in self.filled(self.options[option]):
                self.tenant.link(f"{self.collection}/{created}/{path}", person)
        return created

    def key(self, identifier: str) -> Body:
        return {"org_tenant_id": self._tenant_of[identifier]}


CASES = {
    "displayName": Case("{renamed}", NO_NAME, EXACT),
    "description": Case(
        "Somebody's words",
        Empty({"description": ""}, ""),
        {"null for empty": Spelled({"description": None}, {"description": ""}, "")},
    ),
    "state": Case("proposed", "it is one or the other", ONE_SPELLING),
    "internalSponsors": Case(
        ["{ada}", "{dee}"],
        Empty({"internal_sponsors": []}, []),
        {"order": ["{ben}", "{ada}"]},
        without=("internal_sponsors",),
    ),
    "externalSponsors": Case(
        ["{gil}", "{fay}"],
        Empty({"external_sponsors": []}, []),
        {"order": ["{fay}", "{eva}"]},
        without=("external_sponsors",),
    ),
}
_PARTS = {
    part.property: {"internalSponsors": "internal_sponsors", "externalSponsors": "external_sponsors"}.get(part.property, "")
    for part in ConnectedOrganization(None, {}).parts()  # type: ignore[arg-type]
}
TABLE = Table(Organizations, {**{prop.path: prop.option for prop in ConnectedOrganization.properties}, **_PARTS}, CASES)


class TestConnectedOrganization(EveryProperty):
    table = TABLE
