# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People decide requests: who may, in which order, and what happens when nobody does (EM G.3; practice M2, S6, S7)."""

from __future__ import annotations

from typing import Any

import pytest
from requests_building import (
    CONFIG,
    add,
    advance,
    assignments_of,
    decide,
    from_the_mssp,
    group_set,
    known,
    make_policy,
    members,
    person,
    relation_set,
    send,
    stage,
    stages_of,
    state_of,
    user_set,
)
from sandbox_building import EM, grant_chain, make_group, mssp_organization
from sandbox_harness import Graph, Running

SANDBOX = CONFIG
pytestmark = pytest.mark.usefixtures("real_time")

APPROVALS = f"{EM}/accessPackageAssignmentApprovals"


def requested(graph: Graph, sandbox: Running, *stages: dict[str, Any], by: str = "ana@mssp.example", **more: Any) -> str:
    """Somebody's request for a new package under a policy with these stages."""
    package = grant_chain(graph)[2]
    return send(person(sandbox, by), add(package, make_policy(graph, package, *stages, **more)))


def test_an_approver_approves(sandbox: Running, graph: Graph) -> None:
    """EM G.3: the approval's id is the request's; Approve is written, Approved is read; PATCH answers 204."""
    group, _unused, package = grant_chain(graph)
    policy = make_policy(graph, package, stage(group_set(make_group(graph, **member_bind(graph, "lena@mssp.example")))))
    request = send(person(sandbox, "ana@mssp.example"), add(package, policy))
    assert state_of(graph, request) == "pendingApproval"
    lena = person(sandbox, "lena@mssp.example")
    mine = lena.ok("GET", f"{APPROVALS}/filterByCurrentUser(on='approver')?$expand=stages")["value"]
    [approval] = [row for row in mine if row["id"] == request]
    assert [(row["status"], row["assignedToMe"]) for row in approval["stages"]] == [("InProgress", True)]
    waiting = lena.ok("GET", f"{EM}/assignmentRequests/filterByCurrentUser(on='approver')?$expand=requestor,accessPackage")
    assert [row["requestor"]["email"] for row in waiting["value"] if row["id"] == request] == ["ana@mssp.example"]
    [before] = stages_of(lena, request)
    assert {name: before[name] for name in ("displayName", "reviewResult", "justification", "reviewedBy")} == {
        "displayName": None,
        "reviewResult": "NotReviewed",
        "justification": "",
        "reviewedBy": None,
    }
    response = decide(lena, request, "Approve", justification="OK")
    assert (response.status_code, response.content) == (204, b"")
    [after] = stages_of(lena, request)
    assert (after["reviewResult"], after["status"], after["justification"]) == ("Approved", "Completed", "OK")
    assert (after["assignedToMe"], after["reviewedBy"]["id"]) == (False, known(graph, "lena@mssp.example"))
    assert after["reviewedDateTime"]
    assert members(graph, group) == []
    assert state_of(graph, request) == "delivered"
    assert members(graph, group) == [known(graph, "ana@mssp.example")]


def member_bind(graph: Graph, *names: str) -> dict[str, Any]:
    """Properties of a new group that give it members."""
    return {"members@odata.bind": [f"{graph.sandbox.url}/v1.0/directoryObjects/{known(graph, name)}" for name in names]}


def test_a_second_decision_comes_too_late(sandbox: Running, graph: Graph) -> None:
    """EM N 11: a second decision answers 409, the same one as well as the opposite."""
    request = requested(graph, sandbox, stage(user_set(graph, "boss"), user_set(graph, "chief")))
    assert decide(person(sandbox, "boss"), request, "Deny").status_code == 204
    for result in ("Deny", "Approve"):
        assert decide(person(sandbox, "chief"), request, result).status_code == 409
    answer = graph.ok("GET", f"{EM}/assignmentRequests/{request}")
    assert (answer["state"], answer["status"]) == ("denied", "Denied")
    assert answer["completedDateTime"]
    assert graph("DELETE", f"{EM}/assignmentRequests/{request}").status_code == 204


