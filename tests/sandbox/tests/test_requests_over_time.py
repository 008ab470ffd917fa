# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assignments by the clock, and deliveries that fail (EM A.6, G.1, G.2, N 10; practice S4)."""

from __future__ import annotations

from typing import Any

import pytest
from requests_building import (
    CONFIG,
    DAY,
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
    send,
    stage,
    state_of,
    user_set,
)
from sandbox_building import EM, add_resource, grant_chain, make_group, resource_of, role_scope_body
from sandbox_harness import Graph, Running

SHIELDED = "77777777-0000-4000-8000-000000000001"
_CONTOSO: dict[str, Any] = CONFIG["tenants"][0]
_UNIT = {"display_name": "Shielded", "restricted": True, "members": ["Shielded group"]}
SANDBOX = {
    **CONFIG,
    "tenants": [
        {
            **_CONTOSO,
            "groups": [{"display_name": "Shielded group", "id": SHIELDED}],
            "administrative_units": [_UNIT],
        },
        CONFIG["tenants"][1],
    ],
}
pytestmark = pytest.mark.usefixtures("real_time")


def later(sandbox: Running, days: float) -> str:
    """A time to come, as a body has it."""
    now = sandbox.control("POST", "clock", {"advance_seconds": days * DAY})["now"]
    sandbox.control("DELETE", "clock")
    return f"{now[:19]}Z"


def test_access_ends_by_the_clock(sandbox: Running, graph: Graph) -> None:
    """EM G.2: NearExpiry1DayNotificationTriggered, then expired with its date; the directory knows without being asked first."""
    group, _unused, package = grant_chain(graph)
    policy = make_policy(graph, package)
    state_of(graph, send(person(sandbox, "fay"), add(package, policy)))
    [before] = assignments_of(graph, package)
    assert (before["status"], before["expiredDateTime"]) == ("Delivered", None)
    advance(sandbox, 29.5)
    assert assignments_of(graph, package)[0]["status"] == "NearExpiry1DayNotificationTriggered"
    assert members(graph, group) == [known(graph, "fay")]
    advance(sandbox, 3)
    assert members(graph, group) == []
    [after] = assignments_of(graph, package)
    assert (after["state"], after["status"]) == ("expired", "ExpiredNotificationTriggered")
    assert after["expiredDateTime"][:16] == before["schedule"]["expiration"]["endDateTime"][:16]
    assert users_enabled(graph, "fay") is True


def users_enabled(graph: Graph, name: str) -> bool:
    return bool(graph.ok("GET", f"/users/{known(graph, name)}?$select=accountEnabled")["accountEnabled"])


def test_access_that_another_assignment_grants_stays(sandbox: Running, graph: Graph) -> None:
    """Decisions M2: what two packages grant is lost with the second one."""
    group, catalog, package = grant_chain(graph)
    body = {"displayName": "Second", "description": "", "catalog": {"id": catalog}}
    second = graph.ok("POST", f"{EM}/accessPackages", body, 201)["id"]
    resource = resource_of(graph, catalog, group)["id"]
    graph("POST", f"{EM}/accessPackages/{second}/resourceRoleScopes", role_scope_body(group, resource), 201)
    fay = person(sandbox, "fay")
    for wanted, duration in ((package, "P5D"), (second, "P10D")):
        policy = make_policy(graph, wanted, expiration={"type": "afterDuration", "duration": duration})
        state_of(graph, send(fay, add(wanted, policy)))
    advance(sandbox, 6)
    assert members(graph, group) == [known(graph, "fay")]
    advance(sandbox, 5)
    assert members(graph, group) == []


def test_access_that_begins_later(sandbox: Running, graph: Graph) -> None:
    """EM G.1: submitted becomes scheduled for a future start; the length counts from there; it can be canceled until then."""
    group, _unused, package = grant_chain(graph)
    policy = make_policy(graph, package, settings={"allowCustomAssignmentSchedule": True})
    schedule = {"startDateTime": later(sandbox, 5), "expiration": {"type": "notSpecified"}}
    fay = person(sandbox, "fay")
    first = send(fay, add(package, policy, schedule=schedule))
    answer = graph.ok("GET", f"{EM}/assignmentRequests/{first}")
    assert (answer["state"], answer["status"]) == ("scheduled", "PendingNotBefore")
    assert refusal(fay, add(package, policy)) == (400, "ExistingOpenRequest")
    fay("POST", f"{EM}/assignmentRequests/{first}/cancel", status=204)
    second = send(graph, add(package, policy, known(graph, "fay"), "adminAdd", schedule=schedule))
    advance(sandbox, 4.9)
    assert (state_of(graph, second), assignments_of(graph, package)) == ("scheduled", [])
    advance(sandbox, 0.2)
    assert state_of(graph, second) == "delivered"
    assert members(graph, group) == [known(graph, "fay")]
    advance(sandbox, 29.8)
    assert members(graph, group) == [known(graph, "fay")]
    advance(sandbox, 0.2)
    assert members(graph, group) == []


