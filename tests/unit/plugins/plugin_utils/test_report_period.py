# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of an audit is evidence of a period, and what is not."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.report_evidence import directory_of, pack
from ansible_collections.mssp.defender.plugins.plugin_utils.report_period import Period
from ansible_collections.mssp.defender.plugins.plugin_utils.report_read import Customer
from ansible_collections.mssp.defender.plugins.plugin_utils.report_run import run
from ansible_collections.mssp.defender.tests.unit import audits

QUARTER = Period.stated("2026-07-01", "2026-09-30")
CONTOSO = Customer("contoso", "contoso", document=audits.document("contoso"))


@pytest.mark.parametrize(
    ("begins", "ends", "within"),
    [
        ("2026-07-01T00:00:00Z", "2026-07-01T00:00:00Z", True),
        ("2026-09-30T23:59:59Z", None, True),
        ("2026-06-30T23:59:59Z", "2026-06-30T23:59:59Z", False),
        ("2026-10-01T00:00:00Z", None, False),
        # It began before and ended within, went on all the time, or is not over.
        ("2026-05-01T00:00:00Z", "2026-07-01T00:00:00Z", True),
        ("2026-05-01T00:00:00Z", "2026-12-01T00:00:00Z", True),
        ("2026-05-01T00:00:00Z", None, True),
        # With fractions of a second, as Graph writes them, and in another zone.
        ("2026-07-01T01:30:00.123+02:00", "2026-07-01T01:30:00.123+02:00", False),
        # Of what has no instant nobody knows.
        (None, None, True),
        ("whenever", 7, True),
    ],
)
def test_what_overlaps(begins, ends, within):
    assert QUARTER.overlaps(begins, ends) is within


@pytest.mark.parametrize(
    ("first", "last", "name", "said"),
    [
        (None, "", "", "all that was read"),
        ("2026-07-01", None, "2026-07-01_now", "2026-07-01 to the audit, whole days in UTC"),
        (None, datetime.date(2026, 9, 30), "begin_2026-09-30", "the beginning to 2026-09-30, whole days in UTC"),
        ("2026-07-01", "2026-07-01", "2026-07-01_2026-07-01", "2026-07-01 to 2026-07-01, whole days in UTC"),
    ],
)
def test_what_a_period_is_called(first, last, name, said):
    period = Period.stated(first, last)
    assert (period.name, str(period)) == (name, said)
    assert period.overlaps("2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z")


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        ("July", None, "mssp_report_from is July: write a day as 2026-07-01."),
        ("2026-02-30", None, "mssp_report_from is 2026-02-30: write a day as 2026-07-01."),
        (None, "../..", "mssp_report_until is ../..: write a day as 2026-07-01."),
        ("2026-07-02", "2026-07-01", "mssp_report_until is 2026-07-01, which is before mssp_report_from, 2026-07-02."),
    ],
)
def test_what_is_no_period_is_a_sentence(tmp_path, first, last, problem):
    audits.write(tmp_path, [audits.document("a")])
    options = {"fail_on": "grave", "fail_count": 1, "fail_unread": True, "expected": [], "evidence": True}
    assert run(str(tmp_path / "audit"), **options, since=first, until=last)["problem"] == problem


def test_a_pack_has_what_happened_and_what_is():
    old, new, later = "2026-05-01T00:00:00Z", "2026-08-01T00:00:00Z", "2026-11-01T00:00:00Z"
    facts = {
        "policies": [{"id": "p"}],
        "roles": [{"id": "r"}],
        "requests": [{"id": x, "createdDateTime": x, "completedDateTime": x} for x in (old, new, later)],
        "assignments": [
            {"id": "over", "schedule": {"startDateTime": old}, "expiredDateTime": old},
            {"id": "held", "schedule": {"startDateTime": old}, "expiredDateTime": None},
            {"id": "begun later", "schedule": {"startDateTime": later}},
            "odd",
        ],
        "approved": [{"id": x, "activityDateTime": x} for x in (old, new, later)],
        "reviews": [{"id": "v", "instances": [{"startDateTime": x, "endDateTime": x} for x in (old, new, later)]}, {"id": "w"}],
    }
    kept = QUARTER.within(facts)
    assert (kept["policies"], kept["roles"]) == (facts["policies"], facts["roles"])
    assert [x["id"] for x in kept["requests"]] == [new]
    assert [x["id"] if isinstance(x, dict) else x for x in kept["assignments"]] == ["held", "odd"]
    assert [x["id"] for x in kept["approved"]] == [new]
    assert [len(x.get("instances", "-")) for x in kept["reviews"]] == [1, 1]
    assert facts["requests"][0]["id"] == old
    files = pack(CONTOSO, facts, "1", QUARTER)
    assert old not in files["requests.csv"]
    assert new in files["requests.csv"]
    assert "Period:          2026-07-01 to 2026-09-30, whole days in UTC" in files["README.txt"]
    assert old in pack(CONTOSO, facts, "1")["requests.csv"]


def test_packs_of_periods_stand_beside_each_other():
    """The log forgets: an earlier pack of the same period is not replaced by a later and poorer one."""
    assert directory_of(CONTOSO, QUARTER) == "2026-07-01_2026-09-30_20261123T200000Z"
    assert directory_of(CONTOSO) == "20261123T200000Z"
