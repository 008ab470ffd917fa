# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A few points of each sweep through whole playbooks: processes that are really killed, and lots for many customers at once."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import sys
import typing as t
from pathlib import Path

import pytest
import requests
from harness import server
from harness.log import Entry
from harness.onboarding import customer_variables, customers
from harness.playbook import Result, run_playbook
from harness.server import Sandbox
from harness.tenants import Tenant
from sweeps import sizes, state
from sweeps.discipline import CODES
from sweeps.killing import PLAYBOOK, started, wait_until
from sweeps.wanted import MSSP
from sweeps.worlds import CONFIG

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the processes of a run in /proc")

# Killed while it waits for the answer to this request to Graph.
_POINTS = (5, 17, 24, 28, 33, 41, 48, 57) if sizes.FULL else (24, 41)
_SEEDS = range(24 if sizes.FULL else 6)
_FORKS = 4
_RETRY_AFTER = 6


@dataclasses.dataclass(frozen=True)
class Story:
    """Runs of many customers.

    :param tenants: by the name of the host.
    :param cut: the run that was disturbed; None where it was killed.
    :param last: the run after that.
    :param log: the requests of the last run.
    """

    tenants: dict[str, Tenant]
    cut: Result | None
    last: Result
    log: list[Entry]
    expected: state.State


def hosts(tenants: dict[str, Tenant], **more: t.Any) -> dict[str, t.Any]:
    """An inventory of these customers."""
    return customers(**{host: customer_variables(tenant, MSSP, **more) for host, tenant in tenants.items()})


def run(directory: Path, tenants: dict[str, Tenant], **more: t.Any) -> Result:
    """The playbook onboard for these customers."""
    playbook = [{"import_playbook": PLAYBOOK}]
    return run_playbook(playbook, directory, hosts=hosts(tenants, **more), arguments=["--forks", str(_FORKS)], seconds=600)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Sandbox]:
    """As many customers as all stories need."""
    config = {**CONFIG, "tenants": {**CONFIG["tenants"], "count": len(_POINTS) + len(_SEEDS) + 3}}
    with server.running(tmp_path_factory.mktemp("sandbox"), config) as made:
        yield made


@pytest.fixture(scope="module")
def killed(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Customers whose run was killed, each at another request; then all of them, a throttled and an undisturbed one."""
    directory = tmp_path_factory.mktemp("killed")
    tenants = {f"point{point}": sandbox.fresh_tenant() for point in _POINTS}
    # Nothing comes of the request that the run is waiting for when it dies.
    sandbox.faults(
        *(
            {"tenant": tenant.domain, "request": point, "latency_ms": 600_000, "drop": "before"}
            for point, tenant in zip(_POINTS, tenants.values(), strict=True)
        )
    )

    def stand_still() -> bool:
        assert process.poll() is None, (directory / "cut" / "output").read_text(encoding="utf-8")
        return all(
            len([x for x in sandbox.log.all(tenant.tenant_id) if x["area"] == "graph"]) == point - 1
            for point, tenant in zip(_POINTS, tenants.values(), strict=True)
        )

    with started(directory / "cut", hosts(tenants), forks=len(_POINTS)) as process:
        wait_until("each customer to stand still", stand_still)
    throttled, reference = sandbox.fresh_tenant(), sandbox.fresh_tenant()
    fault = {"status": 429, "retry_after": _RETRY_AFTER, "request": 2}
    sandbox.faults({"tenant": throttled.domain, **fault})
    sandbox.log.clear()
    everybody = {**tenants, "throttled": throttled, "reference": reference}
    last = run(directory / "last", everybody)
    log = sandbox.log.all()
    sandbox.faults()
    return Story(everybody, None, last, log, state.read(reference))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def drawn(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, killed: Story) -> Story:
    """Customers who all have mishaps of their own; then once more without."""
    directory = tmp_path_factory.mktemp("drawn")
    tenants = {f"seed{seed}": sandbox.fresh_tenant() for seed in _SEEDS}
    lots = {"seed": 1, "rate": 0.15, "retry_after": 1, "slow_ms": 50}
    url = f"{sandbox.graph_url}/_sandbox/faults"
    requests.post(url, json=lots, verify=sandbox.ca_path, timeout=30).raise_for_status()
    # Short, so that some of them give up.
    cut = run(directory / "cut", tenants, mssp_onboard_wait_timeout=4)
    sandbox.faults()
    last = run(directory / "last", tenants)
    return Story(tenants, cut, last, [], killed.expected)


def problems(story: Story, host: str) -> list[str]:
    """What a customer's tenant lacks, or has too much of."""
    return state.differences(state.read(story.tenants[host]), story.expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", [*(f"point{point}" for point in _POINTS), "throttled"])
def test_a_run_that_was_killed_is_finished_by_the_next(killed: Story, host: str) -> None:
    assert killed.last.rc == 0, killed.last
    assert problems(killed, host) == []


def test_a_throttled_customer_holds_up_nobody(killed: Story) -> None:
    """While one waits, the others go on with their own tasks: host_pinned."""
    own = [x["n"] for x in killed.log if x["tenant_id"] == killed.tenants["throttled"].tenant_id]
    refused = next(x["n"] for x in killed.log if x["status"] == 429)
    back = min(n for n in own if n > refused)
    meanwhile = [x for x in killed.log if refused < x["n"] < back]
    others = {x["tenant_id"] for x in meanwhile if x["write"]}

    # Some end long before: under `linear` they would wait for it after one task.
    assert len(meanwhile) > 30
    assert len(others) >= 2


@pytest.mark.parametrize("seed", _SEEDS)
def test_a_customer_with_mishaps_is_finished_by_the_next_run(drawn: Story, seed: int) -> None:
    assert drawn.last.rc == 0, drawn.last
    assert problems(drawn, f"seed{seed}") == []


def test_some_had_mishaps_and_said_so_in_one_sentence(drawn: Story) -> None:
    assert drawn.cut is not None
    failed = [item for task in drawn.cut.tasks if task.failed for item in _items(task.result)]

    assert "Traceback" not in drawn.cut.stdout + drawn.cut.stderr
    assert failed
    for result in failed:
        assert result["failure"]["code"] in CODES, result["msg"]
        assert "\n" not in result["msg"]
        assert json.dumps(result).count("eyJ") == 0


def _items(result: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    return [item for item in result.get("results", [result]) if item.get("failed") and "failure" in item]
