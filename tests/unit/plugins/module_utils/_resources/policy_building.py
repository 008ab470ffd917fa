# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of assignment policies are made of: the published policy, as options and as Graph stores it."""

from __future__ import annotations

import copy
import datetime
import json
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import STAGES, Policy
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_options import Translator
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref, References
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Http, Routes, graph

EM = "identityGovernance/entitlementManagement"
POLICIES = f"{EM}/assignmentPolicies"
PACKAGE = "99999999-0000-4000-8000-000000000009"
ORGANIZATION = A
APPROVERS = B
TODAY = datetime.date(2026, 11, 23)


def subject(kind: str, key: str, value: str) -> dict[str, str]:
    """One member of a subject set: `subject("singleUser", "userId", A)`."""
    return {"@odata.type": f"#microsoft.graph.{kind}", key: value}


# The published example's policy for tier 1 (practice B.1.1).
TIER_1: dict[str, t.Any] = json.loads("""
{
 "displayName": "MSSP SOC users",
 "description": "Users of the MSSP SOC tenant may request Tier 1 access",
 "accessPackage": {"id": "99999999-0000-4000-8000-000000000009"},
 "allowedTargetScope": "specificConnectedOrganizationUsers",
 "specificAllowedTargets": [
  {
   "@odata.type": "#microsoft.graph.connectedOrganizationMembers",
   "connectedOrganizationId": "aaaaaaaa-0000-4000-8000-000000000001"
  }
 ],
 "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": null},
 "requestorSettings": {
  "enableTargetsToSelfAddAccess": true,
  "enableTargetsToSelfUpdateAccess": true,
  "enableTargetsToSelfRemoveAccess": true,
  "allowCustomAssignmentSchedule": false,
  "enableOnBehalfRequestorsToAddAccess": false,
  "enableOnBehalfRequestorsToUpdateAccess": false,
  "enableOnBehalfRequestorsToRemoveAccess": false,
  "onBehalfRequestors": []
 },
 "requestApprovalSettings": {
  "isApprovalRequiredForAdd": true,
  "isApprovalRequiredForUpdate": true,
  "isRequestorJustificationRequired": true,
  "stages": [
   {
    "durationBeforeAutomaticDenial": "P14D",
    "isApproverJustificationRequired": true,
    "isEscalationEnabled": false,
    "durationBeforeEscalation": "PT0S",
    "approverInformationVisibility": "default",
    "primaryApprovers": [
     {"@odata.type": "#microsoft.graph.groupMembers", "groupId": "bbbbbbbb-0000-4000-8000-000000000002"}
    ],
    "fallbackPrimaryApprovers": [],
    "escalationApprovers": [],
    "fallbackEscalationApprovers": []
   }
  ]
 },
 "reviewSettings": {
  "isEnabled": true,
  "expirationBehavior": "removeAccess",
  "isRecommendationEnabled": true,
  "isReviewerJustificationRequired": true,
  "isSelfReview": true,
  "schedule": {
   "startDateTime": "2027-10-24T00:00:00Z",
   "expiration": {"type": "afterDuration", "duration": "P25D", "endDateTime": null},
   "recurrence": {
    "pattern": {"type": "absoluteYearly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": []},
    "range": {"type": "noEnd", "numberOfOccurrences": 0}
   }
  },
  "primaryReviewers": [],
  "fallbackReviewers": []
 },
 "questions": [],
 "notificationSettings": {"isAssignmentNotificationDisabled": false}
}
""")

# The same, as options of access_package_policy.
TIER_1_OPTIONS: dict[str, t.Any] = {
    "name": "MSSP SOC users",
    "description": "Users of the MSSP SOC tenant may request Tier 1 access",
    "requestors": {"connected_organizations": [ORGANIZATION]},
    "duration_days": 365,
    "requests": {
        "add": True,
        "extend": True,
        "remove": True,
        "custom_schedule": False,
        "on_behalf_add": False,
        "on_behalf_extend": False,
        "on_behalf_remove": False,
        "on_behalf_requestors": [],
    },
    "approval": {
        "for_new": True,
        "for_extension": True,
        "requestor_justification": True,
        "stages": [{"approvers": [{"group": APPROVERS}]}],
    },
    "reviews": {"enabled": True, "self_review": True},
    "notifications": True,
}


def desired(options: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
    """A policy in Graph's shape from the module's options; the published one by default."""
    options = TIER_1_OPTIONS if options is None else options
    return Translator(copy.deepcopy(options), References(graph(Http()), False)).policy()


def make(table: t.Mapping[str, t.Any], body: dict[str, t.Any] | None = None, **options: t.Any) -> tuple[Policy, Routes]:
    """The policy of the package PACKAGE on a day that is known, and the HTTP that answers by `table`."""
    http = Routes(table)
    options = {"package": Ref(PACKAGE, "Tier 1"), "today": lambda: TODAY, **options}
    return Policy(graph(http), desired() if body is None else body, **options), http


LISTED = f"GET {POLICIES}?$filter=accessPackage/id eq '{PACKAGE}'&$expand=accessPackage"
# As Graph answers: with what it fills in, in its own order.
STORED: dict[str, t.Any] = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#x",
    "id": C,
    "createdDateTime": "2026-01-01T00:00:00Z",
    "modifiedDateTime": "2026-01-01T00:00:00Z",
    "automaticRequestSettings": None,
    "customExtensionStageSettings": [],
    "customExtensionStageSettings@odata.context": "x",
    **copy.deepcopy(TIER_1),
}
STORED["specificAllowedTargets"][0]["description"] = "Fabrikam"
STORED["expiration"]["duration"] = "P365D"
STORED["reviewSettings"]["schedule"]["expiration"]["duration"] = "PT600H"

# Everything that the options can say.
SUBJECTS: list[dict[str, t.Any]] = [{"user": A}, {"group": B}, {"manager_level": 2}]
STAGE: dict[str, t.Any] = {
    "approvers": SUBJECTS,
    "fallback_approvers": SUBJECTS,
    "escalation_approvers": SUBJECTS,
    "fallback_escalation_approvers": SUBJECTS,
    "deny_after_days": 7,
    "escalate_after_days": 3,
    "approver_justification": False,
    "approver_visibility": "visible",
}
EVERYTHING: dict[str, t.Any] = {
    **TIER_1_OPTIONS,
    "requests": {**TIER_1_OPTIONS["requests"], "on_behalf_requestors": SUBJECTS},
    "approval": {**TIER_1_OPTIONS["approval"], "stages": [STAGE] * STAGES},
    "reviews": {
        "enabled": True,
        "every": "quarter",
        "open_days": 20,
        "first_on": "2027-01-01T00:00:00Z",
        "self_review": False,
        "unanswered": "keepAccess",
        "recommendations": False,
        "justification": False,
        "reviewers": SUBJECTS,
        "fallback_reviewers": SUBJECTS,
    },
    "questions": [{"text": "Ticket?", "required": True}, {"text": "Shift?", "choices": ["day", "night"]}],
}
