# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every write through Graph stands in the audit log as Entra names it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from audit_building import AUDITS, EM_ADDS, entries, names
from reviews_building import CONFIG, build, person, put_clock
from sandbox_building import EM, grant_chain, guest_id, make_catalog, make_group, make_package, policy_body, user_id
from sandbox_harness import MSSP_TENANT, Graph, Running

SANDBOX = CONFIG

DIRECTORY = "Core Directory"


@pytest.fixture
def graph(sandbox: Running) -> Iterator[Graph]:
    yield sandbox.graph()
    sandbox.control("DELETE", "clock")
    sandbox.control("DELETE", "quirks")


def ref(graph: Graph, collection: str, object_id: str) -> dict[str, str]:
    return {"@odata.id": f"{graph.sandbox.url}/v1.0/{collection}/{object_id}"}


def changed(entry: dict[str, Any], position: int = 0) -> dict[str, tuple[str | None, str | None]]:
    found = entry["targetResources"][position]["modifiedProperties"]
    return {item["displayName"]: (item["oldValue"], item["newValue"]) for item in found}


def test_the_life_of_a_group(graph: Graph) -> None:
    """reference-audit-activities, Core Directory, GroupManagement (practice S11)."""
    group = make_group(graph, description="first")
    graph("PATCH", f"/groups/{group}", {"description": "second"}, 204)
    graph("PATCH", f"/groups/{group}", {"description": "second"}, 204)  # changes nothing, and is no entry
    graph("DELETE", f"/groups/{group}", status=204)
    graph("POST", f"/directory/deletedItems/{group}/restore", status=200)
    graph("DELETE", f"/groups/{group}", status=204)
    graph("DELETE", f"/directory/deletedItems/{group}", status=204)
    assert names(graph, group) == [
        "Add group",
        "Update group",
        "Delete group",
        "Restore group",
        "Delete group",
        "Hard Delete group",
    ]
    added, updated = entries(graph, group)[:2]
    assert {entry["category"] for entry in entries(graph, group)} == {"GroupManagement"}
    assert {entry["loggedByService"] for entry in entries(graph, group)} == {DIRECTORY}
    assert (added["operationType"], added["result"], added["resultReason"]) == ("Add", "success", "")
    assert changed(added)["Description"] == ("[]", '["first"]')
    assert changed(updated) == {
        "Description": ('["first"]', '["second"]'),
        "Included Updated Properties": (None, '"Description"'),
    }
    target = updated["targetResources"][0]
    assert (target["type"], target["groupType"], target["userPrincipalName"]) == ("Group", "azureAD", None)


def test_an_upsert_says_what_it_did(graph: Graph) -> None:
    """EM A 4: 201 adds, 204 updates."""
    url = "/groups(uniqueName='audit-upsert')"
    body = {"displayName": "Upsert", "mailEnabled": False, "mailNickname": "upsert", "securityEnabled": True}
    group = graph.ok("PATCH", url, body, 201, Prefer="create-if-missing")["id"]
    graph("PATCH", url, {"displayName": "Renamed"}, 204, Prefer="create-if-missing")
    assert names(graph, group) == ["Add group", "Update group"]


def test_members_by_hand(graph: Graph) -> None:
    """practice S11: a user or an application as initiator of "Add member to group"; member first, then the group
    (governance-custom-alerts)."""
    group, ada = make_group(graph), user_id(graph, "ada@contoso.example")
    graph("POST", f"/groups/{group}/members/$ref", ref(graph, "users", ada), 204)
    graph("POST", f"/groups/{group}/owners/$ref", ref(graph, "users", ada), 204)
    graph("DELETE", f"/groups/{group}/members/{ada}/$ref", status=204)
    assert names(graph, group) == ["Add group", "Add member to group", "Add owner to group", "Remove member from group"]
    added, removed = entries(graph, group, "Add member to group")[0], entries(graph, group, "Remove member from group")[0]
    member, second = added["targetResources"]
    assert (member["id"], member["type"], member["userPrincipalName"]) == (ada, "User", "ada@contoso.example")
    assert (second["id"], second["type"], second["displayName"]) == (group, "Group", None)
    shown = graph.ok("GET", f"/groups/{group}")["displayName"]
    assert changed(added)["Group.ObjectID"] == (None, f'"{group}"')
    assert changed(added)["Group.DisplayName"] == (None, f'"{shown}"')
    assert changed(removed)["Group.ObjectID"] == (f'"{group}"', None)
    assert added["initiatedBy"]["user"] is None
    application = added["initiatedBy"]["app"]
    principal = graph.ok("GET", f"/servicePrincipals?$filter=appId eq '{graph.tenant['client_id']}'")["value"][0]
    assert (application["servicePrincipalId"], application["displayName"]) == (principal["id"], principal["displayName"])
    assert application["appId"] is None


