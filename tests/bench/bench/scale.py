# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/scale.md computes with: CPU of each customer, the parent's part of it, what slices cost beside it, and the report."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from harness.server import Sandbox

from bench.onboarding import PLAYBOOK, inventory
from bench.running import Cost, run, sandbox, trusting
from bench.sizes import Size

FORKS = 10
SLICES = 2
# So many documents are reported at once, copies of those that are there.
DOCUMENTS = (100, 1000)
AUDIT = [{"import_playbook": "mssp.defender.audit"}]
REPORT = [{"import_playbook": "mssp.defender.report"}]
_ARGUMENTS = ("-e", "mssp_report_fail_on=never", "-e", "mssp_report_evidence=false", "-e", "mssp_audit_allow_write_token=true")
# Run by every Python before anything else; workers end without it.
_TELL = """
import atexit, os, resource
def _tell(file=os.environ.get("MSSP_BENCH_PARENT")):
    if file:
        used = resource.getrusage(resource.RUSAGE_SELF)
        with open(file, "w") as out:
            out.write(str(used.ru_utime + used.ru_stime))
atexit.register(_tell)
"""


def measure(size: Size, directory: Path) -> dict[str, t.Any]:
    """By kind of run: CPU and the parent's part for each customer, an empty play subtracted."""
    customers = max(x for x in size.customers if x <= 50)
    with sandbox(directory / "sandbox", customers) as started:
        bench = _Bench(started, customers, directory)
        empty, empty_parent = bench.run("empty", [{"hosts": "all", "gather_facts": False, "tasks": []}])
        rows = {}
        for name, playbook in (("first run", PLAYBOOK), ("no change", PLAYBOOK), ("audit", AUDIT)):
            cost, parent = bench.run(name.replace(" ", "-"), playbook)
            rows[name] = {
                "cpu_each": (cost.cpu - empty.cpu) / customers,
                "parent_each": (parent - empty_parent) / customers,
                "wall": cost.wall,
                "peak": cost.peak,
            }
        whole = bench.run("whole", AUDIT)[0].cpu
        parts = [bench.run(f"slice{number}", AUDIT, (number, SLICES))[0].cpu for number in range(1, SLICES + 1)]
        reports = {number: bench.report(number).cpu for number in DOCUMENTS}
    return {
        "customers": customers,
        "forks": FORKS,
        "empty": empty.cpu,
        "rows": rows,
        "slices": {"count": SLICES, "whole": whole, "sum": sum(parts)},
        "report": {"cpu": reports, "cpu_each": (reports[DOCUMENTS[1]] - reports[DOCUMENTS[0]]) / (DOCUMENTS[1] - DOCUMENTS[0])},
    }


class _Bench:
    """Runs against one sandbox."""

    def __init__(self, started: Sandbox, customers: int, directory: Path) -> None:
        self._directory = directory
        self._reports = directory / "reports"
        self._env = trusting(started, directory / "trust")
        (directory / "trust" / "sitecustomize.py").write_text(_TELL, encoding="utf-8")
        self._hosts = inventory(started, customers)

    def run(self, name: str, playbook: t.Any, slice_: tuple[int, int] = (1, 1)) -> tuple[Cost, float]:
        """The cost of a run, and the CPU of its parent."""
        all_hosts = self._hosts["all"]["children"]["customers"]["hosts"]
        chosen = sorted(all_hosts)[slice_[0] - 1 :: slice_[1]]
        hosts = {"all": {"children": {"customers": {"hosts": {x: all_hosts[x] for x in chosen}}}}}
        told = self._directory / f"{name}.parent"
        env = {**self._env, "MSSP_BENCH_PARENT": str(told)}
        arguments = (*_ARGUMENTS, "-e", f"mssp_reports={self._reports}")
        cost = run(playbook, hosts, self._directory / name, forks=FORKS, env=env, arguments=arguments)
        return cost, float(told.read_text(encoding="utf-8"))

    def report(self, documents: int) -> Cost:
        """The cost of a report on so many customers."""
        source = sorted(x for x in (self._reports / "audit" / "customers").glob("*.json") if not x.name.endswith(".facts.json"))
        target = self._directory / f"of{documents}" / "audit" / "customers"
        target.mkdir(parents=True)
        for number in range(documents):
            document = json.loads(source[number % len(source)].read_text(encoding="utf-8"))
            document["customer"] = f"customer{number}"
            (target / f"customer{number}.json").write_text(json.dumps(document), encoding="utf-8")
        arguments = (*_ARGUMENTS, "-e", f"mssp_reports={target.parents[1]}")
        none: dict[str, t.Any] = {"all": {"hosts": {}}}
        return run(REPORT, none, self._directory / f"report{documents}", forks=FORKS, env=self._env, arguments=arguments)
