# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The body of a policy: completed, cleaned of what Graph refuses to be sent back, merged with what is there."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import expiration
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_body import clean, complete, merged
from ansible_collections.mssp.defender.tests.unit.plugins.module_utils._resources.policy_building import (
    EVERYTHING,
    STORED,
    TIER_1,
    desired,
)


def test_complete_keeps_what_is_there():
    before = copy.deepcopy(TIER_1)
    assert complete(TIER_1) == TIER_1 == before
    full = complete(desired(EVERYTHING))
    assert complete(full) == full


def test_complete_fills_in_nulls():
    stage = complete({"requestApprovalSettings": {"stages": [{"escalationApprovers": None, "durationBeforeEscalation": None}]}})
    assert stage["requestApprovalSettings"]["stages"] == [
        {
            "primaryApprovers": [],
            "fallbackPrimaryApprovers": [],
            "escalationApprovers": [],
            "fallbackEscalationApprovers": [],
            "durationBeforeAutomaticDenial": "P14D",
            "isApproverJustificationRequired": True,
            "isEscalationEnabled": False,
            "durationBeforeEscalation": "PT0S",
            "approverInformationVisibility": "default",
        }
    ]
    made = complete({"reviewSettings": {"isEnabled": True, "expirationBehavior": None, "schedule": {"startDateTime": "s"}}})
    assert made["reviewSettings"]["expirationBehavior"] == "removeAccess"
    assert made["reviewSettings"]["schedule"]["startDateTime"] == "s"
    assert made["reviewSettings"]["schedule"]["expiration"]["duration"] == "P25D"
    assert complete({"reviewSettings": {"isEnabled": False}}) == {"reviewSettings": {"isEnabled": False}}


def test_complete_shares_nothing_with_the_defaults():
    made = complete({"reviewSettings": {"isEnabled": True}})
    made["reviewSettings"]["schedule"]["recurrence"]["pattern"]["interval"] = 99
    made["reviewSettings"]["primaryReviewers"].append(1)
    again = complete({"reviewSettings": {"isEnabled": True}})
    assert again["reviewSettings"]["schedule"]["recurrence"]["pattern"]["interval"] == 1
    assert again["reviewSettings"]["primaryReviewers"] == []


def test_clean_keeps_custom_extensions_by_reference():
    extension = {"@odata.type": "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension", "id": "e", "displayName": "x"}
    made = clean(
        {"customExtensionStageSettings": [{"id": "s", "stage": "assignmentRequestCreated", "customExtension": extension}]}
    )
    assert made["customExtensionStageSettings"] == [
        {"stage": "assignmentRequestCreated", "customExtension": {"@odata.type": extension["@odata.type"], "id": "e"}}
    ]


def test_clean_gives_what_a_put_must_hold():
    assert clean({"displayName": "x", "notificationSettings": None}) == {
        "displayName": "x",
        "automaticRequestSettings": None,
        "questions": [],
        "specificAllowedTargets": [],
        "reviewSettings": None,
    }


def test_clean_keeps_the_description_of_everything_but_subjects():
    made = clean({"description": "of the policy", "questions": [{"description": "of a question"}]})
    assert made["description"] == "of the policy"
    assert made["questions"] == [{"description": "of a question"}]


def test_merged_changes_neither():
    before = copy.deepcopy(STORED)
    wanted = desired({"name": "n", "approval": {"stages": [{"deny_after_days": 3}]}})
    kept = copy.deepcopy(wanted)
    merged(STORED, wanted)
    assert (before, kept) == (STORED, wanted)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (None, {"type": "noExpiration"}, True),
        (None, {}, True),
        ({"type": "notSpecified"}, {"type": "noExpiration", "duration": None}, True),
        (
            {"type": "afterDuration", "duration": "P365D"},
            {"type": "AfterDuration", "duration": "PT8760H", "endDateTime": None},
            True,
        ),
        ({"type": "afterDuration", "duration": "P365D"}, {"type": "afterDuration", "duration": "P1Y"}, False),
        (
            {"type": "afterDateTime", "endDateTime": "2027-01-01T00:00:00Z", "duration": "P1D"},
            {"type": "afterDateTime", "endDateTime": "2027-01-01T00:00:00.0000000Z"},
            True,
        ),
        ({"type": "afterDuration", "duration": "P1D"}, {"type": "noExpiration", "duration": "P1D"}, False),
    ],
)
def test_expiration(one, other, equal):
    assert (expiration(one) == expiration(other)) is equal
