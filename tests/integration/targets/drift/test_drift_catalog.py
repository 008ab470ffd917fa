# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of catalogs, property by property."""

from __future__ import annotations

import typing as t

from harness.drift import BOOLEAN, EXACT, NO_NAME, ONE_SPELLING, Body, Case, Empty, Patched, Spelled
from harness.drift_promises import EveryProperty
from harness.drift_story import Table
from harness.tenants import EM

from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog


class Catalogs(Patched):
    """Catalogs with groups in them."""

    module = "access_package_catalog"
    collection = f"{EM}/catalogs"
    sets = {"resources": "catalog resource"}
    options = {
        "name": "{name}",
        "description": "For our MSSP",
        "published": True,
        "externally_visible": True,
        "groups": ["{one}", "{two}"],
    }

    def create(self, number: int) -> str:
        body = {"displayName": "{name}", "description": "For our MSSP", "state": "published", "isExternallyVisible": True}
        created = str(self.tenant.post(self.collection, self.filled(body))["id"])
        self.write(created, "resources", self.filled(["{one}", "{two}"]))
        return created

    def key(self, identifier: str) -> Body:
        return {"catalog_id": identifier}

    def write(self, identifier: str, path: str, value: t.Any) -> None:
        if path != "resources":
            super().write(identifier, path, value)
            return
        for there in self.raw(identifier)["resources"]:
            self._request(identifier, "adminRemove", {"id": there["id"], "originId": there["originId"]})
        for group in value:
            self._request(identifier, "adminAdd", {"originId": group})

    def _request(self, catalog: str, kind: str, resource: Body) -> None:
        body = {"requestType": kind, "resource": {**resource, "originSystem": "AadGroup"}, "catalog": {"id": catalog}}
        self.tenant.post(f"{EM}/resourceRequests", body)

    def methods(self, path: str) -> list[str]:
        # A group leaves a catalog by a request, as it comes.
        return ["POST", "POST"] if path == "resources" else super().methods(path)

    def element(self, path: str, item: t.Any) -> t.Any:
        return str(item["originId"]).lower()


CASES = {
    "displayName": Case("{renamed}", NO_NAME, EXACT),
    "description": Case(
        "Somebody's words",
        Empty({"description": ""}, ""),
        {"null for empty": Spelled({"description": None}, {"description": ""}, "")},
    ),
    "state": Case("unpublished", "it is one or the other", ONE_SPELLING),
    "isExternallyVisible": Case(False, Empty({"externally_visible": False}, False), BOOLEAN),
    "resources": Case(["{one}", "{three}"], Empty({"groups": []}, []), {"order": ["{two}", "{one}"]}),
}
_PARTS = {part.property: "groups" for part in Catalog(None, {}).parts()}  # type: ignore[arg-type]
TABLE = Table(Catalogs, {**{prop.path: prop.option for prop in Catalog.properties}, **_PARTS}, CASES)


class TestCatalog(EveryProperty):
    table = TABLE
