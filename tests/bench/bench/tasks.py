# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU of one task for one host: ours without a change, against `debug`, `ping` and the same module run the ordinary way.

All hosts work on one tenant, so that the options can stand in the playbook: templating has a row of its own.
"""

from __future__ import annotations

import dataclasses
import statistics
import typing as t
from pathlib import Path

from harness.playbook import local

from bench.running import Cost, options, run, sandbox, trusting
from bench.sizes import Size

FORKS = 10
GROUP = {"name": "Tier 1 Analyst", "unique_name": "mssp-bench-tier1", "description": "Analysts"}
OURS = {"mssp.defender.aad_group": GROUP}


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of task.

    :param often: so cheap that many of them are needed to tell its cost.
    :param templated: the connection options are templates of host variables, as in the role; else they stand in the playbook.
    """

    task: dict[str, t.Any] | None
    often: bool = False
    templated: bool = False
    connection: str = "local"


KINDS = {
    "empty play": Kind(None),
    "debug": Kind({"ansible.builtin.debug": {"msg": "x"}}, often=True),
    "ping": Kind({"ansible.builtin.ping": {}}),
    "aad_group": Kind(OURS, often=True),
    "aad_group, its five connection options templated": Kind(OURS, often=True, templated=True),
    "aad_group as an ordinary module": Kind(OURS, connection="nearby"),
}


def measure(size: Size, directory: Path) -> dict[str, t.Any]:
    """Seconds of CPU for each task and host, by kind, and their ratios to `debug`."""
    with sandbox(directory / "sandbox", 1) as started:
        env = trusting(started, directory / "trust")
        known = options(started, 0, with_ca=False)
        made = Kind(OURS)
        run(*_play(made, known, 1, 1), directory / "made", forks=FORKS, env=env)
        costs: dict[str, list[Cost]] = {name: [] for name in KINDS}
        sent: dict[str, int] = {}
        for number in range(size.runs):
            for name, kind in KINDS.items():
                repeats = size.repeats if kind.often else 1
                started.log.clear()
                play, hosts = _play(kind, known, size.hosts, repeats)
                costs[name].append(run(play, hosts, directory / f"{number}-{len(name)}", forks=FORKS, env=env))
                if kind.task is OURS:
                    graph = [x for x in started.log.all() if x["area"] == "graph"]
                    sent[name] = len(graph) // (repeats * size.hosts)
    empty = statistics.median(cost.cpu for cost in costs["empty play"])
    each = {
        name: (statistics.median(cost.cpu for cost in costs[name]) - empty) / ((size.repeats if kind.often else 1) * size.hosts)
        for name, kind in KINDS.items()
        if kind.task
    }
    return {
        "hosts": size.hosts,
        "runs": size.runs,
        "seconds_of_cpu": each,
        "against_debug": {name: value / each["debug"] for name, value in each.items()},
        "graph_requests": sent,
        "bar": 2.0,
    }


def _play(kind: Kind, known: dict[str, str], hosts: int, repeats: int) -> tuple[t.Any, t.Any]:
    defaults = {name: "{{ " + name + " }}" for name in known} if kind.templated else known
    play: dict[str, t.Any] = {
        "name": "Bench",
        "hosts": "all",
        "gather_facts": False,
        "strategy": "ansible.builtin.host_pinned",
        "module_defaults": {"group/mssp.defender.graph": defaults},
        "tasks": [{"name": f"task {number}", **kind.task} for number in range(repeats)] if kind.task else [],
    }
    variables = {**local(), **known, "ansible_connection": kind.connection}
    return [play], {"all": {"hosts": {f"host{number}": variables for number in range(hosts)}}}