def test_members_that_come_with_the_group(graph: Graph) -> None:
    """EM A 1 members@odata.bind: each member is an entry of its own."""
    ada = user_id(graph, "ada@contoso.example")
    group = make_group(graph, **{"members@odata.bind": [f"{graph.sandbox.url}/v1.0/users/{ada}"]})
    assert names(graph, group) == ["Add group", "Add member to group"]


def test_a_person_is_named(sandbox: Running, graph: Graph) -> None:
    """practice S11: the user initiator is the evidence of an out-of-band member; directoryaudit-list, example 2."""
    group = make_group(graph)
    governor, ada = (user_id(graph, f"{name}@contoso.example") for name in ("governor", "ada"))
    catalog = person(sandbox, "governor").ok("POST", f"{EM}/catalogs", {"displayName": "By a person"}, 201)["id"]
    (entry,) = entries(graph, catalog)
    assert entry["initiatedBy"]["app"] is None
    assert entry["initiatedBy"]["user"] == {
        "id": governor,
        "displayName": None,
        "userPrincipalName": "governor@contoso.example",
        "ipAddress": "127.0.0.1",
        "userType": None,
        "homeTenantId": None,
        "homeTenantName": None,
    }
    found = graph.ok("GET", f"{AUDITS}?$filter=initiatedBy/user/id eq '{governor}'")["value"]
    assert [row["id"] for row in found] == [entry["id"]]
    assert graph.ok("GET", f"{AUDITS}?$filter=initiatedBy/user/id eq '{ada}'")["value"] == []
    assert names(graph, group) == ["Add group"]


def test_the_life_of_a_user(graph: Graph) -> None:
    """reference-audit-activities, Core Directory, UserManagement; blocking is an entry beside the update (practice M4)."""
    body = {
        "accountEnabled": True,
        "displayName": "Audited",
        "mailNickname": "audited",
        "userPrincipalName": "audited@contoso.example",
        "passwordProfile": {"password": "not for the log"},
    }
    user = graph.ok("POST", "/users", body, 201)["id"]
    graph("PATCH", f"/users/{user}", {"accountEnabled": False}, 204)
    graph("PATCH", "/users/audited@contoso.example", {"accountEnabled": True}, 204)
    graph("POST", f"/users/{user}/revokeSignInSessions", status=200)
    graph("DELETE", f"/users/{user}", status=204)
    assert names(graph, user) == [
        "Add user",
        "Update user",
        "Disable account",
        "Update user",
        "Enable account",
        "Update StsRefreshTokenValidFrom Timestamp",
        "Delete user",
    ]
    assert changed(entries(graph, user)[1])["AccountEnabled"] == ("[true]", "[false]")
    assert "not for the log" not in graph("GET", f"{AUDITS}?$top=999").text


def test_invitations(graph: Graph) -> None:
    """reference-audit-activities, Invited users."""
    body = {"invitedUserEmailAddress": "new@mssp.example", "inviteRedirectUrl": "https://myapps.microsoft.com"}
    user = graph.ok("POST", "/invitations", body, 201)["invitedUser"]["id"]
    assert [(row["activityDisplayName"], row["loggedByService"]) for row in entries(graph, user)] == [
        ("Invite external user", "Invited Users"),
        ("Add user", DIRECTORY),
    ]


def test_a_directory_role(graph: Graph) -> None:
    """governance-custom-alerts: the role's template id is the third property of "Add member to role"."""
    role, ada = "5d6b6bb7-de71-4623-b4af-96380a352509", user_id(graph, "cleo@contoso.example")
    body = {"principalId": ada, "roleDefinitionId": role, "directoryScopeId": "/"}
    assignment = graph.ok("POST", "/roleManagement/directory/roleAssignments", body, 201)["id"]
    graph("DELETE", f"/roleManagement/directory/roleAssignments/{assignment}", status=204)
    added, removed = entries(graph, ada)
    assert (added["activityDisplayName"], removed["activityDisplayName"]) == ("Add member to role", "Remove member from role")
    assert added["targetResources"][0]["modifiedProperties"][2]["newValue"] == f'"{role}"'
    assert added["category"] == "RoleManagement"


