# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact policy bodies that a default customer gets, as the request log has them."""

from __future__ import annotations

import datetime
import typing as t
from pathlib import Path

from harness import onboarding
from harness.onboarding import estate


def subject(kind: str, key: str, value: str) -> dict[str, str]:
    """One member of a subject set."""
    return {"@odata.type": f"#microsoft.graph.{kind}", key: value}


def decided(package: str, text: str, organization: str, approver: dict[str, str], start: str, **more: t.Any) -> dict[str, t.Any]:
    """The policy as decided, property by property. `open` closes the package, `reviewers` replaces self-review."""
    opened: bool = more.get("open", True)
    reviewers: list[dict[str, str]] = more.get("reviewers", [])
    return {
        "displayName": "MSSP SOC users",
        "description": text,
        "accessPackage": {"id": package},
        "allowedTargetScope": "specificConnectedOrganizationUsers",
        "specificAllowedTargets": [subject("connectedOrganizationMembers", "connectedOrganizationId", organization)],
        "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": None},
        "requestorSettings": {
            "enableTargetsToSelfAddAccess": opened,
            "enableTargetsToSelfUpdateAccess": opened,
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
                    "primaryApprovers": [approver],
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
            "isSelfReview": not reviewers,
            "schedule": {
                "startDateTime": start,
                "expiration": {"type": "afterDuration", "duration": "P25D", "endDateTime": None},
                "recurrence": {
                    "pattern": {"type": "absoluteYearly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": []},
                    "range": {"type": "noEnd", "numberOfOccurrences": 0},
                },
            },
            "primaryReviewers": reviewers,
            "fallbackReviewers": [],
        },
        "notificationSettings": {"isAssignmentNotificationDisabled": False},
    }


def sent(job: onboarding.Onboarding, package: str) -> dict[str, t.Any]:
    """The body of the POST for a package's policy. `questions` may be left out and is compared as empty."""
    (entry,) = [
        x
        for x in job.sandbox.log.writes()
        if x["method"] == "POST" and x["path"].endswith("/assignmentPolicies") and x["body"]["accessPackage"]["id"] == package
    ]
    body: dict[str, t.Any] = entry["body"]
    assert body.pop("questions", []) == []
    return body


def test_bodies_are_sent_as_decided(tmp_path: Path) -> None:
    """Tier 1, tier 2, the approvers with a customer's approver, and without."""
    with onboarding.running(tmp_path) as job:
        adatum = job.tenant("adatum")
        hosts = onboarding.customers(
            contoso=job.variables("contoso"),
            adatum=job.variables("adatum", mssp_onboard_customer_approvers=[{"user": "anna@adatum.onmicrosoft.com"}]),
        )
        days = [datetime.datetime.now(datetime.timezone.utc).date()]
        assert job.run(hosts=hosts).rc == 0
        # Whoever runs this at midnight gets one of two days.
        days.append(datetime.datetime.now(datetime.timezone.utc).date())
        starts = {f"{day + datetime.timedelta(days=335)}T00:00:00Z" for day in days}
        for customer, reviewer in (("contoso", None), ("adatum", adatum.user("anna"))):
            there = estate(job.tenant(customer))
            package = {x["displayName"]: x["id"] for x in there.packages}
            group = {x["displayName"]: x["id"] for x in there.groups}
            organization = there.organizations[0]["id"]
            by_approvers = subject("groupMembers", "groupId", group["MSSP Analyst Approvers"])
            by_customer = subject("singleUser", "userId", reviewer or "")
            for tier in ("Tier 1", "Tier 2"):
                body = sent(job, package[f"{tier} Analyst"])
                start = body["reviewSettings"]["schedule"]["startDateTime"]
                text = f"Users of the MSSP SOC tenant may request {tier} access"
                assert start in starts
                assert body == decided(package[f"{tier} Analyst"], text, organization, by_approvers, start)
            body = sent(job, package["MSSP Analyst Approvers"])
            text = "Users of the MSSP SOC tenant may request approver access; the customer decides"
            start = body["reviewSettings"]["schedule"]["startDateTime"]
            assert start in starts
            assert body == decided(
                package["MSSP Analyst Approvers"],
                text,
                organization,
                by_customer if reviewer else by_approvers,
                start,
                open=bool(reviewer),
                reviewers=[by_customer] if reviewer else [],
            )
