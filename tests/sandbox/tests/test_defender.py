# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defender roles and their assignments (Defender 1)."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_building import make_group, unique
from sandbox_harness import Graph

DEFENDER = "/beta/roleManagement/defender"
TIER_1 = [
    f"microsoft.xdr/{action}"
    for action in (
        "secops/securitydata/basics/read",
        "secops/securitydata/alerts/manage",
        "secops/securitydata/response/manage",
        "securityposture/posturemanagement/vulnerabilitymanagement/read",
        "securityposture/posturemanagement/exceptionhandling/manage",
        "securityposture/posturemanagement/remediationhandling/manage",
        "securityposture/posturemanagement/applicationhandling/manage",
        "securityposture/posturemanagement/baselineassessmentprofiles/manage",
    )
]


def role(*actions: str, **more: Any) -> dict[str, Any]:
    return {
        "displayName": unique("Role"),
        "description": "d",
        "rolePermissions": [{"allowedResourceActions": list(actions or TIER_1)}],
        **more,
    }


def assignment(role_id: str, *principals: str, **more: Any) -> dict[str, Any]:
    return {
        "displayName": "a",
        "roleDefinitionId": role_id,
        "principalIds": list(principals),
        "appScopeIds": ["Mde"],
        **more,
    }


def test_role(graph: Graph) -> None:
    body = role()
    made = graph("POST", f"{DEFENDER}/roleDefinitions", body, 201)
    assert "Location" not in made.headers
    row = made.json()["id"]
    read = graph.ok("GET", f"{DEFENDER}/roleDefinitions/{row}")
    assert read["rolePermissions"][0]["allowedResourceActions"] == TIER_1
    assert read["isBuiltIn"] is False
    found = graph.ok("GET", f"{DEFENDER}/roleDefinitions?$filter=displayName eq '{body['displayName']}'&$select=id")["value"]
    assert found == [{"id": row}]
    graph("POST", f"{DEFENDER}/roleDefinitions", body, 201)
    assert len(graph.ok("GET", f"{DEFENDER}/roleDefinitions?$filter=displayName eq '{body['displayName']}'")["value"]) == 2
    graph(
        "PATCH",
        f"{DEFENDER}/roleDefinitions/{row}",
        {"rolePermissions": role("microsoft.xdr/secops/*/read")["rolePermissions"]},
        204,
    )
    graph.quirk(patch_answers_body=True)
    assert graph.ok("PATCH", f"{DEFENDER}/roleDefinitions/{row}", {"description": "e"})["description"] == "e"
    graph("DELETE", f"{DEFENDER}/roleDefinitions/{row}", status=204)
    assert graph.refused("GET", f"{DEFENDER}/roleDefinitions/{row}") == (404, "NotFound")


def test_actions_are_reduced(graph: Graph) -> None:
    wide = "microsoft.xdr/secops/*/manage"
    body = role(wide, "microsoft.xdr/secops/rawdata/quarantineemailcontent/read", "microsoft.xdr/configuration/system/read")
    made = graph.ok("POST", f"{DEFENDER}/roleDefinitions", body, 201)
    assert made["rolePermissions"][0]["allowedResourceActions"] == [wide, "microsoft.xdr/configuration/system/read"]
    graph.quirk(reduce_actions=False)
    made = graph.ok("POST", f"{DEFENDER}/roleDefinitions", body, 201)
    assert len(made["rolePermissions"][0]["allowedResourceActions"]) == 3


@pytest.mark.parametrize(
    "body",
    [
        role(displayName=""),
        role("microsoft.xdr/secops/alerts/manage"),
        role("microsoft.xdr/dataops/*/read"),
        role(colour="red"),
        {"displayName": "x"},
        role(isBuiltIn=True),
    ],
)
def test_bad_roles(graph: Graph, body: dict[str, Any]) -> None:
    assert graph.refused("POST", f"{DEFENDER}/roleDefinitions", body) == (400, "BadRequest")


def test_data_operations_with_a_workspace(graph: Graph) -> None:
    graph.quirk(dataops_available=True)
    graph("POST", f"{DEFENDER}/roleDefinitions", role("microsoft.xdr/dataops/*/read"), 201)


