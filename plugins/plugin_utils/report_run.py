# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The documents of a directory become reports beside it."""

from __future__ import annotations

import datetime
import json
import typing as t
from pathlib import Path

from ansible_collections.mssp.defender.plugins.plugin_utils import report_tables
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import SEVERITIES
from ansible_collections.mssp.defender.plugins.plugin_utils.report_evidence import directory_of, pack
from ansible_collections.mssp.defender.plugins.plugin_utils.report_fleet import NEVER, Fleet, Limits, as_json, summary, verdict
from ansible_collections.mssp.defender.plugins.plugin_utils.report_junit import as_junit
from ansible_collections.mssp.defender.plugins.plugin_utils.report_page import as_html
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Json, read, read_facts
from ansible_collections.mssp.defender.plugins.plugin_utils.report_sarif import as_sarif
from ansible_collections.mssp.defender.plugins.plugin_utils.report_write import write, write_directory

_ROOT = Path(__file__).resolve().parents[2]


def run(directory: str, *, fail_on: str, fail_count: int, fail_unread: bool, expected: t.Iterable[str], evidence: bool) -> Json:
    """Write all reports.

    :param directory: that of the audit; its `customers` has the documents.
    :param expected: customers that must have one.
    :returns: problem, summary, verdict, counts and files, as the lookup audit_reports documents them.
    """
    if fail_on not in (*SEVERITIES, NEVER):
        return _nothing(f"mssp_report_fail_on is {fail_on}: use one of {', '.join((*SEVERITIES, NEVER))}.")
    if fail_count < 1:
        return _nothing(
            f"mssp_report_fail_count is {fail_count}: the least is 1. To let no finding fail a run, "
            "set mssp_report_fail_on to never."
        )
    top = Path(directory)
    documents = top / "customers"
    try:
        customers = read(documents) if documents.is_dir() else []
    except OSError as exc:
        return _nothing(f"The documents of the audit in {documents} cannot be read: {exc.strerror}.")
    if not customers:
        return _nothing(f"There is no document of an audit in {documents}: run mssp.defender.audit first, or set mssp_reports.")
    known = {customer.name for customer in customers}
    missing = sorted({str(name) for name in expected} - known)
    made = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    fleet, limits = Fleet(customers, missing, made, _version()), Limits(fail_on, fail_count, fail_unread)
    try:
        files = _write(top, documents, fleet, limits, evidence)
    except (OSError, ValueError) as exc:
        return _nothing(f"The reports cannot be written into {top}: {exc.strerror if isinstance(exc, OSError) else exc}.")
    return {"problem": "", "summary": summary(fleet), "verdict": verdict(fleet, limits), "counts": fleet.counts(), "files": files}


def _nothing(problem: str) -> Json:
    return {"problem": problem, "summary": [], "verdict": "", "counts": {}, "files": []}


def _write(top: Path, documents: Path, fleet: Fleet, limits: Limits, evidence: bool) -> list[str]:
    if evidence:
        for customer in fleet.customers:
            if customer.audited:
                files = pack(customer, read_facts(documents, customer), fleet.version)
                write_directory(top / "evidence" / customer.stem / directory_of(customer), files)
    reports = {
        "fleet.json": as_json(fleet, limits),
        "findings.csv": report_tables.findings_csv(fleet),
        "access.csv": report_tables.access_csv(fleet),
        "findings.md": report_tables.findings_markdown(fleet),
        "junit.xml": as_junit(fleet, limits),
        "findings.sarif": as_sarif(fleet),
        "index.html": as_html(fleet),
    }
    for name, text in reports.items():
        write(top / name, text)
    return [str(top / name) for name in reports]


def _version() -> str:
    """This collection's own: of an installed copy in MANIFEST.json, of a checkout in galaxy.yml."""
    try:
        return str(json.loads((_ROOT / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["version"])
    except (OSError, ValueError, KeyError):
        pass
    try:
        lines = (_ROOT / "galaxy.yml").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("version:")), "unknown")
