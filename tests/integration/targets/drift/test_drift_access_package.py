# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of access packages, property by property."""

from __future__ import annotations

import typing as t

from harness.drift import EXACT, FALSE_IS_STATED, NO_NAME, Body, Case, Empty, Patched, Spelled
from harness.drift_promises import EveryProperty
from harness.drift_story import Table
from harness.server import Sandbox
from harness.tenants import EM, Tenant

from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import AccessPackage

EXPAND = "?$expand=catalog,resourceRoleScopes($expand=role,scope)"


class Packages(Patched):
    """Packages of one catalog, which grant two groups and exclude two groups and two packages."""

    module = "access_package"
    collection = f"{EM}/accessPackages"
    sets = {"resourceRoleScopes": "role scope", "incompatibleGroups": None, "incompatibleAccessPackages": None}
    options = {
        "name": "{name}",
        "description": "What tier 1 gets",
        "hidden": False,
        "resource_roles": [{"group": "{one}"}, {"group": "{two}", "role": "Owner"}],
        "incompatible_groups": ["{two}", "{three}"],
        "incompatible_packages": ["{night}", "{day}"],
        # Else the domain for the link would be read for each package.
        "directory_hint": "contoso.example",
    }

    def __init__(self, sandbox: Sandbox, tenant: Tenant) -> None:
        super().__init__(sandbox, tenant)
        self._catalog = str(tenant.post(f"{EM}/catalogs", {"displayName": "MSSP Accesses"})["id"])
        for group in self.filled(["{one}", "{two}", "{three}"]):
            resource = {"originId": group, "originSystem": "AadGroup"}
            body = {"requestType": "adminAdd", "resource": resource, "catalog": {"id": self._catalog}}
            tenant.post(f"{EM}/resourceRequests", body)
        listed = tenant.list(f"{EM}/catalogs/{self._catalog}/resources")
        self._resources = {item["originId"]: item["id"] for item in listed}
        self.call_ids({name: self._post(name) for name in ("night", "day", "third")})

    def _post(self, name: str) -> str:
        body = {"displayName": name, "description": "What tier 1 gets", "isHidden": False, "catalog": {"id": self._catalog}}
        return str(self.tenant.post(self.collection, self.filled(body))["id"])

    def create(self, number: int) -> str:
        created = self._post("{name}")
        self.write(created, "resourceRoleScopes", self.filled([["Member", "{one}"], ["Owner", "{two}"]]))
        for path, option in (
            ("incompatibleGroups", "incompatible_groups"),
            ("incompatibleAccessPackages", "incompatible_packages"),
        ):
            for other in self.filled(self.options[option]):
                self.tenant.link(f"{self.collection}/{created}/{path}", other)
        return created

    def key(self, identifier: str) -> Body:
        return {"package_id": identifier}

    def raw(self, identifier: str) -> Body:
        at = f"{self.collection}/{identifier}"
        links = {name: self.tenant.list(f"{at}/{name}") for name, kind in self.sets.items() if kind is None}
        return {**self.tenant.get(at + EXPAND), **links}

    def write(self, identifier: str, path: str, value: t.Any) -> None:
        if path != "resourceRoleScopes":
            super().write(identifier, path, value)
            return
        at = f"{self.collection}/{identifier}/resourceRoleScopes"
        for there in self.raw(identifier)["resourceRoleScopes"]:
            self.tenant.delete(f"{at}/{there['id']}")
        for role, group in value:
            origin = {"originId": group, "originSystem": "AadGroup"}
            resource = {"id": self._resources[group], **origin}
            body = {"role": {**origin, "originId": f"{role}_{group}", "resource": resource}, "scope": origin}
            self.tenant.post(at, body)

    def element(self, path: str, item: t.Any) -> t.Any:
        if path != "resourceRoleScopes":
            return super().element(path, item)
        # As Graph answers, or as a result shows it.
        by_graph = isinstance(item["role"], dict)
        return (item["role"]["displayName"], item["scope"]["originId"]) if by_graph else (item["role"], item["group"])


CASES = {
    "displayName": Case("{renamed}", NO_NAME, EXACT),
    "description": Case(
        "Somebody's words",
        Empty({"description": ""}, ""),
        {"null for empty": Spelled({"description": None}, {"description": ""}, "")},
    ),
    "isHidden": Case(True, FALSE_IS_STATED, {"null": None}),
    "resourceRoleScopes": Case(
        [["Member", "{two}"], ["Owner", "{two}"]],
        Empty({"resource_roles": []}, []),
        {"order": [["Owner", "{two}"], ["Member", "{one}"]]},
    ),
    "incompatibleGroups": Case(["{two}", "{one}"], Empty({"incompatible_groups": []}, []), {"order": ["{three}", "{two}"]}),
    "incompatibleAccessPackages": Case(
        ["{third}", "{night}"], Empty({"incompatible_packages": []}, []), {"order": ["{day}", "{night}"]}
    ),
}
_OPTIONS = {
    "resourceRoleScopes": "resource_roles",
    "incompatibleGroups": "incompatible_groups",
    "incompatibleAccessPackages": "incompatible_packages",
}
_PARTS = {part.property: _OPTIONS.get(part.property, "") for part in AccessPackage(None, {}).parts()}  # type: ignore[arg-type]
TABLE = Table(Packages, {**{prop.path: prop.option for prop in AccessPackage.properties}, **_PARTS}, CASES)


class TestAccessPackage(EveryProperty):
    table = TABLE
