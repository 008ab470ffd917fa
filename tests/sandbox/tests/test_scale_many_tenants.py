# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand tenants from one line; what one costs does not grow with how many there are. Ratios, never seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox_harness import PROGRAM, Running, Start, start_sandbox, stop_sandbox

sys.path.insert(0, str(PROGRAM / "bench"))

from measure import cpu_seconds, resident_bytes
from replay import MSSP, open_session, replay

COUNT = 1000
SERIES = {
    "count": COUNT,
    "name": "Customer {n}",
    "domain": "customer{n}.example",
    "each": {
        "users": [{"user_principal_name": "admin@customer{n}.example"}],
        "groups": [{"display_name": "By hand", "members": ["admin@customer{n}.example"]}],
    },
}
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def start_series(directory: Path, **changes: Any) -> Running:
    return start_sandbox(directory, {"tenants": {**SERIES, **changes}, "external_tenants": [MSSP]})


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start_series(tmp_path_factory.mktemp("thousand"))
    yield running
    stop_sandbox(running)


@linux
def test_idle_tenants_cost_next_to_nothing(thousand: Running, tmp_path: Path) -> None:
    """A tenant's users, groups and state are made when somebody asks for them: an onboarded one costs many times more."""
    one = start_series(tmp_path, count=1)
    growth = resident_bytes(thousand.process.pid) - resident_bytes(one.process.pid)
    stop_sandbox(one)
    assert growth / (COUNT - 1) < 20 * 1024


def onboard(sandbox: Running, tenant: int) -> float:
    """The CPU time that the sandbox takes for one onboarding."""
    before = cpu_seconds(sandbox.process.pid)
    replay(open_session(sandbox.info), sandbox.info, sandbox.tenant(tenant))
    return cpu_seconds(sandbox.process.pid) - before


@linux
def test_the_last_onboarding_costs_what_the_first_did(thousand: Running, tmp_path: Path) -> None:
    """Measured in turns with a sandbox that has few tenants, and by the best of several: the machine has other work."""
    few = start_series(tmp_path, count=10)
    for number in range(30):
        onboard(thousand, number)
    onboard(few, 0)
    early, late = [], []
    for number in range(1, 9):
        early.append(onboard(few, number))
        late.append(onboard(thousand, COUNT - number))
    stop_sandbox(few)
    assert min(late) / min(early) < 1.5


def test_every_tenant_of_a_series_is_itself(thousand: Running) -> None:
    tenants = thousand.info["tenants"]
    assert len({tenant["tenant_id"] for tenant in tenants}) == len({tenant["client_secret"] for tenant in tenants}) == COUNT
    assert (tenants[-1]["domain"], tenants[-1]["display_name"]) == ("customer1000.example", "Customer 1000")
    graph = thousand.graph(499)
    users = [user["userPrincipalName"] for user in graph.ok("GET", "/users")["value"]]
    assert users == ["admin@customer500.example"]
    group = graph.ok("GET", "/groups?$filter=displayName eq 'By hand'")["value"][0]["id"]
    assert graph.ok("GET", f"/groups/{group}/members")["value"][0]["userPrincipalName"] == users[0]


def test_switches_turned_for_all_reach_those_that_nobody_asked_for_yet(thousand: Running) -> None:
    thousand.control("POST", "quirks", {"quirks": {"tips": False}})
    assert "@microsoft.graph.tips" not in thousand.graph(700).ok("GET", "/groups")
    thousand.control("DELETE", "quirks")
    assert "@microsoft.graph.tips" in thousand.graph(700).ok("GET", "/groups")
    assert "@microsoft.graph.tips" in thousand.graph(701).ok("GET", "/groups")


@pytest.mark.parametrize(
    ("series", "words"),
    [
        ({}, "count: Field required"),
        ({"count": 0}, "greater than or equal to 1"),
        ({"count": 2, "domain": "same.example"}, "the domain same.example is there twice"),
        ({"count": 2, "names": "x"}, "names"),
        ({"count": 2, "each": {"groups": [{"display_name": "G", "members": ["x"]}]}}, "which is no user of the tenant"),
    ],
)
def test_bad_series(tmp_path: Path, series: Any, words: str) -> None:
    with pytest.raises(AssertionError) as caught:
        start_sandbox(tmp_path, {"tenants": series})
    assert words in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_the_request_log_forgets_the_oldest(start: Start) -> None:
    sandbox = start({"tenants": {"count": 1}, "journal": {"most": 3}})
    graph = sandbox.graph()
    for _unused in range(5):
        graph.ok("GET", "/organization")
    graph.ok("GET", "/groups")
    paths = [entry["path"] for entry in sandbox.control("GET", "requests")["requests"]]
    assert paths == ["/v1.0/organization", "/v1.0/organization", "/v1.0/groups"]
