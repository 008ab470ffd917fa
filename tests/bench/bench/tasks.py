# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU of one task for one host: ours without a change, against `debug`, `ping` and the same module run the ordinary way."""

from __future__ import annotations

import statistics
import typing as t
from pathlib import Path

from harness.playbook import interpreter, local

from bench.running import Cost, options, run, sandbox, trusting
from bench.sizes import Size

FORKS = 10
GROUP = {"name": "Tier 1 Analyst", "unique_name": "mssp-bench-tier1", "description": "Analysts"}
DEBUG, PING = {"ansible.builtin.debug": {"msg": "x"}}, {"ansible.builtin.ping": {}}
OURS = {"mssp.defender.aad_group": GROUP}

# kind: (the task, its host variables, the task is repeated so often)
Kind = tuple[dict[str, t.Any] | None, dict[str, t.Any]]


def measure(size: Size, directory: Path) -> dict[str, t.Any]:
    """Seconds of CPU for each task and host, by kind, and their ratios to `debug`."""
    with sandbox(directory / "sandbox", size.hosts) as started:
        env = trusting(started, directory / "trust")
        there = [options(started, number, with_ca=False) for number in range(size.hosts)]
        run(*_play(OURS, there, 1, {}), directory / "made", forks=FORKS, env=env)
        kinds: dict[str, Kind] = {
            "empty play": (None, {}),
            "debug": (DEBUG, {}),
            "ping": (PING, {}),
            "aad_group": (OURS, {}),
            "aad_group as an ordinary module": (OURS, {"ansible_connection": "nearby"}),
        }
        costs: dict[str, list[Cost]] = {name: [] for name in kinds}
        sent: dict[str, int] = {}
        for number in range(size.runs):
            for name, (task, variables) in kinds.items():
                # An ordinary module costs so much more that fewer of them tell as much.
                repeats = size.repeats if name in ("debug", "aad_group") else 1
                started.log.clear()
                costs[name].append(
                    run(
                        *_play(task, there, repeats, variables),
                        directory / f"{number}-{name.replace(' ', '-')}",
                        forks=FORKS,
                        env=env,
                    )
                )
                if task is OURS:
                    sent[name] = len([x for x in started.log.all() if x["area"] == "graph"]) // (repeats * size.hosts)
    empty = statistics.median(cost.cpu for cost in costs["empty play"])
    each: dict[str, float] = {}
    for name in kinds:
        if name != "empty play":
            repeats = size.repeats if name in ("debug", "aad_group") else 1
            each[name] = (statistics.median(cost.cpu for cost in costs[name]) - empty) / (repeats * size.hosts)
    return {
        "hosts": size.hosts,
        "runs": size.runs,
        "seconds_of_cpu": each,
        "against_debug": {name: value / each["debug"] for name, value in each.items()},
        "graph_requests": sent,
        "bar": 2.0,
    }


def _play(
    task: dict[str, t.Any] | None, there: list[dict[str, str]], repeats: int, variables: dict[str, t.Any]
) -> tuple[t.Any, t.Any]:
    names = there[0]
    play: dict[str, t.Any] = {
        "name": "Bench",
        "hosts": "all",
        "gather_facts": False,
        "strategy": "ansible.builtin.host_pinned",
        "module_defaults": {"group/mssp.defender.graph": {name: "{{ " + name + " }}" for name in names}},
        "tasks": [{"name": f"task {number}", **task} for number in range(repeats)] if task else [],
    }
    hosts = {
        f"host{number}": {**local(), "ansible_python_interpreter": interpreter(), **known, **variables}
        for number, known in enumerate(there)
    }
    return [play], {"all": {"hosts": hosts}}
