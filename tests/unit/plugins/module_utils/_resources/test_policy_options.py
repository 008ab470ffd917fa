# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._normalise import recurrence
from ansible_collections.mssp.defender.plugins.module_utils._paths import pick
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_options import EVERY, LONGEST, Translator
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import References
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Http, graph


def translate(**params):
    return Translator(params, References(graph(Http()), False)).policy()


def subject(kind, key, value):
    return {"@odata.type": f"#microsoft.graph.{kind}", key: value}


USER = subject("singleUser", "userId", A)
GROUP = subject("groupMembers", "groupId", B)
ORGANIZATION = subject("connectedOrganizationMembers", "connectedOrganizationId", C)
MANAGER = subject("requestorManager", "managerLevel", 2)
SUBJECTS = [{"user": A}, {"group": B}, {"manager_level": 2}]
GRAPHS = [USER, GROUP, MANAGER]
AFTER = {"type": "afterDuration", "endDateTime": None}
STAGES = "requestApprovalSettings.stages"


def test_nothing_stated_is_nothing():
    assert translate() == {}
    assert translate(requests=None, approval=None, reviews=None, requestors=None) == {}
    assert translate(requests={}, approval={}, reviews={}) == {}
    assert translate(requests={"add": None}, approval={"stages": None}, reviews={"enabled": None, "first_after_days": 335}) == {}
    assert translate(never_expires=False) == {}


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize(
    ("block", "option", "path"),
    [
        ("requests", "add", "requestorSettings.enableTargetsToSelfAddAccess"),
        ("requests", "extend", "requestorSettings.enableTargetsToSelfUpdateAccess"),
        ("requests", "remove", "requestorSettings.enableTargetsToSelfRemoveAccess"),
        ("requests", "custom_schedule", "requestorSettings.allowCustomAssignmentSchedule"),
        ("requests", "on_behalf_add", "requestorSettings.enableOnBehalfRequestorsToAddAccess"),
        ("requests", "on_behalf_extend", "requestorSettings.enableOnBehalfRequestorsToUpdateAccess"),
        ("requests", "on_behalf_remove", "requestorSettings.enableOnBehalfRequestorsToRemoveAccess"),
        ("approval", "for_new", "requestApprovalSettings.isApprovalRequiredForAdd"),
        ("approval", "for_extension", "requestApprovalSettings.isApprovalRequiredForUpdate"),
        ("approval", "requestor_justification", "requestApprovalSettings.isRequestorJustificationRequired"),
        ("reviews", "enabled", "reviewSettings.isEnabled"),
        ("reviews", "self_review", "reviewSettings.isSelfReview"),
        ("reviews", "recommendations", "reviewSettings.isRecommendationEnabled"),
        ("reviews", "justification", "reviewSettings.isReviewerJustificationRequired"),
    ],
)
def test_flags(block, option, path, value):
    made = translate(**{block: {option: value}})
    assert pick(made, path) is value
    assert len(made) == 1


