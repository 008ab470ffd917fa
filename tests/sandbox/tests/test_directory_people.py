# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users beyond their life: sign-in activity, relations, invitations, deletion, what they are members of (EM A, decisions)."""

from __future__ import annotations

from typing import Any

from governed import GOVERNED, GUEST
from sandbox_building import make_group, unique
from sandbox_harness import Graph, Running, Start

SANDBOX = GOVERNED

EVENTUAL = {"ConsistencyLevel": "eventual"}


def person(graph: Graph, **properties: Any) -> str:
    name = unique("person").replace(" ", "")
    body = {
        "accountEnabled": True,
        "displayName": name,
        "mailNickname": name,
        "userPrincipalName": f"{name}@contoso.example",
        "passwordProfile": {"password": "secret"},
        **properties,
    }
    return str(graph.ok("POST", "/users", body, 201)["id"])


def by_name(graph: Graph, name: str) -> dict[str, Any]:
    found: dict[str, Any] = graph.ok("GET", f"/groups?$filter=displayName eq '{name}'")["value"][0]
    return found


def reference(object_id: str) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{object_id}"}


def test_sign_in_activity_is_read_by_those_who_may_read_the_log(graph: Graph, sandbox: Running) -> None:
    """practice B.5: signInActivity asks for AuditLog.Read.All and P1; it is absent unless selected."""
    sam = graph.ok("GET", "/users/sam@contoso.example")
    assert "signInActivity" not in sam
    url = f"/users/{sam['id']}?$select=id,signInActivity"
    activity = graph.ok("GET", url)["signInActivity"]
    assert activity["lastSignInDateTime"] == activity["lastSuccessfulSignInDateTime"] == "2026-10-01T08:00:00Z"
    assert activity["lastNonInteractiveSignInDateTime"] is None
    listed = graph.ok(
        "GET", "/users?$select=userPrincipalName,signInActivity&$filter=signInActivity/lastSignInDateTime le 2026-11-01T00:00:00Z"
    )
    assert [row["userPrincipalName"] for row in listed["value"]] == ["sam@contoso.example"]
    assert sandbox.graph(client="auditor").ok("GET", url)["signInActivity"] == activity
    refused = sandbox.graph(client="User.Read.All")("GET", url, status=403).json()["error"]
    assert refused["code"] == "Authorization_RequestDenied"
    assert "AuditLog.Read.All" in refused["message"]
    assert graph.refused("GET", "/users/sam@contoso.example?$select=signInActivity")[0] == 400
    graph.quirk(licence="p1")
    assert graph.ok("GET", url)["signInActivity"] == activity
    graph.quirk(licence="none")
    assert graph.refused("GET", url) == (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")


def test_a_guest_says_where_it_comes_from(graph: Graph) -> None:
    """practice S10: a guest's issuer reads ExternalAzureAD or, as documented, the home domain. practice S5: pending."""
    url = "/users?$filter=mail eq 'ana@mssp.example'&$select=externalUserState,creationType,createdDateTime,identities,userType"
    guest = graph.ok("GET", url)["value"][0]
    assert (guest["externalUserState"], guest["creationType"]) == ("PendingAcceptance", "Invitation")
    assert guest["createdDateTime"] == "2026-01-05T00:00:00Z"
    assert [(item["signInType"], item["issuer"]) for item in guest["identities"]] == [
        ("federated", "ExternalAzureAD"),
        ("userPrincipalName", "contoso.example"),
    ]
    assert guest["identities"][1]["issuerAssignedId"] == GUEST
    graph.quirk(guest_identity_issuer="home_domain")
    assert graph.ok("GET", url)["value"][0]["identities"][0]["issuer"] == "mssp.example"


def test_manager_and_sponsors(graph: Graph) -> None:
    """decisions, nice to have: sponsors of EM-invited guests; manager as approver needs users/{id}/manager."""
    admin = graph.ok("GET", "/users/admin@contoso.example")["id"]
    assert graph.ok("GET", "/users/sam@contoso.example/manager")["id"] == admin
    assert "sam@contoso.example" in [
        row["userPrincipalName"] for row in graph.ok("GET", f"/users/{admin}/directReports")["value"]
    ]
    guest = graph.ok("GET", "/users?$filter=mail eq 'ana@mssp.example'&$expand=sponsors")["value"][0]
    assert [row["id"] for row in guest["sponsors"]] == [admin]
    user, other = person(graph), person(graph)
    assert graph.refused("GET", f"/users/{user}/manager") == (404, "Request_ResourceNotFound")
    graph("PUT", f"/users/{user}/manager/$ref", reference(other), 204)
    assert graph.ok("GET", f"/users/{user}?$expand=manager")["manager"]["id"] == other
    graph("DELETE", f"/users/{user}/manager/$ref", status=204)
    assert graph("GET", f"/users/{user}/manager").status_code == 404
    graph("POST", f"/users/{user}/sponsors/$ref", reference(other), 204)
    assert graph.refused("POST", f"/users/{user}/sponsors/$ref", reference(other)) == (400, "Request_BadRequest")
    graph("DELETE", f"/users/{user}/sponsors/{other}/$ref", status=204)
    assert graph.ok("GET", f"/users/{user}/sponsors")["value"] == []


def test_an_administrator_is_changed_by_administrators_only(graph: Graph, sandbox: Running) -> None:
    """practice B.5: blocking somebody who holds an Entra admin role takes a role on the application: 403 without."""
    sam = graph.ok("GET", "/users/sam@contoso.example")["id"]
    writer = sandbox.graph(client="writer")
    assert writer.refused("PATCH", f"/users/{sam}", {"accountEnabled": False}) == (403, "Authorization_RequestDenied")
    assert writer.refused("DELETE", f"/users/{sam}")[0] == 403
    writer("PATCH", f"/users/{sam}", {"jobTitle": "Lead"}, 204)
    client = next(item for item in sandbox.tenant()["clients"] if item["name"] == "writer")["client_id"]
    application = graph.ok("GET", f"/servicePrincipals(appId='{client}')")["id"]
    role = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
    body = {"principalId": application, "roleDefinitionId": role, "directoryScopeId": "/"}
    row = graph.ok("POST", "/roleManagement/directory/roleAssignments", body, 201)["id"]
    writer("PATCH", f"/users/{sam}", {"accountEnabled": False}, 204)
    assert graph.ok("GET", f"/users/{sam}?$select=accountEnabled")["accountEnabled"] is False
    writer("PATCH", f"/users/{sam}", {"accountEnabled": True}, 204)
    graph("DELETE", f"/roleManagement/directory/roleAssignments/{row}", status=204)
    assert writer("PATCH", f"/users/{sam}", {"accountEnabled": False}).status_code == 403


def test_a_deleted_user_comes_back_into_the_groups(graph: Graph) -> None:
    """practice M5.3: deleted users stay for 30 days. user-delete: the principal name is free again meanwhile."""
    user, group = person(graph), make_group(graph)
    name = graph.ok("GET", f"/users/{user}")["userPrincipalName"]
    graph("POST", f"/groups/{group}/members/$ref", reference(user), 204)
    graph("DELETE", f"/users/{user}", status=204)
    assert graph.ok("GET", f"/groups/{group}/members")["value"] == []
    deleted = graph.ok("GET", f"/directory/deletedItems/microsoft.graph.user?$filter=id eq '{user}'")["value"]
    assert deleted[0]["userPrincipalName"] == user.replace("-", "") + name
    assert graph.ok("GET", f"/directory/deletedItems/{user}?$select=id,deletedDateTime")["deletedDateTime"]
    restored = graph.ok("POST", f"/directory/deletedItems/{user}/restore")
    assert (restored["@odata.type"], restored["userPrincipalName"]) == ("#microsoft.graph.user", name)
    assert [row["id"] for row in graph.ok("GET", f"/groups/{group}/members")["value"]] == [user]
    graph("DELETE", f"/users/{user}", status=204)
    person(graph, userPrincipalName=name)
    assert graph.refused("POST", f"/directory/deletedItems/{user}/restore")[0] == 409
    graph("DELETE", f"/directory/deletedItems/{user}", status=204)
    assert graph.refused("GET", f"/directory/deletedItems/{user}") == (404, "Request_ResourceNotFound")


def test_deleted_items_want_a_cast_and_the_permission_of_the_kind(graph: Graph, sandbox: Running) -> None:
    """EM A.6: the cast is a mandatory part of the address; each kind asks for its own permission."""
    answer = graph("GET", "/directory/deletedItems", status=400).json()["error"]
    assert answer["code"] == "Request_UnsupportedQuery"
    group = make_group(graph)
    graph("DELETE", f"/groups/{group}", status=204)
    groups, users = sandbox.graph(client="Group.Read.All"), sandbox.graph(client="User.Read.All")
    assert groups("GET", f"/directory/deletedItems/{group}").status_code == 200
    assert users("GET", f"/directory/deletedItems/{group}").status_code == 403
    assert users("GET", "/directory/deletedItems/microsoft.graph.group").status_code == 403
    assert users("GET", "/directory/deletedItems/microsoft.graph.user").status_code == 200
    assert sandbox.graph(client="User.DeleteRestore.All")("POST", f"/directory/deletedItems/{group}/restore").status_code == 403
    assert graph("GET", "/directory/deletedItems/microsoft.graph.group/$count", status=200, **EVENTUAL).text != "0"


def test_deleted_items_go_after_thirty_days(start: Start) -> None:
    """EM A.6: restored within 30 days."""
    sandbox = start(GOVERNED)
    graph = sandbox.graph()
    young, old = make_group(graph), make_group(graph)
    graph("DELETE", f"/groups/{old}", status=204)
    sandbox.control("POST", "clock", {"advance_seconds": 29 * 86400})
    graph = sandbox.graph()
    assert graph("GET", f"/directory/deletedItems/{old}").status_code == 200
    graph("DELETE", f"/groups/{young}", status=204)
    sandbox.control("POST", "clock", {"advance_seconds": 2 * 86400})
    graph = sandbox.graph()
    assert graph("GET", f"/directory/deletedItems/{old}").status_code == 404
    assert graph("GET", f"/directory/deletedItems/{young}").status_code == 200


def test_memberships(graph: Graph) -> None:
    """user-list-memberof, -transitivememberof; directoryobject-getmembergroups and its kin."""
    admin, inner, outer = graph.ok("GET", "/users/admin@contoso.example")["id"], by_name(graph, "Inner"), by_name(graph, "Outer")

    def names(path: str) -> set[str]:
        return {row["displayName"] for row in graph.ok("GET", path)["value"]}

    assert names(f"/users/{admin}/memberOf") == {"Inner", "Berlin"}
    assert names(f"/users/{admin}/transitiveMemberOf/microsoft.graph.group") == {"Inner", "Outer"}
    assert names(f"/groups/{inner['id']}/memberOf") == {"Outer"}
    assert names("/users/sam@contoso.example/memberOf/microsoft.graph.directoryRole") == {"Security Administrator"}
    assert graph("GET", f"/users/{admin}/transitiveMemberOf/$count", status=200, **EVENTUAL).text == "3"
    assert graph("GET", f"/users/{admin}/memberOf/$count").status_code == 400
    body: dict[str, Any] = {"securityEnabledOnly": True}
    assert set(graph.ok("POST", f"/users/{admin}/getMemberGroups", body)["value"]) == {inner["id"], outer["id"]}
    checked = {"groupIds": [outer["id"], "00000000-0000-0000-0000-000000000001"]}
    for path in (f"/users/{admin}", f"/directoryObjects/{admin}"):
        assert graph.ok("POST", f"{path}/checkMemberGroups", checked)["value"] == [outer["id"]]
    assert len(graph.ok("POST", f"/users/{admin}/getMemberObjects", body)["value"]) == 3
    assert graph.ok("POST", f"/users/{admin}/checkMemberObjects", {"ids": [inner["id"]]})["value"] == [inner["id"]]
    assert graph.refused("POST", f"/users/{admin}/checkMemberGroups", {"groupIds": ["x"] * 21}) == (400, "Request_BadRequest")


def test_advanced_queries(graph: Graph) -> None:
    """EM 1.5: $count, $search, ne and endsWith on directory objects need ConsistencyLevel: eventual."""
    outer = by_name(graph, "Outer")["id"]
    assert graph("GET", f"/groups/{outer}/transitiveMembers/$count", status=200, **EVENTUAL).text == "2"
    assert graph("GET", f"/groups/{outer}/transitiveMembers/microsoft.graph.user/$count", status=200, **EVENTUAL).text == "1"
    assert graph("GET", f"/groups/{outer}/owners/$count", status=200, **EVENTUAL).text == "1"
    assert graph("GET", f"/groups/{outer}/transitiveMembers/$count").status_code == 400
    users = graph.ok("GET", f"/groups/{outer}/transitiveMembers/microsoft.graph.user?$select=userPrincipalName")["value"]
    assert [row["userPrincipalName"] for row in users] == ["admin@contoso.example"]
    assert graph("GET", "/groups/$count?$filter=displayName eq 'Inner'", status=200, **EVENTUAL).text == "1"
    assert graph("GET", "/users/$count?$filter=userType eq 'Guest'", status=200, **EVENTUAL).text == "1"
    found = graph.ok("GET", '/users?$search="displayName:security" OR "mail:ana"&$select=displayName', **EVENTUAL)["value"]
    assert [row["displayName"] for row in found] == ["Sam Security", "Ana Analyst"]
    assert graph.ok("GET", '/groups?$search="displayName:uter"', **EVENTUAL)["value"] == []
    assert graph("GET", '/users?$search="displayName:security"').status_code == 400
    # As a parameter it is silently ignored without the header (aad-advanced-queries, error handling).
    assert "@odata.count" not in graph.ok("GET", "/users?$count=true")
    assert graph.ok("GET", "/users?$count=true", **EVENTUAL)["@odata.count"] > 1
    # azure_rm_adgroup asks so.
    assert graph.ok("GET", "//groups?$filter=displayName eq 'Inner'")["value"]
    assert graph("GET", "/users?$search=displayName:security", **EVENTUAL).status_code == 400
    assert graph("GET", '/users?$search="jobTitle:lead"', **EVENTUAL).status_code == 400
    expanded = graph.ok("GET", f"/groups/{outer}?$expand=members($select=id),owners")
    assert (len(expanded["members"]), len(expanded["owners"])) == (1, 1)


def test_invitations(graph: Graph) -> None:
    """practice M7: no guest from a tenant that invites nobody, or of a domain that its list keeps out."""
    body = {"invitedUserEmailAddress": "lee@partner.example", "inviteRedirectUrl": "https://myaccess.microsoft.com"}
    made = graph.ok("POST", "/invitations", body, 201)
    assert made["status"] == "PendingAcceptance"
    guest = graph.ok("GET", f"/users/{made['invitedUser']['id']}?$select=userType,externalUserState,userPrincipalName")
    assert (guest["userType"], guest["externalUserState"]) == ("Guest", "PendingAcceptance")
    assert guest["userPrincipalName"] == "lee_partner.example#EXT#@contoso.example"
    assert graph.ok("POST", "/invitations", body, 201)["invitedUser"] == made["invitedUser"]
    assert graph.refused("POST", "/invitations", {**body, "invitedUserEmailAddress": "nobody"})[0] == 400
    for switch in ({"allow_invites_from": "none"}, {"b2b_domain_list": {"blocked": ["partner.example"]}}):
        graph.quirk(**switch)
        assert graph.refused("POST", "/invitations", body) == (403, "Authorization_RequestDenied")
        graph.sandbox.control("DELETE", "quirks")
    graph.quirk(b2b_domain_list={"allowed": ["mssp.example"]})
    assert graph("POST", "/invitations", body).status_code == 403
