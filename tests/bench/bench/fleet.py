# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet: CPU for each customer, wall, peak memory, from one customer to hundreds; `debug` beside it in the same run."""

from __future__ import annotations

import typing as t
from pathlib import Path

from harness.playbook import local

from bench.onboarding import PLAYBOOK, inventory
from bench.running import Cost, run, sandbox, trusting
from bench.sizes import Size

# So many debug tasks beside it tell what Ansible's own growth is.
DEBUGS = 20


def measure(size: Size, directory: Path) -> dict[str, t.Any]:
    """A row for each fleet size and number of forks."""
    rows = []
    for forks in size.forks:
        for customers in size.customers:
            rows.append(_fleet(customers, forks, directory / f"{customers}-{forks}"))
    return {"rows": rows, "bars": {"in_debug_tasks": 30, "growth": 1.1}}


def _fleet(customers: int, forks: int, directory: Path) -> dict[str, t.Any]:
    with sandbox(directory / "sandbox", customers) as started:
        env = trusting(started, directory / "trust")
        hosts = inventory(started, customers)
        first = run(PLAYBOOK, hosts, directory / "first", forks=forks, env=env)
        empty = run(_debugs(0), _bare(customers), directory / "empty", forks=forks, env=env)
        debugs = run(_debugs(DEBUGS), _bare(customers), directory / "debug", forks=forks, env=env)
        again = run(PLAYBOOK, hosts, directory / "again", forks=forks, env=env)
    debug = (debugs.cpu - empty.cpu) / (DEBUGS * customers)
    no_change = (again.cpu - empty.cpu) / customers
    return {
        "customers": customers,
        "forks": forks,
        "first": _row(first, empty, customers),
        "no_change": _row(again, empty, customers),
        "debug_cpu": debug,
        "in_debug_tasks": no_change / debug,
    }


def _row(cost: Cost, empty: Cost, customers: int) -> dict[str, float]:
    return {"cpu_each": (cost.cpu - empty.cpu) / customers, "wall": cost.wall, "peak": cost.peak}


def _debugs(number: int) -> list[dict[str, t.Any]]:
    tasks = [{"name": f"debug {each}", "ansible.builtin.debug": {"msg": "x"}} for each in range(number)]
    return [{"name": "Debug", "hosts": "all", "gather_facts": False, "strategy": "ansible.builtin.host_pinned", "tasks": tasks}]


def _bare(customers: int) -> dict[str, t.Any]:
    return {"all": {"hosts": {f"customer{number}": local() for number in range(customers)}}}