@pytest.mark.parametrize(
    ("params", "path", "value"),
    [
        ({"name": "n"}, "displayName", "n"),
        ({"description": "d"}, "description", "d"),
        ({"description": ""}, "description", ""),
        ({"notifications": True}, "notificationSettings.isAssignmentNotificationDisabled", False),
        ({"notifications": False}, "notificationSettings.isAssignmentNotificationDisabled", True),
        ({"duration_days": 1}, "expiration", {**AFTER, "duration": "P1D"}),
        ({"duration_days": LONGEST}, "expiration", {**AFTER, "duration": f"P{LONGEST}D"}),
        ({"never_expires": True}, "expiration", {"type": "noExpiration", "duration": None, "endDateTime": None}),
        (
            {"expiry": "2027-12-31T00:00:00Z"},
            "expiration",
            {"type": "afterDateTime", "duration": None, "endDateTime": "2027-12-31T00:00:00Z"},
        ),
        ({"reviews": {"unanswered": "keepAccess"}}, "reviewSettings.expirationBehavior", "keepAccess"),
        ({"reviews": {"first_on": "2027-01-01T00:00:00Z"}}, "reviewSettings.schedule.startDateTime", "2027-01-01T00:00:00Z"),
        ({"reviews": {"open_days": 25}}, "reviewSettings.schedule.expiration", {**AFTER, "duration": "P25D"}),
        ({"reviews": {"reviewers": SUBJECTS}}, "reviewSettings.primaryReviewers", GRAPHS),
        ({"reviews": {"reviewers": []}}, "reviewSettings.primaryReviewers", []),
        ({"reviews": {"fallback_reviewers": SUBJECTS}}, "reviewSettings.fallbackReviewers", GRAPHS),
        ({"requests": {"on_behalf_requestors": SUBJECTS}}, "requestorSettings.onBehalfRequestors", GRAPHS),
        *(
            ({"reviews": {"reviewers": [{"sponsors": whose}]}}, "reviewSettings.primaryReviewers", [{"@odata.type": kind}])
            for whose, kind in (
                ("internal", "#microsoft.graph.internalSponsors"),
                ("external", "#microsoft.graph.externalSponsors"),
                ("requestor", "#microsoft.graph.targetUserSponsors"),
            )
        ),
        ({"approval": {"stages": []}}, STAGES, []),
        ({"approval": {"stages": [{}, {}]}}, STAGES, [{}, {}]),
    ],
)
def test_one_option(params, path, value):
    made = translate(**params)
    assert pick(made, path) == value
    assert len(made) == 1


@pytest.mark.parametrize(
    ("stage", "made"),
    [
        ({"approvers": SUBJECTS}, {"primaryApprovers": GRAPHS}),
        ({"fallback_approvers": SUBJECTS}, {"fallbackPrimaryApprovers": GRAPHS}),
        ({"escalation_approvers": SUBJECTS}, {"escalationApprovers": GRAPHS}),
        ({"fallback_escalation_approvers": SUBJECTS}, {"fallbackEscalationApprovers": GRAPHS}),
        ({"approvers": []}, {"primaryApprovers": []}),
        ({"deny_after_days": 7}, {"durationBeforeAutomaticDenial": "P7D"}),
        ({"escalate_after_days": 3}, {"isEscalationEnabled": True, "durationBeforeEscalation": "P3D"}),
        ({"escalate_after_days": 0}, {"isEscalationEnabled": False, "durationBeforeEscalation": "PT0S"}),
        ({"approver_justification": False}, {"isApproverJustificationRequired": False}),
        ({"approver_visibility": "notVisible"}, {"approverInformationVisibility": "notVisible"}),
        ({"approvers": None, "deny_after_days": None}, {}),
    ],
)
def test_one_option_of_a_stage(stage, made):
    assert pick(translate(approval={"stages": [stage]}), STAGES) == [made]


@pytest.mark.parametrize(
    ("every", "pattern", "interval"),
    [
        ("week", "weekly", 1),
        ("month", "absolutemonthly", 1),
        ("quarter", "absolutemonthly", 3),
        ("half_year", "absolutemonthly", 6),
        ("year", "absolutemonthly", 12),
    ],
)
def test_how_often(every, pattern, interval):
    made = pick(translate(reviews={"every": every}), "reviewSettings.schedule.recurrence")
    assert recurrence(made) == (pattern, interval, frozenset(), "noend", None)
    assert translate(reviews={"every": every})["reviewSettings"]["schedule"]["recurrence"] is not made


def test_every_choice_is_tested():
    assert set(EVERY) == {"week", "month", "quarter", "half_year", "year"}


