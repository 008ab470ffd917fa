# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may manage a catalog; subjects, environments and settings of entitlement management (EM 1.1, 1.4)."""

from __future__ import annotations

from typing import Any

import pytest
from governed import GOVERNED
from sandbox_building import EM, add_resource, grant_chain, make_catalog, make_group, unique
from sandbox_harness import Graph, Running

SANDBOX = GOVERNED

ROLES = "/roleManagement/entitlementManagement"
OWNER = "ae79f266-94d4-4dab-b730-feca7e132178"
CREATOR = "ba92d953-d8e0-4e39-a797-0cbedb0a89e8"


def test_the_five_roles(graph: Graph) -> None:
    """EM 1.4: fixed ids."""
    rows = {row["id"]: row["displayName"] for row in graph.ok("GET", f"{ROLES}/roleDefinitions")["value"]}
    assert rows == {
        "ba92d953-d8e0-4e39-a797-0cbedb0a89e8": "Catalog creator",
        "ae79f266-94d4-4dab-b730-feca7e132178": "Catalog owner",
        "44272f93-9762-48e8-af59-1b5351b1d6b3": "Catalog reader",
        "7f480852-ebdc-47d4-87de-0d8498384a83": "Access package manager",
        "e2182095-804a-4656-ae11-64734e9b7ae5": "Access package assignment manager",
    }


def test_assign_a_catalog(graph: Graph, sandbox: Running) -> None:
    """EM 1.4: POST 201 with appScopeId; lists by principalId, roleDefinitionId and appScopeId. practice S5."""
    catalog, group = make_catalog(graph), make_group(graph)
    scope = f"/AccessPackageCatalog/{catalog}"
    body = {"principalId": group, "roleDefinitionId": OWNER, "appScopeId": scope}
    made = graph.ok("POST", f"{ROLES}/roleAssignments", body, 201)
    assert {name: made[name] for name in body} == body
    for text in (f"principalId eq '{group}'", f"appScopeId eq '{scope}'", f"roleDefinitionId eq '{OWNER}'"):
        found = graph.ok("GET", f"{ROLES}/roleAssignments?$filter={text}&$expand=principal,roleDefinition")["value"]
        assert [row["id"] for row in found] == [made["id"]]
        assert (found[0]["principal"]["id"], found[0]["roleDefinition"]["displayName"]) == (group, "Catalog owner")
    assert graph.refused("POST", f"{ROLES}/roleAssignments", body) == (409, "DuplicateKey")
    reader = sandbox.graph(client="EntitlementManagement.Read.All")
    assert reader("GET", f"{ROLES}/roleAssignments/{made['id']}").status_code == 200
    assert reader.refused("DELETE", f"{ROLES}/roleAssignments/{made['id']}") == (403, "UnAuthorized")
    graph("DELETE", f"{ROLES}/roleAssignments/{made['id']}", status=204)
    assert graph.refused("DELETE", f"{ROLES}/roleAssignments/{made['id']}") == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"principalId": "00000000-0000-0000-0000-000000000001"}, (404, "ResourceNotFound")),
        ({"roleDefinitionId": "00000000-0000-0000-0000-000000000001"}, (404, "ResourceNotFound")),
        ({"appScopeId": "/AccessPackageCatalog/00000000-0000-0000-0000-000000000001"}, (404, "ResourceNotFound")),
        ({"appScopeId": "/"}, (400, "InvalidModel")),
        ({"roleDefinitionId": CREATOR}, (400, "InvalidModel")),
        ({"colour": "red"}, (400, "InvalidModel")),
    ],
)
def test_bad_assignments(graph: Graph, change: dict[str, str], expected: tuple[int, str]) -> None:
    """EM 1.4: a catalog's role on a catalog, the creator's on everything."""
    catalog, group = make_catalog(graph), make_group(graph)
    body = {"principalId": group, "roleDefinitionId": OWNER, "appScopeId": f"/AccessPackageCatalog/{catalog}", **change}
    assert graph.refused("POST", f"{ROLES}/roleAssignments", body) == expected


