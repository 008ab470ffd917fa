# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask for access, and with what (EM E.3, F.3, G.1, I)."""

from __future__ import annotations

from typing import Any

import pytest
from requests_building import (
    CONFIG,
    add,
    advance,
    assignments_of,
    change,
    from_the_mssp,
    group_set,
    known,
    make_policy,
    members,
    person,
    refusal,
    send,
    stage,
    state_of,
    user_set,
)
from sandbox_building import EM, grant_chain, make_group, make_package, mssp_organization
from sandbox_harness import Graph, Running

SANDBOX = CONFIG
pytestmark = pytest.mark.usefixtures("real_time")

ANA, GUS = "ana@mssp.example", "gus@elsewhere.example"
NOT_MET = (400, "PolicyRequirementNotMet")
SUBJECT_ACCESS = "EntitlementMgmt-SubjectAccess.ReadWrite"
CHOICE = "#microsoft.graph.accessPackageMultipleChoiceQuestion"
TEXT = "#microsoft.graph.accessPackageTextInputQuestion"


def test_somebody_asks_and_is_given(sandbox: Running, graph: Graph) -> None:
    """EM G.1, 1.4: userAdd needs no directory role and no more than the subject's scope; 201 submitted with null dates."""
    group, _unused, package = grant_chain(graph)
    policy = make_policy(graph, package)
    ana = person(sandbox, ANA, SUBJECT_ACCESS)
    answer = ana.ok("POST", f"{EM}/assignmentRequests", add(package, policy, known(graph, ANA), justification="why"), 201)
    assert (answer["requestType"], answer["state"], answer["status"]) == ("userAdd", "submitted", "Accepted")
    assert (answer["createdDateTime"], answer["completedDateTime"]) == (None, None)
    expand = "$expand=requestor,accessPackage,assignment($expand=target,assignmentPolicy)"
    read = ana.ok("GET", f"{EM}/assignmentRequests/{answer['id']}?{expand}")
    assert (read["state"], read["justification"], read["accessPackage"]["id"]) == ("delivered", "why", package)
    assert read["requestor"]["objectId"] == read["assignment"]["target"]["objectId"] == known(graph, ANA)
    assert read["assignment"]["assignmentPolicy"]["id"] == policy
    assert members(graph, group) == [known(graph, ANA)]
    assert refusal(ana, add(package, policy)) == (409, "ExistingAssignment")


