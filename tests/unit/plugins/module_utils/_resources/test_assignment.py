# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import differences, reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_reading as reading
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_refusals as refusals
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_schedule as schedules
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_waiting as waiting
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment import Assignment
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment_references import People, policy_of
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.plugins.modules import access_package_assignment as module
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Clock, Routes, graph, page, refusal

EM = "identityGovernance/entitlementManagement"
TIER1 = Ref(C, "Tier 1")
ANN = Ref(A, "ann@contoso.com")
REQUEST = {"id": "r1", "requestType": "adminAdd", "state": "submitted", "requestor": {"objectId": A}}
PAST = datetime.datetime(2026, 1, 1)


def live(**more):
    return {
        "id": B,
        "state": "delivered",
        "status": "Delivered",
        "target": {"objectId": A, "email": "ann@contoso.com"},
        "accessPackage": {"id": C, "displayName": "Tier 1"},
        "assignmentPolicy": {"id": B, "displayName": "Direct"},
        "schedule": {
            "startDateTime": "2026-01-01T10:00:00Z",
            "expiration": {"type": "afterDateTime", "endDateTime": "2026-01-31T10:00:00.123Z", "duration": None},
        },
        **more,
    }


def policy(name="Direct", **more):
    return {"id": B, "displayName": name, "requestApprovalSettings": {"isApprovalRequiredForAdd": False}, **more}


def assignment(table, desired=None, **more):
    http = Routes({f"GET {EM}/assignmentPolicies": page(policy()), **table})
    known = {"package": TIER1, "person": ANN, "address": "ann@contoso.com", "now": lambda: PAST, **more}
    return Assignment(graph(http), desired or {}, **known), http


# -- when it ends ----------------------------------------------------------------------------------------------------


def test_what_is_stated_of_the_end():
    assert schedules.stated(None, None) == {}
    assert schedules.stated(30, None) == {"schedule": {"expiration": {"type": "afterDuration", "duration": "P30D"}}}
    for ends in ("2027-01-31T18:00:00Z", "2027-01-31T19:00:00+01:00", "2027-01-31 18:00:00"):
        expiration = schedules.stated(None, ends)["schedule"]["expiration"]
        assert expiration == {"type": "afterDateTime", "endDateTime": "2027-01-31T18:00:00Z"}


@pytest.mark.parametrize(("days", "ends"), [(0, None), (-1, None), (None, ""), (None, "soon"), (None, "2027-02-30T00:00:00Z")])
def test_what_cannot_be_stated_of_the_end(days, ends):
    with pytest.raises(InvalidInput):
        schedules.stated(days, ends)


def test_the_past_is_refused():
    wanted = schedules.stated(None, "2026-01-01T00:00:00Z")
    schedules.check_future(wanted, PAST - datetime.timedelta(seconds=1))
    schedules.check_future(schedules.stated(1, None), PAST)
    with pytest.raises(InvalidInput, match="which is over"):
        schedules.check_future(wanted, PAST)


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        # Graph counts from the delivery, which may take its time.
        ({"startDateTime": "2026-01-01T10:00:00Z", "end": "2026-01-31T10:00:00Z"}, "P30D"),
        ({"startDateTime": "2026-01-01T10:00:00Z", "end": "2026-01-31T16:00:00Z"}, "P30D"),
        ({"startDateTime": "2026-01-01T10:00:00Z", "end": "2026-02-01T08:00:00Z"}, "P31D"),
        ({"startDateTime": None, "end": "2026-01-31T10:00:00Z"}, None),
        ({"startDateTime": "2026-01-01T10:00:00Z", "end": None}, None),
    ],
)
def test_days_are_counted_from_start_to_end(schedule, days):
    expiration = {"type": "AfterDateTime", "endDateTime": schedule["end"], "duration": None}
    given = {"schedule": {"startDateTime": schedule["startDateTime"], "expiration": expiration}}
    told = schedules.with_duration(given)
    assert told["schedule"]["expiration"]["duration"] == days
    assert given["schedule"]["expiration"]["duration"] is None
    assert schedules.as_kept(told["schedule"]) == given["schedule"]


@pytest.mark.parametrize("schedule", [None, {}, {"expiration": None}, {"expiration": {"type": "noExpiration"}}])
def test_without_an_end_there_are_no_days(schedule):
    assert schedules.with_duration({"schedule": schedule}) == {"schedule": schedule}


