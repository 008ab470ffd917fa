# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Organization, users, groups, tenant look-up (EM A, B.8)."""

from __future__ import annotations

import pytest
from sandbox_building import guest_id, make_group, unique, user_id
from sandbox_harness import MSSP_TENANT, Graph

EVENTUAL = {"ConsistencyLevel": "eventual"}


def reference(object_id: str) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{object_id}"}


def test_organization(graph: Graph) -> None:
    found = graph.ok("GET", "/organization?$select=id,displayName,verifiedDomains")["value"]
    assert [(item["id"], item["displayName"]) for item in found] == [(graph.tenant["tenant_id"], "Contoso")]
    assert [domain["name"] for domain in found[0]["verifiedDomains"] if domain["isDefault"]] == ["contoso.example"]


def test_users(graph: Graph) -> None:
    user = user_id(graph)
    assert graph.ok("GET", "/users/admin@contoso.example")["id"] == user
    assert graph.ok("GET", f"/users/{user}?$select=userType") == {
        "@odata.context": f"{graph.sandbox.url}/v1.0/$metadata#users/$entity",
        "userType": "Member",
    }
    assert graph.ok("GET", "/users?$filter=startsWith(displayName,'cust')")["value"][0]["id"] == user
    body = {
        "accountEnabled": True,
        "displayName": "New",
        "mailNickname": "new",
        "userPrincipalName": "new@contoso.example",
        "passwordProfile": {"password": "secret"},
    }
    made = graph.ok("POST", "/users", body, 201)
    assert "passwordProfile" not in made
    assert graph.refused("POST", "/users", body) == (400, "Request_BadRequest")
    graph("PATCH", f"/users/{made['id']}", {"accountEnabled": False}, 204)
    assert graph.ok("GET", f"/users/{made['id']}?$select=accountEnabled")["accountEnabled"] is False
    graph("DELETE", f"/users/{made['id']}", status=204)
    assert graph.refused("GET", f"/users/{made['id']}") == (404, "Request_ResourceNotFound")
    assert graph.ok("POST", f"/users/{guest_id(graph)}/revokeSignInSessions")["value"] is True


def test_create_group_answers_the_documented_properties(graph: Graph) -> None:
    body = {
        "displayName": "Sales",
        "description": "d",
        "mailEnabled": False,
        "mailNickname": "sales",
        "securityEnabled": True,
    }
    group = graph.ok("POST", "/groups", body, 201)
    assert {key: group[key] for key in body} == body
    assert group["groupTypes"] == []
    assert group["renewedDateTime"] == group["createdDateTime"]
    assert group["securityIdentifier"].startswith("S-1-12-1-")
    assert "uniqueName" not in group
    read = graph.ok("GET", f"/groups/{group['id']}")
    assert "@microsoft.graph.tips" in read


@pytest.mark.parametrize(
    "change",
    [
        {"displayName": None},
        {"mailNickname": "a b"},
        {"securityEnabled": "yes"},
        {"colour": "red"},
        {"createdDateTime": "x"},
        {"mailEnabled": True, "groupTypes": []},
        {"displayName": "x" * 257},
        {"members@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{n}" for n in range(21)]},
    ],
)
def test_bad_group_bodies(graph: Graph, change: dict[str, object]) -> None:
    body = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True, **change}
    assert graph.refused("POST", "/groups", body) == (400, "Request_BadRequest")


def test_update_and_unique_name(graph: Graph) -> None:
    group = make_group(graph)
    graph("PATCH", f"/groups/{group}", {"description": "new", "uniqueName": "once"}, 204)
    assert graph.ok("GET", "/groups(uniqueName='once')?$select=description,uniqueName")["uniqueName"] == "once"
    assert graph.refused("PATCH", f"/groups/{group}", {"uniqueName": "twice"})[0] == 400
    graph("DELETE", "/groups(uniqueName='once')", status=204)
    assert graph.refused("GET", "/groups(uniqueName='once')")[0] == 404


def test_upsert(graph: Graph) -> None:
    body = {"displayName": "Up", "mailEnabled": False, "mailNickname": "up", "securityEnabled": True}
    url = "/groups(uniqueName='it''s up')"
    assert graph.refused("PATCH", url, body) == (404, "Request_ResourceNotFound")
    made = graph.ok("PATCH", url, body, 201, Prefer="create-if-missing")
    assert graph("PATCH", url, {**body, "description": "x"}, 204, Prefer="create-if-missing").content == b""
    assert graph.ok("GET", url)["id"] == made["id"]


