# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents are read or refused, added up and judged."""

from __future__ import annotations

import json

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.report_fleet import Fleet, Limits, as_json, cut, summary, verdict, who
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer, read, read_facts
from ansible_collections.mssp.defender.tests.unit import audits

MADE = "2026-11-23 20:00 UTC"


def fleet(directory, documents, missing=()):
    audits.write(directory, documents)
    return Fleet(read(directory / "audit" / "customers"), list(missing), MADE, "1.2.3")


def graves(number, severity="grave"):
    return [audits.finding("MSSP001", severity, **{"is": f"case {x}"}) for x in range(number)]


def test_a_document_is_read(tmp_path):
    [customer] = fleet(tmp_path, [audits.document("contoso", findings=graves(2))]).customers
    assert (customer.name, customer.stem, customer.audited, customer.complete) == ("contoso", "contoso-000", True, True)
    assert (customer.count("grave"), customer.count("warning")) == (2, 0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cannot be read (JSONDecodeError)"),
        ('{"schema": "', "cannot be read (JSONDecodeError)"),
        (b"\xff\xfe", "cannot be read (UnicodeDecodeError)"),
        ("[]", "it is no object"),
        ({"schema": "https://mssp.defender/schemas/audit-2.json"}, "its schema is another"),
        ({"customer": ""}, "it names no customer"),
        ({"customer": ["a"]}, "it names no customer"),
        ({"complete": "yes"}, "it does not say how it ended"),
        ({"ended": None}, "it does not say how it ended"),
        ({"error": "boom"}, "it does not say whether the audit failed"),
        ({"findings": None}, "'findings' is no list of objects"),
        ({"access": [1]}, "'access' is no list of objects"),
        ({"findings": [{"severity": "bad", "object": {}}]}, "a finding has no severity or no object"),
        ({"findings": [{**audits.finding(), "is": None}]}, "a finding lacks a text"),
        ({"access": [{"person": None}]}, "somebody with access is nobody"),
    ],
)
def test_a_file_that_is_no_document_is_a_customer_that_was_not_audited(tmp_path, text, why):
    """Never one without findings: a copy that was cut short would hide them."""
    path = tmp_path / "contoso.json"
    if isinstance(text, dict):
        text = json.dumps({**audits.document(), **text})
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    [customer] = read(tmp_path)
    assert not customer.audited
    assert not customer.complete
    assert why in customer.problem
    assert customer.problem.endswith("Audit the customer again.")
    assert customer.findings == []


def test_a_document_that_says_nothing_of_its_error_is_none(tmp_path):
    document = audits.document()
    del document["error"]
    (tmp_path / "contoso.json").write_text(json.dumps(document), encoding="utf-8")
    [customer] = read(tmp_path)
    assert "it does not say whether the audit failed" in customer.problem


def test_of_two_documents_of_a_customer_the_newer_one(tmp_path):
    old = audits.document("contoso", ended=audits.instant(-2), findings=graves(1))
    new = audits.document("contoso", ended=audits.instant(-1))
    for order in ([old, new], [new, old]):
        for path in (tmp_path / "audit" / "customers").glob("*"):
            path.unlink()
        [customer] = fleet(tmp_path, order).customers
        assert customer.ended == audits.instant(-1)


def test_what_is_no_document_of_a_customer_is_left_alone(tmp_path):
    for name in ("contoso.facts.json", ".contoso.json.tmp", ".half.json", "notes.txt"):
        (tmp_path / name).write_text("no document", encoding="utf-8")
    assert read(tmp_path) == []


def test_findings_are_in_the_same_order_in_every_run(tmp_path):
    found = [
        audits.finding("MSSP206", object={"type": kind, "name": name, "id": None})
        for kind, name in (("group", "b"), ("group", "a"), ("access package", "z"))
    ]
    for order in (found, found[::-1]):
        [customer] = fleet(tmp_path, [audits.document("contoso", findings=[audits.finding("MSSP208"), *order])]).customers
        assert [x["object"]["name"] for x in customer.findings] == ["z", "a", "b", "Tier 1 Analyst"]


