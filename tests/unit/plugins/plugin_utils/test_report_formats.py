# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CSV, Markdown, JUnit, SARIF and HTML of one audit; whether they are valid is asserted where the playbook is run."""

from __future__ import annotations

import base64
import csv
import hashlib
import html.parser
import io
import json
import re
from xml.etree import ElementTree

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES
from ansible_collections.mssp.defender.plugins.plugin_utils.html_page import data_block, frame
from ansible_collections.mssp.defender.plugins.plugin_utils.report_fleet import Fleet, Limits
from ansible_collections.mssp.defender.plugins.plugin_utils.report_junit import as_junit
from ansible_collections.mssp.defender.plugins.plugin_utils.report_page import as_html
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer
from ansible_collections.mssp.defender.plugins.plugin_utils.report_sarif import as_sarif
from ansible_collections.mssp.defender.plugins.plugin_utils.report_tables import (
    ACCESS,
    COMMENT,
    FINDINGS,
    access_csv,
    findings_csv,
    findings_markdown,
)
from ansible_collections.mssp.defender.tests.unit import audits


def fleet(*documents, missing=()):
    customers = [
        Customer(x["customer"], f"file-{place}", (x["error"] or {}).get("message", ""), x) for place, x in enumerate(documents)
    ]
    return Fleet(customers, list(missing), "2026-11-23 20:00 UTC", "1.2.3")


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def data_of(text):
    [block] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(block)


HOSTILE = {document["customer"].split()[0]: document for document in audits.hostile()}
every_name = pytest.mark.parametrize("name", HOSTILE)


# -- CSV -------------------------------------------------------------------------------------------------------------


def test_findings_have_the_documented_columns_the_worst_first():
    found = [
        audits.finding("MSSP208", property="description", before=None, after=["a", 1]),
        audits.finding("MSSP001", person=audits.person(), since=audits.instant(), by="Mallory"),
    ]
    text = findings_csv(fleet(audits.document("contoso", findings=found)))
    assert text.splitlines()[0] == ",".join(FINDINGS)
    first, second = rows(text)
    assert (first["id"], first["person"], first["by"]) == ("MSSP001", "Ana Analyst <ana@fabrikam.example>", "Mallory")
    assert (second["id"], second["property"], second["before"], second["after"]) == ("MSSP208", "description", "", '["a", 1]')
    assert second["fingerprint"] == found[0]["fingerprint"]


def test_access_without_an_assignment_is_a_line_too():
    text = access_csv(fleet(audits.document("contoso", access=[audits.access(assignment=None, package=None, approved_by=[])])))
    assert text.splitlines()[0] == ",".join(ACCESS)
    [row] = rows(text)
    assert (row["tier"], row["package"], row["state"], row["live_response"]) == ("tier1", "", "", "no")


@every_name
def test_a_name_is_no_formula(name):
    there = fleet(HOSTILE[name])
    for text in (findings_csv(there), access_csv(there)):
        assert len(text.splitlines()) == 2
        assert not [cell for cell in rows(text)[0].values() if re.match(r"[=+\-@\t\r\n]", cell)]


# -- Markdown --------------------------------------------------------------------------------------------------------


def test_a_comment_has_totals_customers_and_findings():
    bad = audits.document("bad", findings=[audits.finding("MSSP001")])
    text = findings_markdown(fleet(bad, audits.document("clean"), audits.failed("gone", "Why."), missing=["lost"]))
    assert "4 customers, 2 not audited, 0 not completely. 1 grave, 0 warning, 0 notice, 0 info." in text
    assert "| gone | Why. |" in text
    assert "| lost | There is no document. |" in text
    assert "| bad | 1 | 0 | 0 | 0 | yes |" in text
    assert "| MSSP001 Member without an assignment | bad | Member without an assignment. | It should be otherwise. |" in text
    assert "clean" not in text


def test_nothing_found_is_said():
    assert findings_markdown(fleet(audits.document("clean"))).endswith("0 info.\n\nNothing was found.\n")


