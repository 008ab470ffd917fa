# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The audit as JUnit XML: a suite for each customer, a test case in it for each rule.

Written in the dialect that Jenkins publishes as junit-10.xsd, which GitLab, Azure DevOps and GitHub's actions read as well.
"""

from __future__ import annotations

import typing as t
from xml.etree import ElementTree

from ansible_collections.mssp.defender.plugins.module_utils._failures import some
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES
from ansible_collections.mssp.defender.plugins.plugin_utils.report_fleet import Fleet, Limits, headline
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer, Json
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import one_line


def as_junit(fleet: Fleet, limits: Limits) -> str:
    """The whole file. Failures are findings that count by the threshold, errors are customers that nobody could look at."""
    root = ElementTree.Element("testsuites", name="mssp.defender audit")
    for customer in fleet.customers:
        root.append(_suite(customer, limits))
    for name in fleet.missing:
        suite = ElementTree.SubElement(root, "testsuite", name=_text(name))
        _unread(suite, name, "There is no document of this customer.")
        _counted(suite)
    for total in ("tests", "failures", "errors"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in root)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(customer: Customer, limits: Limits) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=_text(customer.name))
    if customer.ended:
        suite.set("timestamp", _text(customer.ended.removesuffix("Z")))
    if not customer.audited:
        _unread(suite, customer.name, customer.problem)
    else:
        found: dict[str, list[Json]] = {identifier: [] for identifier in RULES}
        for finding in customer.findings:
            found.setdefault(finding["id"], []).append(finding)
        for identifier, findings in found.items():
            _case(suite, customer, identifier, findings, limits)
    _counted(suite)
    return suite


def _case(suite: ElementTree.Element, customer: Customer, identifier: str, findings: list[Json], limits: Limits) -> None:
    rule = RULES.get(identifier)
    name = f"{identifier} {rule.title if rule else headline(findings[0])}"
    case = ElementTree.SubElement(suite, "testcase", classname=_text(customer.name), name=_text(name))
    count = [finding for finding in findings if limits.reached_by(finding["severity"])]
    if count:
        # The worst is first: its severity is the case's.
        failure = ElementTree.SubElement(case, "failure", type=count[0]["severity"], message=_message(count))
        failure.text = _lines(count)
    below = [finding for finding in findings if finding not in count]
    if below:
        ElementTree.SubElement(case, "system-out").text = _lines(below)


def _unread(suite: ElementTree.Element, name: str, problem: str) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=_text(name), name="The customer is audited")
    ElementTree.SubElement(case, "error", type="not audited", message=_text(problem))


def _counted(suite: ElementTree.Element) -> None:
    for total, tag in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
        suite.set(total, str(len(suite.findall(tag))))


def _message(findings: t.Sequence[Json]) -> str:
    more = f" (and {some(len(findings) - 1, 'finding')} more)" if len(findings) > 1 else ""
    return _text(findings[0]["is"]) + more


def _lines(findings: t.Iterable[Json]) -> str:
    """A paragraph for each finding: what is, what should be, what to do."""
    return "\n\n".join(
        f"{finding['severity']}: {_text(finding['is'])}\n"
        f"Should be: {_text(finding['should'])}\n"
        f"Remedy: {_text(finding['remedy'])}"
        for finding in findings
    )


def _text(value: t.Any) -> str:
    """One line without the two characters beyond control characters that XML 1.0 forbids."""
    return one_line(value).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