def test_facts_stand_beside(tmp_path):
    customer = Customer("contoso", "contoso")
    assert read_facts(tmp_path, customer) == {}
    (tmp_path / "contoso.facts.json").write_text('{"roles": []}', encoding="utf-8")
    assert read_facts(tmp_path, customer) == {"roles": []}
    (tmp_path / "contoso.facts.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match=r"contoso\.facts\.json holds no object"):
        read_facts(tmp_path, customer)


def test_numbers(tmp_path):
    documents = [
        audits.document("a", findings=[*graves(2), *graves(1, "warning")]),
        audits.document("b", findings=graves(3, "info"), complete=False),
        audits.failed("c"),
    ]
    assert fleet(tmp_path, documents, ["d"]).counts() == {
        "customers": 4,
        "audited": 2,
        "complete": 1,
        "not_audited": 2,
        "grave": 2,
        "warning": 1,
        "notice": 0,
        "info": 3,
    }


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(), "2 findings of severity grave; 1 would be enough to fail."),
        (Limits("grave", 2), "2 findings of severity grave; 2 would be enough to fail."),
        (Limits("grave", 3), ""),
        (Limits("warning", 3), "3 findings of severity warning or graver; 3 would be enough to fail."),
        (Limits("notice", 4), ""),
        (Limits("info", 4), "4 findings of severity info or graver; 4 would be enough to fail."),
        (Limits("never", 1), ""),
    ],
)
def test_the_threshold(tmp_path, limits, said):
    documents = [
        audits.document("a", findings=[*graves(2), *graves(1, "warning")]),
        audits.document("b", findings=graves(1, "info")),
    ]
    assert verdict(fleet(tmp_path, documents), limits) == said


def test_whoever_was_not_audited_passes_no_threshold(tmp_path):
    there = fleet(tmp_path, [audits.document("a"), audits.failed("b")], ["c"])
    assert verdict(there, Limits("never")) == "1 customer could not be audited: b. 1 customer without a document: c."
    assert verdict(there, Limits("never", unread=False)) == ""


def test_what_a_person_reads(tmp_path):
    documents = [
        audits.document("clean"),
        audits.document("some", findings=graves(1, "notice")),
        audits.document(
            "bad", findings=[*graves(1, "notice"), audits.finding("MSSP101", **{"is": "Nobody can approve Tier 1."})]
        ),
        audits.document("half", complete=False),
        audits.failed("gone", "The tenant cannot be reached."),
    ]
    assert summary(fleet(tmp_path, documents, ["never"])) == [
        "customer  grave  warning  notice  complete  worst finding",
        "--------  -----  -------  ------  --------  ----------------------------------",
        "gone      -      -        -       NOT READ  The tenant cannot be reached.",
        "bad       1      0        1       yes       MSSP101 Nobody can approve Tier 1.",
        "some      0      0        1       yes       MSSP001 case 0",
        "half      0      0        0       NO",
        "6 customers: 4 audited, 3 of them completely, 2 not. 1 grave, 0 warnings, 2 notices, 0 info.",
        "1 customer without any finding.",
        "No document of: never.",
        "The oldest of these audits ended 2026-11-23 20:00 UTC: bad.",
    ]


def test_a_table_of_a_large_fleet_fits_a_screen(tmp_path):
    lines = summary(fleet(tmp_path, [audits.document(f"c{x}", findings=graves(1)) for x in range(80)]))
    assert len(lines) < 40
    assert "... and 50 more with less to say: see the reports." in lines


def test_clean_customers_are_named_where_nothing_else_is_to_say(tmp_path):
    assert summary(fleet(tmp_path, [audits.document("a"), audits.document("b")]))[2].startswith("a  ")


@pytest.mark.parametrize("name", audits.HOSTILE)
def test_a_name_stays_in_its_line(tmp_path, name):
    one = [x for x in audits.hostile() if x["customer"].startswith(name)]
    lines = summary(fleet(tmp_path, one))
    assert len(lines) == 5
    assert all(len(line.splitlines()) == 1 and "\x1b" not in line and "\u202e" not in line for line in lines)
    assert max(map(len, lines)) < 160


def test_all_of_it_for_other_programs(tmp_path):
    document = audits.document("contoso", findings=graves(1))
    told = json.loads(as_json(fleet(tmp_path, [document], ["lost"]), Limits("warning", 2)))
    assert told["customers"] == [{"customer": "contoso", "file": "contoso-000", "problem": None, "document": document}]
    assert told["threshold"] == {"severity": "warning", "count": 2, "unread": True}
    assert (told["missing"], told["verdict"]) == (["lost"], "1 customer without a document: lost.")
    assert told["counts"]["grave"] == 1


@pytest.mark.parametrize(
    ("person", "said"),
    [
        (None, ""),
        ({"display_name": "Ana", "mail": "ana@x.example"}, "Ana <ana@x.example>"),
        ({"display_name": "Ana", "principal_name": "ana@y.example"}, "Ana <ana@y.example>"),
        ({"display_name": None, "id": "1"}, "1"),
        ({"display_name": "Ana"}, "Ana"),
        ({"display_name": None, "mail": None}, "not known"),
    ],
)
def test_what_a_person_is_called(person, said):
    assert who(person) == said


def test_a_long_text_is_cut():
    assert cut("a" * 80) == "a" * 67 + "..."
    assert cut("a\nb") == "a b"