@pytest.mark.parametrize(
    ("desired", "same"),
    [
        ((30, None), True),
        ((31, None), False),
        ((None, "2026-01-31T10:00:00Z"), True),
        ((None, "2026-01-31T11:00:00+01:00"), True),
        ((None, "2026-01-31T10:00:01Z"), False),
    ],
)
def test_two_ways_to_say_when(desired, same):
    stored = schedules.with_duration(live())
    assert (differences(Assignment.properties, stored, schedules.stated(*desired)) == []) is same


# -- whom and under what ---------------------------------------------------------------------------------------------


def test_the_options_are_the_modules_own():
    assert {prop.option for prop in Assignment.properties} <= set(module.SPEC.options)


def test_who_is_not_in_the_directory():
    """An address may be that of somebody who is invited; a name cannot."""
    table = {f"GET users/{name}": refusal(404) for name in ("bob@contoso.com", "bob")}
    people = People(graph(Routes({**table, "GET users": page()})), False)
    assert people.person("bob@contoso.com", "target") is None
    with pytest.raises(InvalidInput, match="there is no user 'bob'"):
        people.person("bob", "target")


def test_which_policy():
    other = policy("Other", id=A)
    table = graph(Routes({f"GET {EM}/assignmentPolicies": page(policy(), other)}))
    assert policy_of(table, TIER1, "Other") == other
    assert policy_of(table, TIER1, A.upper()) == other
    assert policy_of(table, TIER1, {"id": A, "displayName": "Renamed"}) == other
    with pytest.raises(InvalidInput, match="has 2 policies: 'Direct'"):
        policy_of(table, TIER1, None)
    with pytest.raises(InvalidInput, match="'other' means 0 of the policies"):
        policy_of(table, TIER1, "other")
    two = graph(Routes({f"GET {EM}/assignmentPolicies": page(policy(), policy(id=A))}))
    with pytest.raises(InvalidInput, match="'Direct' means 2 of the policies"):
        policy_of(two, TIER1, "Direct")


def test_a_policy_of_what_is_only_planned():
    nothing = graph(Routes({}))
    planned = Ref(KNOWN_AFTER_APPLY, "Tier 1")
    assert policy_of(nothing, planned, "Direct") == {"id": KNOWN_AFTER_APPLY, "displayName": "Direct"}
    assert policy_of(nothing, TIER1, {"id": KNOWN_AFTER_APPLY, "displayName": "Direct"})["displayName"] == "Direct"


def test_what_is_only_planned_is_planned_without_a_look():
    one = Assignment(graph(Routes({})), {}, package=Ref(KNOWN_AFTER_APPLY, "Tier 1"), person=ANN, policy="Direct")
    outcome = reconcile(one, check_mode=True)
    assert outcome.changed
    assert outcome.entity["id"] == KNOWN_AFTER_APPLY


# -- what is under way -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({}, True),
        ({"state": "PendingApproval"}, True),
        ({"state": "delivered"}, False),
        ({"requestor": {"objectId": B}}, False),
        # Asked for by a manager: who is assigned counts.
        ({"requestor": {"objectId": A}, "assignment": {"id": None, "target": {"objectId": B}}}, False),
        ({"requestor": {"objectId": B}, "assignment": {"id": None, "target": {"objectId": A.upper()}}}, True),
        ({"requestor": None}, False),
        # Asked for by address, before she was in the directory.
        ({"requestor": {"objectId": None, "email": "Ann@contoso.com"}}, True),
        ({"requestor": {"objectId": None, "email": "bob@contoso.com"}}, False),
        ({"requestor": {"objectId": B, "email": "ann@contoso.com"}}, False),
    ],
)
def test_whose_request_it_is(request_, found):
    table = graph(Routes({f"GET {EM}/assignmentRequests": page({**REQUEST, **request_})}))
    assert (reading.open_request(table, C, person=ANN, address="ann@contoso.com") is not None) is found


def test_a_removal_comes_before_what_it_ends():
    of_b = {"assignment": {"id": B}}
    removal = {**REQUEST, **of_b, "id": "r2", "requestType": "AdminRemove"}
    table = graph(Routes({f"GET {EM}/assignmentRequests": page({**REQUEST, **of_b, "state": "delivering"}, removal)}))
    assert reading.open_request(table, C, assignment_id=B) == removal
    assert reading.open_request(table, C, assignment_id=A) is None


