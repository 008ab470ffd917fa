# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test moves the clock, and what depends on the time follows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sandbox_building import EM, grant_chain, make_group, policy_body, user_id
from sandbox_harness import PROGRAM, Graph, Running, Start

DAY = 86400


@pytest.fixture(autouse=True)
def real_time(sandbox: Running) -> Iterator[None]:
    yield
    sandbox.control("DELETE", "clock")


def moment(text: str) -> datetime:
    """A time as the sandbox writes it: six digits of a second are enough."""
    return datetime.fromisoformat(text.rstrip("Z").partition(".")[0]).replace(tzinfo=timezone.utc)


def advance(sandbox: Running, seconds: float) -> Any:
    return sandbox.control("POST", "clock", {"advance_seconds": seconds})


def test_clock_ticks_from_where_it_was_put(sandbox: Running) -> None:
    put = sandbox.control("POST", "clock", {"set": "2031-05-06T07:08:09Z"})["now"]
    assert timedelta() <= moment(put) - moment("2031-05-06T07:08:09Z") < timedelta(minutes=1)
    later = sandbox.control("GET", "clock")["now"]
    assert put < later
    assert timedelta(days=2) <= moment(advance(sandbox, 2 * DAY)["now"]) - moment(put) < timedelta(days=2, minutes=1)
    back = sandbox.control("DELETE", "clock")
    assert back["offset_seconds"] == 0
    assert abs(moment(back["now"]) - datetime.now(timezone.utc)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"advance_seconds": -1}, "must not be negative"),
        ({"advance_seconds": 1e18}, ""),
        ({"advance_seconds": "soon"}, "could not convert"),
        ({"set": "tomorrow"}, "a time with a zone"),
        ({"set": "2031-05-06T07:08:09"}, "a time with a zone"),
        ({}, "advance_seconds"),
        ({"set": "2031-05-06T07:08:09Z", "advance_seconds": 1}, "the body must be"),
        ([1], "the body must be"),
    ],
)
def test_bad_moves_are_refused_and_change_nothing(sandbox: Running, body: Any, words: str) -> None:
    answer = sandbox.session().post(f"{sandbox.url}/_sandbox/clock", json=body)
    assert (answer.status_code, words in answer.json()["error"]) == (400, True)
    assert sandbox.control("GET", "clock")["offset_seconds"] == 0


def test_tokens_expire(sandbox: Running) -> None:
    graph = sandbox.graph()
    graph.ok("GET", "/organization")
    advance(sandbox, 3599 - 30)
    graph.ok("GET", "/organization")
    advance(sandbox, 31)
    assert graph.refused("GET", "/organization") == (401, "InvalidAuthenticationToken")
    sandbox.graph().ok("GET", "/organization")


def test_new_objects_carry_the_moved_time(sandbox: Running) -> None:
    sandbox.control("POST", "clock", {"set": "2031-05-06T07:08:09Z"})
    graph = sandbox.graph()
    assert graph.ok("GET", f"/groups/{make_group(graph)}")["createdDateTime"].startswith("2031-05-06T07:08")


def test_assignments_end_and_take_their_membership_along(sandbox: Running) -> None:
    """EM G.2: the policy's duration ends an assignment, and with it the membership that it granted."""
    graph = sandbox.graph()
    group, _catalog, package = grant_chain(graph)
    forty_days = {"type": "afterDuration", "duration": "P40D", "endDateTime": None}
    body = policy_body(graph, "customer_approvers", package, expiration=forty_days)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", body, 201)["id"]
    user = user_id(graph)
    assignment = {"targetId": user, "assignmentPolicyId": policy, "accessPackageId": package}
    graph("POST", f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": assignment}, 201)

    def seen(later: Graph) -> tuple[list[str], list[str]]:
        found = later.ok("GET", f"{EM}/assignments?$filter=accessPackage/id eq '{package}'")["value"]
        return [item["state"] for item in found], [item["id"] for item in later.ok("GET", f"/groups/{group}/members")["value"]]

    seen(graph)  # delivery takes a read
    assert seen(graph) == (["delivered"], [user])
    advance(sandbox, 39 * DAY)
    assert seen(sandbox.graph()) == (["delivered"], [user])
    advance(sandbox, 2 * DAY)
    assert seen(sandbox.graph()) == (["expired"], [])


def test_throttling_follows_the_clock(start: Start) -> None:
    sandbox = start()
    sandbox.control("POST", "faults", {"faults": [], "throttle": {"requests": 1, "seconds": 600}})
    graph = sandbox.graph()
    assert [graph("GET", "/organization").status_code for _unused in range(2)] == [200, 429]
    advance(sandbox, 600)
    assert graph("GET", "/organization").status_code == 200


def test_listeners_hear_of_each_move() -> None:
    sys.path.insert(0, str(PROGRAM))
    from graph_sandbox.clock import Clock

    clock = Clock(60)
    heard: list[tuple[datetime, datetime]] = []
    clock.every_move(lambda before, after: heard.append((before, after)))
    clock.advance(100)
    clock.set(datetime(2031, 1, 1, tzinfo=timezone.utc))
    clock.reset()
    with pytest.raises(ValueError, match="negative"):
        clock.advance(-1)
    with pytest.raises(OverflowError):
        clock.advance(300_000_000_000)
    assert len(heard) == 3
    assert heard[0][1] - heard[0][0] >= timedelta(seconds=100)
    assert heard[1][1].year == 2031
    assert clock.offset_seconds == 60
