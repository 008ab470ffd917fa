# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people do with the access that they have: extend it, give it back, look at it, ask for others (EM F.3, G.1, G.2)."""

from __future__ import annotations

from typing import Any

import pytest
from requests_building import (
    CONFIG,
    add,
    advance,
    assignments_of,
    change,
    decide,
    known,
    make_policy,
    members,
    person,
    refusal,
    relation_set,
    send,
    stage,
    stages_of,
    state_of,
    user_set,
)
from sandbox_building import EM, grant_chain
from sandbox_harness import Graph, Running

SANDBOX = CONFIG
pytestmark = pytest.mark.usefixtures("real_time")

ANA = "ana@mssp.example"
NOT_MET = (400, "PolicyRequirementNotMet")


def given(sandbox: Running, graph: Graph, name: str = ANA, **policy: Any) -> tuple[str, str, str]:
    """Somebody with an assignment: (package, policy, assignment)."""
    package = grant_chain(graph)[2]
    policy_id = make_policy(graph, package, **policy)
    state_of(graph, send(person(sandbox, name), add(package, policy_id)))
    [row] = assignments_of(graph, package)
    return package, policy_id, row["id"]


def test_for_somebody_else(sandbox: Running, graph: Graph) -> None:
    """EM G.1 example 9: a manager sends userAdd with the target; the policy names who may. onBehalfAdd is not supported."""
    package = grant_chain(graph)[2]
    managers = [relation_set("targetManager", managerLevel=1)]
    settings = {"enableOnBehalfRequestorsToAddAccess": True, "onBehalfRequestors": managers}
    policy = make_policy(graph, package, settings=settings)
    closed = make_policy(graph, package)
    target = {"objectId": known(graph, "emil"), "subjectType": "user"}
    body = {
        "requestType": "userAdd",
        "assignment": {"accessPackageId": package, "assignmentPolicyId": policy, "target": target},
    }
    boss = person(sandbox, "boss")
    assert refusal(person(sandbox, "chief"), body) == (403, "UnAuthorized")
    assert refusal(boss, add(package, closed, known(graph, "emil"))) == (403, "UnAuthorized")
    assert refusal(boss, {**body, "requestType": "onBehalfAdd"}) == (400, "InvalidModel")
    request = send(boss, body)
    state_of(graph, request)
    [row] = assignments_of(graph, package)
    assert row["target"]["objectId"] == known(graph, "emil")
    by_boss, for_emil = (
        person(sandbox, name).ok("GET", f"{EM}/{kind}/filterByCurrentUser(on='{on}')")["value"]
        for name, kind, on in (("boss", "assignmentRequests", "createdBy"), ("emil", "assignments", "target"))
    )
    assert request in [entry["id"] for entry in by_boss]
    assert row["id"] in [entry["id"] for entry in for_emil]


def test_extending(sandbox: Running, graph: Graph) -> None:
    """EM G.2: userUpdate where the policy allows it; the policy's length counts from now. No userExtend in v1.0."""
    package, _unused, assignment = given(sandbox, graph)
    ana = person(sandbox, ANA)
    assert refusal(ana, change("userExtend", assignment)) == (400, "ArgumentException")
    advance(sandbox, 29)
    assert state_of(graph, send(person(sandbox, ANA), change("userUpdate", assignment))) == "delivered"
    advance(sandbox, 29)
    assert [row["state"] for row in assignments_of(graph, package)] == ["delivered"]
    advance(sandbox, 2)
    assert [row["state"] for row in assignments_of(graph, package)] == ["expired"]
    assert refusal(person(sandbox, ANA), change("userUpdate", assignment)) == (404, "ResourceNotFound")


def test_extending_with_approval(sandbox: Running, graph: Graph) -> None:
    """EM F.3 isApprovalRequiredForUpdate, practice M10: until it is approved the assignment keeps its end."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, stage(user_set(graph, "boss"), durationBeforeAutomaticDenial="P1D"))
    ana, boss = person(sandbox, ANA), person(sandbox, "boss")
    request = send(ana, add(package, policy))
    decide(boss, request, "Approve")
    assert state_of(graph, request) == "delivered"
    [before] = assignments_of(graph, package)
    advance(sandbox, 20)
    extension = send(ana, change("userUpdate", before["id"]))
    assert refusal(ana, change("userRemove", before["id"])) == (400, "ExistingOpenRequest")
    assert state_of(graph, extension) == "pendingApproval"
    assert assignments_of(graph, package)[0]["schedule"] == before["schedule"]
    assert decide(boss, extension, "Approve").status_code == 204
    assert state_of(graph, extension) == "delivered"
    after = assignments_of(graph, package)[0]
    assert after["id"] == before["id"]
    assert after["schedule"]["expiration"]["endDateTime"] > before["schedule"]["expiration"]["endDateTime"]


def test_what_the_policy_does_not_allow(sandbox: Running, graph: Graph) -> None:
    """EM F.3 requestorSettings; nobody touches what is somebody else's."""
    closed = {"enableTargetsToSelfUpdateAccess": False, "enableTargetsToSelfRemoveAccess": False}
    _unused, _unused, assignment = given(sandbox, graph, settings=closed)
    for kind in ("userUpdate", "userRemove"):
        assert refusal(person(sandbox, ANA), change(kind, assignment)) == NOT_MET
        assert refusal(person(sandbox, "fay"), change(kind, assignment)) == (403, "UnAuthorized")
        assert refusal(graph, change(kind, assignment)) == (403, "UnAuthorized")
    for kind in ("adminAdd", "adminUpdate", "adminRemove"):
        assert refusal(person(sandbox, ANA), change(kind, assignment)) == (403, "UnAuthorized")
    reader = person(sandbox, ANA, "EntitlementManagement.Read.All")
    assert refusal(reader, change("userRemove", assignment)) == (403, "UnAuthorized")