def test_what_the_server_does_not_filter_is_filtered_here():
    others = [live(id="x", **{name: {"id": A}}) for name in ("accessPackage", "assignmentPolicy")]
    others += [live(id="y", target={"objectId": B}), live(id="z", state="Expired")]
    table = graph(Routes({f"GET {EM}/assignments": page(live(state="Delivered"), *others)}))
    found = reading.listed(table, package_id=C, policy_id=B, person=ANN, states=reading.LIVE)
    assert [item["id"] for item in found] == [B]


def test_somebody_without_an_account_is_known_by_the_address():
    stranger = live(target={"objectId": None, "email": "Bob@Fabrikam.com"})
    table = graph(Routes({f"GET {EM}/assignments": page(live(), stranger)}))
    assert reading.listed(table, package_id=C, address="bob@fabrikam.com") == [stranger]


# -- sending ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [refusal(400, "ExistingOpenRequest"), refusal(409, "Conflict"), refusal(502)])
def test_a_create_is_sent_once_and_looked_up(error):
    one, http = assignment(
        {
            f"GET {EM}/assignmentRequests": [page(), page(REQUEST)],
            f"GET {EM}/assignments": [page(), page()],
            f"POST {EM}/assignmentRequests": [error],
        }
    )
    outcome = reconcile(one)
    assert [change.action for change in outcome.changes] == ["create"]
    assert one.request == REQUEST
    assert [x.method for x in http.sent].count("POST") == 1


def test_a_refusal_for_another_reason_is_not_sent_again_without_the_parameter():
    needs = policy(requestApprovalSettings={"isApprovalRequiredForAdd": True})
    one, http = assignment(
        {
            f"GET {EM}/assignmentPolicies": page(needs),
            f"GET {EM}/assignmentRequests": page(),
            f"GET {EM}/assignments": page(),
            f"POST {EM}/assignmentRequests": [refusal(400, "X", "You don't meet policy requirements to request this.")],
        }
    )
    with pytest.raises(GraphError, match="The policy 'Direct' does not let this person in"):
        reconcile(one)
    assert [x.body["parameters"] for x in http.sent if x.method == "POST"] == [{"bypassApproval": False}]


@pytest.mark.parametrize(
    ("status", "code", "message", "meant"),
    [
        (400, "InvalidModel", "The model is invalid.", True),
        (400, "BadRequest", "The property 'bypassApproval' does not exist", True),
        (400, "BadRequest", "Property 'parameters' is unknown", True),
        (400, "ExistingOpenRequest", "There is one already", False),
        (403, "InvalidModel", "parameters", False),
    ],
)
def test_what_is_said_of_the_parameter(status, code, message, meant):
    assert refusals.is_of_parameters(GraphError("x", status=status, code=code, detail=message)) is meant


def test_a_change_whose_answer_is_lost():
    changed = live(
        schedule={**live()["schedule"], "expiration": {"type": "afterDateTime", "endDateTime": "2026-03-02T10:00:00Z"}}
    )
    one, http = assignment(
        {
            f"GET {EM}/assignmentRequests": [page(), page(), page()],
            f"GET {EM}/assignments": [page(live()), page(live()), page(changed)],
            f"POST {EM}/assignmentRequests": [refusal(504)],
        },
        schedules.stated(60, None),
    )
    assert reconcile(one).changed
    assert [x.method for x in http.sent].count("POST") == 1


def test_a_change_that_nobody_has_seen():
    one, http = assignment(
        {
            f"GET {EM}/assignmentRequests": page(),
            f"GET {EM}/assignments": page(live()),
            f"POST {EM}/assignmentRequests": [refusal(504)],
        },
        schedules.stated(60, None),
    )
    with pytest.raises(GraphError, match="Whether the new end was accepted is not known"):
        reconcile(one)
    assert [x.method for x in http.sent].count("POST") == 1