def test_settings(graph: Graph, sandbox: Running) -> None:
    """practice M7: externalUserLifecycleAction and durationUntilExternalUserDeletedAfterBlocked, an Edm.Duration."""
    settings = graph.ok("GET", f"{EM}/settings")
    assert (settings["externalUserLifecycleAction"], settings["durationUntilExternalUserDeletedAfterBlocked"]) == (
        "blockSignInAndDelete",
        "P30D",
    )
    change: dict[str, Any] = {"externalUserLifecycleAction": "none", "durationUntilExternalUserDeletedAfterBlocked": "P60D"}
    assert sandbox.graph(client="EntitlementManagement.Read.All")("PATCH", f"{EM}/settings", change).status_code == 403
    changed = graph.ok("PATCH", f"{EM}/settings", change)
    assert {name: changed[name] for name in change} == change
    assert {name: graph.ok("GET", f"{EM}/settings")[name] for name in change} == change
    assert graph.refused("PATCH", f"{EM}/settings", {"externalUserLifecycleAction": "sometimes"}) == (400, "ArgumentException")
    wrong = {"durationUntilExternalUserDeletedAfterBlocked": "30 days"}
    assert graph.refused("PATCH", f"{EM}/settings", wrong) == (400, "InvalidModel")


def test_environments(graph: Graph) -> None:
    """EM 1.1: resourceEnvironments, list only."""
    found = graph.ok("GET", f"{EM}/resourceEnvironments?$filter=originSystem eq 'SharePointOnline'")["value"]
    assert [row["isDefaultEnvironment"] for row in found] == [True]
    assert graph.ok("GET", f"{EM}/resourceEnvironments?$filter=originSystem eq 'AadGroup'")["value"] == []
    assert graph.refused("GET", f"{EM}/resourceEnvironments")[0] == 400


def test_subjects(graph: Graph) -> None:
    """EM 1.1: subjects list, PATCH by id and by objectId. practice M9: mark-as-governed is a Governance feature."""
    _group, _catalog, package = grant_chain(graph)
    name = unique("Direct")
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", _direct(package, name), 201)["id"]
    guest = graph.ok("GET", "/users?$filter=mail eq 'ana@mssp.example'")["value"][0]["id"]
    request = {
        "requestType": "adminAdd",
        "assignment": {"targetId": guest, "assignmentPolicyId": policy, "accessPackageId": package},
    }
    graph("POST", f"{EM}/assignmentRequests", request, 201)
    found = graph.ok("GET", f"{EM}/subjects?$filter=objectId eq '{guest}'")["value"]
    assert [(row["objectId"], row["email"], row["subjectLifecycle"]) for row in found] == [
        (guest, "ana@mssp.example", "notGoverned")
    ]
    url = f"{EM}/subjects(objectId='{guest}')"
    assert graph.ok("PATCH", url, {"subjectLifecycle": "governed"})["subjectLifecycle"] == "governed"
    assert graph.ok("PATCH", f"{EM}/subjects/{found[0]['id']}", {"subjectLifecycle": "notGoverned"})["objectId"] == guest
    assert graph.ok("GET", url)["subjectLifecycle"] == "notGoverned"
    assert graph.refused("PATCH", url, {"subjectLifecycle": "perhaps"}) == (400, "ArgumentException")
    graph.quirk(licence="p2")
    assert graph.refused("PATCH", url, {"subjectLifecycle": "governed"}) == (403, "NoGovernanceSku")
    assert graph.refused("PATCH", f"{EM}/subjects/nobody", {})[0] == 404


def _direct(package: str, name: str) -> dict[str, Any]:
    return {
        "displayName": name,
        "description": "",
        "accessPackage": {"id": package},
        "allowedTargetScope": "notSpecified",
        "specificAllowedTargets": [],
        "expiration": {"type": "noExpiration"},
    }