def test_one_open_request(sandbox: Running, graph: Graph) -> None:
    """EM 1.3 ExistingOpenRequest: while a request for the same person and package is open, whoever sent it."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, stage(user_set(graph, "boss")))
    other = make_policy(graph, package)
    ana = person(sandbox, ANA)
    request = send(ana, add(package, policy))
    assert refusal(ana, add(package, other)) == (400, "ExistingOpenRequest")
    assert refusal(graph, add(package, other, known(graph, ANA), "adminAdd")) == (400, "ExistingOpenRequest")
    send(person(sandbox, "fay"), add(package, policy))
    assert ana("POST", f"{EM}/assignmentRequests/{request}/cancel").status_code == 204
    send(ana, add(package, other))


@pytest.mark.parametrize(
    ("scope", "who"),
    [
        ("allMemberUsers", {"fay"}),
        ("allDirectoryUsers", {"fay", ANA, GUS}),
        ("allExternalUsers", {ANA, GUS}),
        ("allConfiguredConnectedOrganizationUsers", {ANA}),
        ("specificConnectedOrganizationUsers", {ANA}),
        ("specificDirectoryUsers", {"fay"}),
        ("notSpecified", set()),
    ],
)
def test_scopes_of_policies(sandbox: Running, graph: Graph, scope: str, who: set[str]) -> None:
    """EM F.3 allowedTargetScope; practice M8: configured organizations are in scope for all such policies."""
    package = grant_chain(graph)[2]
    changes: dict[str, Any] = {"allowedTargetScope": scope}
    mssp_organization(graph)
    if scope == "specificConnectedOrganizationUsers":
        changes = from_the_mssp(graph)
    elif scope == "specificDirectoryUsers":
        changes["specificAllowedTargets"] = [user_set(graph, "fay"), group_set(make_group(graph))]
    policy = make_policy(graph, package, **changes)
    for name in ("fay", ANA, GUS):
        caller = person(sandbox, name)
        listed = caller.ok("GET", f"{EM}/accessPackages/filterByCurrentUser(on='allowedRequestor')")["value"]
        assert (package in [row["id"] for row in listed]) is (name in who)
        if name in who:
            send(caller, add(package, policy))
        else:
            assert refusal(caller, add(package, policy)) == NOT_MET


def test_a_proposed_organization(sandbox: Running, graph: Graph) -> None:
    """Decisions M8: a policy that names a proposed organization lets its people in, one for all configured ones does not."""
    organization = f"{EM}/connectedOrganizations/{mssp_organization(graph)}"
    package = grant_chain(graph)[2]
    named = make_policy(graph, package, **from_the_mssp(graph))
    configured = make_policy(graph, package, allowedTargetScope="allConfiguredConnectedOrganizationUsers")
    graph("PATCH", organization, {"state": "proposed"}, 202)
    assert refusal(person(sandbox, ANA), add(package, configured)) == NOT_MET
    send(person(sandbox, ANA), add(package, named))
    graph("PATCH", organization, {"state": "configured"}, 202)


def test_closed_doors(sandbox: Running, graph: Graph) -> None:
    """EM I, practice S1, M5: an unpublished catalog, one that outsiders do not see, a closed policy."""
    _unused, catalog, package = grant_chain(graph)
    closed = make_policy(graph, package, settings={"enableTargetsToSelfAddAccess": False})
    policy = make_policy(graph, package)
    ana, fay = person(sandbox, ANA), person(sandbox, "fay")
    assert refusal(ana, add(package, closed)) == NOT_MET
    graph("PATCH", f"{EM}/catalogs/{catalog}", {"isExternallyVisible": False}, 204)
    assert refusal(ana, add(package, policy)) == NOT_MET
    send(fay, add(package, policy))
    graph("PATCH", f"{EM}/catalogs/{catalog}", {"isExternallyVisible": True, "state": "unpublished"}, 204)
    assert refusal(ana, add(package, policy)) == NOT_MET
    graph("PATCH", f"{EM}/catalogs/{catalog}", {"state": "published"}, 204)
    send(ana, add(package, policy))


def test_a_hidden_package(sandbox: Running, graph: Graph) -> None:
    """EM E.1, practice S2: hidden limits who sees a package, not who may ask for it."""
    _unused, catalog, package = grant_chain(graph)
    policy = make_policy(graph, package)
    ana = person(sandbox, ANA, SUBJECT_ACCESS)
    url = f"{EM}/accessPackages/filterByCurrentUser(on='allowedRequestor')"
    assert package in [row["id"] for row in ana.ok("GET", url)["value"]]
    graph("PATCH", f"{EM}/accessPackages/{package}", {"isHidden": True}, 204)
    assert package not in [row["id"] for row in ana.ok("GET", url)["value"]]
    found = ana.ok("POST", f"{EM}/accessPackages/{package}/getApplicablePolicyRequirements")["value"]
    assert [row["policyId"] for row in found] == [policy]
    send(ana, add(package, policy))
    assert make_package(graph, catalog) not in [row["id"] for row in ana.ok("GET", url)["value"]]


def test_requirements(sandbox: Running, graph: Graph) -> None:
    """EM 1.1, accesspackageassignmentrequestrequirements: one entry for each policy that lets the caller ask."""
    package = grant_chain(graph)[2]
    question = {"@odata.type": TEXT, "text": "Ticket?", "isRequired": True, "sequence": 0}
    policy = make_policy(graph, package, stage(user_set(graph, "boss")), questions=[question], description="D")
    make_policy(graph, package, allowedTargetScope="allMemberUsers")
    url = f"{EM}/accessPackages/{package}/getApplicablePolicyRequirements"
    [row] = person(sandbox, ANA).ok("POST", url)["value"]
    assert (row["policyId"], row["policyDescription"]) == (policy, "D")
    assert (row["isApprovalRequiredForAdd"], row["allowCustomAssignmentSchedule"]) == (True, False)
    assert [item["text"] for item in row["questions"]] == ["Ticket?"]
    assert row["schedule"]["expiration"] == {"endDateTime": None, "duration": "P30D", "type": "afterDuration"}
    assert len(person(sandbox, "fay").ok("POST", url)["value"]) == 2
    assert graph.refused("POST", url) == (403, "UnAuthorized")


def test_separation_of_duties(sandbox: Running, graph: Graph) -> None:
    """EM E.3: who has an incompatible package, or is in an incompatible group, cannot ask; the other way round is free."""
    package, other = grant_chain(graph)[2], grant_chain(graph)[2]
    policy, other_policy = make_policy(graph, package), make_policy(graph, other)
    reference = {"@odata.id": f"{graph.sandbox.url}/v1.0{EM}/accessPackages/{other}"}
    graph("POST", f"{EM}/accessPackages/{package}/incompatibleAccessPackages/$ref", reference, 204)
    ana, fay, emil = person(sandbox, ANA), person(sandbox, "fay"), person(sandbox, "emil")
    state_of(graph, send(ana, add(other, other_policy)))
    assert refusal(ana, add(package, policy)) == NOT_MET
    assert ana.ok("POST", f"{EM}/accessPackages/{package}/getApplicablePolicyRequirements")["value"] == []
    state_of(graph, send(fay, add(package, policy)))
    state_of(graph, send(fay, add(other, other_policy)))
    reverse = graph.ok("GET", f"{EM}/accessPackages/{other}/accessPackagesIncompatibleWith")["value"]
    assert [row["id"] for row in reverse] == [package]
    both = f"additionalAccess(accessPackageId='{package}',incompatibleAccessPackageId='{other}')?$expand=target"
    admin = person(sandbox, "admin")
    found = admin.ok("GET", f"{EM}/assignments/{both}")["value"]
    assert [row["target"]["objectId"] for row in found] == [known(graph, "fay")]
    assert graph.refused("GET", f"{EM}/assignments/{both}") == (403, "UnAuthorized")
    group = make_group(graph, **{"members@odata.bind": [f"{graph.sandbox.url}/v1.0/users/{known(graph, 'emil')}"]})
    reference = {"@odata.id": f"{graph.sandbox.url}/v1.0/groups/{group}"}
    graph("POST", f"{EM}/accessPackages/{package}/incompatibleGroups/$ref", reference, 204)
    assert refusal(emil, add(package, policy)) == NOT_MET


def test_justification(sandbox: Running, graph: Graph) -> None:
    """EM F.3 isRequestorJustificationRequired."""
    package = grant_chain(graph)[2]
    settings = {
        "isApprovalRequiredForAdd": True,
        "isApprovalRequiredForUpdate": False,
        "isRequestorJustificationRequired": True,
        "stages": [stage(user_set(graph, "boss"))],
    }
    policy = make_policy(graph, package, requestApprovalSettings=settings)
    ana = person(sandbox, ANA)
    assert refusal(ana, add(package, policy)) == (400, "InvalidModel")
    send(ana, add(package, policy, justification="incident 4711"))


def test_answers(sandbox: Running, graph: Graph) -> None:
    """EM F.3, G.1: required questions, patterns and choices; answers are read back as they were sent."""
    package = grant_chain(graph)[2]
    choices = [{"actualValue": name, "text": name} for name in ("AZ", "NY")]
    questions = [
        {"@odata.type": TEXT, "text": "Ticket?", "isRequired": True, "regexPattern": "[A-Z]+-[0-9]+", "sequence": 0},
        {"@odata.type": CHOICE, "text": "State?", "isRequired": False, "sequence": 1, "choices": choices},
    ]
    policy = make_policy(graph, package, questions=questions)
    ticket, state = graph.ok("GET", f"{EM}/assignmentPolicies/{policy}")["questions"]

    def answer(question: dict[str, Any], value: str) -> dict[str, Any]:
        answered = {"@odata.type": question["@odata.type"], "id": question["id"]}
        return {"@odata.type": "#microsoft.graph.accessPackageAnswerString", "value": value, "answeredQuestion": answered}

    stranger = {**ticket, "id": "11111111-2222-3333-4444-555555555555"}
    ana = person(sandbox, ANA)
    for answers in (
        [],
        [answer(ticket, "")],
        [answer(ticket, "soon")],
        [answer(state, "AZ")],
        [answer(ticket, "INC-1"), answer(state, "TX")],
        [answer(ticket, "INC-1"), answer(stranger, "x")],
    ):
        assert refusal(ana, add(package, policy, answers=answers)) == (400, "InvalidModel")
    sent = [answer(ticket, "INC-1"), answer(state, "NY")]
    request = send(ana, add(package, policy, answers=sent))
    assert graph.ok("GET", f"{EM}/assignmentRequests/{request}")["answers"] == sent
    [assignment] = assignments_of(graph, package)
    edited = change("userUpdate", assignment["id"], answers=[answer(ticket, "INC-2")])
    assert refusal(ana, edited) == (400, "InvalidModel")  # isAnswerEditable is false


def test_dates_of_ones_own(sandbox: Running, graph: Graph) -> None:
    """EM F.3 allowCustomAssignmentSchedule; practice B.1: one may ask for less, the policy's length is the maximum."""
    package = grant_chain(graph)[2]
    fixed = make_policy(graph, package)
    free = make_policy(graph, package, settings={"allowCustomAssignmentSchedule": True})

    def lasting(duration: str) -> dict[str, Any]:
        return {"schedule": {"startDateTime": None, "expiration": {"type": "afterDuration", "duration": duration}}}

    ana = person(sandbox, ANA)
    assert refusal(ana, add(package, fixed, **lasting("P5D"))) == (400, "InvalidModel")
    assert refusal(ana, add(package, free, **lasting("P31D"))) == (400, "InvalidModel")
    endless = {"schedule": {"startDateTime": None, "expiration": {"type": "noExpiration"}}}
    assert refusal(ana, add(package, free, **endless)) == (400, "InvalidModel")
    assert state_of(graph, send(ana, add(package, free, **lasting("P5D")))) == "delivered"
    advance(sandbox, 5.1)
    assert [row["state"] for row in assignments_of(graph, package)] == ["expired"]
