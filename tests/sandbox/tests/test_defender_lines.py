# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defender roles line by line: routes, permissions, quirks, odd data (Defender 1, 8)."""

from __future__ import annotations

from typing import Any

import pytest
from governed import GOVERNED
from sandbox_building import make_group, unique
from sandbox_harness import Graph, Running

SANDBOX = GOVERNED

DEFENDER = "/beta/roleManagement/defender"
BASICS = "microsoft.xdr/secops/securitydata/basics/read"
NOBODY = "00000000-0000-0000-0000-000000000001"


def make_role(graph: Graph, *actions: str) -> dict[str, Any]:
    body = {
        "displayName": unique("Role"),
        "description": "d",
        "rolePermissions": [{"allowedResourceActions": list(actions or (BASICS,))}],
    }
    made: dict[str, Any] = graph.ok("POST", f"{DEFENDER}/roleDefinitions", body, 201)
    return made


def make_assignment(graph: Graph, role: str, *principals: str, **more: Any) -> dict[str, Any]:
    body = {"displayName": "a", "roleDefinitionId": role, "principalIds": list(principals), "appScopeIds": ["Mde"], **more}
    made: dict[str, Any] = graph.ok("POST", f"{DEFENDER}/roleAssignments", body, 201)
    return made


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", f"/roleDefinitions/{NOBODY}/restore"),
        ("GET", f"/roleDefinitions/{NOBODY}/inheritsPermissionsFrom"),
        ("GET", f"/roleDefinitions/{NOBODY}/assignedPrincipals(transitive=true)"),
        ("GET", f"/roleAssignments/{NOBODY}/appScopes"),
        ("GET", f"/roleAssignments/{NOBODY}/directoryScopes"),
        ("GET", f"/roleAssignments/{NOBODY}/principals"),
        ("GET", f"/roleAssignments/{NOBODY}/roleDefinition"),
        ("POST", "/resourceNamespaces"),
        ("PATCH", "/resourceNamespaces/microsoft.xdr"),
        ("DELETE", "/resourceNamespaces/microsoft.xdr"),
        ("POST", "/resourceNamespaces/microsoft.xdr/importResourceActions"),
        ("GET", "/resourceNamespaces/microsoft.xdr/resourceActions"),
        ("GET", f"/roleDefinitions/{NOBODY}"),
        ("GET", f"/roleAssignments/{NOBODY}"),
        ("DELETE", f"/roleAssignments/{NOBODY}"),
        ("GET", "/customAppScopes/99999"),
    ],
)
def test_what_the_metadata_has_and_defender_has_not(graph: Graph, method: str, path: str) -> None:
    """Defender 1.1: routes of the SDK that no page names for Defender; the container answers 404; unknown ids too (8)."""
    body = {} if method in ("POST", "PATCH") else None
    assert graph.refused(method, f"{DEFENDER}{path}", body) == (404, "NotFound")


@pytest.mark.parametrize("path", ["/roleDefinitions", "/roleAssignments", "/resourceNamespaces", "/customAppScopes", ""])
def test_version_1_has_nothing(graph: Graph, path: str) -> None:
    """Defender 1: a v1.0 call answers 400."""
    assert graph.refused("GET", f"/v1.0/roleManagement/defender{path}") == (400, "BadRequest")


def test_scopes_cannot_be_made(graph: Graph) -> None:
    """Defender 1.1: customAppScopes are read only."""
    assert graph.refused("POST", f"{DEFENDER}/customAppScopes", {"displayName": "x"})[0] == 405


def test_who_may(sandbox: Running, graph: Graph) -> None:
    """Defender 1.2: Read.Defender reads and does not write; nothing but ReadWrite.Defender writes."""
    reader = sandbox.graph(client="RoleManagement.Read.Defender")
    for path in ("roleDefinitions", "roleAssignments", "customAppScopes", "resourceNamespaces?$expand=resourceActions"):
        assert reader("GET", f"{DEFENDER}/{path}").status_code == 200
    assert reader.refused("POST", f"{DEFENDER}/roleDefinitions", {}) == (403, "Forbidden")
    directory = sandbox.graph(client="RoleManagement.ReadWrite.Directory")
    assert directory("GET", f"{DEFENDER}/roleDefinitions").status_code == 403
    graph.quirk(namespaces_need_write=True)
    assert reader("GET", f"{DEFENDER}/resourceNamespaces").status_code == 403
    assert reader("GET", f"{DEFENDER}/customAppScopes").status_code == 200
    assert graph("GET", f"{DEFENDER}/resourceNamespaces").status_code == 200


