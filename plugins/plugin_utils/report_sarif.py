# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The audit as SARIF 2.1.0: every rule with its help, every finding with the object that it is about."""

from __future__ import annotations

import json
import re
import typing as t
import urllib.parse

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES, Rule
from ansible_collections.mssp.defender.plugins.plugin_utils.report_fleet import Fleet, who
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer, Json
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import one_line

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/mssp-defender/mssp.defender"
# What is for information only is no failure, and then SARIF wants the level none.
_LEVELS = {"grave": "error", "warning": "warning", "notice": "note", "info": "none"}
# GitHub sorts security findings by this number.
_SCORES = {"grave": "8.5", "warning": "5.5", "notice": "2.5", "info": "0.0"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def as_sarif(fleet: Fleet, documents: str = "customers/", category: str = "mssp.defender/audit/") -> str:
    """The whole file.

    :param documents: where the customers' documents are, as seen from it, with a slash at its end.
    :param category: results of one category take the place of those that were uploaded before; with a slash at its end.
    """
    rules = list(RULES.values())
    # A document of a newer collection may know rules that this one does not.
    known = set(RULES)
    for finding in (finding for customer in fleet.customers for finding in customer.findings):
        if finding["id"] not in known:
            known.add(finding["id"])
            rules.append(_unknown(finding))
    places = {rule.id: place for place, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "mssp.defender",
                "organization": "mssp.defender contributors",
                "version": fleet.version,
                "informationUri": _HOME,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "automationDetails": {"id": category},
        "invocations": [_invocation(fleet)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(customer, finding, places, documents) for customer, finding in fleet.findings()],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=True) + "\n"


def _unknown(finding: Json) -> Rule:
    name = str(finding.get("rule") or finding["id"])
    return Rule(finding["id"], name, finding["severity"], name, "This version of the collection does not know it.", "Update it.")


def _rule(rule: Rule) -> Json:
    return {
        "id": rule.id,
        "name": rule.slug,
        "shortDescription": {"text": _plain(rule.title)},
        "fullDescription": {"text": _plain(rule.explains)},
        "help": {
            "text": _plain(f"{rule.explains} What to do: {rule.remedy}"),
            "markdown": f"{_plain(rule.explains)}\n\n**What to do:** {_plain(rule.remedy)}",
        },
        "helpUri": f"{_HOME}/blob/main/docs/audit.md",
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"security-severity": _SCORES[rule.severity], "tags": ["security", "identity"]},
    }


def _result(customer: Customer, finding: Json, places: t.Mapping[str, int], documents: str) -> Json:
    where, person = finding["object"], finding.get("person")
    told = [customer.title, where.get("type"), where.get("name"), who(person)]
    # Whatever stands for the object is told apart by ids: names may be equal.
    path = [customer.tenant.get("id") or customer.name, where.get("type"), where.get("id") or where.get("name")]
    return {
        "ruleId": finding["id"],
        "ruleIndex": places[finding["id"]],
        "kind": "informational" if finding["severity"] == "info" else "fail",
        "level": _LEVELS[finding["severity"]],
        "message": {
            "text": _plain(f"{customer.name}: {finding['is']} Should be: {finding['should']} Remedy: {finding['remedy']}")
        },
        "locations": [
            {
                # What shows results beside files has the customer's document to show.
                "physicalLocation": {
                    "artifactLocation": {"uri": documents + urllib.parse.quote(f"{customer.stem}.json", errors="replace")},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [
                    {
                        "name": one_line(where.get("name")) or one_line(where.get("id")) or "unknown",
                        "fullyQualifiedName": "/".join(urllib.parse.quote(one_line(x), safe=" ") for x in path if x),
                        "kind": one_line(where.get("type")) or "object",
                    }
                ],
                "message": {"text": _plain(", ".join(one_line(x) for x in told if x))},
            }
        ],
        "partialFingerprints": {"msspDefender/v1": finding["fingerprint"]},
        "properties": {
            "severity": finding["severity"],
            "customer": one_line(customer.name),
            "tenantId": customer.tenant.get("id"),
            "security-severity": _SCORES[finding["severity"]],
        },
    }


def _invocation(fleet: Fleet) -> Json:
    problems = [(x.name, x.problem) for x in fleet.unread] + [
        (x, "There is no document of this customer.") for x in fleet.missing
    ]
    notes = [{"level": "error", "message": {"text": _plain(f"{name}: {problem}")}} for name, problem in problems]
    instants = (
        [str(x.document.get("began")) for x in fleet.customers if x.document],
        [x.ended for x in fleet.customers if x.ended],
    )
    told: Json = {"executionSuccessful": not problems, "toolExecutionNotifications": notes}
    for key, those, end in (("startTimeUtc", instants[0], min), ("endTimeUtc", instants[1], max)):
        good = [x for x in those if _INSTANT.fullmatch(x)]
        if good:
            told[key] = end(good)
    return told


def _plain(text: t.Any) -> str:
    """Text as SARIF writes it: a bracket would begin a link, a brace a placeholder."""
    line = one_line(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return line.replace("{", "{{").replace("}", "}}")
