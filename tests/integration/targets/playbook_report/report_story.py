# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the playbook report over the same customers, on machines that differ."""

from __future__ import annotations

import dataclasses
import shutil
import typing as t
from pathlib import Path

from harness.playbook import Result, local, run_playbook

from ansible_collections.mssp.defender.tests.unit import audits

PLAYBOOK = [{"import_playbook": "mssp.defender.report"}]
NOTE = {"is": "Ana ends soon."}

# Of three customers one has something grave, one little, one nothing; one cannot be audited, one was never audited.
NAMED = {
    "alpha": audits.document(
        "alpha",
        findings=[
            audits.finding("MSSP001", person=audits.person()),
            audits.finding("MSSP401"),
            audits.finding("MSSP501", "info", **NOTE),
        ],
        access=[audits.access()],
    ),
    "beta": audits.document("beta", findings=[audits.finding("MSSP501", **NOTE)], complete=False),
    "clean": audits.document("clean"),
    "gone": audits.failed("gone", "The tenant cannot be reached."),
}


@dataclasses.dataclass(frozen=True)
class Story:
    """The runs.

    :param full: everything at once, on a machine with an inventory that knows one customer more.
    :param narrow: two machines' slices merged, in check mode, limited to one customer, with a tag that no task has.
    :param bare: no inventory, and findings fail nothing.
    :param empty: no document.
    """

    directory: Path
    full: Result
    narrow: Result
    bare: Result
    empty: Result

    def reports(self, run: str) -> Path:
        """Where a run has written."""
        return self.directory / run / "reports" / "audit"


def inventory(*names: str) -> dict[str, t.Any]:
    """Customers of an inventory, and a host that is none."""
    hosts = {name: local() for name in names}
    return {"all": {"hosts": {"bastion": local()}, "children": {"customers": {"hosts": hosts}}}}


def run_all(top: Path) -> Story:
    """All runs, one after another, below a directory."""

    def run(name: str, documents: t.Iterable[dict[str, t.Any]], **more: t.Any) -> Result:
        reports = top / name / "reports"
        audits.write(reports, documents)
        variables = {"mssp_reports": str(reports), **more.pop("variables", {})}
        env = {"ANSIBLE_SHOW_CUSTOM_STATS": "1"}
        return run_playbook(PLAYBOOK, top / name, extra_vars=variables, env=env, **more)

    full = run("full", [*NAMED.values(), *audits.hostile()], hosts=inventory(*NAMED, "never"), diff=True)

    # What another machine has audited is copied beside what this one has.
    other = top / "other"
    audits.write(other, [audits.document("slice-two", findings=[audits.finding("MSSP208")])])
    there = top / "narrow" / "reports" / "audit" / "customers"
    shutil.copytree(other / "audit" / "customers", there)
    there.parents[1].chmod(0o755)
    narrow = run(
        "narrow",
        [audits.document("slice-one")],
        hosts=inventory("slice-one", "slice-two", "never"),
        variables={"mssp_report_from": "2026-07-01", "mssp_report_until": "2026-12-31"},
        check=True,
        arguments=["--limit", "slice-one", "--tags", "none"],
    )
    nobody = top / "nobody"
    nobody.write_text("", encoding="utf-8")
    lenient = {
        "mssp_report_fail_on": "never",
        "mssp_report_fail_unread": False,
        "mssp_report_evidence": False,
        "mssp_report_each": False,
    }
    bare = run("bare", NAMED.values(), hosts=nobody, variables=lenient)
    empty = run("empty", [], hosts=inventory("alpha"))
    return Story(top, full, narrow, bare, empty)
