# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""All customers together: totals, the verdict, what a person reads in ten seconds, and fleet.json."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import some
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES, SEVERITIES
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer, Json
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import one_line, text_table

# Beside the severities: no finding ends a run.
NEVER = "never"
# As many as a screen shows.
_ROWS = 30
_WIDE = 70


@dataclasses.dataclass(frozen=True)
class Limits:
    """When a run fails.

    :param severity: findings of this severity and graver ones count; NEVER counts none.
    :param count: so many of them fail the run.
    :param unread: whether a customer without an audit fails it too.
    """

    severity: str = "grave"
    count: int = 1
    unread: bool = True

    def reached_by(self, severity: str) -> bool:
        """Whether a finding of this severity counts."""
        return self.severity != NEVER and SEVERITIES.index(severity) <= SEVERITIES.index(self.severity)


@dataclasses.dataclass(frozen=True)
class Fleet:
    """What is reported.

    :param customers: by name.
    :param missing: names of customers that should have a document and have none.
    :param made: when, as people read it.
    :param version: of this collection.
    """

    customers: t.Sequence[Customer]
    missing: t.Sequence[str]
    made: str
    version: str

    @property
    def unread(self) -> list[Customer]:
        """Customers that nobody could look at."""
        return [x for x in self.customers if not x.audited]

    @property
    def worst_first(self) -> list[Customer]:
        """The customers in the order in which they want attention."""
        return sorted(
            self.customers, key=lambda x: (x.audited, *(-x.count(y) for y in SEVERITIES), x.complete, x.name.casefold())
        )

    def findings(self) -> list[tuple[Customer, Json]]:
        """All findings, the worst first."""
        both = [(customer, finding) for customer in self.customers for finding in customer.findings]
        return sorted(both, key=lambda x: (SEVERITIES.index(x[1]["severity"]), x[1]["id"], x[0].name.casefold()))

    def counts(self) -> dict[str, int]:
        """Numbers only: what a controller shows, and what other programs add up."""
        return {
            "customers": len(self.customers) + len(self.missing),
            "audited": len(self.customers) - len(self.unread),
            "complete": sum(x.complete for x in self.customers),
            "not_audited": len(self.unread) + len(self.missing),
            **{severity: sum(x.count(severity) for x in self.customers) for severity in SEVERITIES},
        }


def verdict(fleet: Fleet, limits: Limits) -> str:
    """Why the run fails, as sentences; empty when it does not."""
    said = []
    counted = sum(limits.reached_by(finding["severity"]) for dummy, finding in fleet.findings())
    if limits.severity != NEVER and counted >= limits.count:
        graver = "" if limits.severity == SEVERITIES[0] else " or graver"
        said.append(f"{some(counted, 'finding')} of severity {limits.severity}{graver}; {limits.count} would be enough to fail.")
    if limits.unread and fleet.unread:
        said.append(f"{some(len(fleet.unread), 'customer')} could not be audited: {_names([x.name for x in fleet.unread])}.")
    if limits.unread and fleet.missing:
        said.append(f"{some(len(fleet.missing), 'customer')} without a document: {_names(fleet.missing)}.")
    return " ".join(said)


def summary(fleet: Fleet) -> list[str]:
    """A table for a terminal, the worst first, and the totals below it."""
    shown = [x for x in fleet.worst_first if not x.complete or x.document["findings"]] or fleet.worst_first
    rest = len(shown) - _ROWS
    header = ("customer", "grave", "warning", "notice", "complete", "worst finding")
    rows = [_row(customer) for customer in shown[:_ROWS]]
    lines = text_table(header, rows).splitlines() if rows else []
    if rest > 0:
        lines.append(f"... and {rest} more with less to say: see the reports.")
    numbers = fleet.counts()
    lines.append(
        f"{some(numbers['customers'], 'customer')}: {numbers['audited']} audited, {numbers['complete']} of them completely, "
        f"{numbers['not_audited']} not. "
        f"{numbers['grave']} grave, {some(numbers['warning'], 'warning')}, {some(numbers['notice'], 'notice')}, "
        f"{numbers['info']} info."
    )
    clean = sum(x.complete and not x.document["findings"] for x in fleet.customers)
    if clean and clean < len(fleet.customers):
        lines.append(f"{some(clean, 'customer')} without any finding.")
    if fleet.missing:
        lines.append(f"No document of: {_names(fleet.missing)}.")
    oldest = min((x for x in fleet.customers if x.ended), key=lambda x: x.ended, default=None)
    if oldest:
        lines.append(f"The oldest of these audits ended {to_the_minute(oldest.ended)}: {cut(oldest.name)}.")
    return lines


def as_json(fleet: Fleet, limits: Limits) -> str:
    """All that is known, for other programs: the customers' documents under one roof."""
    told = {
        "schema": "https://mssp.defender/schemas/fleet-1.json",
        "made": fleet.made,
        "tool": {"name": "mssp.defender", "version": fleet.version},
        "threshold": dataclasses.asdict(limits),
        "verdict": verdict(fleet, limits) or None,
        "counts": fleet.counts(),
        "missing": list(fleet.missing),
        "customers": [
            {"customer": x.name, "file": x.stem, "problem": x.problem or None, "document": x.document or None}
            for x in fleet.customers
        ],
    }
    return json.dumps(told, indent=1, sort_keys=True, default=str) + "\n"


def headline(finding: t.Mapping[str, t.Any]) -> str:
    """What is found, in a few words."""
    rule = RULES.get(finding["id"])
    return rule.title if rule else str(finding.get("rule") or finding["id"])


def who(person: t.Mapping[str, t.Any] | None) -> str:
    """What a person is called, with the address that tells people of one name apart."""
    if not person:
        return ""
    address = person.get("mail") or person.get("principal_name") or person.get("id")
    name = person.get("display_name")
    return f"{name} <{address}>" if name and address else str(name or address or "not known")


def to_the_minute(instant: t.Any) -> str:
    """An instant as people read it, to the minute."""
    text = str(instant or "")
    return f"{text[:10]} {text[11:16]} UTC" if len(text) >= 16 else text


def cut(text: t.Any, length: int = _WIDE) -> str:
    """A text as one line that is not longer than a table bears."""
    line = one_line(text)
    return line if len(line) <= length else line[: length - 3].rstrip() + "..."


def _row(customer: Customer) -> list[str]:
    if not customer.audited:
        return [cut(customer.name, 30), "-", "-", "-", "NOT READ", cut(customer.problem)]
    worst = next(iter(customer.findings), None)
    told = f"{worst['id']} {worst['is']}" if worst else ""
    counted = [str(customer.count(severity)) for severity in ("grave", "warning", "notice")]
    return [cut(customer.name, 30), *counted, "yes" if customer.complete else "NO", cut(told)]


def _names(names: t.Sequence[str]) -> str:
    shown = ", ".join(cut(name, 30) for name in names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown
