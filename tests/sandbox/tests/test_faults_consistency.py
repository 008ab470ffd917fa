# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a write did comes into sight late: new objects, changes, deletions, permissions. EM 1.8 is what all rest on."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_building import EM, add_resource, make_catalog, make_group, make_package, mssp_organization, user_id
from sandbox_harness import BASIC, MSSP_TENANT, Graph, Running, Start

DEFENDER = "/beta/roleManagement/defender"


def make_role(graph: Graph) -> str:
    body = {
        "displayName": "Lagging",
        "description": "",
        "rolePermissions": [{"allowedResourceActions": ["microsoft.xdr/secops/*/read"]}],
    }
    return str(graph.ok("POST", f"{DEFENDER}/roleDefinitions", body, 201)["id"])


MAKERS = {
    "/groups": make_group,
    f"{EM}/catalogs": make_catalog,
    f"{EM}/accessPackages": lambda graph: make_package(graph, make_catalog(graph)),
    f"{DEFENDER}/roleDefinitions": make_role,
}


def listed(graph: Graph, path: str, object_id: str) -> bool:
    return any(item["id"] == object_id for item in graph.ok("GET", path)["value"])


@pytest.mark.parametrize("path", MAKERS)
def test_new_objects_are_read_late(graph: Graph, path: str) -> None:
    """EM 1.8: a new object may answer Not Found; lists are not concerned by this switch."""
    graph.quirk(new_read_lag=2)
    made = MAKERS[path](graph)
    assert listed(graph, path, made)
    assert [graph("GET", f"{path}/{made}").status_code for _unused in range(3)] == [404, 404, 200]


@pytest.mark.parametrize("path", MAKERS)
def test_new_objects_are_listed_late(graph: Graph, path: str) -> None:
    """EM 1.8: what can be read by its id is not found by a filter yet."""
    graph.quirk(new_list_lag=2)
    made = MAKERS[path](graph)
    graph.ok("GET", f"{path}/{made}")
    where = f"{path}?$filter=id eq '{made}'" if "defender" not in path else path
    assert [listed(graph, where, made) for _unused in range(3)] == [False, False, True]
    graph.ok("GET", f"{path}/{made}")


def test_new_objects_are_used_late(graph: Graph) -> None:
    """EM 1.8, EM 1.3 Request_ResourceNotFound: the object is read, and cannot be changed, linked or onboarded yet."""
    user = user_id(graph)
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
    graph.quirk(new_use_lag=3)
    group = make_group(graph)
    catalog = make_catalog(graph)
    graph.ok("GET", f"/groups/{group}")
    assert graph.refused("PATCH", f"/groups/{group}", {"description": "x"}) == (404, "Request_ResourceNotFound")
    assert graph.refused("POST", f"/groups/{group}/members/$ref", reference) == (404, "Request_ResourceNotFound")
    assert add_resource(graph, catalog, group, 404).json()["error"]["code"] == "ResourceNotFound"
    graph("POST", f"/groups/{group}/members/$ref", reference, 204)
    assert make_package_status(graph, catalog) == [404, 404, 404, 201]


def make_package_status(graph: Graph, catalog: str) -> list[int]:
    body = {"displayName": "Late", "description": "", "catalog": {"id": catalog}}
    return [graph("POST", f"{EM}/accessPackages", body).status_code for _unused in range(4)]


@pytest.mark.parametrize("path", [path for path in MAKERS if "defender" not in path])
def test_changes_are_read_late(graph: Graph, path: str) -> None:
    """EM 1.8: an updated property may be stale."""
    made = MAKERS[path](graph)
    graph.quirk(stale_reads=2)
    graph("PATCH", f"{path}/{made}", {"description": "changed"})

    def described() -> list[Any]:
        return [graph.ok("GET", f"{path}/{made}")["description"] for _unused in range(3)]

    before, again, after = described()
    assert (before, after) == (again, "changed")
    assert before != "changed"
    graph("PATCH", f"{path}/{made}", {"description": "twice"})
    assert described() == ["changed", "changed", "twice"]


def test_lists_show_what_was_before(graph: Graph) -> None:
    """EM 1.8: stale lists after a change and after a deletion, while reads by id are right."""
    kept, gone = make_group(graph, description="old"), make_group(graph)
    graph.quirk(stale_lists=2)
    graph("PATCH", f"/groups/{kept}", {"description": "new"}, 204)
    graph("DELETE", f"/groups/{gone}", status=204)
    assert graph("GET", f"/groups/{gone}").status_code == 404
    assert graph.ok("GET", f"/groups/{kept}")["description"] == "new"
    seen = []
    for _unused in range(3):
        rows = {row["id"]: row for row in graph.ok("GET", "/groups?$top=999")["value"]}
        seen.append((rows[kept]["description"], gone in rows))
    assert seen == [("old", True), ("old", True), ("new", False)]


def test_deleted_objects_are_still_read(graph: Graph) -> None:
    """EM 1.8: a deletion is a write like any other."""
    catalog = make_catalog(graph)
    graph.quirk(stale_reads=1)
    graph("DELETE", f"{EM}/catalogs/{catalog}", status=204)
    assert [graph("GET", f"{EM}/catalogs/{catalog}").status_code for _unused in range(2)] == [200, 404]


def test_everything_settles_with_the_clock(graph: Graph, sandbox: Running) -> None:
    """EM 1.8: the same lag in seconds, on the sandbox's clock."""
    graph.quirk(settle_seconds=300)
    group = make_group(graph)
    graph("PATCH", f"/groups/{group}", {"description": "settled"}, 204)
    seen = []
    for _unused in range(3):
        seen.append((graph("GET", f"/groups/{group}").status_code, listed(graph, "/groups?$top=999", group)))
        sandbox.control("POST", "clock", {"advance_seconds": 160})
    assert seen == [(404, False), (404, False), (200, True)]
    assert graph.ok("GET", f"/groups/{group}")["description"] == "settled"
    sandbox.control("DELETE", "clock")


def test_organizations_too(graph: Graph) -> None:
    """EM 1.8: no kind of object is left out."""
    graph("DELETE", f"{EM}/connectedOrganizations/{mssp_organization(graph)}", status=204)
    graph.quirk(new_list_lag=1)
    source = {"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "displayName": "M", "tenantId": MSSP_TENANT}
    body = {"displayName": "MSSP", "description": "", "identitySources": [source]}
    made = graph.ok("POST", f"{EM}/connectedOrganizations", body, 201)["id"]
    assert [listed(graph, f"{EM}/connectedOrganizations", made) for _unused in range(2)] == [False, True]


def test_a_grant_takes_a_while(start: Start) -> None:
    """EM 1.3: 403 for some requests after permissions were granted, by each service in its own words."""
    clients = [{"name": "reader", "permissions": ["Group.Read.All", "EntitlementManagement.Read.All"]}]
    tenant = {**BASIC["tenants"][0], "clients": clients}
    graph = start({**BASIC, "tenants": [tenant]}).graph(0, "reader")
    graph.quirk(grant_lag=2)
    assert [graph("GET", "/groups").status_code for _unused in range(3)] == [403, 403, 200]
    assert graph.refused("GET", f"{EM}/catalogs") == (403, "UnAuthorized")
    assert graph.refused("GET", f"{EM}/catalogs")[0] == 403
    graph.ok("GET", f"{EM}/catalogs")
    graph.ok("GET", "/groups")
    # What was never granted stays refused.
    assert [graph("GET", "/users").status_code for _unused in range(4)] == [403] * 4
