# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of reviews: what is stored of a definition, an instance and a decision (EM H).

Ids are derived and not drawn: when a review comes into being depends on when somebody looks, and must not move the ids
of other objects.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..clock import directory_time, long_time
from ..entitlement.policy_rules import parse_duration
from ..ids import derive_guid
from ..odata.bodies import parse_time
from ..store import Row
from .people import identity, reviewers_of, shown_scopes

if TYPE_CHECKING:
    from ..graph.call import Call
    from .schedule import Occurrence

_RECENT = timedelta(days=30)
"""Who signed in within so many days is recommended to stay (review-recommendations-access-reviews)."""
_DEFAULT_DECISIONS = {"keepAccess": "None", "removeAccess": "Deny", "acceptAccessRecommendation": "Recommendation"}


def make_definition(call: Call, policy: Row, status: str) -> Row:
    """The definition that the service makes for a policy."""
    moment = long_time(call.world.clock.now())
    row: Row = {
        "id": derive_guid(call.tenant.id, "access review", policy["id"]),
        "_policy_id": policy["id"],
        "status": status,
        "createdDateTime": moment,
        # The service itself is the author; how it signs is not recorded.
        "createdBy": {"@odata.type": "#microsoft.graph.userIdentity", **identity(None)},
        "descriptionForAdmins": "",
        "descriptionForReviewers": "",
        "instanceEnumerationScope": None,
        "additionalNotificationRecipients": [],
        "stageSettings": [],
    }
    describe(call, row, policy)
    return row


def describe(call: Call, definition: Row, policy: Row) -> None:
    """Let a definition say what its policy says now."""
    package = call.tenant.entitlement.packages.get(policy["_package_id"]) or {"id": policy["_package_id"], "displayName": ""}
    review = policy["reviewSettings"]
    shown = {
        # Nobody has recorded the name that the service gives.
        "displayName": f"{package['displayName']} - {policy['displayName']}",
        "scope": _scope(call, package, policy),
        "reviewers": [] if review["isSelfReview"] else shown_scopes(review["primaryReviewers"]),
        "fallbackReviewers": [] if review["isSelfReview"] else shown_scopes(review["fallbackReviewers"]),
        "settings": _settings(review),
    }
    if any(definition.get(name) != value for name, value in shown.items()):
        definition.update(shown, lastModifiedDateTime=long_time(call.world.clock.now()), _review=deepcopy(review))


def make_instance(definition: Row, occurrence: Occurrence) -> Row:
    """An instance that has not begun yet."""
    return {
        "id": derive_guid(definition["id"], "instance", occurrence.number),
        "_definition_id": definition["id"],
        "_number": occurrence.number,
        "_review": definition["_review"],
        "_seen": definition["_seen"],
        "_contacted": [],
        "startDateTime": directory_time(occurrence.start),
        "endDateTime": directory_time(occurrence.end),
        "status": "NotStarted",
        "scope": definition["scope"],
        "reviewers": definition["reviewers"],
        "fallbackReviewers": definition["fallbackReviewers"],
    }


def make_decision(call: Call, instance: Row, policy: Row, assignment: Row, moment: datetime) -> Row:
    """What is to be decided about one assignment."""
    target = assignment["_target"]
    user = call.tenant.directory.users.get(target["objectId"] or "")
    principal = identity(user) if user else {"id": target["objectId"], "displayName": target["displayName"]}
    package = call.tenant.entitlement.packages.get(policy["_package_id"]) or {"displayName": None}
    review = instance["_review"]
    return {
        "id": derive_guid(instance["id"], "decision", assignment["id"]),
        "_instance_id": instance["id"],
        "_assignment_id": assignment["id"],
        "_reviewers": reviewers_of(call, review, str(target["objectId"])),
        "accessReviewId": instance["id"],
        "reviewedDateTime": None,
        "decision": "NotReviewed",
        "justification": "",
        "appliedDateTime": None,
        "applyResult": "New",
        "recommendation": _recommendation(user, moment) if review["isRecommendationEnabled"] else "NoInfoAvailable",
        "principalLink": f"https://graph.microsoft.com/v1.0/users/{target['objectId']}",
        "resourceLink": None,
        "resource": {
            "@odata.type": "#microsoft.graph.accessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource",
            "id": policy["id"],
            "displayName": policy["displayName"],
            "type": "accessPackageAssignmentPolicy",
            "accessPackageId": policy["_package_id"],
            "accessPackageDisplayName": package["displayName"],
        },
        "reviewedBy": identity(None),
        "appliedBy": identity(None),
        "principal": {"@odata.type": "#microsoft.graph.userIdentity", **principal},
    }