def test_the_dangerous_delete(graph: Graph) -> None:
    """EM A 5: DELETE of a member without $ref deletes the object, and the log says so."""
    inner, outer = make_group(graph), make_group(graph)
    graph("POST", f"/groups/{outer}/members/$ref", ref(graph, "groups", inner), 204)
    graph("DELETE", f"/groups/{outer}/members/{inner}", status=204)
    assert names(graph, inner)[-1] == "Delete group"


def test_a_partner_tenant(graph: Graph) -> None:
    """governance-custom-alerts: the partner's id is the first modified property."""
    graph("POST", "/policies/crossTenantAccessPolicy/partners", {"tenantId": MSSP_TENANT}, 201)
    graph("DELETE", f"/policies/crossTenantAccessPolicy/partners/{MSSP_TENANT}", status=204)
    added, removed = entries(graph, MSSP_TENANT)
    first = added["targetResources"][0]["modifiedProperties"][0]
    assert (first["displayName"], first["newValue"]) == ("tenantId", MSSP_TENANT)
    assert (added["category"], added["activityDisplayName"]) == (
        "CrossTenantAccessSettings",
        "Add a partner to cross-tenant access setting",
    )
    assert removed["activityDisplayName"] == "Delete partner specific cross-tenant access setting"


def test_entitlement_management(graph: Graph) -> None:
    """reference-audit-activities, Entitlement Management: catalog, package, policy, organization, resource."""
    catalog = make_catalog(graph)
    package = make_package(graph, catalog)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "customer_approvers", package), 201)
    graph("PATCH", f"{EM}/catalogs/{catalog}", {"description": "x"}, 204)
    graph("PATCH", f"{EM}/accessPackages/{package}", {"description": "x"}, 204)
    body = {**policy_body(graph, "customer_approvers", package), "displayName": "Renamed"}
    graph("PUT", f"{EM}/assignmentPolicies/{policy['id']}", body, 200)
    graph("DELETE", f"{EM}/assignmentPolicies/{policy['id']}", status=204)
    graph("DELETE", f"{EM}/accessPackages/{package}", status=204)
    graph("DELETE", f"{EM}/catalogs/{catalog}", status=204)
    for object_id, noun in (
        (catalog, "access package catalog"),
        (package, "access package"),
        (policy["id"], "access package assignment policy"),
    ):
        assert names(graph, object_id) == [f"{verb} {noun}" for verb in ("Create", "Update", "Delete")]
        assert {row["category"] for row in entries(graph, object_id)} == {"EntitlementManagement"}
        assert {row["loggedByService"] for row in entries(graph, object_id)} == {"Entitlement Management"}
    details = {item["key"]: item["value"] for item in entries(graph, policy["id"])[0]["additionalDetails"]}
    assert (details["IsApprovalRequiredForAdd"], details["SpecificAllowedTargets"]) == ("False", "None")


def test_a_connected_organization(graph: Graph) -> None:
    """governance-custom-alerts: the description carries the tenant's id after a line break."""
    source = {"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "displayName": "M", "tenantId": MSSP_TENANT}
    found = graph.ok("GET", f"{EM}/connectedOrganizations")["value"]
    for row in found:
        graph("DELETE", f"{EM}/connectedOrganizations/{row['id']}", status=204)
    body = {"displayName": "MSSP", "description": "ours", "identitySources": [source]}
    organization = graph.ok("POST", f"{EM}/connectedOrganizations", body, 201)["id"]
    admin = user_id(graph)
    graph("POST", f"{EM}/connectedOrganizations/{organization}/internalSponsors/$ref", ref(graph, "users", admin), 204)
    graph("DELETE", f"{EM}/connectedOrganizations/{organization}/internalSponsors/{admin}/$ref", status=204)
    assert names(graph, organization) == [
        "Create connected organization",
        "Assign user as internal sponsor",
        "Remove user as internal sponsor",
    ]
    detail = entries(graph, organization)[0]["additionalDetails"][0]
    assert (detail["key"], detail["value"].splitlines()[1]) == ("Description", MSSP_TENANT)


def test_what_delivery_does_by_itself(sandbox: Running, graph: Graph) -> None:
    """practice S11: entitlement management's own adds carry an app initiator; the name is that of Microsoft's alert rule."""
    group, catalog, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "customer_approvers", package), 201)["id"]
    guest = guest_id(graph)
    body = {
        "requestType": "adminAdd",
        "assignment": {"targetId": guest, "assignmentPolicyId": policy, "accessPackageId": package},
    }
    request = graph.ok("POST", f"{EM}/assignmentRequests", body, 201)["id"]
    assert names(graph, request)[0] == "Administrator directly assigns user to access package"
    assert names(graph, group) == ["Add group", "Create resource request"]
    assert names(graph, catalog) == ["Create access package catalog", "Create resource request"]
    assignment = graph.ok("GET", f"{EM}/assignments?$filter=accessPackage/id eq '{package}'")["value"][0]["id"]
    assert names(graph, request) == [
        "Administrator directly assigns user to access package",
        "Auto approve access package assignment request",
        "Ready to fulfill access package assignment request",
        "Fulfill access package assignment request",
    ]
    (added,) = entries(graph, group, "Add member to group")
    assert added["initiatedBy"]["app"]["displayName"] == EM_ADDS
    assert added["targetResources"][0]["id"] == guest
    assert added["loggedByService"] == DIRECTORY
    asked = entries(graph, request)[0]
    assert asked["initiatedBy"]["app"]["displayName"] == "default"
    assert guest in [row["id"] for row in asked["targetResources"]]
    assert names(graph, assignment) == ["Fulfill access package resource assignment"]
    graph("POST", f"{EM}/assignmentRequests", {"requestType": "adminRemove", "assignment": {"id": assignment}}, 201)
    for _unused in range(2):
        graph.ok("GET", f"{EM}/assignments")
    (removed,) = entries(graph, group, "Remove member from group")
    assert removed["initiatedBy"]["app"]["displayName"] == EM_ADDS
    assert names(graph, assignment)[-1] == "Remove access package resource assignment"


