# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of what is compared: nothing that Graph may write differently without meaning it makes a difference."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

ids = st.sampled_from(["aaaa-01", "bbbb-02", "cccc-03"])
subject = st.one_of(
    st.builds(lambda x: {"@odata.type": "#microsoft.graph.singleUser", "userId": x}, ids),
    st.builds(lambda x: {"@odata.type": "#microsoft.graph.groupMembers", "groupId": x}, ids),
    st.builds(lambda x: {"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": x}, ids),
    st.builds(lambda x: {"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": x}, st.integers(1, 4)),
    st.sampled_from([{"@odata.type": "#microsoft.graph.internalSponsors"}, {"@odata.type": "#microsoft.graph.externalSponsors"}]),
)


@st.composite
def rewritten(draw, value):
    """The same subject as Graph might write it: other order, other case, nulls and a description added, # left out."""
    items = list(value.items())
    extra = draw(st.lists(st.sampled_from([("description", "x"), ("isBackup", False), ("membershipRule", None), ("foo", None)])))
    made = {}
    for key, item in draw(st.permutations([x for x in extra if x[0] not in value] + items)):
        if isinstance(item, str) and key != "description":
            item = draw(st.sampled_from([item, item.upper(), item.lower()]))
            if key == "@odata.type":
                item = draw(st.sampled_from([item, item.lstrip("#")]))
        made[key] = item
    return made


@hypothesis.given(st.data(), subject)
def test_a_subject_means_the_same_however_it_is_written(data, value):
    assert same.subject(data.draw(rewritten(value))) == same.subject(value)


@hypothesis.given(st.data(), st.lists(subject, max_size=5))
def test_a_set_of_subjects_has_no_order_and_no_duplicates(data, values):
    again = [data.draw(rewritten(value)) for value in data.draw(st.permutations(values + values[:1]))]
    assert same.subjects(again) == same.subjects(values)


@hypothesis.given(subject, subject)
def test_different_subjects_stay_different(one, other):
    assert (same.subject(one) == same.subject(other)) == (one == other)


@hypothesis.given(st.integers(0, 4000), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_its_number_of_seconds(days, hours, minutes, seconds):
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    written = f"P{days}DT{hours}H{minutes}M{seconds}S"
    assert same.duration(written) == same.duration(f"PT{total}S") == (0, total)


@hypothesis.given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 400))
def test_months_are_never_days(years, months, days):
    assert same.duration(f"P{years}Y{months}M") == same.duration(f"P{years * 12 + months}M")
    if years or months:
        assert same.duration(f"P{years}Y{months}M") != same.duration(f"P{days}D")


@hypothesis.given(
    st.datetimes(min_value=datetime.datetime(1980, 1, 1), max_value=datetime.datetime(2100, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 7),
)
def test_an_instant_is_the_same_in_every_zone_and_precision(moment, offset, digits):
    moment = moment.replace(microsecond=0)
    local = moment + datetime.timedelta(minutes=offset)
    fraction = f".{'0' * digits}" if digits else ""
    sign = "+" if offset >= 0 else "-"
    written = f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    assert same.instant(written) == moment


@hypothesis.given(st.text())
def test_no_text_makes_a_normaliser_raise(text):
    for normalise in (same.duration, same.instant, same.word, same.text, same.exact):
        assert normalise(text) == normalise(text)


@hypothesis.given(
    st.sampled_from(["absoluteYearly", "relativeYearly"]),
    st.integers(1, 5),
    st.lists(st.sampled_from(["month", "dayOfMonth", "firstDayOfWeek"]), unique=True),
)
def test_yearly_is_every_twelve_months_with_any_fillers(kind, interval, fillers):
    yearly = {"pattern": {"type": kind, "interval": interval, **dict.fromkeys(fillers, 0)}, "range": {"type": "noEnd"}}
    monthly = {"pattern": {"type": kind.replace("Yearly", "Monthly"), "interval": interval * 12}}
    assert same.recurrence(yearly) == same.recurrence(monthly)
