# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Approvals: what is ours to decide, and until when."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._resources import approval
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Routes, graph, page, refusal

EM = "identityGovernance/entitlementManagement"
STAGES = f"{EM}/accessPackageAssignmentApprovals/{A}/stages"
PERSON = {"scp": "User.Read EntitlementManagement.ReadWrite.All", "oid": B}


def stage(status="InProgress", result="NotReviewed", by=None, mine=False, **more):
    reviewed = {"id": by, "displayName": "Ada"} if by else None
    return {
        "id": more.pop("id", A),
        "status": status,
        "reviewResult": result,
        "assignedToMe": mine,
        "reviewedBy": reviewed,
        "reviewedDateTime": "2026-11-24T10:00:00.12Z" if by else None,
        **more,
    }


OPEN = stage(mine=True)
OTHERS = stage()
APPROVED = stage("Completed", "Approved", C)
DENIED = stage("Completed", "Denied", C)
BY_ME = stage("Completed", "Approved", B)
PENDING = {"id": A, "state": "pendingApproval", "requestor": {"objectId": C}}


def over(state, status=None):
    return {**PENDING, "state": state, "status": status}


@pytest.mark.parametrize(
    ("claims", "person"),
    [
        (PERSON, True),
        ({"scp": "x", "idtyp": "user"}, True),
        ({}, True),
        ({"roles": ["EntitlementManagement.ReadWrite.All"]}, False),
        ({"idtyp": "app", "scp": "x"}, False),
        ({"scp": ""}, False),
    ],
)
def test_whose_token_it_is(claims, person):
    assert approval.is_person(claims) is person
    if person:
        approval.require_person(claims)
    else:
        with pytest.raises(Failure) as raised:
            approval.require_person(claims)
        assert raised.value.code == "NotAPerson"


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_the_stage_that_is_open_and_ours_is_decided(decision):
    assert approval.open_stage(PENDING, [OPEN], B, decision) is OPEN
    # What we said of the stage before decides nothing about this one.
    assert approval.open_stage(PENDING, [BY_ME, OPEN], B, decision) is OPEN
    assert approval.open_stage(None, [OPEN], None, decision) is OPEN


@pytest.mark.parametrize(
    ("request_", "stages", "decision"),
    [
        (over("delivered"), [APPROVED], "approve"),
        (over("denied"), [DENIED], "deny"),
        (over("denied"), [APPROVED, DENIED], "deny"),
        (over("denied"), [DENIED, stage("Expired")], "deny"),
        (over("canceled"), [DENIED], "deny"),
        (PENDING, [BY_ME, OTHERS], "approve"),
        (None, [BY_ME], "approve"),
    ],
)
def test_what_is_decided_that_way_already(request_, stages, decision):
    assert approval.open_stage(request_, stages, B.upper(), decision) is None


def refused(request_, stages, decision, me=B):
    with pytest.raises(Failure) as raised:
        approval.open_stage(request_, stages, me, decision)
    return raised.value


def test_the_own_request():
    own = {**PENDING, "requestor": {"objectId": B.upper()}}
    failure = refused(own, [OPEN], "approve")
    assert failure.code == "OwnRequest"
    assert str(failure) == "it is your own request, and nobody decides what they asked for. Another approver has to decide it."


@pytest.mark.parametrize(
    ("request_", "stages"), [(PENDING, [OTHERS]), (PENDING, None), (None, None), (PENDING, [APPROVED, OTHERS])]
)
def test_not_ours(request_, stages):
    failure = refused(request_, stages, "approve")
    assert failure.code == "NotApprover"
    assert str(failure) == (
        "you are no approver of it, or not of the stage that is open. "
        "Sign in as one of the approvers whom its policy names; an administrator is none."
    )


@pytest.mark.parametrize(
    ("request_", "stages", "decision", "word"),
    [
        (over("delivered"), [APPROVED], "deny", "approved"),
        (over("denied"), [DENIED], "approve", "denied"),
        (over("denied"), [BY_ME, DENIED], "approve", "denied"),
        (PENDING, [BY_ME, OTHERS], "deny", "approved"),
    ],
)
def test_decided_otherwise(request_, stages, decision, word):
    failure = refused(request_, stages, decision)
    assert failure.code == "DecidedOtherwise"
    assert str(failure) == (
        f"Ada has {word} it already, on 2026-11-24. A decision stands: access that was approved is taken away with "
        "mssp.defender.access_package_assignment, state: absent; after a denial the person has to ask again."
    )


@pytest.mark.parametrize("decision", ["approve", "deny"])
@pytest.mark.parametrize(
    ("request_", "stages"),
    [
        (over("denied", "Expired"), [stage("Expired")]),
        (over("denied", "Denied"), [stage("Expired")]),
        (over("denied", "Expired"), [stage("Completed", "Denied")]),
        (over("canceled", "Expired"), [stage("Completed")]),
        (over("expired"), [BY_ME, stage("Expired")]),
        (None, [stage("Expired")]),
    ],
)
def test_nobody_has_denied_what_ran_out(request_, stages, decision):
    failure = refused(request_, stages, decision)
    assert failure.code == "Expired"
    assert str(failure) == "nobody decided it in time, and it has run out. The person has to ask again."


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_cancelled(decision):
    failure = refused(over("canceled", "Canceled"), [stage("Completed")], decision)
    assert failure.code == "Canceled"
    assert str(failure) == "it was cancelled. The person has to ask again."