@pytest.mark.parametrize("error", [refusal(404, "ResourceNotFound"), refusal(503)])
def test_a_removal_of_what_is_gone(error):
    one, http = assignment(
        {
            f"GET {EM}/assignmentRequests": page(),
            f"GET {EM}/assignments": [page(live()), page()],
            f"POST {EM}/assignmentRequests": [error],
        },
        ending=True,
    )
    assert reconcile(one, state="absent").changed
    assert [x.method for x in http.sent].count("POST") == 1


@pytest.mark.parametrize("error", [refusal(403, "Forbidden"), refusal(500)])
def test_what_is_named_by_its_id_is_ended_though_requests_cannot_be_listed(error):
    removal = {"id": "r2", "requestType": "adminRemove", "state": "submitted"}
    one, http = assignment(
        {
            f"GET {EM}/assignmentRequests": error,
            f"GET {EM}/assignments/{B}": live(),
            f"POST {EM}/assignmentRequests": [removal],
        },
        assignment_id=B,
        ending=True,
    )
    assert reconcile(one, state="absent").changed
    assert http.sent[-1].body == {"requestType": "adminRemove", "assignment": {"id": B}}
    assert one.request == removal


def test_what_stays_is_not_changed_while_requests_cannot_be_listed():
    table = {f"GET {EM}/assignmentRequests": refusal(403, "Forbidden"), f"GET {EM}/assignments/{B}": live()}
    one, http = assignment(table, schedules.stated(60, None), assignment_id=B)
    with pytest.raises(GraphError):
        reconcile(one)
    assert [x.method for x in http.sent if x.method != "GET"] == []


def test_a_pending_request_that_was_delivered_before_it_could_be_canceled():
    delivered = {**REQUEST, "state": "delivered", "assignment": {"id": B}}
    one, http = assignment(
        {
            f"GET {EM}/assignmentRequests": [page({**REQUEST, "state": "pendingApproval"}), page(delivered)],
            f"GET {EM}/assignmentRequests/r1": delivered,
            f"GET {EM}/assignments": [page(), page(live())],
            f"POST {EM}/assignmentRequests/r1/cancel": [refusal(400, "InvalidRequestState")],
            f"POST {EM}/assignmentRequests": [{"id": "r2", "requestType": "adminRemove", "state": "submitted"}],
        },
        ending=True,
    )
    assert reconcile(one, state="absent").changed
    assert http.sent[-1].body == {"requestType": "adminRemove", "assignment": {"id": B}}
    assert one.request["id"] == "r2"


# -- waiting ---------------------------------------------------------------------------------------------------------


def waited(*answers, user=None):
    clock = Clock()
    table = {f"GET {EM}/assignmentRequests/r1": list(answers)}
    if user is not None:
        table[f"GET users/{A}"] = user
    return waiting.until_settled(graph(Routes(table), clock=clock, seconds=60), "r1"), clock


def delivering(**more):
    return {**REQUEST, "state": "delivering", "assignment": {"id": B, "target": {"objectId": A}}, **more}


@pytest.mark.parametrize("state", ["Delivered", "partiallyDelivered", "pendingApproval", "scheduled"])
def test_what_is_not_waited_for_any_longer(state):
    settled, clock = waited(refusal(404), REQUEST, {**REQUEST, "state": state})
    assert settled["state"] == state
    assert len(clock.slept) == 2


def test_a_guest_gets_a_few_seconds():
    settled, clock = waited(*[delivering() for dummy in range(4)], user={"externalUserState": "PendingAcceptance"})
    assert settled["state"] == "delivering"
    assert sum(clock.slept) < 5


@pytest.mark.parametrize("user", [{"externalUserState": "Accepted"}, {"externalUserState": None}, refusal(404), refusal(403)])
def test_others_are_waited_for(user):
    settled, dummy = waited(*[delivering() for dummy in range(6)], delivering(state="delivered"), user=user)
    assert settled["state"] == "delivered"


@pytest.mark.parametrize(
    ("state", "code"), [("deliveryFailed", "DeliveryFailed"), ("denied", "RequestRefused"), ("Canceled", "RequestRefused")]
)
def test_what_will_never_be(state, code):
    with pytest.raises(Failure) as caught:
        waited({**REQUEST, "state": state, "status": "x"})
    assert caught.value.code == code


def test_an_assignment_that_is_gone_has_ended():
    table = {f"GET {EM}/assignments/{B}": [live(), refusal(404)]}
    waiting.until_ended(graph(Routes(table)), B)