@pytest.mark.parametrize("text", ["x", "ü" * 200, "|" * 200, "@" * 200, "<" * 200])
def test_a_comment_is_never_too_long(text):
    """Whatever becomes of its characters. What is left out is told, and the gravest is not."""
    found = [audits.finding("MSSP001", **{"is": f"{number} {text}"}) for number in range(40)]
    notices = [audits.finding("MSSP501", "notice", **{"is": f"{number} {text}"}) for number in range(40)]
    documents = [audits.document(f"c{number} {text}", findings=[*found, *notices]) for number in range(60)]
    told = findings_markdown(fleet(*documents, audits.failed("gone")))
    assert len(told.encode()) <= COMMENT + 100
    assert "## Grave (2400)" in told
    assert re.search(r"\.\.\. and \d+ more: see findings\.csv", told)
    assert "| gone |" in told


@every_name
def test_a_name_stays_in_its_cell_and_calls_nobody(name):
    text = findings_markdown(fleet(HOSTILE[name]))
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert [len(re.split(r"(?<!\\)\|", line)) - 2 for line in lines] == [6] * 3 + [4] * 3
    assert not re.search(r"(?<!\\)\]\(|[@#](?=\w)|<(?!!-- -->)", text)


# -- JUnit -----------------------------------------------------------------------------------------------------------


def cases(text):
    return {
        (suite.get("name"), case.get("name")[:7]): [(x.tag, x.get("type")) for x in case]
        for suite in ElementTree.fromstring(text.encode())
        for case in suite
        if len(case)
    }


@pytest.mark.parametrize(
    ("severity", "failed"),
    [("grave", {"MSSP001"}), ("warning", {"MSSP001", "MSSP401"}), ("info", {"MSSP001", "MSSP401", "MSSP501"}), ("never", set())],
)
def test_failures_are_what_counts(severity, failed):
    found = [audits.finding("MSSP401"), audits.finding("MSSP501", "info"), audits.finding("MSSP001")]
    told = cases(as_junit(fleet(audits.document("contoso", findings=found)), Limits(severity)))
    assert {rule for dummy, rule in told} == {"MSSP001", "MSSP401", "MSSP501"}
    assert {rule for (dummy, rule), tags in told.items() if tags[0][0] == "failure"} == failed


def test_a_case_of_two_severities_says_both():
    found = [audits.finding("MSSP501", "notice"), audits.finding("MSSP501", "info", **{"is": "Later."})]
    told = cases(as_junit(fleet(audits.document("contoso", findings=found)), Limits("notice")))
    assert told == {("contoso", "MSSP501"): [("failure", "notice"), ("system-out", None)]}


def test_who_was_not_audited_is_an_error():
    told = cases(as_junit(fleet(audits.failed("gone"), missing=["lost"]), Limits("never")))
    assert told == {("gone", "The cus"): [("error", "not audited")], ("lost", "The cus"): [("error", "not audited")]}


@every_name
def test_a_name_is_text_in_xml(name):
    root = ElementTree.fromstring(as_junit(fleet(HOSTILE[name]), Limits()).encode())
    assert len(root) == 1
    assert len(root[0]) == len(RULES)
    # XML 1.0 has no way to write these.
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "".join(root.itertext()))


# -- SARIF -----------------------------------------------------------------------------------------------------------


def test_a_rule_of_a_newer_collection_is_still_reported():
    found = {**audits.finding(), "id": "MSSP999", "rule": "brand-new"}
    [run] = json.loads(as_sarif(fleet(audits.document("contoso", findings=[found, audits.finding()]))))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert (
        [rules[x["ruleIndex"]]["id"] for x in run["results"]] == [x["ruleId"] for x in run["results"]] == ["MSSP001", "MSSP999"]
    )
    assert rules[-1]["name"] == "brand-new"


@every_name
def test_a_name_is_no_link_and_no_placeholder_in_sarif(name):
    [run] = json.loads(as_sarif(fleet(HOSTILE[name])))["runs"]
    [result] = run["results"]
    for text in (result["message"]["text"], result["locations"][0]["message"]["text"]):
        assert not re.search(r"(?<!\\)[\[\]]", text)
        assert not re.search(r"(?<!\{)\{(?:\{\{)*(?!\{)", text)
    where = result["locations"][0]["logicalLocations"][0]
    assert where["fullyQualifiedName"].count("/") == 2
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "customers/file-0.json"


