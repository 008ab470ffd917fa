# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies refer to, made by hand; the published policy as options and as Graph stores it; how to compare the two."""

from __future__ import annotations

import copy
import datetime
import typing as t

from harness import world
from harness.story import Play, Step
from harness.tenants import EM, Tenant

POLICIES = f"{EM}/assignmentPolicies"
START = "reviewSettings.schedule.startDateTime"
Body = dict[str, t.Any]


def first_review(days: int = 335) -> str:
    """When the first review of a policy that is made today begins."""
    day = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days)
    return f"{day.isoformat()}T00:00:00Z"


class Customer:
    """What policies refer to, made by hand."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.approvers = tenant.group("MSSP Analyst Approvers")
        self.ada, self.ben, self.cyd = (tenant.user(name) for name in ("ada", "ben", "cyd"))
        self.organization = self.connect(world.MSSP_NAME, world.MSSP_TENANT)
        catalog = tenant.post(f"{EM}/catalogs", {"displayName": "MSSP Accesses", "isExternallyVisible": True})["id"]
        body = {"displayName": "Tier 1 Analyst", "catalog": {"id": catalog}}
        self.package = str(tenant.post(f"{EM}/accessPackages", body)["id"])

    def connect(self, name: str, tenant_id: str) -> str:
        """A connected organization."""
        source = {
            "@odata.type": "#microsoft.graph.azureActiveDirectoryTenant",
            "tenantId": tenant_id,
            "displayName": name,
        }
        body = {"displayName": name, "identitySources": [source]}
        return str(self.tenant.post(f"{EM}/connectedOrganizations", body)["id"])

    def tier1(self) -> Body:
        """The published example's policy for tier 1 (practice B.1.1), in Graph's shape."""
        return {
            "displayName": "MSSP SOC users",
            "description": "Users of the MSSP SOC tenant may request Tier 1 access",
            "allowedTargetScope": "specificConnectedOrganizationUsers",
            "specificAllowedTargets": [
                {
                    "@odata.type": "#microsoft.graph.connectedOrganizationMembers",
                    "connectedOrganizationId": self.organization,
                }
            ],
            "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": None},
            "requestorSettings": {
                "enableTargetsToSelfAddAccess": True,
                "enableTargetsToSelfUpdateAccess": True,
                "enableTargetsToSelfRemoveAccess": True,
                "allowCustomAssignmentSchedule": False,
                "enableOnBehalfRequestorsToAddAccess": False,
                "enableOnBehalfRequestorsToUpdateAccess": False,
                "enableOnBehalfRequestorsToRemoveAccess": False,
                "onBehalfRequestors": [],
            },
            "requestApprovalSettings": {
                "isApprovalRequiredForAdd": True,
                "isApprovalRequiredForUpdate": True,
                "isRequestorJustificationRequired": True,
                "stages": [
                    {
                        "durationBeforeAutomaticDenial": "P14D",
                        "isApproverJustificationRequired": True,
                        "isEscalationEnabled": False,
                        "durationBeforeEscalation": "PT0S",
                        "approverInformationVisibility": "default",
                        "primaryApprovers": [group(self.approvers)],
                        "fallbackPrimaryApprovers": [],
                        "escalationApprovers": [],
                        "fallbackEscalationApprovers": [],
                    }
                ],
            },
            "reviewSettings": {
                "isEnabled": True,
                "expirationBehavior": "removeAccess",
                "isRecommendationEnabled": True,
                "isReviewerJustificationRequired": True,
                "isSelfReview": True,
                "schedule": {
                    "startDateTime": first_review(),
                    "expiration": {"type": "afterDuration", "duration": "P25D", "endDateTime": None},
                    "recurrence": {
                        "pattern": {
                            "type": "absoluteYearly",
                            "interval": 1,
                            "month": 0,
                            "dayOfMonth": 0,
                            "daysOfWeek": [],
                        },
                        "range": {"type": "noEnd", "numberOfOccurrences": 0},
                    },
                },
                "primaryReviewers": [],
                "fallbackReviewers": [],
            },
            "questions": [],
            "notificationSettings": {"isAssignmentNotificationDisabled": False},
        }


def group(identifier: str) -> Body:
    """A subject set."""
    return {"@odata.type": "#microsoft.graph.groupMembers", "groupId": identifier}


def user(identifier: str) -> Body:
    """A subject set."""
    return {"@odata.type": "#microsoft.graph.singleUser", "userId": identifier}


KEY: Body = {"name": "MSSP SOC users", "access_package": "Tier 1 Analyst"}
TIER1: Body = {
    **KEY,
    "description": "Users of the MSSP SOC tenant may request Tier 1 access",
    "requestors": {"connected_organizations": [world.MSSP_NAME]},
    "requests": {"add": True, "extend": True, "remove": True},
    "approval": {
        "for_new": True,
        "for_extension": True,
        "requestor_justification": True,
        "stages": [{"approvers": [{"group": "MSSP Analyst Approvers"}]}],
    },
    "duration_days": 365,
    "reviews": {"enabled": True, "self_review": True},
    "notifications": True,
}


def holds(stored: t.Any, wanted: t.Any, path: str = "") -> list[str]:
    """Where a stored value lacks what is wanted; what the service adds on its own is no lack."""
    if isinstance(wanted, dict):
        if not isinstance(stored, dict):
            return [f"{path}: {stored!r}"]
        return [line for key, value in wanted.items() for line in holds(stored.get(key), value, f"{path}.{key}")]
    if isinstance(wanted, list):
        if not isinstance(stored, list) or len(stored) != len(wanted):
            return [f"{path}: {stored!r}"]
        return [line for number, value in enumerate(wanted) for line in holds(stored[number], value, f"{path}.{number}")]
    if isinstance(wanted, str) and wanted.endswith("T00:00:00Z"):
        return [] if str(stored)[:19] == wanted[:19] else [f"{path}: {stored!r}"]
    return [] if stored == wanted else [f"{path}: {stored!r} and not {wanted!r}"]


def at(policy: t.Any, path: str) -> t.Any:
    """The value at a dotted path."""
    for step in path.split("."):
        policy = policy[int(step)] if isinstance(policy, list) else (policy or {}).get(step)
    return policy


def with_value(policy: Body, path: str, value: t.Any) -> Body:
    """A copy of a policy with another value."""
    made = copy.deepcopy(policy)
    *way, last = path.split(".")
    inner = at(made, ".".join(way)) if way else made
    inner[last] = value
    return made


def put(play: Play, policy: Step, customer: Customer, body: Body) -> Step:
    """Replace the policy by hand."""
    whole = {**body, "accessPackage": {"id": customer.package}, "automaticRequestSettings": None}
    return play.send("PUT", f"{POLICIES}/" + policy.ref("policy.id"), whole)