def test_the_start_that_a_change_names_is_not_kept(sandbox: Running, graph: Graph) -> None:
    """EM N 10: in the answer to adminUpdate the start is now, whatever was sent."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package)
    state_of(graph, send(person(sandbox, "fay"), add(package, policy)))
    [row] = assignments_of(graph, package)
    schedule = {"startDateTime": "2023-05-23T20:35:56Z", "expiration": {"type": "afterDuration", "duration": "P90D"}}
    body = change("adminUpdate", row["id"], schedule=schedule)
    answer = graph.ok("POST", f"{EM}/assignmentRequests", body, 201)
    assert answer["schedule"]["startDateTime"] >= row["schedule"]["startDateTime"]
    assert state_of(graph, answer["id"]) == "delivered"
    advance(sandbox, 80)
    assert [item["state"] for item in assignments_of(graph, package)] == ["delivered"]


def test_waiting_for_approval_costs_no_time(sandbox: Running, graph: Graph) -> None:
    """EM G.2: the end counts from delivery, not from the request."""
    package = grant_chain(graph)[2]
    policy = make_policy(graph, package, stage(user_set(graph, "boss")))
    request = send(person(sandbox, "fay"), add(package, policy))
    advance(sandbox, 10)
    assert decide(person(sandbox, "boss"), request, "Approve").status_code == 204
    assert state_of(graph, request) == "delivered"
    advance(sandbox, 29)
    assert [item["state"] for item in assignments_of(graph, package)] == ["delivered"]


def test_groups_that_cannot_be_managed(sandbox: Running, graph: Graph) -> None:
    """EM A.6, G.1, practice S4: one group of two is gone, or shielded: partiallyDelivered; all: deliveryFailed."""
    group, catalog, package = grant_chain(graph)
    add_resource(graph, catalog, SHIELDED)
    resource = resource_of(graph, catalog, SHIELDED)["id"]
    graph("POST", f"{EM}/accessPackages/{package}/resourceRoleScopes", role_scope_body(SHIELDED, resource), 201)
    policy = make_policy(graph, package)
    request = send(person(sandbox, "fay"), add(package, policy))
    assert state_of(graph, request) == "partiallyDelivered"
    assert (members(graph, group), members(graph, SHIELDED)) == ([known(graph, "fay")], [])
    graph("DELETE", f"/groups/{group}", status=204)
    assert graph("POST", f"{EM}/assignmentRequests/{request}/reprocess").status_code == 202
    assert state_of(graph, request) == "deliveryFailed"
    assert [row["state"] for row in assignments_of(graph, package)] == ["deliveryFailed"]
    graph("POST", f"/directory/deletedItems/{group}/restore", status=200)
    advance(sandbox, 14.1)
    assert graph("POST", f"{EM}/assignmentRequests/{request}/reprocess").status_code == 400


def test_an_assignment_is_enforced_again(sandbox: Running, graph: Graph) -> None:
    """EM 1.1, G.1: assignments/{id}/reprocess answers 202, and what somebody took by hand is given again."""
    group, _unused, package = grant_chain(graph)
    policy = make_policy(graph, package)
    state_of(graph, send(person(sandbox, "fay"), add(package, policy)))
    [row] = assignments_of(graph, package)
    graph("DELETE", f"/groups/{group}/members/{known(graph, 'fay')}/$ref", status=204)
    assert graph("POST", f"{EM}/assignments/{row['id']}/reprocess").status_code == 202
    assert members(graph, group) == [known(graph, "fay")]
    missing = "11111111-2222-3333-4444-555555555555"
    assert graph.refused("POST", f"{EM}/assignments/{missing}/reprocess") == (404, "ResourceNotFound")


def test_what_comes_into_a_package_late(sandbox: Running, graph: Graph) -> None:
    """DC access-package-resources, EM E.2: a new role scope reaches those who have the package already."""
    group, catalog, package = grant_chain(graph)
    state_of(graph, send(person(sandbox, "fay"), add(package, make_policy(graph, package))))
    second = make_group(graph)
    add_resource(graph, catalog, second)
    resource = resource_of(graph, catalog, second)["id"]
    graph("POST", f"{EM}/accessPackages/{package}/resourceRoleScopes", role_scope_body(second, resource), 201)
    assert members(graph, second) == members(graph, group) == [known(graph, "fay")]


def test_what_is_gone_when_it_is_approved(sandbox: Running, graph: Graph) -> None:
    """Decisions M5: a request that is approved after its policy was deleted gives nothing."""
    group, _unused, package = grant_chain(graph)
    policy = make_policy(graph, package, stage(user_set(graph, "boss")))
    request = send(person(sandbox, "fay"), add(package, policy))
    graph("DELETE", f"{EM}/assignmentPolicies/{policy}", status=204)
    boss = person(sandbox, "boss")
    assert decide(boss, request, "Approve").status_code == 204
    assert state_of(graph, request) == "deliveryFailed"
    assert (assignments_of(graph, package), members(graph, group)) == ([], [])
