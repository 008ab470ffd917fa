# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build a review: a package that grants a group, a policy that reviews it, people who have it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox_building import EM, grant_chain, policy_body, user_id
from sandbox_harness import BASIC, Graph, Running

REVIEWS = "/identityGovernance/accessReviews"
CONTOSO: dict[str, Any] = BASIC["tenants"][0]
PEOPLE = ("ada", "ben", "cleo", "rita", "rolf", "boss")
CONFIG: dict[str, Any] = {
    **BASIC,
    "tenants": [
        {
            **CONTOSO,
            "users": [
                *CONTOSO["users"],
                *({"user_principal_name": f"{name}@contoso.example", "display_name": name} for name in PEOPLE),
                {"user_principal_name": "governor@contoso.example", "directory_roles": ["Identity Governance Administrator"]},
                {"user_principal_name": "managed@contoso.example", "manager": "boss@contoso.example"},
                {
                    "user_principal_name": "active@contoso.example",
                    "sign_in": {"interactive": "2030-01-01T08:00:00Z", "successful": "2030-01-01T08:00:00Z"},
                },
                {"user_principal_name": "away@contoso.example", "account_enabled": False},
            ],
            "clients": [
                {"name": "audit", "permissions": ["AccessReview.Read.All"]},
                {"name": "narrow", "permissions": ["EntitlementManagement.ReadWrite.All", "Group.Read.All"]},
            ],
        }
    ],
}
START = datetime(2030, 1, 10, tzinfo=timezone.utc)
"""When the reviews of these tests begin; they are built nine days before and last 25 days."""
BUILT = START - timedelta(days=9)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def put_clock(sandbox: Running, days: float) -> Graph:
    """Make it so many days after the start; Graph with a token of that time."""
    sandbox.control("POST", "clock", {"set": iso(START + timedelta(days=days))})
    return sandbox.graph()


def person(sandbox: Running, name: str, **more: Any) -> Graph:
    """Graph as somebody who signed in with every scope."""
    user = name if "@" in name else f"{name}@contoso.example"
    body = {"tenant": "contoso.example", "user": user, **more}
    return Graph(sandbox, str(sandbox.control("POST", "tokens", body)["access_token"]), sandbox.tenant())


def single(graph: Graph, name: str) -> dict[str, Any]:
    """One user as a reviewer."""
    return {"@odata.type": "#microsoft.graph.singleUser", "userId": user_id(graph, f"{name}@contoso.example")}


@dataclass
class Review:
    """What was built, with its ids."""

    sandbox: Running
    group: str
    package: str
    policy: str

    @property
    def scope_query(self) -> str:
        """The query by which EM H finds the definition."""
        return (
            "/identityGovernance/entitlementManagement/accessPackageAssignments?$filter="
            f"(accessPackageId eq '{self.package}' and assignmentPolicyId eq '{self.policy}')"
        )

    def definitions(self, graph: Graph) -> list[dict[str, Any]]:
        """The definitions of this policy, found as EM H says."""
        found = graph.ok(
            "GET",
            f"{REVIEWS}/definitions?$filter=contains(scope/microsoft.graph.accessReviewQueryScope/query,"
            "'accessPackageAssignments')&$top=100&$skip=0",
        )["value"]
        return [row for row in found if row["scope"].get("query") == self.scope_query]

    def instances(self, graph: Graph) -> list[dict[str, Any]]:
        """The instances, oldest first."""
        return list(graph.ok("GET", f"{self.path(graph)}/instances")["value"])

    def path(self, graph: Graph) -> str:
        """Of the definition."""
        return f"{REVIEWS}/definitions/{self.definitions(graph)[0]['id']}"

    def instance_path(self, graph: Graph, number: int = 0) -> str:
        """Of an instance."""
        return f"{self.path(graph)}/instances/{self.instances(graph)[number]['id']}"

    def decisions(self, graph: Graph, number: int = 0) -> list[dict[str, Any]]:
        """The decisions of an instance."""
        return list(graph.ok("GET", f"{self.instance_path(graph, number)}/decisions?$top=100&$skip=0")["value"])

    def decision(self, graph: Graph, name: str) -> dict[str, Any]:
        """The decision about one person."""
        return next(row for row in self.decisions(graph) if row["principal"]["userPrincipalName"] == f"{name}@contoso.example")

    def members(self, graph: Graph) -> list[str]:
        """Who is in the group, by the name before the at sign."""
        rows = graph.ok("GET", f"/groups/{self.group}/members")["value"]
        return sorted(row["userPrincipalName"].partition("@")[0] for row in rows)

    def assignments(self, graph: Graph) -> dict[str, str]:
        """States of the package's assignments, by person."""
        rows = graph.ok("GET", f"{EM}/assignments?$filter=accessPackage/id eq '{self.package}'&$expand=target")["value"]
        return {row["target"]["principalName"].partition("@")[0]: row["state"] for row in rows}

    def put_policy(self, graph: Graph, **changes: Any) -> Any:
        """Replace the policy, with changes of its review settings."""
        policy = graph.ok("GET", f"{EM}/assignmentPolicies/{self.policy}")
        body = {name: value for name, value in policy.items() if "@" not in name and not name.endswith("DateTime")}
        body["reviewSettings"] = {**body["reviewSettings"], **changes}
        return graph("PUT", f"{EM}/assignmentPolicies/{self.policy}", {**body, "accessPackage": {"id": self.package}})


def schedule(start: datetime = START, days: int = 25, kind: str = "absoluteYearly", **limits: Any) -> dict[str, Any]:
    """The schedule of a review."""
    return {
        "startDateTime": iso(start),
        "expiration": {"type": "afterDuration", "duration": f"P{days}D", "endDateTime": None},
        "recurrence": {
            "pattern": {"type": kind, "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": []},
            "range": {"type": "noEnd", "numberOfOccurrences": 0, **limits},
        },
    }


def build(sandbox: Running, people: tuple[str, ...] = ("ada",), expiration: str = "P365D", **settings: Any) -> Review:
    """A review by Rita that takes away what nobody answers, unless ``settings`` say otherwise."""
    graph = put_clock(sandbox, -9)
    group, _catalog, package = grant_chain(graph)
    body = policy_body(graph, "customer_approvers", package)
    body["expiration"] = {"type": "afterDuration", "duration": expiration, "endDateTime": None}
    body["reviewSettings"] = {
        **body["reviewSettings"],
        "schedule": schedule(),
        "primaryReviewers": [single(graph, "rita")],
        **settings,
    }
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", body, 201)["id"]
    review = Review(sandbox, group, package, policy)
    for name in people:
        give(graph, review, name)
    graph.ok("GET", f"{EM}/assignments")
    assert review.members(graph) == sorted(people)
    return review


def give(graph: Graph, review: Review, name: str) -> None:
    """An assignment."""
    target = user_id(graph, f"{name}@contoso.example")
    assignment = {"targetId": target, "assignmentPolicyId": review.policy, "accessPackageId": review.package}
    graph("POST", f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": assignment}, 201)