def test_counts(graph: Graph) -> None:
    """Defender 1.1: .../$count on each collection."""
    assert int(graph("GET", f"{DEFENDER}/roleDefinitions/$count?$filter=isBuiltIn eq true", status=200).text) == 2
    assert int(graph("GET", f"{DEFENDER}/roleAssignments/$count", status=200).text) >= 2
    assert graph("GET", f"{DEFENDER}/customAppScopes/$count", status=200).text == "2"
    assert graph("GET", f"{DEFENDER}/resourceNamespaces/$count", status=200).text == "1"


def test_filters_are_honoured_or_not(graph: Graph) -> None:
    """Defender 1.1: displayName eq and startsWith, isBuiltIn eq, principalIds any; Defender 8: do not trust $filter."""
    role, group = make_role(graph), make_group(graph)
    assignment = make_assignment(graph, role["id"], group)
    roles, name = f"{DEFENDER}/roleDefinitions", role["displayName"]
    assignments = f"{DEFENDER}/roleAssignments"

    def ids(url: str) -> list[str]:
        return [row["id"] for row in graph.ok("GET", url)["value"]]

    assert ids(f"{roles}?$filter=displayName eq '{name}'") == [role["id"]]
    assert role["id"] in ids(f"{roles}?$filter=startsWith(displayName,'Role')")
    assert role["id"] not in ids(f"{roles}?$filter=isBuiltIn eq true")
    assert ids(f"{assignments}?$filter=principalIds/any(a:a eq '{group}')") == [assignment["id"]]
    assert graph.refused("GET", f"{assignments}?$filter=principalId eq '{group}'") == (400, "BadRequest")
    graph.quirk(defender_filter="ignored")
    assert len(ids(f"{roles}?$filter=displayName eq '{name}'")) > 1
    assert len(ids(f"{assignments}?$filter=principalIds/any(a:a eq '{group}')")) > 1
    assert int(graph("GET", f"{roles}/$count?$filter=isBuiltIn eq true", status=200).text) > 2


def test_lists_come_in_pages(graph: Graph) -> None:
    """Defender 1.1: $top and @odata.nextLink, $select."""
    for _unused in range(3):
        make_role(graph)
    seen, url = [], f"{DEFENDER}/roleDefinitions?$top=2&$select=id"
    while url:
        answer = graph.ok("GET", url)
        assert len(answer["value"]) <= 2
        seen += [row["id"] for row in answer["value"]]
        url = answer.get("@odata.nextLink")
    assert len(seen) == len(set(seen)) == int(graph("GET", f"{DEFENDER}/roleDefinitions/$count").text)


def test_the_location_leads_nowhere(graph: Graph) -> None:
    """Defender 1.8.2: success with an absolute http Location; Defender 9, no. 4: whether with 201 or 3xx is open."""
    graph.quirk(http_location=True, http_location_status=302)
    body = {"displayName": "Moved", "rolePermissions": [{"allowedResourceActions": [BASICS]}]}
    session = graph.session
    answer = session.post(f"{graph.sandbox.url}{DEFENDER}/roleDefinitions", json=body, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"][:7]) == (302, "http://")
    assert graph.ok("GET", f"{DEFENDER}/roleDefinitions/{answer.json()['id']}")["displayName"] == "Moved"
    graph.quirk(http_location_status=201)
    assert session.post(f"{graph.sandbox.url}{DEFENDER}/roleDefinitions", json=body).status_code == 201


def test_roles_may_come_without_flags(graph: Graph) -> None:
    """Defender 1.4: isBuiltIn may be absent."""
    role = make_role(graph)
    assert (role["isBuiltIn"], role["isEnabled"]) == (False, True)
    graph.quirk(sparse_roles=True)
    read = graph.ok("GET", f"{DEFENDER}/roleDefinitions/{role['id']}")
    assert {"isBuiltIn", "isEnabled"}.isdisjoint(read)
    assert read["displayName"] == role["displayName"]


def test_a_lost_answer_makes_a_duplicate(graph: Graph) -> None:
    """Defender 1.8.3 and 1.8.4: a new role is missing from lists for a while, and a second POST makes a second one."""
    graph.quirk(read_lag=2)
    body = {"displayName": unique("Twice"), "rolePermissions": [{"allowedResourceActions": [BASICS]}]}
    url = f"{DEFENDER}/roleDefinitions?$filter=displayName eq '{body['displayName']}'"
    graph("POST", f"{DEFENDER}/roleDefinitions", body, 201)
    assert graph.ok("GET", url)["value"] == []
    graph("POST", f"{DEFENDER}/roleDefinitions", body, 201)
    assert [len(graph.ok("GET", url)["value"]) for _unused in range(4)][-1] == 2


def test_unknown_actions_cannot_be_stored(graph: Graph) -> None:
    """Defender 1.8.6: a permission that is not valid for storage is named in a 400."""
    body = {"displayName": "x", "rolePermissions": [{"allowedResourceActions": ["microsoft.xdr/dataops/*/read"]}]}
    error = graph("POST", f"{DEFENDER}/roleDefinitions", body, 400).json()["error"]
    assert error["message"] == "microsoft.xdr/dataops/*/read is not a valid permission for storage"
    assert {"date", "request-id", "client-request-id"} <= set(error["innerError"])


def test_prerequisites(graph: Graph) -> None:
    """Defender 3: the portal adds prerequisites; whether the API does is unknown."""
    email = "microsoft.xdr/secops/rawdata/emailcontent/read"
    assert make_role(graph, email)["rolePermissions"][0]["allowedResourceActions"] == [email]
    graph.quirk(adds_prerequisites=True)
    assert make_role(graph, email)["rolePermissions"][0]["allowedResourceActions"] == [email, BASICS]


def test_assignments_of_nothing(graph: Graph) -> None:
    """Defender 1.8.9: principals that are no GUID or resolve to nothing, roles that are not in the list."""
    rows = {
        row["displayName"]: row
        for row in graph.ok("GET", f"{DEFENDER}/roleAssignments?$expand=principals,roleDefinition")["value"]
    }
    assert "workload-token" in rows["Odd"]["principalIds"]
    assert [row["displayName"] for row in rows["Odd"]["principals"]] == ["Inner"]
    assert rows["Orphan"]["roleDefinition"] is None
    assert graph("GET", f"{DEFENDER}/roleDefinitions/{rows['Orphan']['roleDefinitionId']}").status_code == 404


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        ({"appScopeIds": ["/"]}, 201),
        ({"appScopeIds": ["Mdc", "/CloudSet/123"]}, 201),
        ({"appScopeIds": ["/SentinelScope/1"]}, 201),
        ({"appScopeIds": ["SecureScoreExternal"]}, 201),
        ({"appScopeIds": [], "directoryScopeIds": ["/"]}, 201),
        ({"appScopeIds": []}, 400),
        ({"appScopeIds": ["All"]}, 400),
    ],
)
def test_scopes(graph: Graph, scopes: dict[str, Any], status: int) -> None:
    """Defender 2: values of appScopeIds; either field suffices."""
    body = {"displayName": "s", "roleDefinitionId": make_role(graph)["id"], "principalIds": ["p"], **scopes}
    assert graph("POST", f"{DEFENDER}/roleAssignments", body).status_code == status


