# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The audit's findings and the access it saw as CSV, and the findings as Markdown for a pull request."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import some
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import SEVERITIES
from ansible_collections.mssp.defender.plugins.plugin_utils.report_fleet import Fleet, cut, headline, who
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer, Json
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import Row, csv_text, markdown_escape, markdown_table

FINDINGS = (
    "customer",
    "tenant_id",
    "id",
    "rule",
    "severity",
    "object_type",
    "object",
    "object_id",
    "person",
    "person_id",
    "home_tenant",
    "property",
    "before",
    "after",
    "is",
    "should",
    "remedy",
    "since",
    "by",
    "link",
    "fingerprint",
)
ACCESS = (
    "customer",
    "tenant_id",
    "person",
    "person_id",
    "home_tenant",
    "tier",
    "package",
    "state",
    "policy",
    "since",
    "expires",
    "approved_by",
    "live_response",
    "last_sign_in",
    "enabled",
    "assignment_id",
)
# What a name could call in a comment: a person, a team, an issue. The comment between keeps it text.
_CALLS = re.compile(r"([@!$%]|#|GH-)(?=\w)")
# GitHub refuses a comment of more than 65536 characters; some are left for what others write around it.
COMMENT = 60_000


def findings_csv(fleet: Fleet) -> str:
    """A line for each finding, the worst first."""
    return csv_text(FINDINGS, [_finding(customer, finding) for customer, finding in fleet.findings()])


def _finding(customer: Customer, finding: Json) -> Row:
    where, person = finding["object"], finding.get("person") or {}
    return [
        customer.name,
        customer.tenant.get("id"),
        finding["id"],
        finding.get("rule"),
        finding["severity"],
        where.get("type"),
        where.get("name"),
        where.get("id"),
        who(person),
        person.get("id"),
        person.get("home_tenant"),
        finding.get("property"),
        value(finding.get("before")),
        value(finding.get("after")),
        finding["is"],
        finding["should"],
        finding["remedy"],
        finding.get("since"),
        finding.get("by"),
        finding.get("link"),
        finding["fingerprint"],
    ]


def access_csv(fleet: Fleet) -> str:
    """A line for each person, customer and tier."""
    return csv_text(ACCESS, [_access(customer, row) for customer in fleet.customers for row in customer.access])


def _access(customer: Customer, row: Json) -> Row:
    person, assignment = row["person"], row.get("assignment") or {}
    return [
        customer.name,
        customer.tenant.get("id"),
        who(person),
        person.get("id"),
        person.get("home_tenant"),
        row.get("tier"),
        (row.get("package") or {}).get("name"),
        assignment.get("state"),
        assignment.get("policy"),
        assignment.get("since"),
        assignment.get("expires"),
        ", ".join(map(str, row.get("approved_by") or [])),
        row.get("live_response"),
        row.get("last_sign_in"),
        row.get("enabled"),
        assignment.get("id"),
    ]


def value(its: t.Any) -> str | None:
    """A value of any shape as text; None stays empty."""
    if its is None or isinstance(its, str):
        return its
    return json.dumps(its, sort_keys=True, ensure_ascii=False, default=str)


# -- Markdown --------------------------------------------------------------------------------------------------------


def findings_markdown(fleet: Fleet) -> str:
    """A comment for a pull request: totals, the customers that want attention, the findings as far as there is room."""
    numbers = fleet.counts()
    told = [
        "# Audit of the MSSP's access",
        f"{markdown_escape(fleet.made)}. {some(numbers['customers'], 'customer')}, {numbers['not_audited']} not audited, "
        f"{numbers['audited'] - numbers['complete']} not completely. "
        + ", ".join(f"{numbers[severity]} {severity}" for severity in SEVERITIES)
        + ".",
    ]
    room = COMMENT - sum(_size(x) + 2 for x in told)
    unread: list[list[str | None]] = [
        *([cut(x.name), cut(x.problem, 200)] for x in fleet.unread),
        *([cut(x), "There is no document."] for x in fleet.missing),
    ]
    parts: list[tuple[str, t.Sequence[str], list[list[str | None]], int]] = [
        ("Not audited", ("Customer", "Why"), unread, room // 4),
        ("Customers", ("Customer", *(x.capitalize() for x in SEVERITIES), "Complete"), _customers(fleet), room // 4),
    ]
    for severity in SEVERITIES:
        rows = [_line(customer, finding) for customer, finding in fleet.findings() if finding["severity"] == severity]
        parts.append((severity.capitalize(), ("Finding", "Customer", "What is", "What should be"), rows, room))
    for title, header, rows, most in parts:
        part = _part(title, header, rows, min(most, room))
        room -= _size(part) + 2 if part else 0
        told += [part] if part else []
    if len(told) == 2:
        told.append("Nothing was found.")
    return "\n\n".join(part.strip() for part in told) + "\n"


def _customers(fleet: Fleet) -> list[list[str | None]]:
    return [
        [cut(x.name), *(str(x.count(severity)) for severity in SEVERITIES), "yes" if x.complete else "NO"]
        for x in fleet.worst_first
        if x.audited and (x.document["findings"] or not x.complete)
    ]


def _line(customer: Customer, finding: Json) -> list[str | None]:
    about = f"{finding['id']} {headline(finding)}"
    return [about, cut(customer.name), cut(finding["is"], 300), cut(finding["should"], 200)]


def _part(title: str, header: t.Sequence[str], rows: list[list[str | None]], room: int) -> str:
    """A heading with as many rows as there is room for, and a word on the rest; empty where there are none."""
    if not rows:
        return ""
    more = f"... and {len(rows)} more: see findings.csv or index.html."
    heading = f"## {title} ({len(rows)})"
    lines = _CALLS.sub(r"\1<!-- -->", markdown_table(header, rows)).splitlines()
    left = room - _size(heading) - _size(more) - 8
    kept = 0
    for line in lines:
        left -= _size(line) + 1
        if left < 0:
            break
        kept += 1
    if kept <= 2:
        return f"{heading}\n\n{more}" if room > 200 else ""
    cut_off = len(lines) - kept
    rest = f"\n\n... and {cut_off} more: see findings.csv or index.html." if cut_off else ""
    return f"{heading}\n\n" + "\n".join(lines[:kept]) + rest


def _size(text: str) -> int:
    """In bytes: some count those."""
    return len(text.encode())
