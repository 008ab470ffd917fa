# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody made in the portals, by plain HTTP: the published set-up unless it says otherwise."""

from __future__ import annotations

import typing as t

from harness.drift_policies import after, every, group, organization, user
from harness.tenants import ASSIGNMENTS, EM, ROLES, Tenant
from harness.world import MSSP_TENANT

Body = dict[str, t.Any]

XDR = "microsoft.xdr/"
READ = f"{XDR}secops/securitydata/basics/read"
ALERTS = f"{XDR}secops/securitydata/alerts/manage"
RESPONSE = f"{XDR}secops/securitydata/response/manage"
LIVE = f"{XDR}secops/securitydata/liveresponse-basic/manage"

# What the published walkthrough leaves of a policy, as the portal writes it.
REQUESTS: Body = {
    "enableTargetsToSelfAddAccess": True,
    "enableTargetsToSelfUpdateAccess": True,
    "enableTargetsToSelfRemoveAccess": True,
    "allowCustomAssignmentSchedule": False,
    "enableOnBehalfRequestorsToAddAccess": False,
    "enableOnBehalfRequestorsToUpdateAccess": False,
    "enableOnBehalfRequestorsToRemoveAccess": False,
    "onBehalfRequestors": [],
}


def stage(*approvers: Body, **more: t.Any) -> Body:
    """One stage of approval."""
    return {
        "durationBeforeAutomaticDenial": "P14D",
        "isApproverJustificationRequired": True,
        "isEscalationEnabled": False,
        "durationBeforeEscalation": "PT0S",
        "approverInformationVisibility": "default",
        "primaryApprovers": list(approvers),
        "fallbackPrimaryApprovers": [],
        "escalationApprovers": [],
        "fallbackEscalationApprovers": [],
        **more,
    }


def reviews(*reviewers: Body, **more: t.Any) -> Body:
    """Yearly reviews by these people, or by those who have the access."""
    schedule = {"startDateTime": "2030-01-01T00:00:00Z", "expiration": after("P25D"), "recurrence": every("absoluteYearly", 1)}
    return {
        "isEnabled": True,
        "expirationBehavior": "removeAccess",
        "isRecommendationEnabled": True,
        "isReviewerJustificationRequired": True,
        "isSelfReview": not reviewers,
        "schedule": {**schedule, **more.pop("schedule", {})},
        "primaryReviewers": list(reviewers),
        "fallbackReviewers": [],
        **more,
    }


class Hand:
    """A hand in the portals of one tenant. What it makes is returned as id, and `groups` knows groups by a word of the test."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.groups: dict[str, str] = {}
        self.roles: dict[str, str] = {}
        self.packages: dict[str, str] = {}
        self.policies: dict[str, str] = {}
        self.organization = ""
        self.catalog = ""

    def connect(
        self, name: str = "Fabrikam Security", description: str = "Managed security service provider", **more: t.Any
    ) -> None:
        """The MSSP as connected organization."""
        source = {"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "tenantId": MSSP_TENANT, "displayName": name}
        body = {"displayName": name, "description": description, "state": "configured", "identitySources": [source], **more}
        self.organization = str(self.tenant.post(f"{EM}/connectedOrganizations", body)["id"])

    def group(self, word: str, name: str, description: str = "", **more: t.Any) -> str:
        """A group."""
        self.groups[word] = self.tenant.group(name, description=description or None, **more)
        return self.groups[word]

    def new_catalog(
        self, name: str = "MSSP Accesses", description: str = "Access of the managed security service provider"
    ) -> str:
        """A catalog; the last one is where packages go."""
        body = {"displayName": name, "description": description, "state": "published", "isExternallyVisible": True}
        self.catalog = str(self.tenant.post(f"{EM}/catalogs", body)["id"])
        return self.catalog

    def role(
        self, word: str, name: str, permissions: list[str], description: str = "", *, scopes: tuple[str, ...] = ("Mde",)
    ) -> str:
        """A Defender role, assigned to the group of this word."""
        body = {"displayName": name, "description": description, "rolePermissions": [{"allowedResourceActions": permissions}]}
        made = str(self.tenant.post(ROLES, body, beta=True)["id"])
        self.assign(made, [self.groups[word]], scopes)
        self.roles[word] = made
        return made

    def assign(self, role: str, groups: list[str], scopes: tuple[str, ...] = ("Mde",)) -> None:
        """An assignment of a role."""
        body = {"displayName": "by hand", "roleDefinitionId": role, "principalIds": groups, "appScopeIds": list(scopes)}
        self.tenant.post(ASSIGNMENTS, body, beta=True)

    def package(self, word: str, name: str, description: str = "", *, grants: tuple[str, ...] = (), **more: t.Any) -> str:
        """A package of the catalog that makes people members of the group of this word, or of those of `grants`."""
        body = {"displayName": name, "description": description, "isHidden": False, "catalog": {"id": self.catalog}, **more}
        made = str(self.tenant.post(f"{EM}/accessPackages", body)["id"])
        for each in grants or (word,):
            self._grant(made, self.groups[each])
        self.packages[word] = made
        return made

    def put_in_catalog(self, group_id: str) -> str:
        """A group as resource of the catalog; the resource's id."""
        there = self._resource(group_id)
        if there is None:
            resource = {"originId": group_id, "originSystem": "AadGroup"}
            body = {"requestType": "adminAdd", "resource": resource, "catalog": {"id": self.catalog}}
            self.tenant.post(f"{EM}/resourceRequests", body)
        while there is None:  # it becomes visible some reads later
            there = self._resource(group_id)
        return there

    def _resource(self, group_id: str) -> str | None:
        listed = self.tenant.list(f"{EM}/catalogs/{self.catalog}/resources")
        return next((str(x["id"]) for x in listed if x["originId"] == group_id), None)

    def _grant(self, package: str, group_id: str) -> None:
        origin = {"originId": group_id, "originSystem": "AadGroup"}
        resource = {"id": self.put_in_catalog(group_id), **origin}
        role = {"originId": f"Member_{group_id}", "displayName": "Member", "originSystem": "AadGroup", "resource": resource}
        self.tenant.post(f"{EM}/accessPackages/{package}/resourceRoleScopes", {"role": role, "scope": origin})

    def policy(self, word: str, name: str = "MSSP SOC users", description: str = "", **more: t.Any) -> str:
        """A policy of the package of this word, by which the MSSP's people request; `approvers` or whole `stages` decide."""
        approvers: list[Body] = more.pop("approvers", [])
        flags = {"isApprovalRequiredForAdd": True, "isApprovalRequiredForUpdate": True, "isRequestorJustificationRequired": True}
        approval = {**flags, "stages": more.pop("stages", [stage(*approvers)]), **more.pop("approval", {})}
        body = {
            "displayName": name,
            "description": description,
            "accessPackage": {"id": self.packages[word]},
            "allowedTargetScope": "specificConnectedOrganizationUsers",
            "specificAllowedTargets": [organization(self.organization)],
            "automaticRequestSettings": None,
            "expiration": after("P365D"),
            "requestorSettings": {**REQUESTS, **more.pop("requests", {})},
            "requestApprovalSettings": approval,
            "reviewSettings": reviews(),
            "questions": [],
            "notificationSettings": {"isAssignmentNotificationDisabled": False},
            **more,
        }
        made = str(self.tenant.post(f"{EM}/assignmentPolicies", body)["id"])
        self.policies.setdefault(word, made)
        return made

    def user(self, name: str) -> Body:
        """A person of the customer as subject set."""
        return user(self.tenant.user(name))

    def members(self, word: str) -> Body:
        """A group's members as subject set."""
        return group(self.groups[word])