@pytest.mark.parametrize(
    ("requestors", "scope", "targets"),
    [
        ({}, "notSpecified", []),
        ({"users": [], "groups": []}, "notSpecified", []),
        ({"connected_organizations": [C]}, "specificConnectedOrganizationUsers", [ORGANIZATION]),
        ({"users": [A], "groups": [B]}, "specificDirectoryUsers", [USER, GROUP]),
        ({"scope": "allMemberUsers"}, "allMemberUsers", []),
        ({"scope": "allConfiguredConnectedOrganizationUsers"}, "allConfiguredConnectedOrganizationUsers", []),
        ({"scope": "specificDirectoryUsers", "groups": [B]}, "specificDirectoryUsers", [GROUP]),
    ],
)
def test_requestors(requestors, scope, targets):
    assert translate(requestors=requestors) == {"allowedTargetScope": scope, "specificAllowedTargets": targets}


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (
            {"requestors": {"connected_organizations": [C], "users": [A]}},
            "requestors names connected organizations as well as users or groups, and a policy has room for one kind. "
            "Make a policy for each kind.",
        ),
        (
            {"requestors": {"scope": "specificDirectoryUsers"}},
            "requestors.scope is specificDirectoryUsers, but nobody is named. Name who may request.",
        ),
        (
            {"requestors": {"scope": "specificConnectedOrganizationUsers", "connected_organizations": []}},
            "requestors.scope is specificConnectedOrganizationUsers, but nobody is named. Name who may request.",
        ),
        ({"approval": {"stages": [{}] * 4}}, "approval.stages has 4 stages. At most 3 are possible."),
        ({"duration_days": 0}, "duration_days is 0. Choose 1 to 3660 days."),
        ({"duration_days": -1}, "duration_days is -1. Choose 1 to 3660 days."),
        ({"duration_days": 3661}, "duration_days is 3661. Choose 1 to 3660 days."),
        ({"expiry": "next year"}, "expiry is 'next year', which is no point in time. Write 2027-12-31T00:00:00Z."),
        ({"expiry": "2027-12-31"}, "expiry is '2027-12-31', which is no point in time. Write 2027-12-31T00:00:00Z."),
        (
            {"expiry": "2027-02-30T00:00:00Z"},
            "expiry is '2027-02-30T00:00:00Z', which is no point in time. Write 2027-12-31T00:00:00Z.",
        ),
        ({"reviews": {"open_days": 0}}, "reviews.open_days is 0. Choose 1 to 3660 days."),
        (
            {"reviews": {"open_days": 365}},
            "reviews.open_days is 365, as long as the time from one review to the next. "
            "Choose less than 365 days, or review less often.",
        ),
        (
            {"reviews": {"every": "week", "open_days": 7}},
            "reviews.open_days is 7, as long as the time from one review to the next. "
            "Choose less than 7 days, or review less often.",
        ),
        (
            {"reviews": {"every": "month", "open_days": 28}},
            "reviews.open_days is 28, as long as the time from one review to the next. "
            "Choose less than 28 days, or review less often.",
        ),
        (
            {"approval": {"stages": [{"approvers": [{}]}]}},
            "approval.stages.approvers has an entry that names nobody. "
            "Each entry names one of user, group, manager_level, sponsors.",
        ),
        (
            {"approval": {"stages": [{"escalation_approvers": [{"user": A, "group": B}]}]}},
            "approval.stages.escalation_approvers has an entry that names user and group. "
            "Each entry names one of user, group, manager_level, sponsors.",
        ),
        (
            {"reviews": {"reviewers": [{"user": None, "group": None, "manager_level": None}]}},
            "reviews.reviewers has an entry that names nobody. Each entry names one of user, group, manager_level, sponsors.",
        ),
        (
            {"requestors": {"users": [""]}},
            "requestors has an empty reference to a user. "
            "Give its id, its name, or the object that a task of this collection returned.",
        ),
    ],
)
def test_what_cannot_be(params, words):
    with pytest.raises(InvalidInput) as caught:
        translate(**params)
    assert str(caught.value) == words


@pytest.mark.parametrize(("every", "days"), [("week", 6), ("month", 27), ("quarter", 89), ("half_year", 180), ("year", 364)])
def test_the_longest_that_a_review_may_be_open(every, days):
    assert translate(reviews={"every": every, "open_days": days})
    with pytest.raises(InvalidInput):
        translate(reviews={"every": every, "open_days": days + 1})
