# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How drift is rated: by what it means, and in which direction it goes."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import findings
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_drift import rated
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import BASICS, LIVE, change, facts, policy

P, R = "assignment policy", "Defender role"
ANNA = {"@odata.type": "#microsoft.graph.singleUser", "userId": "a"}
EVE = {"@odata.type": "#microsoft.graph.singleUser", "userId": "e"}
STAGE = "requestApprovalSettings.stages.0"


def lasts(duration):
    return {"type": "afterDuration", "duration": duration}


def until(instant):
    return {"type": "afterDateTime", "endDateTime": instant}


def every(interval, unit="absoluteYearly"):
    return {"pattern": {"type": unit, "interval": interval}}


def granted(*actions):
    return [{"allowedResourceActions": list(actions)}]


@pytest.mark.parametrize(
    ("kind", "where", "is_", "should", "rule"),
    [
        (P, "requestApprovalSettings.isApprovalRequiredForAdd", False, True, "MSSP201"),
        (P, "requestApprovalSettings.isApprovalRequiredForAdd", True, False, "MSSP207"),
        (P, "requestApprovalSettings.isApprovalRequiredForUpdate", False, True, "MSSP201"),
        (P, "requestApprovalSettings.stages", [], [{}], "MSSP201"),
        (P, "requestApprovalSettings.stages", [{}, {}], [{}], "MSSP207"),
        (P, f"{STAGE}.primaryApprovers", [ANNA, EVE], [ANNA], "MSSP201"),
        (P, f"{STAGE}.primaryApprovers", [EVE], [ANNA], "MSSP201"),
        (P, f"{STAGE}.primaryApprovers", [ANNA], [ANNA, EVE], "MSSP207"),
        (P, f"{STAGE}.escalationApprovers", [EVE], [], "MSSP201"),
        (P, f"{STAGE}.durationBeforeAutomaticDenial", "P30D", "P14D", "MSSP207"),
        (P, "requestApprovalSettings.isRequestorJustificationRequired", False, True, "MSSP207"),
        (P, "allowedTargetScope", "allExternalUsers", "specificConnectedOrganizationUsers", "MSSP202"),
        (P, "allowedTargetScope", "SpecificConnectedOrganizationUsers", "allExternalUsers", "MSSP207"),
        (P, "allowedTargetScope", "somethingNew", "specificConnectedOrganizationUsers", "MSSP202"),
        (P, "specificAllowedTargets", [ANNA, EVE], [ANNA], "MSSP202"),
        (P, "specificAllowedTargets", [], [ANNA], "MSSP207"),
        (P, "requestorSettings.enableTargetsToSelfAddAccess", True, False, "MSSP202"),
        (P, "requestorSettings.enableTargetsToSelfAddAccess", False, True, "MSSP207"),
        (P, "requestorSettings.enableTargetsToSelfRemoveAccess", True, False, "MSSP207"),
        (P, "requestorSettings.allowCustomAssignmentSchedule", True, False, "MSSP207"),
        (P, "requestorSettings.enableOnBehalfRequestorsToAddAccess", True, False, "MSSP202"),
        (P, "requestorSettings.onBehalfRequestors", [EVE], [], "MSSP202"),
        (P, "expiration", {"type": "noExpiration"}, lasts("P365D"), "MSSP203"),
        (P, "expiration", None, lasts("P365D"), "MSSP203"),
        (P, "expiration", lasts("P400D"), lasts("P365D"), "MSSP203"),
        (P, "expiration", lasts("P30D"), lasts("P365D"), "MSSP207"),
        (P, "expiration", lasts("nonsense"), lasts("P365D"), "MSSP203"),
        (P, "expiration", until("2030-01-01T00:00:00Z"), lasts("P365D"), "MSSP203"),
        (P, "expiration", until("2026-01-01T00:00:00Z"), until("2027-01-01T00:00:00Z"), "MSSP207"),
        (P, "expiration", lasts("P30D"), {"type": "noExpiration"}, "MSSP207"),
        (P, "reviewSettings.isEnabled", False, True, "MSSP204"),
        (P, "reviewSettings.isEnabled", True, False, "MSSP207"),
        (P, "reviewSettings.isSelfReview", True, False, "MSSP204"),
        (P, "reviewSettings.isSelfReview", False, True, "MSSP207"),
        (P, "reviewSettings.expirationBehavior", "keepAccess", "removeAccess", "MSSP204"),
        (P, "reviewSettings.expirationBehavior", "removeAccess", "keepAccess", "MSSP207"),
        (P, "reviewSettings.schedule.recurrence", every(2), every(1), "MSSP204"),
        (P, "reviewSettings.schedule.recurrence", None, every(1), "MSSP204"),
        (P, "reviewSettings.schedule.recurrence", every(3, "absoluteMonthly"), every(1), "MSSP207"),
        (P, "reviewSettings.primaryReviewers", [EVE], [ANNA], "MSSP204"),
        (P, "reviewSettings.primaryReviewers", [], [ANNA], "MSSP207"),
        (P, "notificationSettings.isAssignmentNotificationDisabled", True, False, "MSSP207"),
        (P, "questions", [], [{}], "MSSP207"),
        (P, "description", "a", "b", "MSSP208"),
        ("group", "displayName", "a", "b", "MSSP208"),
        ("access package", "isHidden", True, False, "MSSP207"),
        ("catalog", "state", "unpublished", "published", "MSSP207"),
        ("connected organization", "state", "configured", "proposed", "MSSP202"),
        ("connected organization", "state", "proposed", "configured", "MSSP207"),
        (R, "rolePermissions", granted(BASICS, LIVE), granted(BASICS), "MSSP205"),
        (R, "rolePermissions", granted("microsoft.xdr/secops/*/read"), granted(BASICS), "MSSP205"),
        (R, "rolePermissions", granted(BASICS), granted(BASICS, LIVE), "MSSP207"),
        # What a wildcard grants already is nothing more.
        (R, "rolePermissions", granted(BASICS), granted("microsoft.xdr/secops/*/read"), "MSSP207"),
    ],
)
def test_rated(kind, where, is_, should, rule):
    assert rated(kind, where, is_, should) == rule