def test_an_application_cannot_look_nor_decide(sandbox: Running, graph: Graph) -> None:
    """EM G.3, N 11: "Application: Not supported" on all five routes."""
    request = requested(graph, sandbox, stage(user_set(graph, "boss")))
    row = stages_of(person(sandbox, "boss"), request)[0]["id"]
    for path in (f"/{request}", f"/{request}/stages", f"/{request}/stages/{row}", "/filterByCurrentUser(on='approver')"):
        assert graph.refused("GET", f"{APPROVALS}{path}") == (403, "UnAuthorized")
    assert graph.refused("PATCH", f"{APPROVALS}/{request}/stages/{row}", {"reviewResult": "Approve"}) == (403, "UnAuthorized")


def test_refusals_of_decisions(sandbox: Running, graph: Graph) -> None:
    """EM G.3: 403 for somebody who is no approver, 404 for what does not exist; 400 for a word that is neither."""
    request = requested(graph, sandbox, stage(user_set(graph, "boss"), isApproverJustificationRequired=True))
    boss = person(sandbox, "boss")
    row = stages_of(boss, request)[0]["id"]
    url = f"{APPROVALS}/{request}/stages/{row}"
    assert person(sandbox, "deputy").refused("PATCH", url, {"reviewResult": "Approve"}) == (403, "UnAuthorized")
    assert person(sandbox, "deputy").refused("GET", f"{APPROVALS}/{request}") == (403, "UnAuthorized")
    # An administrator sees it, and decides no more than anybody else.
    assert stages_of(person(sandbox, "admin"), request)[0]["assignedToMe"] is False
    assert person(sandbox, "admin").refused("PATCH", url, {"reviewResult": "Approve"}) == (403, "UnAuthorized")
    # The scope alone decides what the token may be used for.
    reader = person(sandbox, "boss", "EntitlementManagement.Read.All")
    assert reader.ok("GET", url)["assignedToMe"] is True
    assert reader.refused("PATCH", url, {"reviewResult": "Approve", "justification": "x"}) == (403, "UnAuthorized")
    missing = "11111111-2222-3333-4444-555555555555"
    assert boss.refused("GET", f"{APPROVALS}/{missing}") == (404, "ResourceNotFound")
    assert boss.refused("PATCH", f"{APPROVALS}/{request}/stages/{missing}", {"reviewResult": "Deny"})[0] == 404
    assert boss.refused("PATCH", url, {"reviewResult": "Approved", "justification": "x"}) == (400, "ArgumentException")
    assert boss.refused("PATCH", url, {"reviewResult": "Approve", "opinion": "x"}) == (400, "InvalidModel")
    assert boss.refused("PATCH", url, {"reviewResult": "Approve"}) == (400, "InvalidModel")
    assert boss.refused("PATCH", url, {"reviewResult": "Approve", "justification": " "}) == (400, "InvalidModel")
    assert boss("PATCH", url, {"reviewResult": "approve", "justification": "x"}).status_code == 204


def test_nobody_decides_what_they_asked_for(sandbox: Running, graph: Graph) -> None:
    """EM G.3, N 11: the requestor cannot approve their own request, approver or not."""
    request = requested(graph, sandbox, stage(user_set(graph, "boss"), user_set(graph, "chief")), by="boss")
    chief, boss = person(sandbox, "chief"), person(sandbox, "boss")
    row = stages_of(chief, request)[0]["id"]
    url = f"{APPROVALS}/{request}/stages/{row}"
    assert boss.refused("PATCH", url, {"reviewResult": "Approve"}) == (403, "UnAuthorized")
    mine = boss.ok("GET", f"{APPROVALS}/filterByCurrentUser(on='approver')")["value"]
    assert request not in [entry["id"] for entry in mine]
    assert chief("PATCH", url, {"reviewResult": "Approve"}).status_code == 204


