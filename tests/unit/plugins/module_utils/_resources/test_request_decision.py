# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One decision: which request, and what is sent."""

from __future__ import annotations

import pytest
import requests as http_library

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import References
from ansible_collections.mssp.defender.plugins.module_utils._resources.request_decision import Decision, wanted_by
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Routes, answer, graph, page, refusal, writes

EM = "identityGovernance/entitlementManagement"
REQUESTS = f"{EM}/assignmentRequests"
STAGES = f"{EM}/accessPackageAssignmentApprovals/{A}/stages"
PATCH = f"PATCH {STAGES}/{B}"
ME, OTHER = B, C
PERSON = {"scp": "EntitlementManagement.ReadWrite.All", "oid": ME}
APPLICATION = {"roles": ["EntitlementManagement.ReadWrite.All"], "idtyp": "app"}
REQUEST = {
    "id": A,
    "requestType": "userAdd",
    "state": "pendingApproval",
    "createdDateTime": "2026-11-23T08:00:00Z",
    "requestor": {"objectId": OTHER, "displayName": "Ana"},
    "accessPackage": {"id": C, "displayName": "Tier 1"},
}
OPEN = {"id": B, "status": "InProgress", "reviewResult": "NotReviewed", "assignedToMe": True, "reviewedBy": None}


def decided(by, result="Approved"):
    reviewer = {"id": by, "displayName": "Ada"}
    return {**OPEN, "status": "Completed", "reviewResult": result, "assignedToMe": False, "reviewedBy": reviewer}


def routes(stages, **more):
    return Routes(
        {
            f"GET {REQUESTS}/{A}": [REQUEST, {**REQUEST, "state": "delivering"}, {**REQUEST, "state": "delivering"}],
            f"GET {EM}/assignmentPolicies": page(),
            f"GET {STAGES}": [page(x) for x in stages],
            **more,
        }
    )


def make(http, decision="approve", claims=None, *, dry=False, **options):
    params = {"request_id": A, "access_package": None, "catalog": None, "target": None, **options}
    client = graph(http)
    wanted = Decision(client, PERSON if claims is None else claims, decision, "Why")
    wanted.check()
    return wanted.make(wanted.find(params, References(client, dry)), dry=dry)


def test_a_decision():
    http = routes([OPEN], **{PATCH: answer(204)})
    done = make(http)
    assert (done.changed, done.property, done.before, done.after) == (True, "reviewResult", "NotReviewed", "Approved")
    assert done.name == "Ana: Tier 1"
    assert done.request["state"] == "delivering"
    assert http.sent[-1].body == {"reviewResult": "Approve", "justification": "Why"}


def test_check_mode_predicts_the_same():
    made, http = make(routes([OPEN], **{PATCH: answer(204)})), routes([OPEN])
    assert make(http, dry=True) == made
    assert writes(http) == []


def test_another_approver_was_faster_and_said_the_same():
    http = routes([OPEN, decided(OTHER)], **{PATCH: refusal(409, "Conflict")})
    assert make(http).changed is False
    assert len(writes(http)) == 1


def test_another_approver_was_faster_and_said_the_opposite():
    http = routes([OPEN, decided(OTHER, "Denied")], **{PATCH: refusal(409, "Conflict")})
    with pytest.raises(Failure) as raised:
        make(http)
    assert raised.value.code == "DecidedOtherwise"


def test_our_own_decision_whose_answer_was_lost():
    lost = http_library.exceptions.ConnectionError("dropped")
    http = routes([OPEN, decided(ME)], **{PATCH: [lost, refusal(409, "Conflict")]})
    assert make(http).changed is True
    assert len(writes(http)) == 2


def test_graph_shows_late_that_it_is_decided():
    http = routes([OPEN, OPEN, decided(OTHER)], **{PATCH: [refusal(409), refusal(409)]})
    assert make(http).changed is False


def test_a_conflict_that_nothing_explains_is_raised():
    http = routes([OPEN] * 4, **{PATCH: lambda sent: refusal(409, "Conflict")})
    http.table[f"GET {REQUESTS}/{A}"] = lambda sent: answer(200, REQUEST)
    with pytest.raises(GraphError) as raised:
        make(http)
    assert raised.value.code == "Conflict"
    assert len(writes(http)) == 4


def test_other_refusals_are_raised_at_once():
    http = routes([OPEN], **{PATCH: refusal(403, "UnAuthorized")})
    with pytest.raises(GraphError):
        make(http)
    assert len(writes(http)) == 1


def test_a_request_that_may_not_be_read_can_still_be_decided():
    http = Routes({f"GET {REQUESTS}/{A}": refusal(403), f"GET {STAGES}": page(OPEN), PATCH: answer(204)})
    done = make(http)
    assert (done.changed, done.request["id"], done.request["requestor"]) == (True, A, None)


# -- canceling -------------------------------------------------------------------------------------------------------

CANCEL = f"POST {REQUESTS}/{A}/cancel"


def in_state(*states, **more):
    return Routes({f"GET {REQUESTS}/{A}": [answer(200, {**REQUEST, "state": x}) for x in states], **more})


@pytest.mark.parametrize("state", ["submitted", "pendingApproval", "scheduled", "delivering"])
def test_cancel(state):
    http = in_state(state, **{CANCEL: answer(204)})
    done = make(http, "cancel", APPLICATION)
    assert (done.changed, done.property, done.before, done.after) == (True, "state", state, "canceled")
    assert done.request["state"] == "canceled"
    assert make(in_state(state), "cancel", APPLICATION, dry=True) == done


