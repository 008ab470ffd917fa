# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Reads the documents that the audit leaves, one for each customer (docs/schemas/audit-1.json).

They may have been copied here from other machines: a file that is cut short, or of another make, is a customer that could not be
read, and never one without findings.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import SEVERITIES

SCHEMA = "https://mssp.defender/schemas/audit-1.json"
# Beside the document NAME.json of a customer, NAME and this: the facts that it was made of.
FACTS = ".facts.json"

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Customer:
    """One customer as audited.

    :param stem: the name of its file without the ending: safe as the name of a directory.
    :param problem: why there are no findings, as a sentence; empty when it was audited.
    :param document: as the schema describes it; empty where there is none that can be read.
    """

    name: str
    stem: str
    problem: str = ""
    document: Json = dataclasses.field(default_factory=dict)

    @property
    def audited(self) -> bool:
        """Whether somebody looked."""
        return not self.problem

    @property
    def complete(self) -> bool:
        """Whether all was looked at that was to be."""
        return self.audited and bool(self.document["complete"])

    @property
    def title(self) -> str:
        """What people call the customer."""
        return str(self.tenant.get("display_name") or self.name)

    @property
    def tenant(self) -> Json:
        """`id`, `domain` and `display_name`, each of which may be None or missing."""
        return t.cast("Json", self.document.get("tenant") or {})

    @property
    def ended(self) -> str:
        """When the audit was over; empty if there was none."""
        return str(self.document.get("ended") or "")

    @property
    def findings(self) -> list[Json]:
        """The findings, the worst first."""
        found = self.document.get("findings") or []
        return sorted(found, key=_place)

    @property
    def access(self) -> list[Json]:
        """Who can do what."""
        return t.cast("list[Json]", self.document.get("access") or [])

    @property
    def ends(self) -> list[Json]:
        """What ends when."""
        return t.cast("list[Json]", self.document.get("ends") or [])

    @property
    def not_checked(self) -> list[Json]:
        """What no audit of this kind can tell."""
        return t.cast("list[Json]", self.document.get("not_checked") or [])

    def count(self, severity: str) -> int:
        """How many findings are of this severity."""
        return sum(finding["severity"] == severity for finding in self.document.get("findings") or [])


def read(directory: Path) -> list[Customer]:
    """The customers of a directory by name; of two documents of one customer the newer one.

    :raises OSError: the directory cannot be read.
    """
    found: dict[str, Customer] = {}
    for path in sorted(directory.iterdir()):
        if path.suffix != ".json" or path.name.endswith(FACTS) or path.name.startswith("."):
            continue
        customer = _customer(path)
        there = found.get(customer.name)
        if there is None or (customer.ended, customer.audited) > (there.ended, there.audited):
            found[customer.name] = customer
    return [found[name] for name in sorted(found, key=lambda name: (name.casefold(), name))]


def read_facts(directory: Path, customer: Customer) -> Json:
    """The raw facts that the audit has stored beside a document; none where there are none.

    :raises OSError, ValueError: they are there and cannot be read.
    """
    path = directory / f"{customer.stem}{FACTS}"
    if not path.is_file():
        return {}
    facts = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(facts, dict):
        raise ValueError(f"{path.name} holds no object")
    return facts


def _place(finding: Json) -> tuple[t.Any, ...]:
    """Where a finding belongs: by severity, rule and object; the fingerprint makes the order the same in every run."""
    where = finding["object"]
    names = (str(where.get(key) or "") for key in ("type", "name", "id"))
    return (SEVERITIES.index(finding["severity"]), finding["id"], *names, finding["fingerprint"])


def _customer(path: Path) -> Customer:
    stem = path.name.removesuffix(".json")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        # A decoder says where, and that may be a name: its class tells enough.
        return Customer(stem, stem, f"Its document {path.name} cannot be read ({type(exc).__name__}). Audit the customer again.")
    wrong = _wrong(document)
    if wrong:
        return Customer(stem, stem, f"Its document {path.name} is none of this audit: {wrong}. Audit the customer again.")
    error = document["error"]
    problem = ""
    if error is not None:
        problem = str(error.get("message") or "The customer could not be audited.")
    return Customer(document["customer"], stem, problem, document)


def _wrong(document: t.Any) -> str:
    """What keeps a document from being read, or an empty text: what the reports rely on, not the whole schema."""
    if not isinstance(document, dict):
        return "it is no object"
    if document.get("schema") != SCHEMA:
        return "its schema is another"
    if not isinstance(document.get("customer"), str) or not document["customer"]:
        return "it names no customer"
    if not isinstance(document.get("complete"), bool) or not isinstance(document.get("ended"), str):
        return "it does not say how it ended"
    if not isinstance(document.get("error", ""), (dict, type(None))):
        return "it does not say whether the audit failed"
    for key in ("findings", "access", "ends", "not_checked"):
        if not isinstance(document.get(key), list) or not all(isinstance(x, dict) for x in document[key]):
            return f"'{key}' is no list of objects"
    for finding in document["findings"]:
        if finding.get("severity") not in SEVERITIES or not isinstance(finding.get("object"), dict):
            return "a finding has no severity or no object"
        if not all(isinstance(finding.get(key), str) for key in ("id", "is", "should", "remedy", "fingerprint")):
            return "a finding lacks a text"
    if not all(isinstance(x.get("person"), dict) for x in document["access"]):
        return "somebody with access is nobody"
    return ""
