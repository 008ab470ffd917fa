# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that can be assigned, their policies, and assignments, made and looked at by plain HTTP."""

from __future__ import annotations

import typing as t

from harness import world
from harness.tenants import EM, Tenant
from harness.ways import by_hand

ASSIGNMENTS = f"{EM}/assignments"
REQUESTS = f"{EM}/assignmentRequests"
EXPANDED = f"{ASSIGNMENTS}?$expand=target,assignmentPolicy,accessPackage"
LEAD = f"lead@{world.MSSP_DOMAIN}"

Body = dict[str, t.Any]


class Packages:
    """A catalog with the package `Tier 1`, which gives membership of a group and has the policy `Direct`, for 30 days.

    :param approval: whether somebody must approve; Ben does.
    """

    def __init__(self, tenant: Tenant, *, approval: bool = False) -> None:
        self.tenant = tenant
        self.group = tenant.group("Tier 1")
        self.catalog = by_hand.catalog(tenant, "Accesses", [self.group])
        self.tier1 = self.package("Tier 1", grants=True)
        self.direct = self.policy("Direct", approval=approval)

    def package(self, name: str, *, grants: bool = False) -> str:
        """Another package of the catalog; its id."""
        made = by_hand.package(self.tenant, name, self.catalog)
        if grants:
            resources: list[Body] = []
            while not resources:  # it becomes visible some reads later
                resources = self.tenant.list(f"{EM}/catalogs/{self.catalog}/resources")
            resource = {"id": resources[0]["id"], "originId": self.group, "originSystem": "AadGroup"}
            role = {"originId": f"Member_{self.group}", "displayName": "Member", "originSystem": "AadGroup", "resource": resource}
            scope = {"originId": self.group, "originSystem": "AadGroup"}
            self.tenant.post(f"{EM}/accessPackages/{made}/resourceRoleScopes", {"role": role, "scope": scope})
        return made

    def policy(self, name: str, *, package: str | None = None, approval: bool = False, **more: t.Any) -> str:
        """Another policy of the package, for direct assignment to anybody of the directory; its id."""
        stage = {
            "durationBeforeAutomaticDenial": "P14D",
            "isApproverJustificationRequired": False,
            "isEscalationEnabled": False,
            "durationBeforeEscalation": "PT0S",
            "primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser", "userId": self.tenant.user("ben")}],
            "fallbackPrimaryApprovers": [],
            "escalationApprovers": [],
            "fallbackEscalationApprovers": [],
        }
        body: Body = {
            "displayName": name,
            "description": "By hand",
            "allowedTargetScope": "notSpecified",
            "specificAllowedTargets": [],
            "expiration": {"type": "afterDuration", "duration": "P30D"},
            "requestorSettings": {"enableTargetsToSelfAddAccess": False},
            "requestApprovalSettings": {"isApprovalRequiredForAdd": approval, "stages": [stage] if approval else []},
            "accessPackage": {"id": package or self.tier1},
            **more,
        }
        return str(self.tenant.post(f"{EM}/assignmentPolicies", body)["id"])

    def assign(self, person: str, *, policy: str | None = None, package: str | None = None, **more: t.Any) -> str:
        """Send the request; its id."""
        wanted = {"targetId": person, "assignmentPolicyId": policy or self.direct, "accessPackageId": package or self.tier1}
        return str(self.tenant.post(REQUESTS, {"requestType": "adminAdd", "assignment": wanted, **more})["id"])

    def assigned(self, person: str, **more: t.Any) -> str:
        """Assign and wait; the assignment's id."""
        request = self.assign(person, **more)
        for _reads in range(3):
            found = self.tenant.get(f"{REQUESTS}/{request}?$expand=assignment")
        assert found["state"] in ("delivered", "partiallyDelivered"), found
        return str(found["assignment"]["id"])

    def lead(self) -> str:
        """The id of the MSSP's guest."""
        return str(next(user["id"] for user in self.tenant.list("users") if user["mail"] == LEAD))


def after_days(days: int) -> Body:
    """The `schedule` of a request."""
    return {"startDateTime": None, "recurrence": None, "expiration": {"type": "afterDuration", "duration": f"P{days}D"}}