def test_time_is_nobodys_doing(sandbox: Running, graph: Graph) -> None:
    """EM G.2: an assignment that ends while somebody writes to the directory is not that somebody's doing."""
    group, _catalog, package = grant_chain(graph)
    short = {"type": "afterDuration", "duration": "P5D", "endDateTime": None}
    body = {**policy_body(graph, "customer_approvers", package, expiration=short), "reviewSettings": None}
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", body, 201)["id"]
    ben = user_id(graph, "ben@contoso.example")
    target = {"targetId": ben, "assignmentPolicyId": policy, "accessPackageId": package}
    graph("POST", f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": target}, 201)
    assignment = graph.ok("GET", f"{EM}/assignments?$filter=accessPackage/id eq '{package}'")["value"][0]["id"]
    sandbox.control("POST", "clock", {"advance_seconds": 6 * 86400})
    later = sandbox.graph()
    make_group(later)
    (removed,) = entries(later, group, "Remove member from group")
    assert removed["initiatedBy"]["app"]["displayName"] == EM_ADDS
    assert "Entitlement Management removes access package assignment request for user" in names(later, assignment)


def test_reviews(sandbox: Running) -> None:
    """reference-audit-activities, Access Reviews."""
    review = build(sandbox)
    graph = put_clock(sandbox, 1)
    definition = review.definitions(graph)[0]["id"]
    assert names(graph, definition) == ["Create access review"]  # which is too old to be seen at the end
    decision = review.decision(graph, "ada")
    url = f"{review.instance_path(graph)}/decisions/{decision['id']}"
    person(sandbox, "rita")("PATCH", url, {"decision": "Deny"}, 204)
    graph = put_clock(sandbox, 26)
    assert review.members(graph) == []
    found = [(row["activityDisplayName"], row["initiatedBy"]["user"] is not None) for row in entries(graph, definition)]
    assert found == [
        ("Deny decision", True),
        ("Access review ended", False),
        ("Apply decision", False),
    ]
    assert {row["loggedByService"] for row in entries(graph, definition)} == {"Access Reviews"}
    ended = entries(graph, definition, "Access review ended")[0]["activityDateTime"]
    assert ended.startswith("2030-02-04T00:00:00")
    (removed,) = entries(graph, review.group, "Remove member from group")
    assert removed["initiatedBy"]["app"]["displayName"] == EM_ADDS


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/groups", {"displayName": "Half"}),
        ("DELETE", "/groups/00000000-0000-0000-0000-000000000001", None),
        ("POST", "/beta/roleManagement/defender/roleDefinitions", {"displayName": "Ours", "rolePermissions": []}),
        ("GET", "/groups", None),
    ],
)
def test_what_is_no_entry(graph: Graph, method: str, path: str, body: Any) -> None:
    """Refused writes and reads leave none; Defender's roles are logged by Purview and not by Entra (Defender 4)."""
    before = len(graph.ok("GET", f"{AUDITS}?$top=999")["value"])
    graph(method, path, body)
    assert len(graph.ok("GET", f"{AUDITS}?$top=999")["value"]) == before
