# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_policy: when access ends, when and how often it is reviewed."""

from __future__ import annotations

import pytest
from harness.story import Play, same_changes
from policy_customer import KEY, POLICIES, START, TIER1, Body, Customer, at, first_review, holds, put, with_value

SAME_END: list[tuple[Body, Body]] = [
    ({"duration_days": 365}, {"type": "afterDuration", "duration": "P365D"}),
    ({"duration_days": 365}, {"type": "afterDuration", "duration": "PT8760H"}),
    ({"duration_days": 14}, {"type": "afterDuration", "duration": "P2W"}),
    ({"expiry": "2027-12-31T00:00:00Z"}, {"type": "afterDateTime", "endDateTime": "2027-12-31T00:00:00.0000000Z"}),
    ({"expiry": "2027-12-31 01:00:00+01:00"}, {"type": "afterDateTime", "endDateTime": "2027-12-31T00:00:00Z"}),
    ({"never_expires": True}, {"type": "noExpiration"}),
]
OTHER_END: list[tuple[Body, Body]] = [
    ({"duration_days": 365}, {"type": "afterDuration", "duration": "P1Y"}),
    ({"duration_days": 365}, {"type": "noExpiration"}),
    ({"never_expires": True}, {"type": "afterDuration", "duration": "P365D"}),
    ({"expiry": "2027-12-31T00:00:00Z"}, {"type": "afterDateTime", "endDateTime": "2027-12-30T00:00:00Z"}),
    ({"expiry": "2027-12-31T00:00:00Z"}, {"type": "afterDuration", "duration": "P365D"}),
]


def test_forms_of_an_end(play: Play, customer: Customer) -> None:
    made = play.task("access_package_policy", **KEY, requestors={}, duration_days=1)
    base = {"displayName": "MSSP SOC users", "allowedTargetScope": "notSpecified"}
    same, other = [], []
    for stated, stored in SAME_END:
        put(play, made, customer, {**base, "expiration": stored})
        same.append(play.task("access_package_policy", **KEY, **stated))
    for stated, stored in OTHER_END:
        put(play, made, customer, {**base, "expiration": stored})
        steps = (play.check("access_package_policy", **KEY, **stated), play.task("access_package_policy", **KEY, **stated))
        other.append((*steps, play.task("access_package_policy", **KEY, **stated)))
    wrong = [
        play.refused("access_package_policy", **KEY, **stated)
        for stated in ({"duration_days": 0}, {"duration_days": 3661}, {"expiry": "next year"})
    ]
    both = play.refused("access_package_policy", **KEY, duration_days=3, never_expires=True)
    play.run()

    for step, (stated, stored) in zip(same, SAME_END, strict=True):
        assert (step.changed, step.writes) == (False, []), (stated, stored)
    for (predicted, change, again), (stated, stored) in zip(other, OTHER_END, strict=True):
        same_changes(predicted, change)
        assert change.paths == [("update", "expiration")], (stated, stored)
        assert not again.changed
    for step in wrong:
        assert (step.writes, step.code) == ([], "InvalidInput")
    assert "mutually exclusive" in both.msg


def test_the_first_review_is_computed_once_and_sent_again(play: Play, customer: Customer) -> None:
    made = play.task("access_package_policy", **TIER1)
    path = f"{POLICIES}/" + made.ref("policy.id")
    first = play.get(path)
    moved_body = with_value(customer.tier1(), START, "2027-06-01T00:00:00Z")
    put(play, made, customer, moved_body)
    same = play.task("access_package_policy", **TIER1)
    also = play.task("access_package_policy", **{**TIER1, "reviews": {**TIER1["reviews"], "first_after_days": 10}})
    changed = play.task("access_package_policy", **{**TIER1, "description": "Other words"})
    after = play.get(path)
    play.run()

    assert at(first.result, START)[:10] == first_review()[:10]
    assert (same.changed, also.changed, changed.changed) == (False, False, True)
    assert at(after.result, START)[:10] == "2027-06-01"


def test_reviews_that_begin_later_begin_then(play: Play, customer: Customer) -> None:
    without = {key: value for key, value in TIER1.items() if key != "reviews"}
    made = play.task("access_package_policy", **without)
    path = f"{POLICIES}/" + made.ref("policy.id")
    none = play.get(path)
    reviews = {"enabled": True, "self_review": True, "first_after_days": 30}
    predicted = play.check("access_package_policy", **without, reviews=reviews)
    begun = play.task("access_package_policy", **without, reviews=reviews)
    after = play.get(path)
    again = play.task("access_package_policy", **without, reviews=reviews)
    off = play.task("access_package_policy", **without, reviews={"enabled": False})
    off_again = play.task("access_package_policy", **without, reviews={"enabled": False})
    play.run()

    assert not none.result["reviewSettings"]
    same_changes(predicted, begun)
    assert at(after.result, START)[:10] == first_review(30)[:10]
    # Switched on without saying how: yearly, 25 days, and no answer means removal (practice M10).
    assert holds(after.result["reviewSettings"], with_value(customer.tier1(), START, first_review(30))["reviewSettings"]) == []
    assert not again.changed
    assert off.paths == [("update", "reviewSettings.isEnabled")]
    assert not off_again.changed


@pytest.mark.parametrize(
    ("every", "pattern"),
    [
        ("week", ("weekly", 1)),
        ("month", ("absoluteMonthly", 1)),
        ("quarter", ("absoluteMonthly", 3)),
        ("half_year", ("absoluteMonthly", 6)),
    ],
)
def test_how_often(play: Play, customer: Customer, every: str, pattern: tuple[str, int]) -> None:
    reviews = {"enabled": True, "self_review": True, "every": every, "open_days": 5, "first_on": "2027-06-01T00:00:00Z"}
    made = play.task("access_package_policy", **{**TIER1, "reviews": reviews})
    there = play.get(f"{POLICIES}/" + made.ref("policy.id"))
    again = play.task("access_package_policy", **{**TIER1, "reviews": reviews})
    too_long = play.refused("access_package_policy", **{**TIER1, "reviews": {**reviews, "open_days": 200}})
    play.run()

    schedule = there.result["reviewSettings"]["schedule"]
    assert (schedule["recurrence"]["pattern"]["type"], schedule["recurrence"]["pattern"]["interval"]) == pattern
    assert schedule["expiration"]["duration"] == "P5D"
    assert schedule["startDateTime"][:10] == "2027-06-01"
    assert not again.changed
    assert (too_long.writes, too_long.code) == ([], "InvalidInput")
