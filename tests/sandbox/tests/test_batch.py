# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``$batch`` (EM 1.6)."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_building import make_group
from sandbox_harness import Graph

JSON = {"Content-Type": "application/json"}
BODY = {"displayName": "B", "mailEnabled": False, "mailNickname": "b", "securityEnabled": True}


def request(number: int, url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    return {"id": str(number), "method": method, "url": url, **more}


def batch(graph: Graph, *requests: dict[str, Any]) -> dict[str, Any]:
    responses = graph.ok("POST", "/$batch", {"requests": list(requests)})["responses"]
    return {response["id"]: response for response in responses}


def test_answers_are_told_apart_by_id(graph: Graph) -> None:
    group = make_group(graph)
    graph.sandbox.control("DELETE", "requests")
    answers = batch(
        graph,
        request(1, f"/groups/{group}?$select=id"),
        request(2, "/groups", "POST", body=BODY, headers=JSON),
        request(3, "groups/nobody"),
    )
    assert {number: answer["status"] for number, answer in answers.items()} == {"1": 200, "2": 201, "3": 404}
    assert answers["1"]["body"]["id"] == group
    assert answers["3"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    logged = graph.sandbox.control("GET", "requests")["requests"]
    assert [(entry["path"], entry["write"]) for entry in logged] == [
        (f"/v1.0/groups/{group}?$select=id", False),
        ("/v1.0/groups", True),
        ("/v1.0/groups/nobody", False),
    ]


def test_the_log_tells_what_came_in_one_batch(graph: Graph) -> None:
    graph.sandbox.control("DELETE", "requests")
    batch(graph, request(1, "/groups"), request(2, "/users"))
    graph.ok("GET", "/groups")
    batch(graph, request(1, "/groups"))
    numbers = [entry["batch"] for entry in graph.sandbox.control("GET", "requests")["requests"]]
    assert numbers[0] == numbers[1]
    assert numbers[0] is not None
    assert numbers[2] is None
    assert numbers[3] not in (None, numbers[0])


def test_failed_dependency(graph: Graph) -> None:
    answers = batch(graph, request(1, "/groups/nobody"), request(2, "/groups", dependsOn=["1"]))
    assert [answers[number]["status"] for number in ("1", "2")] == [404, 424]


def test_inner_throttling(graph: Graph) -> None:
    graph.sandbox.control("POST", "faults", [{"path": "/users", "status": 429, "retry_after": 7}])
    answers = batch(graph, request(1, "/groups"), request(2, "/users"))
    assert (answers["1"]["status"], answers["2"]["status"]) == (200, 429)
    assert answers["2"]["headers"]["Retry-After"] == "7"


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [request(number, "/groups") for number in range(21)],
        [request(1, "/groups"), request(1, "/users")],
        [request(1, "/groups", dependsOn=["2"])],
        [request(1, "/groups", dependsOn=["2"]), request(2, "/groups", dependsOn=["1"])],
        [request(1, "/groups", "POST", body=BODY)],
        [{"id": 1}],
        "all",
    ],
)
def test_bad_envelopes(graph: Graph, requests: Any) -> None:
    assert graph.refused("POST", "/$batch", {"requests": requests}) == (400, "BadRequest")


def test_token_is_needed(graph: Graph) -> None:
    stranger = Graph(graph.sandbox, "a.b.c", graph.tenant)
    assert stranger.refused("POST", "/$batch", {"requests": [request(1, "/groups")]})[0] == 401
