# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request is made of, without any route: who asks, for whom, and what is open already (EM G.1, G.2)."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ..graph.errors import GraphError
from ..odata.schema import filled
from ..store import Row
from .common import invalid_model, nested_id, now, require
from .delivery import LIVE_REQUEST_STATES, waits_for_redemption
from .policy_types import SCHEDULE

if TYPE_CHECKING:
    from ..graph.call import Call


def subject(user: Row) -> Row:
    """A user as the target of an assignment."""
    return {
        "id": user["id"],
        "objectId": user["id"],
        "email": user["mail"],
        "principalName": user["userPrincipalName"],
        "displayName": user["displayName"],
        "subjectType": "user",
        "subjectLifecycle": "governed" if user.get("_invited_by_entitlement") else "notGoverned",
    }


def stranger(call: Call, email: str, name: str | None = None) -> Row:
    """Somebody who is no user of the tenant yet: ``objectId`` stays null until the person is invited (EM G.2)."""
    return {
        "id": call.tenant.ids.next(),
        "objectId": None,
        "email": email,
        "principalName": None,
        "displayName": name,
        "subjectType": "user",
        "subjectLifecycle": "notDefined",
    }


def caller_subject(call: Call) -> Row:
    """Who sends the request: the person who signed in, or the application."""
    if call.user is not None:
        return subject(call.user)
    application = call.tenant.directory.find(call.caller.object_id) or {}
    return {
        "id": call.caller.object_id,
        "objectId": call.caller.object_id,
        "email": None,
        "principalName": None,
        "displayName": application.get("displayName"),
        "subjectType": "servicePrincipal",
        "subjectLifecycle": "notDefined",
    }


def user_of(call: Call, target: Row) -> Row:
    """The user behind a subject; for somebody who is not invited yet, the little that is known of a guest."""
    user = call.tenant.directory.users.get(target["objectId"] or "")
    return user or {"id": target["objectId"] or "", "mail": target["email"], "userType": "Guest"}


def make_request(call: Call, kind: str, body: dict[str, Any], policy: Row, target: Row, requestor: Row) -> Row:
    """A request with every property; nothing has happened with it yet."""
    request: Row = {
        "id": call.tenant.ids.next(),
        "_package_id": policy["_package_id"],
        "_policy_id": policy["id"],
        "_target": target,
        "_assignment_id": None,
        "_reads_left": None,
        "_requestor": requestor,
        "_created_by": requestor["objectId"],
        "_stages": [],
        "_waits_for": None,
        "_extends": False,
        "_new_schedule": None,
        # A policy that changes later does not change what is under way (D entra-docs; EM F.2).
        "_policy": deepcopy(policy),
        "requestType": kind,
        "state": "submitted",
        "status": "Accepted",
        "createdDateTime": now(call),
        "completedDateTime": None,
        "schedule": filled(SCHEDULE, body.get("schedule") or {"expiration": {}}),
        "answers": deepcopy(body.get("answers") or []),
        "customExtensionCalloutInstances": [],
        "justification": body.get("justification"),
    }
    call.tenant.entitlement.requests.add(request)
    return request


def policy_and_package(call: Call, wanted: dict[str, Any]) -> tuple[Row, Row]:
    """What the body's assignment names: ids flat or nested, both are in use (EM G.1)."""
    state = call.tenant.entitlement
    policy = require(state.policies, _id_of(wanted, "assignmentPolicy"))
    package = require(state.packages, _id_of(wanted, "accessPackage") or policy["_package_id"])
    if policy["_package_id"] != package["id"]:
        raise invalid_model()
    return policy, package


def is_same(target: Row, other: Row) -> bool:
    """Whether two subjects are one person."""
    if target["objectId"] and other["objectId"]:
        return bool(target["objectId"] == other["objectId"])
    return bool(target["email"] and str(target["email"]).lower() == str(other["email"]).lower())


def check_nothing_open(call: Call, package: Row, target: Row) -> None:
    """One open request for each person and package, and one assignment (EM 1.3)."""
    state = call.tenant.entitlement
    if any(
        row["_package_id"] == package["id"] and row["state"] in LIVE_REQUEST_STATES and is_same(row["_target"], target)
        for row in state.requests
    ):
        raise open_request()
    if any(is_same(row["_target"], target) for row in state.live_assignments(_package_id=package["id"])):
        raise GraphError(409, "ExistingAssignment", "The target already has an assignment to the access package.")


def living_assignment(call: Call, wanted: dict[str, Any]) -> Row:
    """The assignment that a change names, if nothing else happens with it."""
    state = call.tenant.entitlement
    assignment = require(state.assignments, wanted.get("id"))
    if assignment["state"] == "expired":
        raise GraphError(404, "ResourceNotFound", "The resource was not found.")
    requests = [
        row for row in state.requests if row["_assignment_id"] == assignment["id"] and row["state"] in LIVE_REQUEST_STATES
    ]
    # Who never accepts the invitation would keep access under way for ever: that much can be taken back.
    if any(not (row["requestType"].endswith("Add") and waits_for_redemption(call.tenant, assignment)) for row in requests):
        raise open_request()
    return assignment


def open_request() -> GraphError:
    """Something is under way already."""
    return GraphError(400, "ExistingOpenRequest", "There is already an existing open request for this target.")


def _id_of(wanted: dict[str, Any], name: str) -> str | None:
    flat = wanted.get(f"{name}Id")
    return str(flat).lower() if flat else nested_id(wanted, name)