def test_cancel_what_is_cancelled():
    assert make(in_state("canceled"), "cancel", APPLICATION).changed is False


def test_an_answer_to_cancel_that_was_lost():
    lost = http_library.exceptions.ConnectionError("dropped")
    assert make(in_state("submitted", "canceled", **{CANCEL: lost}), "cancel").changed is True
    with pytest.raises(GraphError) as raised:
        make(in_state("submitted", "submitted", **{CANCEL: lost}), "cancel")
    assert raised.value.outcome_unknown


def test_somebody_else_has_cancelled_it_meanwhile():
    assert make(in_state("pendingApproval", "canceled", **{CANCEL: refusal(400)}), "cancel").changed is False


@pytest.mark.parametrize(("states", "told"), [(("delivered",), "delivered"), (("partiallyDelivered",), "partiallyDelivered")])
def test_too_late_to_cancel(states, told):
    with pytest.raises(Failure) as raised:
        make(in_state(*states), "cancel")
    assert raised.value.code == "TooLate"
    assert str(raised.value) == (
        f"it is too late to cancel it: its state is {told}. "
        "Take the access away with mssp.defender.access_package_assignment, state: absent."
    )


@pytest.mark.parametrize("after", ["delivering", "delivered"])
def test_delivery_was_faster_than_cancel(after):
    with pytest.raises(Failure) as raised:
        make(in_state("delivering", after, **{CANCEL: refusal(400, "InvalidRequestState")}), "cancel")
    assert raised.value.code == "TooLate"


def test_a_refusal_to_cancel_that_nothing_explains_is_raised():
    with pytest.raises(GraphError) as raised:
        make(in_state("pendingApproval", "pendingApproval", **{CANCEL: refusal(400, "Odd")}), "cancel")
    assert raised.value.code == "Odd"


@pytest.mark.parametrize("state", ["denied", "deliveryFailed", "expired"])
def test_nothing_left_to_cancel(state):
    with pytest.raises(Failure) as raised:
        make(in_state(state), "cancel")
    assert raised.value.code == "NotOpen"
    assert str(raised.value) == f"it is over: its state is {state}. Nothing is left to cancel."


def test_a_request_that_may_not_be_read_is_not_cancelled():
    with pytest.raises(GraphError) as raised:
        make(Routes({f"GET {REQUESTS}/{A}": refusal(403, "UnAuthorized")}), "cancel")
    assert raised.value.status == 403


# -- which one -------------------------------------------------------------------------------------------------------


def by_name(http, decision="approve", claims=None):
    options = {"request_id": None, "access_package": "Tier 1", "catalog": None, "target": OTHER}
    client = graph(http)
    return Decision(client, PERSON if claims is None else claims, decision, "Why").find(options, References(client, False))


def test_two_that_fit():
    with pytest.raises(Failure) as raised:
        by_name(Routes({f"GET {REQUESTS}": page(REQUEST, {**REQUEST, "id": B})}))
    assert raised.value.code == "Ambiguous"
    assert str(raised.value) == (f"2 requests fit: 'Ana: Tier 1' ({A}), 'Ana: Tier 1' ({B}). Name the right one by request_id.")


def test_what_was_last_when_nothing_is_open():
    old = {**REQUEST, "id": B, "state": "denied", "createdDateTime": "2026-01-01T00:00:00Z"}
    last = {**REQUEST, "state": "denied"}
    assert by_name(Routes({f"GET {REQUESTS}": [page(), page(last, old)]}))["id"] == A


def test_to_cancel_is_what_gives_access():
    removal = {**REQUEST, "id": B, "requestType": "userRemove", "state": "submitted"}
    packages = {f"GET {EM}/accessPackages": page({"id": C, "displayName": "Tier 1"})}
    http = Routes({f"GET {REQUESTS}": lambda sent: answer(200, page(removal, REQUEST)), **packages})
    assert by_name(http, "cancel", APPLICATION)["id"] == A
    http = Routes({f"GET {REQUESTS}": lambda sent: answer(200, page(removal)), **packages})
    with pytest.raises(Failure) as raised:
        by_name(http, "cancel", APPLICATION)
    assert raised.value.code == "NotFound"


def params(package=None, catalog=None):
    return {"access_package": package, "catalog": catalog, "target": None}


def test_a_person_compares_names_and_an_application_looks_them_up():
    person = wanted_by(params({"id": C, "displayName": "x"}, "Accesses"), References(graph(Routes({})), False), PERSON)
    assert (person.package, person.catalog) == (C, "Accesses")
    http = Routes({f"GET {EM}/catalogs": page({"id": B, "displayName": "Accesses"})})
    assert wanted_by(params(None, "Accesses"), References(graph(http), False), APPLICATION).catalog == B
    with pytest.raises(Failure):
        wanted_by(params("Typo"), References(graph(Routes({f"GET {EM}/accessPackages": page()})), False), APPLICATION)


def test_what_does_not_exist_yet_has_no_requests():
    coming = {"id": "(known after apply)", "displayName": "x"}
    assert wanted_by(params(coming), References(graph(Routes({})), True), APPLICATION) is None


@pytest.mark.parametrize("empty", ["", " ", {}, {"displayName": "x"}, 3])
def test_an_empty_name(empty):
    with pytest.raises(Failure) as raised:
        wanted_by(params(empty), References(graph(Routes({})), False), PERSON)
    assert str(raised.value) == (
        "access_package is empty. Give its id, its name, or the object that a task of this collection returned."
    )