def test_role_assignable(graph: Graph, sandbox) -> None:  # type: ignore[no-untyped-def]
    group = make_group(graph, isAssignableToRole=True)
    assert graph.refused("PATCH", f"/groups/{group}", {"isAssignableToRole": False})[0] == 400


def test_members(graph: Graph) -> None:
    group, admin, guest = make_group(graph), user_id(graph), guest_id(graph)
    graph("POST", f"/groups/{group}/members/$ref", reference(admin), 204)
    assert graph.refused("POST", f"/groups/{group}/members/$ref", reference(admin)) == (400, "Request_BadRequest")
    missing = "00000000-0000-0000-0000-000000000001"
    assert graph.refused("POST", f"/groups/{group}/members/$ref", reference(missing)) == (
        404,
        "Request_ResourceNotFound",
    )
    # One member that is there already refuses the whole PATCH.
    bind = [f"https://graph.microsoft.com/v1.0/directoryObjects/{object_id}" for object_id in (guest, admin)]
    assert graph.refused("PATCH", f"/groups/{group}", {"members@odata.bind": bind})[0] == 400
    assert len(graph.ok("GET", f"/groups/{group}/members")["value"]) == 1
    graph("PATCH", f"/groups/{group}", {"members@odata.bind": bind[:1]}, 204)
    members = graph.ok("GET", f"/groups/{group}/members?$select=id")["value"]
    assert members == [{"@odata.type": "#microsoft.graph.user", "id": object_id} for object_id in (admin, guest)]
    # What a user does not have is not answered of one, though groups have it.
    members = graph.ok("GET", f"/groups/{group}/members?$select=id,groupTypes,userType")["value"]
    assert [set(member) for member in members] == [{"@odata.type", "id", "userType"}] * 2
    graph("DELETE", f"/groups/{group}/members/{guest}/$ref", status=204)
    assert graph.refused("DELETE", f"/groups/{group}/members/{guest}/$ref")[0] == 404
    outer = make_group(graph, **{"members@odata.bind": [f"{graph.sandbox.url}/v1.0/groups/{group}"]})
    assert len(graph.ok("GET", f"/groups/{outer}/transitiveMembers")["value"]) == 2
    assert graph("GET", f"/groups/{outer}/members/$count", status=200, **EVENTUAL).text == "1"


def test_owners(graph: Graph) -> None:
    group, admin = make_group(graph), user_id(graph)
    graph("POST", f"/groups/{group}/owners/$ref", reference(admin), 204)
    assert [row["id"] for row in graph.ok("GET", f"/groups/{group}/owners")["value"]] == [admin]
    assert graph.refused("DELETE", f"/groups/{group}/owners/{admin}/$ref") == (400, "Request_BadRequest")


def test_delete_without_ref_deletes_the_member(graph: Graph) -> None:
    inner = make_group(graph)
    outer = make_group(graph, **{"members@odata.bind": [f"{graph.sandbox.url}/v1.0/groups/{inner}"]})
    graph("DELETE", f"/groups/{outer}/members/{inner}", status=204)
    assert graph.refused("GET", f"/groups/{inner}")[0] == 404


def test_soft_delete_and_restore(graph: Graph) -> None:
    group = make_group(graph)
    graph("POST", f"/groups/{group}/members/$ref", reference(user_id(graph)), 204)
    graph("DELETE", f"/groups/{group}", status=204)
    assert graph.refused("GET", f"/groups/{group}")[0] == 404
    assert group in [row["id"] for row in graph.ok("GET", "/directory/deletedItems/microsoft.graph.group")["value"]]
    assert graph.ok("POST", f"/directory/deletedItems/{group}/restore")["id"] == group
    assert len(graph.ok("GET", f"/groups/{group}/members")["value"]) == 1
    graph("DELETE", f"/groups/{group}", status=204)
    graph("DELETE", f"/directory/deletedItems/{group}", status=204)
    assert graph.refused("POST", f"/directory/deletedItems/{group}/restore")[0] == 404


