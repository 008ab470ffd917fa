# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which requests are meant, and the table of what waits."""

from __future__ import annotations

import csv
import json

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.request_table import (
    as_csv,
    as_json,
    as_markdown,
    chosen,
    failures,
    lines,
)
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C

TIERS = [
    {"key": "tier1", "group": "Tier 1 Analyst", "role": "Tier 1 Analysts"},
    {"key": "tier2", "group": "Tier 2 Analyst", "package": "Second line"},
]


def request(identifier=A, package="Tier 1 Analyst", **more):
    return {
        "id": identifier,
        "accessPackage": {"id": C, "displayName": package},
        "requestor": {
            "objectId": B,
            "displayName": "Ana",
            "email": "ana@mssp.example",
            "principalName": "ana_mssp#EXT#@x.example",
            "tenant": {"id": C, "domain": None, "displayName": "MSSP", "known_from": "connectedOrganization"},
        },
        "target": None,
        "justification": "On call",
        "createdDateTime": "2026-11-23T08:00:12.3Z",
        "approval": {"stages": None, "deadline": "2026-12-07T08:00:12Z"},
        **more,
    }


FIRST, SECOND = request(), request(B, "Second line", requestor={"email": "bea@mssp.example"})


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"request_id": A.upper()}, [A]),
        ({"request_id": C}, []),
        ({"requestor": " Ana@MSSP.example "}, [A]),
        ({"requestor": B}, [A]),
        ({"requestor": "Ana_mssp#ext#@x.example"}, [A]),
        ({"requestor": "ana"}, []),
        ({"tier": "tier1"}, [A]),
        ({"tier": "Tier 1 Analyst"}, [A]),
        ({"tier": "tier2"}, [B]),
        ({"tier": "Tier 2 Analyst"}, [B]),
        ({"tier": "second line"}, [B]),
        ({"tier": "tier3"}, []),
        ({"tier": "tier1", "requestor": "bea@mssp.example"}, []),
        ({"tier": "tier2", "requestor": "bea@mssp.example", "request_id": B}, [B]),
        ({}, []),
        ({"tier": "", "requestor": None, "request_id": " "}, []),
    ],
)
def test_what_is_meant(wanted, ids):
    assert [x["id"] for x in chosen([FIRST, SECOND], wanted, TIERS, "")] == ids


@pytest.mark.parametrize("tier", ["tier1", "Tier 1 Analyst", "FAB Tier 1 Analyst"])
def test_a_prefix_may_be_left_out(tier):
    there = [request(package="FAB Tier 1 Analyst"), request(B, "Tier 1 Analyst")]
    assert [x["id"] for x in chosen(there, {"tier": tier}, TIERS, "FAB ")] == [A]


def test_who_gets_it_is_meant_as_well():
    asked = request(target={"objectId": C})
    assert chosen([asked], {"requestor": C}, TIERS, "") == [asked]


def record(*requests, decided=(), **more):
    return {"customer": "contoso", "requests": list(requests), "decided": list(decided), **more}


def result(identifier=A, **more):
    return {"item": {"id": identifier}, **more}


CHANGED = result(changes=[{}], check_mode=False)


def outcome(*decided, decision="approve"):
    (row,) = csv.DictReader(as_csv([record(FIRST, decided=decided)], decision).splitlines())
    return row["decision"]


@pytest.mark.parametrize(
    ("decided", "words"),
    [
        ([CHANGED], "approved"),
        ([result(changes=[{}], check_mode=True)], "would be approved"),
        ([result(changes=[], check_mode=True)], "approved already"),
        ([result(msg="It is\nyour own.")], "NOT approved: It is your own."),
        ([result()], "NOT approved: it is not known why"),
        ([result(skipped=True)], "left alone"),
        ([result(B, changes=[{}])], "left alone"),
        ([], "left alone"),
    ],
)
def test_what_became_of_it(decided, words):
    assert outcome(*decided) == words


def test_a_denial():
    assert outcome(CHANGED, decision="deny") == "denied"


def test_the_cells():
    (row,) = csv.DictReader(as_csv([record(FIRST)], "").splitlines())
    assert row == {
        "customer": "contoso",
        "tier": "Tier 1 Analyst",
        "who": "Ana <ana@mssp.example>",
        "home tenant": "MSSP",
        "justification": "On call",
        "since": "2026-11-23 08:00 UTC",
        "expires": "2026-12-07 08:00 UTC",
        "request": A,
    }


def test_what_is_not_known_is_said():
    bare = {"id": A, "accessPackage": None, "requestor": None, "approval": None}
    (row,) = csv.DictReader(as_csv([record(bare)], "").splitlines())
    assert (row["who"], row["home tenant"], row["since"], row["expires"]) == ("not known",) * 4


def test_a_mail_address_is_said_to_be_no_more():
    person = {"displayName": "Ana", "tenant": {"id": None, "domain": "m.example", "displayName": None, "known_from": "email"}}
    (row,) = csv.DictReader(as_csv([record(request(requestor=person))], "").splitlines())
    assert (row["who"], row["home tenant"]) == ("Ana", "m.example (by mail address)")


FAILED = {"customer": "fabrikam", "problem": "Tenant x: it cannot be reached."}


@pytest.mark.parametrize(
    ("records", "decision", "words"),
    [
        ([record(), {**record(), "customer": "b"}], "", "0 requests for approval at 0 of 2 customers."),
        ([record(FIRST), FAILED], "", "1 request for approval at 1 of 2 customers. 1 customer could not be read."),
        ([record(FIRST)], "approve", "1 request for approval at 1 of 1 customer. None fits: nothing was decided."),
        (
            [record(FIRST, SECOND, decided=[CHANGED, result(B, msg="x")])],
            "deny",
            "2 requests for approval at 1 of 1 customer. 1 denied. 1 NOT denied.",
        ),
    ],
)
def test_in_a_sentence(records, decision, words):
    assert lines(records, decision)[-1] == words
    assert words in as_markdown(records, decision, "2026-11-23")


def test_without_rows_there_is_no_table():
    assert len(lines([record()], "")) == 1
    assert "|" not in as_markdown([record()], "", "now")


def test_a_customer_that_could_not_be_read_is_a_row():
    (row,) = csv.DictReader(as_csv([FAILED], "").splitlines())
    assert (row["customer"], row["tier"], row["justification"]) == ("fabrikam", "not read", FAILED["problem"])
    assert json.loads(as_json([FAILED], "", "now"))["customers"][0]["problem"] == FAILED["problem"]


def test_for_other_programs():
    told = json.loads(as_json([record(FIRST, SECOND, decided=[CHANGED])], "approve", "now"))
    first, second = told["customers"][0]["requests"]
    assert first == {**FIRST, "decision": "approved"}
    assert second["decision"] == "left alone"
    assert "decision" not in json.loads(as_json([record(FIRST)], "", "now"))["customers"][0]["requests"][0]


def test_what_went_wrong():
    assert failures(record(FIRST, decided=[CHANGED, result(B, msg="x"), result(C, skipped=True)])) == ["x"]
    assert failures(FAILED) == [FAILED["problem"]]
    assert failures(record(FIRST)) == []


def test_a_name_is_neither_formula_nor_row():
    evil = request(justification="=1+1\n| x", requestor={"displayName": "<b>\x1b[1mAna", "email": "a@b.example"})
    assert "'=1+1 | x" in as_csv([record(evil)], "")
    assert "<b>" not in as_markdown([record(evil)], "", "now")
    assert all("\x1b" not in line and "\n" not in line for line in lines([record(evil)], ""))