def last_sign_in(user: Row | None) -> datetime | None:
    """The latest sign-in of any kind that is known."""
    activity = (user or {}).get("signInActivity") or {}
    moments = [parse_time(value) for name, value in activity.items() if name.endswith("DateTime") and value]
    return max((moment for moment in moments if moment is not None), default=None)


def _recommendation(user: Row | None, moment: datetime) -> str:
    """Deny for an account that has not been used for 30 days, be it because it never was."""
    latest = last_sign_in(user)
    return "Approve" if latest is not None and moment - latest <= _RECENT else "Deny"


def _scope(call: Call, package: Row, policy: Row) -> Row:
    """The query that the documents promise, or the newer shape (switch review_scope)."""
    if call.tenant.quirks.review_scope == "query":
        query = (
            "/identityGovernance/entitlementManagement/accessPackageAssignments?$filter="
            f"(accessPackageId eq '{package['id']}' and assignmentPolicyId eq '{policy['id']}')"
        )
        return {
            "@odata.type": "#microsoft.graph.accessReviewQueryScope",
            "query": query,
            "queryType": "MicrosoftGraph",
            "queryRoot": None,
        }
    catalog = call.tenant.entitlement.catalogs.get(package.get("_catalog_id", "")) or {"id": None, "displayName": None}
    resource = {
        "@odata.type": "#microsoft.graph.accessReviewAccessPackageAssignmentPolicyScope",
        "resourceId": policy["id"],
        "scopeType": "accessPackageAssignmentPolicy",
        "displayName": package["displayName"],
        "accessPackageId": package["id"],
        "accessPackageDisplayName": package["displayName"],
        "catalogId": catalog["id"],
        "catalogDisplayName": catalog["displayName"],
    }
    return {
        "@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
        "principalScopes": [],
        "resourceScopes": [resource],
    }


def _settings(review: Row) -> Row:
    schedule: dict[str, Any] = review["schedule"]
    recurrence = schedule["recurrence"] or {}
    default = _DEFAULT_DECISIONS[review["expirationBehavior"]]
    limits = {**(recurrence.get("range") or {"type": "noEnd", "numberOfOccurrences": 0, "recurrenceTimeZone": None})}
    limits.update(startDate=str(schedule["startDateTime"])[:10], endDate=limits.get("endDate") or "9999-12-31")
    return {
        "mailNotificationsEnabled": True,
        "reminderNotificationsEnabled": True,
        "justificationRequiredOnApproval": review["isReviewerJustificationRequired"],
        "defaultDecisionEnabled": default != "None",
        "defaultDecision": default,
        "instanceDurationInDays": parse_duration(schedule["expiration"]["duration"] or "").days,
        "autoApplyDecisionsEnabled": True,
        "recommendationsEnabled": review["isRecommendationEnabled"],
        "recommendationLookBackDuration": None,
        "decisionHistoriesForReviewersEnabled": False,
        "recurrence": {"pattern": recurrence.get("pattern"), "range": limits},
        "applyActions": [{"@odata.type": "#microsoft.graph.removeAccessApplyAction"}],
        "recommendationInsightSettings": [],
    }