def test_stages_come_one_after_the_other(sandbox: Running, graph: Graph) -> None:
    """EM G.3: a later stage is Initializing until the one before is approved; only the open one can be decided."""
    request = requested(graph, sandbox, stage(user_set(graph, "boss")), stage(user_set(graph, "chief")))
    boss, chief, admin = person(sandbox, "boss"), person(sandbox, "chief"), person(sandbox, "admin")
    assert [row["status"] for row in stages_of(boss, request)] == ["InProgress", "Initializing"]
    second = stages_of(admin, request)[1]["id"]
    assert chief.refused("PATCH", f"{APPROVALS}/{request}/stages/{second}", {"reviewResult": "Approve"})[0] == 403
    assert decide(boss, request, "Approve").status_code == 204
    assert state_of(graph, request) == "pendingApproval"
    assert [(row["status"], row["assignedToMe"]) for row in stages_of(chief, request)] == [
        ("Completed", False),
        ("InProgress", True),
    ]
    assert decide(chief, request, "Approve", 1).status_code == 204
    assert state_of(graph, request) == "delivered"


def test_one_denial_ends_it(sandbox: Running, graph: Graph) -> None:
    """EM G.1: pendingApproval becomes denied; the stage after is never opened."""
    request = requested(graph, sandbox, stage(user_set(graph, "boss")), stage(user_set(graph, "chief")))
    decide(person(sandbox, "boss"), request, "Deny", justification="no")
    assert state_of(graph, request) == "denied"
    assert [row["reviewResult"] for row in stages_of(person(sandbox, "boss"), request)] == ["Denied", "NotReviewed"]
    theirs = person(sandbox, "chief").ok("GET", f"{APPROVALS}/filterByCurrentUser(on='approver')")["value"]
    assert request not in [row["id"] for row in theirs]


@pytest.mark.parametrize("state", ["denied", "canceled", "expired"])
def test_nobody_decides_in_time(sandbox: Running, graph: Graph, state: str) -> None:
    """EM F.3 durationBeforeAutomaticDenial; practice S7: what the request reads then is unknown."""
    if state != "denied":
        graph.quirk(request_timeout_state=state)
    request = requested(graph, sandbox, stage(user_set(graph, "boss"), durationBeforeAutomaticDenial="P3D"))
    advance(sandbox, 2.9)
    assert state_of(graph, request) == "pendingApproval"
    advance(sandbox, 0.2)
    answer = graph.ok("GET", f"{EM}/assignmentRequests/{request}")
    assert (answer["state"], answer["status"]) == (state, "Expired")
    boss = person(sandbox, "boss")
    assert [(row["status"], row["reviewResult"]) for row in stages_of(boss, request)] == [("Expired", "NotReviewed")]
    assert decide(boss, request, "Approve").status_code == 409


def test_escalation(sandbox: Running, graph: Graph) -> None:
    """EM F.3, entitlement-management-process: after its time the alternate approvers decide too, and the first ones still."""
    escalated = {
        "isEscalationEnabled": True,
        "durationBeforeEscalation": "P4D",
        "escalationApprovers": [user_set(graph, "deputy")],
    }
    first = requested(graph, sandbox, stage(user_set(graph, "boss"), **escalated))
    second = requested(graph, sandbox, stage(user_set(graph, "boss"), **escalated), by="fay")
    deputy = person(sandbox, "deputy")
    assert deputy.refused("GET", f"{APPROVALS}/{first}/stages") == (403, "UnAuthorized")
    advance(sandbox, 4.1)
    assert graph.ok("GET", f"{EM}/assignmentRequests/{first}")["status"] == "PendingApprovalEscalated"
    assert decide(person(sandbox, "deputy"), first, "Approve").status_code == 204
    assert decide(person(sandbox, "boss"), second, "Approve").status_code == 204
    assert [state_of(graph, request) for request in (first, second)] == ["delivered", "delivered"]


def test_managers_decide_and_their_stand_ins(sandbox: Running, graph: Graph) -> None:
    """Decisions M2: fallback approvers are for a manager who cannot be found, and for that only."""
    settings = stage(relation_set("requestorManager", managerLevel=1), fallbackPrimaryApprovers=[user_set(graph, "deputy")])
    managed, unmanaged = (requested(graph, sandbox, settings, by=name) for name in ("emil", "fay"))
    deputy = person(sandbox, "deputy")
    assert stages_of(person(sandbox, "boss"), managed)[0]["assignedToMe"] is True
    assert deputy.refused("GET", f"{APPROVALS}/{managed}/stages") == (403, "UnAuthorized")
    assert stages_of(deputy, unmanaged)[0]["assignedToMe"] is True