@pytest.mark.parametrize(
    ("request_", "stages", "state"),
    [
        (over("delivered"), [], "delivered"),
        (over("submitted"), [stage("Initializing")], "submitted"),
        (None, [stage("Completed")], "not shown to you"),
    ],
)
def test_nothing_to_decide(request_, stages, state):
    failure = refused(request_, stages, "approve")
    assert failure.code == "NotOpen"
    assert str(failure) == (
        f"it does not wait for a decision: its state is {state}. Only requests in the state pendingApproval are decided."
    )


def test_stages_that_may_not_be_seen():
    read = {f"GET {STAGES}": lambda sent: refusal(403, "UnAuthorized")}
    assert approval.read_stages(graph(Routes(read)), A, PERSON) is None
    # Without the permission the refusal says nothing about who is an approver.
    with pytest.raises(GraphError):
        approval.read_stages(graph(Routes(read)), A, {"scp": "EntitlementManagement.Read.All"})
    assert approval.read_stages(graph(Routes({f"GET {STAGES}": refusal(404)})), A, PERSON) == []
    assert approval.read_stages(graph(Routes({f"GET {STAGES}": page(OPEN)})), A, PERSON) == [OPEN]


@pytest.mark.parametrize(
    ("decision", "stages", "state"),
    [
        ("approve", [OPEN], "delivering"),
        ("approve", [OPEN, stage("Initializing", id=B)], "pendingApproval"),
        ("deny", [OPEN, stage("Initializing", id=B)], "denied"),
    ],
)
def test_what_follows_a_decision(decision, stages, state):
    request_, told = approval.after(PENDING, stages, OPEN, decision, "Why")
    assert request_["state"] == state
    assert (told[0]["status"], told[0]["justification"]) == ("Completed", "Why")
    assert told[0]["reviewResult"] == approval.READ[decision]
    assert told[1:] == stages[1:]
    assert OPEN["status"] == "InProgress"


# -- until when ------------------------------------------------------------------------------------------------------


def policy(*durations, identifier=A, **settings):
    stages = [{"durationBeforeAutomaticDenial": x} for x in durations]
    return {"id": identifier, "requestApprovalSettings": {"isApprovalRequiredForAdd": True, "stages": stages, **settings}}


ASKED = {**PENDING, "createdDateTime": "2026-11-23T08:00:00Z", "requestType": "userAdd", "accessPackage": {"id": C}}


@pytest.mark.parametrize(
    ("policies", "deadline"),
    [
        ([policy("P14D")], "2026-12-07T08:00:00Z"),
        ([policy("PT12H")], "2026-11-23T20:00:00Z"),
        # Another policy, by which nothing has to be approved, is not the one.
        ([policy("P14D"), policy("P3D", isApprovalRequiredForAdd=False)], "2026-12-07T08:00:00Z"),
        # By which of two it was asked is not known.
        ([policy("P14D"), policy("P3D", identifier=B)], None),
        ([policy("P14D"), policy("P14D", identifier=B)], "2026-12-07T08:00:00Z"),
        # Which of two stages is open is not known.
        ([policy("P14D", "P7D")], None),
        ([policy("P1M")], None),
        ([policy(None)], None),
        ([], None),
    ],
)
def test_until_when_without_the_stages(policies, deadline):
    told = approval.shown(ASKED, None, policies)
    assert told == (None if deadline is None else {"id": A, "stages": None, "deadline": deadline})


def test_the_policy_of_the_request_itself_is_the_one():
    named = {**ASKED, "assignment": {"assignmentPolicy": {"id": B}}}
    told = approval.shown(named, None, [policy("P14D"), policy("P3D", identifier=B, isApprovalRequiredForAdd=False)])
    assert told["deadline"] == "2026-11-26T08:00:00Z"


def test_a_later_stage_counts_from_the_decision_before_it():
    told = approval.shown(ASKED, [{**APPROVED, "extra": 1}, OPEN], [policy("P14D", "P3D")])
    assert [x["deadline"] for x in told["stages"]] == [None, "2026-11-27T10:00:00Z"]
    assert told["deadline"] == "2026-11-27T10:00:00Z"
    assert "extra" not in told["stages"][0]


@pytest.mark.parametrize("stages", [[OPEN, OPEN], [APPROVED]])
def test_stages_that_are_not_those_of_the_policy_have_no_deadline(stages):
    told = approval.shown(ASKED, stages, [policy("P14D")])
    assert told["deadline"] is None
    assert len(told["stages"]) == len(stages)


def test_what_is_over_has_no_deadline():
    assert approval.shown({**ASKED, "state": "delivered"}, None, [policy("P14D")]) is None
    assert approval.shown({**ASKED, "state": "delivered"}, [APPROVED], [policy("P14D")])["deadline"] is None
    assert approval.shown(ASKED, [], []) is None


def test_policies_are_read_once_and_only_where_it_matters():
    line = f"GET {EM}/assignmentPolicies?$filter=accessPackage/id eq '{C}'"
    assert approval.read_policies(graph(Routes({line: page(policy("P1D"))})), ASKED) == [policy("P1D")]
    assert approval.read_policies(graph(Routes({line: refusal(403)})), ASKED) == []
    assert approval.read_policies(graph(Routes({})), {**ASKED, "state": "denied"}) == []
    own = {**ASKED, "assignment": {"assignmentPolicy": policy("P2D")}}
    assert approval.read_policies(graph(Routes({})), own) == [policy("P2D")]
    with pytest.raises(GraphError):
        approval.read_policies(graph(Routes({line: refusal(400)})), ASKED)