def test_success_is_that_everybody_was_looked_at():
    for there, success in (
        (fleet(audits.document("a")), True),
        (fleet(audits.failed("a")), False),
        (fleet(missing=["a"]), False),
    ):
        [invocation] = json.loads(as_sarif(there))["runs"][0]["invocations"]
        assert invocation["executionSuccessful"] is success
        assert bool(invocation["toolExecutionNotifications"]) is not success


# -- HTML ------------------------------------------------------------------------------------------------------------


class Page(html.parser.HTMLParser):
    """Tags of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)


def test_the_policy_allows_what_is_in_the_page_and_nothing_else():
    text = as_html(fleet(audits.document("contoso")))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    for tag in ("style", "script"):
        [content] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    # An attribute would be refused by it.
    assert " style=" not in text


@every_name
def test_a_name_is_no_markup(name):
    harmless = Page(as_html(fleet(audits.hostile()[0] | {"customer": "x"})))
    assert Page(as_html(fleet(HOSTILE[name]))).tags == harmless.tags


def test_what_the_script_is_given():
    found = [
        audits.finding("MSSP001", link="https://entra.microsoft.com/x"),
        audits.finding("MSSP208", link="javascript:alert(1)", remedy="Ask."),
    ]
    there = audits.document(
        "contoso",
        findings=found,
        access=[audits.access(enabled=None, last_sign_in="whenever")],
        ends=[
            {"kind": "review", "who": "a", "what": "b", "when": audits.instant(3)},
            {"kind": "review", "who": "a", "what": "b", "when": "someday"},
            {"kind": "other", "who": "a", "what": "b", "when": audits.instant(3)},
        ],
    )
    data = data_of(as_html(fleet(there, audits.failed("gone", "Why."), missing=["lost"])))
    assert [(x["name"], x["state"], x["problem"]) for x in data["customers"]] == [
        ("contoso", 2, ""),
        ("gone", 0, "Why."),
        ("lost", 0, "There is no document."),
    ]
    assert [x.get("link") for x in data["findings"]] == ["https://entra.microsoft.com/x", None]
    assert {key: remedy for key, (_title, _means, remedy) in data["rules"].items()} == {
        key: RULES[key].remedy for key in ("MSSP001", "MSSP208")
    }
    # What a rule says already is not said again; another word for it is.
    assert [x.get("remedy") for x in data["findings"]] == [None, "Ask."]
    assert (data["access"][0]["enabled"], data["access"][0].get("signed")) == (None, None)
    assert [x["when"] for x in data["ends"]] == [audits.instant(3)]
    assert data["made"] == "2026-11-23T20:00:00Z"


def test_whatever_can_be_reached_by_keyboard_has_a_name():
    item = {"what": "GDAP", "why": "Elsewhere.", "how": "Look."}
    text = as_html(fleet(audits.document("contoso", not_checked=[item])))
    named = re.findall(r'tabindex="0" role="region" aria-labelledby="([\w-]+)"', text)
    assert len(named) == text.count("tabindex") == 4
    assert all(text.count(f'id="{name}"') == 1 for name in named)


def test_without_a_script_the_numbers_are_there():
    text = as_html(fleet(audits.document("contoso", findings=[audits.finding()]), audits.failed("gone", "Why & how.")))
    [part] = re.findall("<noscript>(.*?)</noscript>", text, re.DOTALL)
    assert "<th scope=row>contoso</th><td>complete</td><td>1</td><td>0</td>" in part
    assert "<td>Why &amp; how.</td>" in part


def test_what_cannot_be_checked_is_said_once():
    item = {"what": "GDAP", "why": "Elsewhere.", "how": "Look."}
    text = as_html(fleet(audits.document("a", not_checked=[item, item]), audits.document("b", not_checked=[item])))
    assert text.count("<th scope=row>GDAP</th><td>Elsewhere.</td><td>Look.</td><td>2</td>") == 1
    assert "Nothing was left out." in as_html(fleet(audits.document("a")))


def test_data_ends_no_element():
    block = data_block("data", {"</script>": "<!--\u2028&"})
    assert block.count("<") == 2
    assert json.loads(re.search(">(.*)<", block).group(1)) == {"</script>": "<!--\u2028&"}


def test_a_title_is_text():
    assert "<title>&lt;b&gt;</title>" in frame("<b>", "", "", "")
