# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who ask for access and people who decide: a tenant full of them, and what they send."""

from __future__ import annotations

from typing import Any

from sandbox_building import EM, mssp_organization, unique, user_id
from sandbox_harness import BASIC, Graph, Running

DAY = 86400
_CONTOSO: dict[str, Any] = BASIC["tenants"][0]


def _guest(name: str) -> dict[str, Any]:
    domain = name.rpartition("@")[2]
    return {
        "user_principal_name": f"{name.replace('@', '_')}#EXT#@contoso.example",
        "mail": name,
        "display_name": name.partition("@")[0].capitalize(),
        "user_type": "Guest",
        "sponsors": ["chief@contoso.example"] if domain == "mssp.example" else [],
    }


CONFIG: dict[str, Any] = {
    **BASIC,
    "token_lifetime": 1000 * DAY,  # tests move the clock
    "tenants": [
        {
            **_CONTOSO,
            "users": [
                {"user_principal_name": "admin@contoso.example", "directory_roles": ["Global Administrator"]},
                *({"user_principal_name": f"{name}@contoso.example"} for name in ("boss", "chief", "deputy")),
                {"user_principal_name": "emil@contoso.example", "manager": "boss@contoso.example"},
                {"user_principal_name": "fay@contoso.example"},
                *(_guest(f"{name}@mssp.example") for name in ("ana", "bea", "lena", "otto")),
                _guest("gus@elsewhere.example"),
            ],
        },
        BASIC["tenants"][1],
    ],
}


def principal(name: str) -> str:
    """The user principal name of somebody by their short name, or by the address of a guest."""
    return f"{name.replace('@', '_')}#EXT#@contoso.example" if "@" in name else f"{name}@contoso.example"


def person(sandbox: Running, name: str, *scopes: str) -> Graph:
    """Graph for somebody who signed in; with all scopes unless some are named."""
    body: dict[str, Any] = {"tenant": "contoso.example", "user": principal(name)}
    token = sandbox.control("POST", "tokens", {**body, "scopes": list(scopes)} if scopes else body)["access_token"]
    return Graph(sandbox, token, sandbox.tenant())


def known(graph: Graph, name: str) -> str:
    """Somebody's object id."""
    return user_id(graph, principal(name).replace("#", "%23"))


def user_set(graph: Graph, name: str) -> dict[str, Any]:
    """A subject set of one person."""
    return {"@odata.type": "#microsoft.graph.singleUser", "userId": known(graph, name)}


def group_set(group: str) -> dict[str, Any]:
    """A subject set of a group's members."""
    return {"@odata.type": "#microsoft.graph.groupMembers", "groupId": group}


def relation_set(kind: str, **more: Any) -> dict[str, Any]:
    """A subject set that depends on the requestor."""
    return {"@odata.type": f"#microsoft.graph.{kind}", **more}


def stage(*approvers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An approval stage of 14 days."""
    return {
        "durationBeforeAutomaticDenial": "P14D",
        "isApproverJustificationRequired": False,
        "isEscalationEnabled": False,
        "durationBeforeEscalation": "PT0S",
        "primaryApprovers": list(approvers),
        "fallbackPrimaryApprovers": [],
        "escalationApprovers": [],
        "fallbackEscalationApprovers": [],
        **changes,
    }


def make_policy(
    graph: Graph, package: str, *stages: dict[str, Any], settings: dict[str, Any] | None = None, **changes: Any
) -> str:
    """A policy by which everybody of the directory, guests too, may ask for 30 days."""
    body = {
        "displayName": unique("Policy"),
        "description": "",
        "accessPackage": {"id": package},
        "allowedTargetScope": "allDirectoryUsers",
        "expiration": {"type": "afterDuration", "duration": "P30D"},
        "requestorSettings": {
            "enableTargetsToSelfAddAccess": True,
            "enableTargetsToSelfUpdateAccess": True,
            "enableTargetsToSelfRemoveAccess": True,
            **(settings or {}),
        },
        "requestApprovalSettings": {
            "isApprovalRequiredForAdd": bool(stages),
            "isApprovalRequiredForUpdate": bool(stages),
            "isRequestorJustificationRequired": False,
            "stages": list(stages),
        },
        **changes,
    }
    return str(graph.ok("POST", f"{EM}/assignmentPolicies", body, 201)["id"])


def from_the_mssp(graph: Graph) -> dict[str, Any]:
    """What makes a policy one for the MSSP's people."""
    target = {
        "@odata.type": "#microsoft.graph.connectedOrganizationMembers",
        "connectedOrganizationId": mssp_organization(graph),
    }
    return {"allowedTargetScope": "specificConnectedOrganizationUsers", "specificAllowedTargets": [target]}


def add(package: str, policy: str, target: str | None = None, kind: str = "userAdd", **more: Any) -> dict[str, Any]:
    """The body of a request for access."""
    wanted = {"assignmentPolicyId": policy, "accessPackageId": package}
    return {"requestType": kind, "assignment": {**wanted, "targetId": target} if target else wanted, **more}


def change(kind: str, assignment: str, **more: Any) -> dict[str, Any]:
    """The body of a request that changes an assignment."""
    return {"requestType": kind, "assignment": {"id": assignment}, **more}


def send(graph: Graph, body: dict[str, Any]) -> str:
    """Send a request; its id."""
    return str(graph.ok("POST", f"{EM}/assignmentRequests", body, 201)["id"])


def refusal(graph: Graph, body: dict[str, Any]) -> tuple[int, str]:
    """Send a request that is refused; status and code."""
    return graph.refused("POST", f"{EM}/assignmentRequests", body)


def state_of(graph: Graph, request: str) -> str:
    """How far a request is; this is a read, after which a delivery may be done."""
    return str(graph.ok("GET", f"{EM}/assignmentRequests/{request}")["state"])


def assignments_of(graph: Graph, package: str) -> list[dict[str, Any]]:
    """Assignments to a package, with their targets."""
    url = f"{EM}/assignments?$filter=accessPackage/id eq '{package}'&$expand=target"
    found: list[dict[str, Any]] = graph.ok("GET", url)["value"]
    return found


def members(graph: Graph, group: str) -> list[str]:
    """Ids of a group's members."""
    return [row["id"] for row in graph.ok("GET", f"/groups/{group}/members")["value"]]


def stages_of(graph: Graph, request: str) -> list[dict[str, Any]]:
    """The stages of a request's approval as somebody sees them."""
    found: list[dict[str, Any]] = graph.ok("GET", f"{EM}/accessPackageAssignmentApprovals/{request}/stages")["value"]
    return found


def decide(graph: Graph, request: str, result: str, position: int = 0, **more: Any) -> Any:
    """Send a decision on a stage; the response."""
    stages = stages_of(graph, request)
    url = f"{EM}/accessPackageAssignmentApprovals/{request}/stages/{stages[position]['id']}"
    return graph("PATCH", url, {"reviewResult": result, **more})


def advance(sandbox: Running, days: float) -> None:
    """Let days pass."""
    sandbox.control("POST", "clock", {"advance_seconds": days * DAY})
