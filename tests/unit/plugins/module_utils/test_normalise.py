# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import decimal

import pytest

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("P1D", "PT24H"),
        ("P1D", "p1d"),
        ("P1D", " P1D "),
        ("P1W", "P7D"),
        ("PT1H", "PT60M"),
        ("PT1M", "PT60S"),
        ("PT1.5S", "PT1.500S"),
        ("P1DT12H", "PT36H"),
        ("P1Y", "P12M"),
        ("P14D", "P14DT0H"),
        ("P365D", "P365DT0H0M0S"),
        ("PT0S", None),
        ("P0D", ""),
        ("-P1D", "-PT24H"),
        ("-P0D", "P0D"),
    ],
)
def test_durations_are_equal_by_value(one, other):
    assert same.duration(one) == same.duration(other)
    assert hash(same.duration(one)) == hash(same.duration(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("P1Y", "P365D"),
        ("P1Y", "P366D"),
        ("P1M", "P30D"),
        ("P1M", "PT1M"),
        ("P1D", "-P1D"),
        ("P365D", "P364D"),
        ("PT1.5S", "PT1S"),
        ("P1D", None),
    ],
)
def test_durations_differ(one, other):
    assert same.duration(one) != same.duration(other)


@pytest.mark.parametrize("text", ["P", "-P", "PT", "P1DT", "1D", "P1", "P1H", "PT1D", "P1D1Y", "P-1D", "ever", "P1D garbage"])
def test_what_is_no_duration_stands_for_itself(text):
    assert same.duration(text) == text


def test_a_fraction_is_exact():
    assert same.duration("PT0.1S") == (0, decimal.Decimal("0.1"))


@pytest.mark.parametrize(
    "text",
    [
        "2027-10-24T00:00:00Z",
        "2027-10-24T00:00:00.0Z",
        "2027-10-24T00:00:00.0000000Z",
        "2027-10-24T00:00:00.1234567Z",
        "2027-10-24t00:00:00z",
        "2027-10-24 00:00:00Z",
        "2027-10-24 00:00:00 +00:00",
        "2027-10-24T00:00Z",
        "2027-10-24T00:00:00",
        "2027-10-24T02:00:00+02:00",
        "2027-10-24T02:00:00+0200",
        "2027-10-23T19:30:00-04:30",
    ],
)
def test_instants_are_equal_in_utc_to_the_second(text):
    assert same.instant(text) == datetime.datetime(2027, 10, 24)


@pytest.mark.parametrize("digits", range(1, 8))
def test_an_instant_ignores_any_number_of_digits_of_a_fraction(digits):
    assert same.instant(f"2027-10-24T00:00:00.{'0' * digits}Z") == same.instant("2027-10-24T00:00:00Z")


@pytest.mark.parametrize("value", [None, ""])
def test_no_instant(value):
    assert same.instant(value) is None


@pytest.mark.parametrize(
    "text",
    ["soon", "2027-10-24", "2027-13-01T00:00:00Z", "2027-02-30T00:00:00Z", "2027-10-24T24:00:00Z", "0001-01-01T00:00:00+01:00"],
)
def test_what_is_no_instant_stands_for_itself(text):
    assert same.instant(text) == text


def test_instants_differ_by_a_second_and_by_their_offset():
    assert same.instant("2027-10-24T00:00:00Z") != same.instant("2027-10-24T00:00:01Z")
    assert same.instant("2027-10-24T00:00:00Z") != same.instant("2027-10-24T00:00:00+01:00")


@pytest.mark.parametrize(
    ("normalise", "one", "other"),
    [
        (same.text, None, ""),
        (same.flag, None, False),
        (same.flag_default_true, None, True),
        (same.word, None, ""),
        (same.word, "Published", " published "),
        (same.word_or("configured"), None, "Configured"),
        (same.word_or("configured"), "", "configured"),
        (same.number_or(14), None, 14),
        (same.number_or(14), "14", 14),
        (same.words, None, []),
        (same.words, ["Mde", "Mdo"], ["mdo", "MDE", "mde"]),
        (same.subjects, None, []),
        (same.recurrence, None, {}),
    ],
)
def test_equal(normalise, one, other):
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("normalise", "one", "other"),
    [
        (same.exact, "Tier 1", "tier 1"),
        (same.text, "Tier 1", "tier 1"),
        (same.flag, True, False),
        (same.flag_default_true, False, None),
        (same.word, "published", "unpublished"),
        (same.word_or("configured"), "proposed", None),
        (same.number_or(14), 0, None),
        (same.words, ["a"], ["a", "b"]),
    ],
)
def test_different(normalise, one, other):
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"@odata.type": "#microsoft.graph.singleUser"}, "singleuser"),
        ({"@odata.type": "microsoft.graph.singleUser"}, "singleuser"),
        ({"@odata.type": "#singleUser"}, "singleuser"),
        ({"@odata.type": None}, ""),
        ({}, ""),
    ],
)
def test_type_name(value, name):
    assert same.type_name(value) == name