def test_a_resource_keeps_its_catalog(graph: Graph) -> None:
    """EM N.3: what is not served leaves everything as it is."""
    catalog, group = make_catalog(graph), make_group(graph)
    add_resource(graph, catalog, group)
    resource = graph.ok("GET", f"{EM}/catalogs/{catalog}/resources")["value"][0]["id"]
    assert graph("DELETE", f"{EM}/catalogs/{catalog}/resources/{resource}").status_code == 404
    assert len(graph.ok("GET", f"{EM}/catalogs/{catalog}/resources")["value"]) == 1


def test_a_catalog_owner_needs_no_permission(graph: Graph, sandbox: Running) -> None:
    """EM 1.4: an application may hold a catalog's role instead of EntitlementManagement.ReadWrite.All. practice S18."""
    client = next(item for item in sandbox.tenant()["clients"] if item["name"] == "Group.ReadWrite.All")
    own = graph.ok("GET", f"/servicePrincipals(appId='{client['client_id']}')")["id"]
    owner = sandbox.graph(client="Group.ReadWrite.All")
    catalog, other, group = make_catalog(graph), make_catalog(graph), make_group(graph)
    package = {"displayName": unique("Package"), "description": "", "catalog": {"id": catalog}}
    assert owner.refused("POST", f"{EM}/accessPackages", package) == (403, "UnAuthorized")
    body = {"principalId": own, "roleDefinitionId": OWNER, "appScopeId": f"/AccessPackageCatalog/{catalog}"}
    graph("POST", f"{ROLES}/roleAssignments", body, 201)
    assert owner("GET", f"{EM}/catalogs/{catalog}").status_code == 200
    add_resource(owner, catalog, group)
    made = owner.ok("POST", f"{EM}/accessPackages", package, 201)["id"]
    policy = owner.ok("POST", f"{EM}/assignmentPolicies", _direct(made, unique("Policy")), 201)["id"]
    assert owner("GET", f"{EM}/assignmentPolicies/{policy}").status_code == 200
    assert owner("GET", f"{EM}/assignments?$filter=accessPackage/id eq '{made}'").status_code == 200
    assert owner("GET", f"{EM}/assignments").status_code == 403
    # Terraform's msgraph provider met this: after the deletion the confirming read is a 403, not a 404.
    owner("DELETE", f"{EM}/assignmentPolicies/{policy}", status=204)
    assert owner.refused("GET", f"{EM}/assignmentPolicies/{policy}") == (403, "UnAuthorized")
    assert owner("GET", f"{EM}/catalogs/{other}").status_code == 403
    assert owner("POST", f"{EM}/accessPackages", {**package, "catalog": {"id": other}}).status_code == 403
    assert owner("POST", f"{EM}/catalogs", {"displayName": "Mine", "description": ""}).status_code == 403
    assert owner("GET", f"{EM}/connectedOrganizations").status_code == 403


def test_a_reader_and_a_creator_of_catalogs(graph: Graph, sandbox: Running) -> None:
    """EM 1.4: Catalog reader reads, Catalog creator creates."""
    client = next(item for item in sandbox.tenant()["clients"] if item["name"] == "User.Read.All")
    own = graph.ok("GET", f"/servicePrincipals(appId='{client['client_id']}')")["id"]
    caller, catalog = sandbox.graph(client="User.Read.All"), make_catalog(graph)
    reader = "44272f93-9762-48e8-af59-1b5351b1d6b3"
    for role, scope in ((reader, f"/AccessPackageCatalog/{catalog}"), (CREATOR, "/")):
        body = {"principalId": own, "roleDefinitionId": role, "appScopeId": scope}
        graph("POST", f"{ROLES}/roleAssignments", body, 201)
    assert caller("GET", f"{EM}/catalogs/{catalog}").status_code == 200
    assert caller("PATCH", f"{EM}/catalogs/{catalog}", {"description": "x"}).status_code == 403
    assert caller("POST", f"{EM}/catalogs", {"displayName": unique("Created"), "description": ""}).status_code == 201
