# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PUT of a policy: everything that was there is sent again, but for what changes and what Graph refuses."""

from __future__ import annotations

import copy
import json

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.tests.unit.fakes import A, C, answer, page
from ansible_collections.mssp.defender.tests.unit.plugins.module_utils._resources.policy_building import (
    APPROVERS,
    LISTED,
    PACKAGE,
    POLICIES,
    STORED,
    TIER_1,
    desired,
    make,
    subject,
)


def updated(stored, options, **more):
    table = {
        LISTED: page(stored),
        f"GET {POLICIES}/{C}?$expand=accessPackage,customExtensionStageSettings($expand=customExtension)": stored,
        f"PUT {POLICIES}/{C}": lambda sent: answer(200, {"id": C}),
    }
    resource, http = make(table, desired(options), **more)
    outcome = reconcile(resource)
    return (http.sent[-1].body if http.sent[-1].method == "PUT" else None), outcome


def test_a_put_sends_everything_that_was_there():
    stored = copy.deepcopy(STORED)
    stored["questions"] = [{"@odata.type": "#microsoft.graph.accessPackageTextInputQuestion", "id": "q", "text": "Why?"}]
    stored["automaticRequestSettings"] = {"requestAccessForAllowedTargets": False}
    stored["unknownFuture"] = {"x": 1}
    body, outcome = updated(stored, {"name": "MSSP SOC users", "duration_days": 180})
    assert body["expiration"] == {"type": "afterDuration", "duration": "P180D", "endDateTime": None}
    expected = {
        key: value for key, value in stored.items() if key in TIER_1 or key in ("automaticRequestSettings", "unknownFuture")
    }
    expected = {**copy.deepcopy(expected), "id": C, "expiration": body["expiration"], "accessPackage": {"id": PACKAGE}}
    del expected["specificAllowedTargets"][0]["description"]
    assert body == expected
    assert [change.property for change in outcome.changes] == ["expiration"]


def test_a_put_leaves_out_what_graph_refuses_to_be_sent_back():
    body, dummy = updated(STORED, {"name": "MSSP SOC users", "duration_days": 180})
    assert "automaticRequestSettings" in body
    text = json.dumps(body)
    for word in ("createdDateTime", "modifiedDateTime", "@odata.context", "Fabrikam", "customExtensionStageSettings"):
        assert word not in text


def test_the_start_of_reviews_is_sent_again_and_never_moved():
    stored = copy.deepcopy(STORED)
    stored["reviewSettings"]["schedule"]["startDateTime"] = "2025-01-01T12:34:56Z"
    options = {"name": "MSSP SOC users", "reviews": {"enabled": True, "open_days": 20, "first_on": "2030-01-01T00:00:00Z"}}
    body, outcome = updated(stored, options)
    assert body["reviewSettings"]["schedule"]["startDateTime"] == "2025-01-01T12:34:56Z"
    assert [change.property for change in outcome.changes] == ["reviewSettings.schedule.expiration"]


def test_switching_reviews_on_fills_in_what_is_needed():
    stored = {**copy.deepcopy(STORED), "reviewSettings": None}
    body, dummy = updated(stored, {"name": "MSSP SOC users", "reviews": {"enabled": True, "self_review": True}})
    assert body["reviewSettings"] == TIER_1["reviewSettings"]


def test_a_stage_keeps_what_is_not_stated():
    # Nothing of it is what a new stage would get.
    there = {
        "durationBeforeAutomaticDenial": "P9D",
        "isApproverJustificationRequired": False,
        "isEscalationEnabled": True,
        "durationBeforeEscalation": "P2D",
        "approverInformationVisibility": "notVisible",
        "primaryApprovers": [subject("groupMembers", "groupId", APPROVERS)],
        "fallbackPrimaryApprovers": [subject("singleUser", "userId", C)],
        "escalationApprovers": [subject("singleUser", "userId", C)],
        "fallbackEscalationApprovers": [subject("singleUser", "userId", C)],
    }
    stored = copy.deepcopy(STORED)
    stored["requestApprovalSettings"]["stages"] = [copy.deepcopy(there), {**there, "durationBeforeAutomaticDenial": "P10D"}]
    options = {"name": "MSSP SOC users", "approval": {"stages": [{"approvers": [{"user": A}], "deny_after_days": 7}, {}]}}
    body, outcome = updated(stored, options)
    changed = {"primaryApprovers": [subject("singleUser", "userId", A)], "durationBeforeAutomaticDenial": "P7D"}
    assert body["requestApprovalSettings"]["stages"] == [
        {**there, **changed},
        {**there, "durationBeforeAutomaticDenial": "P10D"},
    ]
    at = "requestApprovalSettings.stages.0"
    assert {change.property for change in outcome.changes} == {f"{at}.{key}" for key in changed}


def test_another_stage_is_one_change_and_is_completed():
    stages = [{"approvers": [{"group": APPROVERS}]}, {"approvers": [{"user": A}]}]
    body, outcome = updated(STORED, {"name": "MSSP SOC users", "approval": {"stages": stages}})
    assert [change.property for change in outcome.changes] == ["requestApprovalSettings.stages"]
    first = TIER_1["requestApprovalSettings"]["stages"][0]
    second = {**first, "primaryApprovers": [subject("singleUser", "userId", A)]}
    assert body["requestApprovalSettings"]["stages"] == [first, second]


def test_no_stages_clears_them():
    body, dummy = updated(STORED, {"name": "MSSP SOC users", "approval": {"stages": []}})
    assert body["requestApprovalSettings"]["stages"] == []
    assert body["requestApprovalSettings"]["isApprovalRequiredForAdd"] is True


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_change_inside_one_stage_keeps_the_others_in_what_is_predicted(number):
    stages = [{"deny_after_days": days} for days in (7, 14, 21)]
    body = desired({"name": "p", "approval": {"stages": stages}})
    stored = {"id": C, **copy.deepcopy(body), "accessPackage": {"id": PACKAGE}}
    stored["requestApprovalSettings"]["stages"][number]["durationBeforeAutomaticDenial"] = "P9D"
    resource, dummy = make({LISTED: page(stored)}, body)
    outcome = reconcile(resource, check_mode=True)
    for whole in (outcome.after, outcome.entity):
        told = [x["durationBeforeAutomaticDenial"] for x in whole["requestApprovalSettings"]["stages"]]
        assert told == ["P7D", "P14D", "P21D"]


def test_fewer_stages_are_predicted_as_fewer():
    body = desired({"name": "p", "approval": {"stages": [{"deny_after_days": 7}]}})
    stored = {"id": C, **copy.deepcopy(body), "accessPackage": {"id": PACKAGE}}
    stored["requestApprovalSettings"]["stages"] *= 2
    resource, dummy = make({LISTED: page(stored)}, body)
    outcome = reconcile(resource, check_mode=True)
    assert len(outcome.entity["requestApprovalSettings"]["stages"]) == 1
