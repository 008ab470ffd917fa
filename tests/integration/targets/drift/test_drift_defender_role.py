# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of Defender roles, property by property."""

from __future__ import annotations

import typing as t

from harness.drift import EXACT, NO_NAME, Body, Case, Empty, Patched, Spelled
from harness.drift_promises import EveryProperty
from harness.drift_story import Table
from harness.server import Sandbox
from harness.tenants import ASSIGNMENTS, ROLES, Tenant

from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import DefenderRole

DATA = "microsoft.xdr/secops/securitydata"
BASICS, ALERTS, LIVE = f"{DATA}/basics/read", f"{DATA}/alerts/manage", f"{DATA}/liveresponse-basic/manage"
ALL_OF_SECOPS = "microsoft.xdr/secops/*/manage"


class Roles(Patched):
    """Roles that two groups hold on two data sources."""

    module = "mde_role"
    collection = ROLES
    beta = True
    sets = {"assignments": "Defender role assignment"}
    options = {
        "name": "{name}",
        "description": "What tier 1 may do",
        "permissions": [BASICS, ALERTS],
        "assigned_groups": ["{one}", "{two}"],
        "scopes": ["Mde", "Mdo"],
    }

    def __init__(self, sandbox: Sandbox, tenant: Tenant) -> None:
        super().__init__(sandbox, tenant)
        # Actions are kept as they are sent, so that a hand can store what the service would reduce.
        sandbox.quirks(tenant, reduce_actions=False)

    def create(self, number: int) -> str:
        body = {"displayName": "{name}", "description": "What tier 1 may do", "rolePermissions": granted(BASICS, ALERTS)}
        created = str(self.tenant.post(ROLES, self.filled(body), beta=True)["id"])
        self.write(created, "assignments", self.filled([link(["{one}", "{two}"], ["Mde", "Mdo"])]))
        return created

    def key(self, identifier: str) -> Body:
        return {"role_id": identifier}

    def raw(self, identifier: str) -> Body:
        role = self.tenant.get(f"{ROLES}/{identifier}", beta=True)
        listed = self.tenant.list(ASSIGNMENTS, beta=True)
        return {**role, "assignments": [x for x in listed if x["roleDefinitionId"] == identifier]}

    def write(self, identifier: str, path: str, value: t.Any) -> None:
        if path != "assignments":
            super().write(identifier, path, value)
            return
        for there in self.raw(identifier)["assignments"]:
            self.tenant.delete(f"{ASSIGNMENTS}/{there['id']}", beta=True)
        for body in value:
            self.tenant.post(ASSIGNMENTS, {"roleDefinitionId": identifier, **body}, beta=True)

    def owned(self, raw: Body) -> set[str]:
        return {str(x["id"]) for x in raw["assignments"]}

    def plain(self, path: str, value: t.Any) -> t.Any:
        if path != "rolePermissions":
            return value
        return sorted(action for each in value for action in each["allowedResourceActions"])

    def element(self, path: str, item: t.Any) -> t.Any:
        return sorted(x.lower() for x in item["principalIds"]), sorted(x.lower() for x in item["appScopeIds"])


def granted(*actions: str) -> list[Body]:
    """What a role allows, in one permission set."""
    return [{"allowedResourceActions": list(actions)}]


def link(groups: list[str], scopes: list[str], **more: t.Any) -> Body:
    """An assignment made by hand."""
    return {"displayName": "By hand", "principalIds": groups, "appScopeIds": scopes, **more}


def wide(*actions: str) -> Spelled:
    """All that SecOps has, stated in one action and stored in several."""
    return Spelled({"rolePermissions": granted(*actions)}, {"permissions": [ALL_OF_SECOPS]}, granted(ALL_OF_SECOPS))


CASES = {
    "displayName": Case("{renamed}", NO_NAME, EXACT),
    "description": Case(
        "Somebody's words",
        Empty({"description": ""}, ""),
        {"null for empty": Spelled({"description": None}, {"description": ""}, "")},
    ),
    "rolePermissions": Case(
        granted(BASICS, ALERTS, LIVE),
        "a role without any permission is refused",
        {
            "order": granted(ALERTS, BASICS),
            "case": granted(BASICS.upper(), ALERTS),
            "in two sets": granted(BASICS) + granted(ALERTS),
            "repeated": granted(BASICS, ALERTS, BASICS, ALERTS.upper()),
            "covered by a wildcard": wide(ALL_OF_SECOPS, BASICS, ALERTS),
            "reading covered by managing": wide(ALL_OF_SECOPS, "microsoft.xdr/secops/*/read"),
        },
    ),
    "assignments": Case(
        [link(["{one}", "{two}"], ["/"])],
        Empty({"assigned_groups": [], "purge_assignments": True}, []),
        {
            "order": [link(["{two}", "{one}"], ["Mdo", "Mde"])],
            "case of scopes": [link(["{one}", "{two}"], ["mde", "MDO"])],
            "case of ids": [link(["{ONE}", "{TWO}"], ["Mde", "Mdo"])],
            "by the portal": [link(["{one}", "{two}"], ["Mde", "Mdo"], directoryScopeIds=["/"])],
        },
        without=("assigned_groups",),
    ),
}
_PARTS = {part.property: "assigned_groups" for part in DefenderRole(None, {}).parts()}  # type: ignore[arg-type]
TABLE = Table(Roles, {**{prop.path: prop.option for prop in DefenderRole.properties}, **_PARTS}, CASES)


class TestDefenderRole(EveryProperty):
    table = TABLE