def test_filters(graph: Graph) -> None:
    name = unique("O'Brien")
    group = make_group(graph, displayName=name)
    quoted = name.replace("'", "''")

    def found(text: str, **headers: str) -> list[str]:
        query = f"/groups?$select=id&$filter={text}" + ("&$count=true" if headers else "")
        return [row["id"] for row in graph.ok("GET", query, **headers)["value"]]

    assert found(f"displayName eq '{quoted}'") == [group]
    assert found(f"displayName eq '{quoted.upper()}'") == [group]
    assert found(f"displayName in ('{quoted}','x')") == [group]
    assert found(f"startswith(displayName,'{quoted}') and securityEnabled eq true") == [group]
    assert group not in found(f"displayName ne '{quoted}'", **EVENTUAL)
    assert group not in found(f"not(displayName eq '{quoted}')", **EVENTUAL)
    for text in (
        f"displayName ne '{quoted}'",
        "not(securityEnabled eq true)",
        "endsWith(displayName,'x')",
        "displayName eq",
    ):
        assert graph.refused("GET", f"/groups?$filter={text}") == (400, "Request_UnsupportedQuery")
    assert graph.refused("GET", "/groups?$filter=colour eq 'red'")[0] == 400
    assert graph.refused("GET", "/groups/$count")[0] == 400
    assert graph.refused("GET", "/groups?$select=colour")[0] == 400
    assert graph.refused("GET", "/groups?$top=1000")[0] == 400
    counted = graph.ok("GET", f"/groups?$count=true&$filter=displayName eq '{quoted}'", **EVENTUAL)
    assert counted["@odata.count"] == 1


def test_paging(other: Graph) -> None:
    made = {make_group(other) for _unused in range(7)}
    seen, pages, url = [], 0, "/groups?$top=3&$select=id&$orderby=displayName"
    while url:
        answer = other.ok("GET", url)
        seen += [row["id"] for row in answer["value"]]
        assert all(set(row) == {"id"} for row in answer["value"])
        url, pages = answer.get("@odata.nextLink"), pages + 1
        assert url is None or (url.startswith(other.sandbox.url) and "$skiptoken=" in url)
    assert made <= set(seen)
    assert len(seen) == len(set(seen))
    assert pages == -(-len(seen) // 3)
    other.quirk(empty_pages=True)
    first = other.ok("GET", "/groups")
    assert first["value"] == []
    assert len(other.ok("GET", first["@odata.nextLink"])["value"]) == len(seen)
    other.quirk(empty_pages=False)
    assert other.refused("GET", "/groups?$skiptoken=rubbish")[0] == 400


def test_lag(graph: Graph) -> None:
    graph.quirk(replication_lag_reads=2, stale_patch_reads=1)
    group = make_group(graph)
    assert [graph("GET", f"/groups/{group}").status_code for _unused in range(3)] == [404, 404, 200]
    graph("PATCH", f"/groups/{group}", {"description": "new"}, 204)
    assert [graph.ok("GET", f"/groups/{group}")["description"] for _unused in range(2)] == [None, "new"]


def test_tenant_information(graph: Graph) -> None:
    expected = {
        "tenantId": MSSP_TENANT,
        "displayName": "The MSSP",
        "defaultDomainName": "mssp.example",
        "federationBrandName": None,
    }
    for url in (
        f"findTenantInformationByTenantId(tenantId='{MSSP_TENANT}')",
        "findTenantInformationByDomainName(domainName='mssp.example')",
    ):
        found = graph.ok("GET", f"/tenantRelationships/{url}")
        assert {key: found[key] for key in expected} == expected
    assert graph("GET", "/tenantRelationships/findTenantInformationByDomainName(domainName='x.example')").status_code == 404


def test_directory_objects(graph: Graph) -> None:
    group, admin = make_group(graph), user_id(graph)
    assert graph.ok("GET", f"/directoryObjects/{group}")["@odata.type"] == "#microsoft.graph.group"
    found = graph.ok("POST", "/directoryObjects/getByIds", {"ids": [group, admin], "types": ["user"]})["value"]
    assert [row["id"] for row in found] == [admin]


def test_routes(graph: Graph) -> None:
    assert graph.refused("GET", "/nothing") == (400, "BadRequest")
    assert graph.refused("PUT", "/groups") == (405, "Request_BadRequest")
    assert graph.refused("POST", "/groups", None)[0] == 400


def test_tenants_are_apart(graph: Graph, other: Graph) -> None:
    group = make_group(graph)
    assert other.refused("GET", f"/groups/{group}")[0] == 404


def test_headers(graph: Graph) -> None:
    answer = graph("GET", "/groups", client_request_id="abc")
    assert answer.headers["client-request-id"] == "abc"
    assert len(answer.headers["request-id"]) == 36
    assert "ServerInfo" in answer.headers["x-ms-ags-diagnostic"]
