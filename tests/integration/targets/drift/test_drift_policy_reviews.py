# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of assignment policies, property by property: access reviews."""

from __future__ import annotations

import dataclasses

from harness.drift import ONE_SPELLING, Case, Empty, Fixed, Spelled
from harness.drift_policies import OPTIONS as STATED
from harness.drift_policies import Policies, after, end_spellings, every, flag, group, nested, people, user
from harness.drift_promises import EveryProperty, WhatIsFixed
from harness.drift_story import Table

from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import PROPERTIES

OPTIONS = {prop.path: prop.option for prop in PROPERTIES if prop.path.startswith("reviewSettings.")}
_REVIEWS = "reviewSettings"
_RECURRENCE = f"{_REVIEWS}.schedule.recurrence"
_FLAGS = ("isEnabled", "isRecommendationEnabled", "isReviewerJustificationRequired", "isSelfReview")
_YEARLY = every("absoluteYearly", 1)

CASES = {
    **{f"{_REVIEWS}.{name}": flag(f"{_REVIEWS}.{name}", OPTIONS[f"{_REVIEWS}.{name}"]) for name in _FLAGS},
    f"{_REVIEWS}.expirationBehavior": Case("keepAccess", "something always happens without an answer", ONE_SPELLING),
    f"{_REVIEWS}.schedule.expiration": Case(after("P20D"), "a review always has an end", end_spellings(25)),
    _RECURRENCE: Case(
        every("absoluteMonthly", 6),
        "reviews always recur: reviews.enabled switches them off",
        {
            "twelve months": every("absoluteMonthly", 12),
            "filled in": every("absoluteYearly", 1, month=1, dayOfMonth=1, firstDayOfWeek="monday", index="last"),
            "with dates of no meaning": {
                **_YEARLY,
                "range": {"type": "noEnd", "startDate": "2030-01-01", "endDate": "9999-12-31", "recurrenceTimeZone": "UTC"},
            },
        },
    ),
    f"{_REVIEWS}.primaryReviewers": people(
        f"{_REVIEWS}.primaryReviewers",
        "reviews.reviewers",
        [user("{dee}"), user("{ada}")],
        # When those who have access review themselves: else the service refuses that there is nobody.
        Empty(nested("reviews.reviewers", []), [], beside={f"{_REVIEWS}.isSelfReview": True}),
    ),
    f"{_REVIEWS}.fallbackReviewers": people(f"{_REVIEWS}.fallbackReviewers", "reviews.fallback_reviewers", [group("{three}")]),
}
CASES[f"{_REVIEWS}.isEnabled"] = dataclasses.replace(
    CASES[f"{_REVIEWS}.isEnabled"],
    spellings={"no reviews at all": Spelled({_REVIEWS: None}, nested("reviews.enabled", False), False)},
)
FIXED = {
    f"{_REVIEWS}.schedule.startDateTime": Fixed(
        "computed once, and the service never lets it be changed later",
        {"reviews": {**STATED["reviews"], "first_on": "2031-06-01T00:00:00Z"}},
    )
}
TABLE = Table(Policies, OPTIONS, CASES, FIXED)


class TestReviews(EveryProperty, WhatIsFixed):
    table = TABLE