GROUP = {"@odata.type": "#microsoft.graph.groupMembers", "groupId": "AAAA"}


@pytest.mark.parametrize(
    "other",
    [
        {"@odata.type": "microsoft.graph.groupMembers", "groupId": "aaaa"},
        {**GROUP, "description": "filled in by the server"},
        {**GROUP, "isBackup": False},
        {**GROUP, "userId": None},
        {**GROUP, "connectedOrganizationId": ""},
        dict(reversed(GROUP.items())),
    ],
)
def test_a_subject_is_who_it_is(other):
    assert same.subject(other) == same.subject(GROUP)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (GROUP, {**GROUP, "groupId": "bbbb"}),
        (GROUP, {**GROUP, "@odata.type": "#microsoft.graph.singleUser"}),
        (
            {"@odata.type": "#microsoft.graph.singleUser", "userId": "aaaa"},
            {"@odata.type": "#microsoft.graph.groupMembers", "groupId": "aaaa"},
        ),
        ({"@odata.type": "requestorManager", "managerLevel": 1}, {"@odata.type": "requestorManager", "managerLevel": 2}),
        ({"@odata.type": "internalSponsors"}, {"@odata.type": "externalSponsors"}),
        (
            {"@odata.type": "attributeRuleMembers", "membershipRule": "(user.a -eq 1)"},
            {"@odata.type": "attributeRuleMembers", "membershipRule": "(user.a -eq 2)"},
        ),
    ],
)
def test_subjects_differ(one, other):
    assert same.subject(one) != same.subject(other)


def test_a_manager_without_level_is_the_direct_one():
    assert same.subject({"@odata.type": "#microsoft.graph.requestorManager"}) == same.subject(
        {"@odata.type": "microsoft.graph.requestorManager", "managerLevel": 1}
    )


def _recurrence(pattern, ends=None):
    return {"pattern": pattern, "range": {"type": "noEnd"} if ends is None else ends}


YEARLY = _recurrence({"type": "absoluteYearly", "interval": 1})


@pytest.mark.parametrize(
    "other",
    [
        _recurrence({"type": "absoluteMonthly", "interval": 12}),
        _recurrence({"type": "AbsoluteYearly"}),
        _recurrence({"type": "absoluteYearly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": [], "index": "first"}),
        _recurrence({"type": "absoluteYearly", "interval": 1, "daysOfWeek": None}, None),
        _recurrence({"type": "absoluteYearly", "interval": 1}, {"type": "noEnd", "numberOfOccurrences": 0, "endDate": None}),
        _recurrence({"type": "absoluteYearly", "interval": 1}, {"startDate": "2027-10-24", "recurrenceTimeZone": None}),
        {"pattern": {"type": "absoluteYearly", "interval": 1}},
        {"pattern": {"type": "absoluteYearly", "interval": 1}, "range": None},
    ],
)
def test_recurrences_are_equal(other):
    assert same.recurrence(other) == same.recurrence(YEARLY)


@pytest.mark.parametrize(
    "other",
    [
        None,
        _recurrence({"type": "absoluteMonthly", "interval": 1}),
        _recurrence({"type": "absoluteYearly", "interval": 2}),
        _recurrence({"type": "weekly", "interval": 1}),
        _recurrence({"type": "absoluteYearly", "interval": 1, "daysOfWeek": ["monday"]}),
        _recurrence({"type": "absoluteYearly", "interval": 1}, {"type": "numbered", "numberOfOccurrences": 2}),
        _recurrence({"type": "absoluteYearly", "interval": 1}, {"type": "endDate", "endDate": "2030-01-01"}),
    ],
)
def test_recurrences_differ(other):
    assert same.recurrence(other) != same.recurrence(YEARLY)


def test_how_a_recurrence_ends_counts():
    def ending(**ends):
        return same.recurrence(_recurrence({"type": "weekly"}, ends))

    assert ending(type="numbered", numberOfOccurrences=2) != ending(type="numbered", numberOfOccurrences=3)
    assert ending(type="endDate", endDate="2030-01-01") == ending(type="enddate", endDate="2030-01-01T00:00:00Z")
    assert ending(type="endDate", endDate="2030-01-01") != ending(type="endDate", endDate="2030-01-02")