def test_several_assignments_of_a_role(graph: Graph) -> None:
    """Defender 2: as many as needed under the same role, the same twice too; PATCH is unsettled, the role immutable."""
    role, group = make_role(graph), make_group(graph)
    first, second = make_assignment(graph, role["id"], group), make_assignment(graph, role["id"], group)
    assert first["id"] != second["id"]
    graph.quirk(assignment_patch=True)
    url = f"{DEFENDER}/roleAssignments/{first['id']}"
    assert graph("PATCH", url, {"roleDefinitionId": make_role(graph)["id"]}).status_code == 400
    graph("PATCH", url, {"appScopeIds": ["Mdo"]}, 204)
    assert graph.ok("GET", url)["appScopeIds"] == ["Mdo"]
    graph("DELETE", f"{DEFENDER}/roleDefinitions/{role['id']}", status=204)
    assert graph("GET", f"{DEFENDER}/roleAssignments/{second['id']}").status_code == 404


def test_custom_scopes(graph: Graph) -> None:
    """Defender 1.6: CloudSet and UserGroupId are seen, DeviceGroups documented; zones resolve what is missing."""
    url = f"{DEFENDER}/customAppScopes"
    assert {row["type"] for row in graph.ok("GET", url)["value"]} == {"CloudSet", "UserGroupId"}
    assert len(graph.ok("GET", f"{url}?$filter=type eq 'CloudSet'&$count=true")["value"]) == 1
    graph.quirk(device_group_scopes=True)
    assert {row["type"] for row in graph.ok("GET", url)["value"]} == {"CloudSet", "UserGroupId", "DeviceGroups"}
    zone = graph.ok("GET", "/beta/security/zones")["value"][0]["id"]
    assert graph.ok("GET", f"/beta/security/zones/{zone}?$expand=environments")["environments"][0]["kind"]


def test_the_catalogue(graph: Graph) -> None:
    """Defender 1.7: the action string is the id, the name is text; actions only with $expand, or flattened."""
    url = f"{DEFENDER}/resourceNamespaces"
    space = graph.ok("GET", f"{url}/microsoft.xdr?$expand=resourceActions")
    actions = {action["id"]: action["name"] for action in space["resourceActions"]}
    assert actions["microsoft.xdr/dataops/*/read"] == "DataOperations - All read-only permissions"
    assert {action.split("/")[1] for action in actions} == {
        "secops",
        "securityposture",
        "configuration",
        "dataops",
        "aicodesecurity",
    }
    graph.quirk(flat_namespaces=True)
    assert {row["id"] for row in graph.ok("GET", f"{url}?$expand=resourceActions")["value"]} == set(actions)