def test_giving_access_back(sandbox: Running, graph: Graph) -> None:
    """EM G.1 userRemove; G.2: the assignment becomes expired, it is never deleted; the membership goes with it."""
    group, _unused, package = grant_chain(graph)
    policy = make_policy(graph, package)
    ana = person(sandbox, ANA)
    state_of(graph, send(ana, add(package, policy)))
    [row] = assignments_of(graph, package)
    removal = send(ana, change("userRemove", row["id"]))
    assert members(graph, group) == [known(graph, ANA)]
    assert state_of(graph, removal) == "delivered"
    assert members(graph, group) == []
    assert [(item["id"], item["state"]) for item in assignments_of(graph, package)] == [(row["id"], "expired")]
    send(ana, add(package, policy))
    assert len(assignments_of(graph, package)) == 2


def test_an_approver_takes_access_back(sandbox: Running, graph: Graph) -> None:
    """EM N 17: approverRemove reads unknownFutureValue unless Prefer: include-unknown-enum-members is sent."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, stage(user_set(graph, "boss")))
    request = send(person(sandbox, ANA), add(package, policy))
    boss = person(sandbox, "boss")
    decide(boss, request, "Approve")
    state_of(graph, request)
    [row] = assignments_of(graph, package)
    assert refusal(person(sandbox, "deputy"), change("approverRemove", row["id"])) == (403, "UnAuthorized")
    url = f"{EM}/assignmentRequests/{send(boss, change('approverRemove', row['id']))}"
    assert graph.ok("GET", url)["requestType"] == "unknownFutureValue"
    assert graph.ok("GET", url, Prefer="include-unknown-enum-members")["requestType"] == "approverRemove"
    assert [item["state"] for item in assignments_of(graph, package)] == ["expired"]


def test_requests_of_ones_own(sandbox: Running, graph: Graph) -> None:
    """EM G.1: filterByCurrentUser is delegated only; a person without a role sees and cancels only what is theirs."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, stage(user_set(graph, "boss")))
    request = send(person(sandbox, ANA), add(package, policy))
    url = f"{EM}/assignmentRequests/{request}"
    ana, fay, boss = person(sandbox, ANA), person(sandbox, "fay"), person(sandbox, "boss")
    for caller, seen in ((ana, True), (fay, False)):
        for on in ("target", "createdBy"):
            rows = caller.ok("GET", f"{EM}/assignmentRequests/filterByCurrentUser(on='{on}')")["value"]
            assert (request in [row["id"] for row in rows]) is seen
    assert (ana("GET", url).status_code, boss("GET", url).status_code, fay("GET", url).status_code) == (200, 200, 403)
    assert ana.refused("GET", f"{EM}/assignmentRequests") == (403, "UnAuthorized")
    for kind in ("assignmentRequests", "assignments", "accessPackages"):
        on = "allowedRequestor" if kind == "accessPackages" else "target"
        assert graph.refused("GET", f"{EM}/{kind}/filterByCurrentUser(on='{on}')") == (403, "UnAuthorized")
        assert ana.refused("GET", f"{EM}/{kind}/filterByCurrentUser(on='nobody')") == (400, "ArgumentException")
    assert fay.refused("POST", f"{url}/cancel") == (403, "UnAuthorized")
    assert ana("POST", f"{url}/cancel").status_code == 204
    assert [row["status"] for row in stages_of(person(sandbox, "admin"), request)] == ["Completed"]
    assert state_of(graph, request) == "canceled"
    assert ana("POST", f"{url}/cancel").status_code == 400


def test_the_manager_of_a_catalogs_assignments(sandbox: Running, graph: Graph) -> None:
    """EM 1.4: *Access package assignment manager* of the catalog gives, changes and takes access there, and nowhere else."""
    _unused, catalog, package = grant_chain(graph)
    policy, elsewhere = make_policy(graph, package), grant_chain(graph)[2]
    manager = person(sandbox, "chief")
    nested = {"accessPackage": {"id": package}, "assignmentPolicy": {"id": policy}, "targetId": known(graph, ANA)}
    body = {"requestType": "adminAdd", "assignment": nested}
    assert refusal(manager, body) == (403, "UnAuthorized")
    role = {
        "principalId": known(graph, "chief"),
        "roleDefinitionId": "e2182095-804a-4656-ae11-64734e9b7ae5",
        "appScopeId": f"/AccessPackageCatalog/{catalog}",
    }
    graph("POST", "/roleManagement/entitlementManagement/roleAssignments", role, 201)
    state_of(graph, send(manager, body))
    [row] = assignments_of(graph, package)
    for kind in ("adminUpdate", "adminRemove"):
        assert state_of(graph, send(manager, change(kind, row["id"]))) == "delivered"
    assert [item["state"] for item in assignments_of(graph, package)] == ["expired"]
    assert refusal(manager, add(elsewhere, make_policy(graph, elsewhere), known(graph, ANA), "adminAdd")) == (403, "UnAuthorized")
