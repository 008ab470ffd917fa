# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._reconcile import differences
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import PROPERTIES
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_options import Translator
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.plugins.plugin_utils import adopt_options as options
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_text import Word

ADA = "00000000-0000-4000-8000-00000000000a"
TEAM = "00000000-0000-4000-8000-00000000000b"


def subject(kind, **more):
    return {"@odata.type": f"#microsoft.graph.{kind}", **more}


STAGE = {
    "durationBeforeAutomaticDenial": "P14D",
    "isApproverJustificationRequired": True,
    "isEscalationEnabled": True,
    "durationBeforeEscalation": "P3D",
    "approverInformationVisibility": "visible",
    "primaryApprovers": [subject("groupMembers", groupId=TEAM), subject("requestorManager", managerLevel=2)],
    "fallbackPrimaryApprovers": [subject("singleUser", userId=ADA)],
    "escalationApprovers": [subject("internalSponsors"), subject("externalSponsors"), subject("targetUserSponsors")],
    "fallbackEscalationApprovers": None,
}
REVIEWS = {
    "isEnabled": True,
    "expirationBehavior": "keepAccess",
    "isRecommendationEnabled": False,
    "isReviewerJustificationRequired": None,
    "isSelfReview": False,
    "schedule": {
        "startDateTime": "2030-01-01T00:00:00Z",
        "expiration": {"type": "afterDuration", "duration": "P10D"},
        "recurrence": {"pattern": {"type": "absoluteMonthly", "interval": 3}, "range": {"type": "noEnd"}},
    },
    "primaryReviewers": [subject("singleUser", userId=ADA)],
    "fallbackReviewers": [],
}


class Ids:
    def user(self, value, option):
        return Ref(value, value)

    group = user


def said_again(stages, reviews):
    """What a module would still change in the policy of whose words these are."""
    said = {"approval": {"stages": stages}, "reviews": reviews}
    return Translator(said, Ids()).policy()


def test_a_stage_in_all_its_words():
    assert options.stages({"requestApprovalSettings": {"stages": [STAGE]}}) == [
        {
            "approvers": [{"group": TEAM}, {"manager_level": 2}],
            "fallback_approvers": [{"user": ADA}],
            "escalation_approvers": [{"sponsors": "internal"}, {"sponsors": "external"}, {"sponsors": "requestor"}],
            "fallback_escalation_approvers": [],
            "deny_after_days": 14,
            "escalate_after_days": 3,
            "approver_justification": True,
            "approver_visibility": "visible",
        }
    ]


def test_reviews_in_all_their_words():
    assert options.reviews({"reviewSettings": REVIEWS}) == {
        "enabled": True,
        "every": "quarter",
        "open_days": 10,
        "unanswered": "keepAccess",
        "recommendations": False,
        "justification": True,
        "self_review": False,
        "reviewers": [{"user": ADA}],
        "fallback_reviewers": [],
    }


@pytest.mark.parametrize("settings", [None, {}, {"isEnabled": False, "isSelfReview": True}])
def test_no_reviews(settings):
    assert options.reviews({"reviewSettings": settings}) == {"enabled": False}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("stage", {}),
        ("stage", {"isEscalationEnabled": False, "durationBeforeEscalation": None}),
        ("stage", {"durationBeforeAutomaticDenial": "PT36H"}),
        ("stage", {"durationBeforeEscalation": "P20D"}),
        ("stage", {"durationBeforeEscalation": "PT5H"}),
        ("stage", {"approverInformationVisibility": None}),
        ("reviews", {}),
        ("reviews", {"expirationBehavior": "somethingNew"}),
        ("schedule", {"recurrence": {"pattern": {"type": "absoluteMonthly", "interval": 2}, "range": {"type": "noEnd"}}}),
        ("schedule", {"recurrence": {"pattern": {"type": "weekly", "interval": 1}, "range": {"type": "noEnd"}}}),
        ("schedule", {"recurrence": {"pattern": {"type": "absoluteMonthly", "interval": 12}, "range": {"type": "noEnd"}}}),
        ("schedule", {"expiration": {"type": "afterDuration", "duration": "PT36H"}}),
        ("schedule", {"expiration": {"type": "afterDuration", "duration": "P90D"}}),
    ],
)
def test_what_is_said_is_what_is_there_and_the_module_takes_it(path, value):
    """Also where there is no word for something: then it is not said, so that a run leaves it alone."""
    stage, reviews = copy.deepcopy(STAGE), copy.deepcopy(REVIEWS)
    {"stage": stage, "reviews": reviews, "schedule": reviews["schedule"]}[path].update(value)
    policy = {"requestApprovalSettings": {"stages": [stage]}, "reviewSettings": reviews}
    wanted = said_again(options.stages(policy), options.reviews(policy))
    assert differences(PROPERTIES, policy, wanted) == []


@pytest.mark.parametrize(
    "stranger",
    [
        subject("singleServicePrincipal", servicePrincipalId=ADA),
        subject("singleUser", userId="{{ x }}"),
        subject("groupMembers", groupId=None),
        subject("requestorManager", managerLevel=3),
        subject("targetManager", managerLevel=1),
    ],
)
def test_who_cannot_be_named_is_left_out_and_shows_as_a_difference(stranger):
    policy = {"requestApprovalSettings": {"stages": [{**STAGE, "primaryApprovers": [stranger]}]}}
    (stage,) = options.stages(policy)
    assert stage["approvers"] == []
    found = differences(PROPERTIES, policy, said_again([stage], {"enabled": False}))
    assert [prop.path for prop, _before, _after in found] == ["requestApprovalSettings.stages.0.primaryApprovers"]


@pytest.mark.parametrize(
    ("expiration", "days"),
    [
        ({"type": "afterDuration", "duration": "P365D"}, 365),
        ({"type": "AfterDuration", "duration": "P26W"}, 182),
        ({"type": "afterDuration", "duration": "PT48H"}, 2),
        ({"type": "afterDuration", "duration": "PT36H"}, None),
        ({"type": "afterDuration", "duration": "P1Y"}, None),
        ({"type": "afterDuration", "duration": "P5000D"}, None),
        ({"type": "afterDuration", "duration": "soon"}, None),
        ({"type": "afterDateTime", "endDateTime": "2030-01-01T00:00:00Z"}, None),
        ({"type": "noExpiration"}, None),
        (None, None),
    ],
)
def test_days_after_which_access_ends(expiration, days):
    assert options.access_days(expiration) == days


def test_every_frequency_has_its_word_back():
    for word in ("week", "month", "quarter", "half_year", "year"):
        body = said_again([], {"enabled": True, "every": word})
        assert options.every(body["reviewSettings"]) == word
        assert isinstance(options.every(body["reviewSettings"]), Word)
