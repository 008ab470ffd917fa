# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The documents of a directory become reports beside it."""

from __future__ import annotations

import dataclasses
import datetime
import json
import typing as t
from pathlib import Path

from ansible_collections.mssp.defender.plugins.plugin_utils import report_tables
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import SEVERITIES
from ansible_collections.mssp.defender.plugins.plugin_utils.collection_version import collection_version
from ansible_collections.mssp.defender.plugins.plugin_utils.report_evidence import directory_of, pack
from ansible_collections.mssp.defender.plugins.plugin_utils.report_fleet import NEVER, Fleet, Limits, as_json, summary, verdict
from ansible_collections.mssp.defender.plugins.plugin_utils.report_junit import as_junit
from ansible_collections.mssp.defender.plugins.plugin_utils.report_page import as_html
from ansible_collections.mssp.defender.plugins.plugin_utils.report_period import Period
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Json, read, read_facts
from ansible_collections.mssp.defender.plugins.plugin_utils.report_sarif import as_sarif
from ansible_collections.mssp.defender.plugins.plugin_utils.report_write import make_private, write, write_directory

# Beside `customers`, a directory for each of them.
EACH = "by_customer"


def run(
    directory: str,
    *,
    fail_on: str,
    fail_count: int,
    fail_unread: bool,
    expected: t.Iterable[str],
    evidence: bool,
    each: bool = True,
    since: t.Any = None,
    until: t.Any = None,
) -> Json:
    """Write all reports.

    :param directory: that of the audit; its `customers` has the documents.
    :param expected: customers that must have one.
    :param each: the same reports of each customer alone, too.
    :param since: the first day of the period that the evidence is of, such as `2026-07-01`; None for all.
    :param until: the last day of it.
    :returns: problem, summary, verdict, counts and files, as the lookup audit_reports documents them.
    """
    if fail_on not in (*SEVERITIES, NEVER):
        return _nothing(f"mssp_report_fail_on is {fail_on}: use one of {', '.join((*SEVERITIES, NEVER))}.")
    if fail_count < 1:
        return _nothing(
            f"mssp_report_fail_count is {fail_count}: the least is 1. To let no finding fail a run, "
            "set mssp_report_fail_on to never."
        )
    try:
        period = Period.stated(since, until)
    except ValueError as exc:
        return _nothing(str(exc))
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
    fleet, limits = Fleet(customers, missing, made, collection_version()), Limits(fail_on, fail_count, fail_unread)
    try:
        files = _write(top, documents, fleet, limits, period if evidence else None, each)
    except (OSError, ValueError) as exc:
        return _nothing(f"The reports cannot be written into {top}: {exc.strerror if isinstance(exc, OSError) else exc}.")
    return {"problem": "", "summary": summary(fleet), "verdict": verdict(fleet, limits), "counts": fleet.counts(), "files": files}


def _nothing(problem: str) -> Json:
    return {"problem": problem, "summary": [], "verdict": "", "counts": {}, "files": []}


def _write(top: Path, documents: Path, fleet: Fleet, limits: Limits, evidence: Period | None, each: bool) -> list[str]:
    for customer in fleet.customers:
        if evidence is not None and customer.audited:
            files = pack(customer, read_facts(documents, customer), fleet.version, evidence)
            write_directory(top / "evidence" / customer.stem / directory_of(customer, evidence), files)
        if each:
            _write_one(top / EACH / customer.stem, dataclasses.replace(fleet, customers=[customer], missing=[]), limits)
    reports = {"fleet.json": as_json(fleet, limits), **_reports(fleet, limits, f"{documents.name}/", "mssp.defender/audit/")}
    for name, text in reports.items():
        write(top / name, text)
    return [str(top / name) for name in reports]


def _write_one(directory: Path, alone: Fleet, limits: Limits) -> None:
    """The reports of one customer, to be handed to that customer: nothing in them is another one's."""
    make_private(directory)
    (customer,) = alone.customers
    for name, text in _reports(alone, limits, "", f"mssp.defender/audit/{customer.stem}/").items():
        write(directory / name, text)
    # What the results in SARIF lead to; where no document could be read there is none.
    if customer.document:
        text = json.dumps(customer.document, indent=1, sort_keys=True, default=str) + "\n"
        write(directory / f"{customer.stem}.json", text)


def _reports(fleet: Fleet, limits: Limits, documents: str, category: str) -> dict[str, str]:
    """The files by name.

    :param documents: where the documents are as the files see it, with a slash at its end.
    :param category: of the results in SARIF.
    """
    return {
        "findings.csv": report_tables.findings_csv(fleet),
        "access.csv": report_tables.access_csv(fleet),
        "findings.md": report_tables.findings_markdown(fleet),
        "junit.xml": as_junit(fleet, limits),
        "findings.sarif": as_sarif(fleet, documents, category),
        "index.html": as_html(fleet),
    }