def test_built_in_roles_stay(graph: Graph) -> None:
    built_in = graph.ok("GET", f"{DEFENDER}/roleDefinitions?$filter=isBuiltIn eq true")["value"]
    assert len(built_in) == 2
    assert graph("PATCH", f"{DEFENDER}/roleDefinitions/{built_in[0]['id']}", {"description": "x"}).status_code == 400
    assert graph("DELETE", f"{DEFENDER}/roleDefinitions/{built_in[0]['id']}").status_code == 400


def test_assignment(graph: Graph) -> None:
    row = graph.ok("POST", f"{DEFENDER}/roleDefinitions", role(), 201)["id"]
    group = make_group(graph)
    typed = assignment(row, group, **{"@odata.type": "#microsoft.graph.unifiedRoleAssignmentMultiple"})
    assert graph.refused("POST", f"{DEFENDER}/roleAssignments", typed) == (400, "BadRequest")
    made = graph.ok("POST", f"{DEFENDER}/roleAssignments", assignment(row, group), 201)
    assert (made["appScopeIds"], made["principalIds"]) == (["Mde"], [group])
    query = f"$filter=principalIds/any(p:p eq '{group}') and roleDefinitionId eq '{row}'&$expand=principals,roleDefinition"
    found = graph.ok("GET", f"{DEFENDER}/roleAssignments?{query}")["value"]
    assert (found[0]["principals"][0]["id"], found[0]["roleDefinition"]["id"]) == (group, row)
    counted = graph.ok(
        "GET",
        f"{DEFENDER}/roleAssignments?$count=true&$filter=principalIds/any(a:a eq '{group}')",
        ConsistencyLevel="eventual",
    )
    assert counted["@odata.count"] == 1
    assert graph("PATCH", f"{DEFENDER}/roleAssignments/{made['id']}", {"displayName": "b"}).status_code == 400
    graph("DELETE", f"{DEFENDER}/roleDefinitions/{row}", status=204)
    assert graph.refused("GET", f"{DEFENDER}/roleAssignments/{made['id']}") == (404, "NotFound")


@pytest.mark.parametrize(
    "change",
    [
        {"displayName": None},
        {"principalIds": []},
        {"appScopeIds": []},
        {"appScopeIds": ["Mars"]},
        {"principalId": "x"},
        {"roleDefinitionId": "00000000-0000-0000-0000-000000000001"},
    ],
)
def test_bad_assignments(graph: Graph, change: dict[str, Any]) -> None:
    row = graph.ok("POST", f"{DEFENDER}/roleDefinitions", role(), 201)["id"]
    assert graph("POST", f"{DEFENDER}/roleAssignments", {**assignment(row, "p"), **change}).status_code == 400


def test_switches(graph: Graph) -> None:
    graph.quirk(http_location=True, read_lag=2)
    made = graph("POST", f"{DEFENDER}/roleDefinitions", role(), 201)
    assert made.headers["Location"].startswith("http://")
    url = f"{DEFENDER}/roleDefinitions/{made.json()['id']}"
    assert [graph("GET", url).status_code for _unused in range(3)] == [404, 404, 200]
    graph.quirk(post_roledef_500=True)
    assert graph("POST", f"{DEFENDER}/roleDefinitions", role()).status_code == 500
    graph.quirk(urbac_active=False)
    assert graph.refused("GET", f"{DEFENDER}/roleDefinitions") == (403, "Forbidden")
    graph.quirk(urbac_inactive_answer="empty")
    assert graph.ok("GET", f"{DEFENDER}/roleAssignments")["value"] == []
    assert graph.refused("POST", f"{DEFENDER}/roleDefinitions", role()) == (403, "Forbidden")


def test_catalogue(graph: Graph) -> None:
    spaces = graph.ok("GET", f"{DEFENDER}/resourceNamespaces?$expand=resourceActions")["value"]
    actions = {action["id"] for action in spaces[0]["resourceActions"]}
    assert set(TIER_1) <= actions
    assert "resourceActions" not in graph.ok("GET", f"{DEFENDER}/resourceNamespaces")["value"][0]
    assert graph("GET", f"{DEFENDER}/resourceNamespaces/microsoft.xdr/resourceActions").status_code == 404
    assert graph("GET", DEFENDER).status_code == 404
    assert graph("GET", "/v1.0/roleManagement/defender/roleDefinitions").status_code == 400
    assert {scope["type"] for scope in graph.ok("GET", f"{DEFENDER}/customAppScopes")["value"]} == {
        "CloudSet",
        "UserGroupId",
    }
