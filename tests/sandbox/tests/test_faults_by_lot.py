# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults drawn by lot: the same seed strikes the same requests, and says so beforehand; faults of batches."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from sandbox_building import make_group
from sandbox_harness import BASIC, Graph, Running, Start

REQUESTS = 60


def outcome(graph: Graph) -> Any:
    """What one request met: its status and Retry-After, or a dropped connection."""
    try:
        answer = graph("GET", "/organization")
    except requests.ConnectionError:
        return "dropped"
    return (answer.status_code, answer.headers.get("Retry-After"))


def foretold(schedule: list[dict[str, Any]]) -> dict[int, Any]:
    """The same as the schedule announces it; a slow answer is a good one."""
    return {
        item["request"]: "dropped" if item.get("drop") else (item.get("status", 200), _text(item.get("retry_after")))
        for item in schedule
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def test_what_is_foretold_happens_and_happens_again(sandbox: Running, graph: Graph, other: Graph) -> None:
    lots = {"seed": 8, "rate": 0.5, "kinds": ["throttle", "error", "drop", "slow"], "slow_ms": 1, "retry_after": 3}
    seen = []
    for _unused in range(2):
        sandbox.control("POST", "faults", lots)
        ours = sandbox.control("GET", f"faults?tenant=contoso.example&first={REQUESTS}")["schedule"]
        theirs = sandbox.control("GET", f"faults?tenant=fabrikam.example&first={REQUESTS}")["schedule"]
        met: dict[str, list[Any]] = {"ours": [], "theirs": []}
        for number in range(REQUESTS):
            met["ours"].append(outcome(graph))
            if number % 3 == 0:  # another tenant in between changes nothing
                met["theirs"].append(outcome(other))
        for name, schedule in (("ours", ours), ("theirs", theirs)):
            expected = foretold(schedule)
            assert met[name] == [expected.get(number, (200, None)) for number in range(1, len(met[name]) + 1)]
        assert ours != theirs
        seen.append(met)
    assert seen[0] == seen[1]
    kinds = set(seen[0]["ours"])
    assert {"dropped", (429, None), (429, "3"), (200, None)} <= kinds
    assert {kind[0] for kind in kinds if kind != "dropped"} & {500, 502, 503, 504}


def test_another_seed_strikes_others(sandbox: Running, graph: Graph) -> None:
    schedules = []
    for seed in (1, 2):
        sandbox.control("POST", "faults", {"seed": seed, "rate": 0.2})
        schedules.append(sandbox.control("GET", "faults?tenant=contoso.example&first=500")["schedule"])
    assert schedules[0] != schedules[1]
    assert all(60 <= len(schedule) <= 140 for schedule in schedules)


def test_lots_of_one_kind_for_some_requests_at_most_twice(start: Start) -> None:
    sandbox = start({**BASIC, "faults": {"rate": 1, "kinds": ["drop"], "method": "POST", "path": "/groups$", "times": 2}})
    graph = sandbox.graph()
    shown = sandbox.control("GET", "faults?tenant=contoso.example")
    assert [item["request"] for item in shown["schedule"]] == [1, 2]
    assert shown["random_faults"]["kinds"] == ["drop"]
    graph.ok("GET", "/groups")
    for _unused in range(2):
        with pytest.raises(requests.ConnectionError):
            make_group(graph)
    make_group(graph)


def test_work_is_sometimes_done_although_a_gateway_says_no(sandbox: Running, graph: Graph) -> None:
    sandbox.control("POST", "faults", {"seed": 3, "rate": 1, "kinds": ["error"], "method": "POST"})
    schedule = sandbox.control("GET", "faults?tenant=contoso.example&first=40")["schedule"]
    done = [item for item in schedule if item.get("after_work")]
    assert {item["status"] for item in done} <= {502, 504}
    assert 0 < len(done) < 40
    body = {"mailEnabled": False, "mailNickname": "lot", "securityEnabled": True}
    for number in range(1, 41):
        assert graph("POST", "/groups", {**body, "displayName": f"Lot {number}"}).status_code == schedule[number - 1]["status"]
    made = [row["displayName"] for row in graph.ok("GET", "/groups?$filter=startswith(displayName,'Lot ')")["value"]]
    assert sorted(made) == sorted(f"Lot {item['request']}" for item in done)


def test_lists_and_lots_together(sandbox: Running, graph: Graph) -> None:
    sandbox.control(
        "POST", "faults", {"faults": [{"request": 1, "status": 503}], "random_faults": {"rate": 0}, "throttle": {"requests": 2}}
    )
    assert [graph("GET", "/organization").status_code for _unused in range(3)] == [503, 200, 200]
    assert graph("GET", "/organization").status_code == 429
    shown = sandbox.control("GET", "faults")
    assert shown["faults"] == [{"request": 1, "status": 503}]
    assert shown["throttle"]["requests"] == 2
    assert "schedule" not in shown
    sandbox.control("DELETE", "faults")
    cleared = sandbox.control("GET", "faults")
    assert cleared == {"faults": [], "random_faults": None, "throttle": None, "refusing": False}


@pytest.mark.parametrize(
    "body",
    [
        {"rate": 2},
        {"rate": 0.1, "kinds": ["rain"]},
        {"rate": 0.1, "kinds": []},
        {"rate": 0.1, "path": "("},
        {"random_faults": {}},
    ],
)
def test_bad_lots(sandbox: Running, body: Any) -> None:
    assert sandbox.session().post(f"{sandbox.url}/_sandbox/faults", json=body).status_code == 400
    assert sandbox.session().get(f"{sandbox.url}/_sandbox/faults?tenant=nobody.example").status_code == 404


def batch(graph: Graph, *urls: str) -> Any:
    return graph("POST", "/$batch", {"requests": [{"id": str(n), "method": "GET", "url": url} for n, url in enumerate(urls, 1)]})


def test_throttling_inside_a_batch(sandbox: Running, graph: Graph) -> None:
    """EM 1.6: a batch answers 200, and what was throttled in it carries its own 429 and Retry-After."""
    sandbox.control(
        "POST", "faults", [{"request": 1, "status": 429, "retry_after": 5}, {"request": 1, "path": "users", "status": 429}]
    )
    answers = {item["id"]: item for item in batch(graph, "/groups", "/users", "/organization").json()["responses"]}
    assert [answers[key]["status"] for key in ("1", "2", "3")] == [429, 429, 200]
    assert answers["1"]["headers"]["Retry-After"] == "5"
    assert "Retry-After" not in answers["2"]["headers"]


def test_faults_of_the_envelope(sandbox: Running, graph: Graph) -> None:
    sandbox.control(
        "POST",
        "faults",
        [{"area": "batch", "request": 1, "status": 503, "retry_after": 2}, {"area": "batch", "request": 2, "drop": "after"}],
    )
    graph.ok("GET", "/organization")  # no batch, not counted
    refused = batch(graph, "/groups")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    with pytest.raises(requests.ConnectionError):
        batch(graph, "/groups")
    assert batch(graph, "/groups").json()["responses"][0]["status"] == 200


def test_crash_inside_a_batch_keeps_the_state(sandbox: Running, graph: Graph) -> None:
    sandbox.control("POST", "faults", [{"crash": "refuse", "method": "POST", "request": 1}])
    body = {"displayName": "Before the crash", "mailEnabled": False, "mailNickname": "c", "securityEnabled": True}
    inner = {"id": "1", "method": "POST", "url": "/groups", "headers": {"Content-Type": "application/json"}, "body": body}
    assert graph("POST", "/$batch", {"requests": [inner]}).json()["responses"][0]["status"] == 201
    with pytest.raises(requests.ConnectionError):
        graph("GET", "/groups")
    assert sandbox.control("GET", "faults")["refusing"] is True
    sandbox.control("DELETE", "faults")
    assert len(graph.ok("GET", "/groups?$filter=displayName eq 'Before the crash'")["value"]) == 1
