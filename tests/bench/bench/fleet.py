# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet: CPU for each customer, wall, peak memory, from one customer to hundreds; `debug` beside it in the same run."""

from __future__ import annotations

import statistics
import typing as t
from pathlib import Path

from harness.playbook import local

from bench.onboarding import PLAYBOOK, inventory
from bench.running import Cost, run, sandbox, trusting
from bench.sizes import Size

# So many debug tasks beside it tell what Ansible's own growth is.
DEBUGS = 20


# Up to so many customers the runs alternate and medians count; more of them are their own average.
ALTERNATING = 50


def measure(size: Size, directory: Path) -> dict[str, t.Any]:
    """A row for each fleet size and number of forks, and how much a customer costs more in the largest fleet."""
    rows = [
        _fleet(customers, forks, size.runs if customers <= ALTERNATING else 1, directory / f"{customers}-{forks}")
        for forks in size.forks
        for customers in size.customers
    ]
    return {"rows": rows, "growth": _growth(rows, size), "bars": {"in_debug_tasks": 30, "growth": 1.1}}


def _growth(rows: t.Sequence[t.Mapping[str, t.Any]], size: Size) -> list[dict[str, t.Any]]:
    """By forks: CPU for each customer in the largest fleet against that in the one of `size.grows_from`; the same of `debug`."""
    found = []
    for forks in size.forks:
        by_size = {row["customers"]: row for row in rows if row["forks"] == forks}
        small, large = by_size[size.grows_from], by_size[max(by_size)]
        ours = large["no_change"]["cpu_each"] / small["no_change"]["cpu_each"]
        debug = large["debug_cpu"] / small["debug_cpu"]
        found.append(
            {
                "forks": forks,
                "from": size.grows_from,
                "to": large["customers"],
                "ours": ours,
                "debug": debug,
                "against_debug": ours / debug,
            }
        )
    return found


def _fleet(customers: int, forks: int, runs: int, directory: Path) -> dict[str, t.Any]:
    with sandbox(directory / "sandbox", customers) as started:
        env = trusting(started, directory / "trust")
        hosts, bare = inventory(started, customers), _bare(customers)
        first = run(PLAYBOOK, hosts, directory / "first", forks=forks, env=env)
        kinds = {"empty": (_debugs(0), bare), "debug": (_debugs(DEBUGS), bare), "again": (PLAYBOOK, hosts)}
        costs: dict[str, list[Cost]] = {name: [] for name in kinds}
        for number in range(runs):
            for name, (playbook, inventory_) in kinds.items():
                costs[name].append(run(playbook, inventory_, directory / f"{name}{number}", forks=forks, env=env))
    cpu = {name: statistics.median(cost.cpu for cost in found) for name, found in costs.items()}
    debug = (cpu["debug"] - cpu["empty"]) / (DEBUGS * customers)
    no_change = (cpu["again"] - cpu["empty"]) / customers
    return {
        "customers": customers,
        "forks": forks,
        "runs": runs,
        "first": _row((first.cpu - cpu["empty"]) / customers, [first]),
        "no_change": _row(no_change, costs["again"]),
        "debug_cpu": debug,
        "in_debug_tasks": no_change / debug,
    }


def _row(cpu_each: float, costs: t.Sequence[Cost]) -> dict[str, float]:
    return {
        "cpu_each": cpu_each,
        "wall": statistics.median(cost.wall for cost in costs),
        "peak": max(cost.peak for cost in costs),
    }


def _debugs(number: int) -> list[dict[str, t.Any]]:
    tasks = [{"name": f"debug {each}", "ansible.builtin.debug": {"msg": "x"}} for each in range(number)]
    return [{"name": "Debug", "hosts": "all", "gather_facts": False, "strategy": "ansible.builtin.host_pinned", "tasks": tasks}]


def _bare(customers: int) -> dict[str, t.Any]:
    return {"all": {"hosts": {f"customer{number}": local() for number in range(customers)}}}