@pytest.mark.parametrize(("action", "rule"), [("create", "MSSP206"), ("delete", "MSSP205")])
def test_what_comes_and_goes(action, rule):
    raw = facts()
    raw["drift"]["changes"] = [change("Defender role assignment", "Tier 1 Analysts: on /", action=action, id=None)]
    (one,) = findings(raw)["findings"]
    assert (one["id"], one["property"]) == (rule, None)


def test_before_and_after_are_kept():
    raw = facts()
    raw["drift"]["changes"] = [change("group", "Tier 1 Analyst", property="description", before="a", after=None)]
    (one,) = findings(raw)["findings"]
    assert (one["before"], one["after"], one["is"], one["should"]) == (
        "a",
        None,
        "description is 'a'.",
        "description is not set.",
    )


@pytest.mark.parametrize(
    ("review", "severity"),
    [({"isEnabled": True, "isSelfReview": True}, "grave"), ({"isEnabled": True, "isSelfReview": False}, "warning")],
)
def test_extension_without_approval(review, severity):
    """Decisions M10.3: with self-review it renews itself for ever."""
    raw = facts()
    raw["policies"][0] = policy("tier1", requestApprovalSettings={"isApprovalRequiredForUpdate": False}, reviewSettings=review)
    (one,) = findings(raw)["findings"]
    assert (one["id"], one["severity"]) == ("MSSP209", severity)


@pytest.mark.parametrize(
    "more",
    [
        {"requestorSettings": {"enableTargetsToSelfUpdateAccess": False}},
        {"requestApprovalSettings": {"isApprovalRequiredForAdd": False, "isApprovalRequiredForUpdate": False}},
    ],
)
def test_no_extension_without_approval(more):
    raw = facts()
    settings = {"isApprovalRequiredForUpdate": False, **more.get("requestApprovalSettings", {})}
    raw["policies"][0] = policy("tier1", **{**more, "requestApprovalSettings": settings})
    assert findings(raw)["findings"] == []


def test_told_as_drift_it_is_told_once():
    raw = facts()
    raw["policies"][0] = policy("tier1", requestApprovalSettings={"isApprovalRequiredForUpdate": False})
    where = "requestApprovalSettings.isApprovalRequiredForUpdate"
    raw["drift"]["changes"] = [
        change("assignment policy", "x", id=raw["policies"][0]["id"], property=where, before=False, after=True)
    ]
    assert [x["id"] for x in findings(raw)["findings"]] == ["MSSP201"]