def test_sponsors_decide(sandbox: Running, graph: Graph) -> None:
    """EM B.5, F.3: sponsors of the requestor's organization, inside and outside, and of the requestor."""
    organization = f"{EM}/connectedOrganizations/{mssp_organization(graph)}"
    for relation, name in (("internalSponsors", "boss"), ("externalSponsors", "otto@mssp.example")):
        reference = {"@odata.id": f"{graph.sandbox.url}/v1.0/users/{known(graph, name)}"}
        graph("POST", f"{organization}/{relation}/$ref", reference, 204)
    for kind, name in (
        ("internalSponsors", "boss"),
        ("externalSponsors", "otto@mssp.example"),
        ("targetUserSponsors", "chief"),
    ):
        settings = stage(relation_set(kind), fallbackPrimaryApprovers=[user_set(graph, "deputy")])
        request = requested(graph, sandbox, settings, **from_the_mssp(graph))
        assert stages_of(person(sandbox, name), request)[0]["assignedToMe"] is True
        assert person(sandbox, "deputy").refused("GET", f"{APPROVALS}/{request}/stages") == (403, "UnAuthorized")
        stranger = requested(graph, sandbox, settings, by="gus@elsewhere.example")
        assert stages_of(person(sandbox, "deputy"), stranger)[0]["assignedToMe"] is True


def test_a_group_without_members(sandbox: Running, graph: Graph) -> None:
    """Decisions M2: what follows is not documented, so a switch says it."""
    group = make_group(graph)
    settings = stage(group_set(group), fallbackPrimaryApprovers=[user_set(graph, "deputy")])
    waiting = requested(graph, sandbox, settings)
    assert person(sandbox, "deputy").refused("GET", f"{APPROVALS}/{waiting}/stages") == (403, "UnAuthorized")
    graph.quirk(empty_group_approver="fallback")
    assert stages_of(person(sandbox, "deputy"), waiting)[0]["assignedToMe"] is True
    graph.quirk(empty_group_approver="denied")
    assert state_of(graph, requested(graph, sandbox, settings)) == "denied"
    # Who joins the group later can decide what waits.
    reference = {"@odata.id": f"{graph.sandbox.url}/v1.0/directoryObjects/{known(graph, 'lena@mssp.example')}"}
    graph("POST", f"/groups/{group}/members/$ref", reference, 204)
    assert decide(person(sandbox, "lena@mssp.example"), waiting, "Approve").status_code == 204


def test_a_changed_policy_leaves_what_is_under_way(sandbox: Running, graph: Graph) -> None:
    """EM F.2: changes of a policy do not alter requests that are pending."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, stage(user_set(graph, "boss")))
    request = send(person(sandbox, "ana@mssp.example"), add(package, policy))
    body = graph.ok("GET", f"{EM}/assignmentPolicies/{policy}")
    body["requestApprovalSettings"]["stages"][0]["primaryApprovers"] = [user_set(graph, "chief")]
    body["expiration"] = {"type": "afterDuration", "duration": "P1D"}
    kept = {name: value for name, value in body.items() if "@" not in name and "DateTime" not in name}
    graph("PUT", f"{EM}/assignmentPolicies/{policy}", {**kept, "accessPackage": {"id": package}}, 200)
    assert decide(person(sandbox, "boss"), request, "Approve").status_code == 204
    assert state_of(graph, request) == "delivered"
    advance(sandbox, 2)
    assert [row["state"] for row in assignments_of(graph, package)] == ["delivered"]


def test_administrators_ask_for_approval_too(sandbox: Running, graph: Graph) -> None:
    """Decisions M3: adminAdd does not bypass approval by default, and people can decide it."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, stage(user_set(graph, "boss")))
    request = send(graph, add(package, policy, known(graph, "fay"), "adminAdd"))
    assert state_of(graph, request) == "pendingApproval"
    assert decide(person(sandbox, "boss"), request, "Approve").status_code == 204
    assert state_of(graph, request) == "delivered"
