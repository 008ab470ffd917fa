# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``assignmentRequests``: give access, change it, take it away (EM G.1)."""

from __future__ import annotations

from typing import Any

from ..clock import directory_time
from ..directory.users import make_user
from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, forbidden, not_found
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import filled
from ..store import Row
from .assignment_types import REQUEST, REQUEST_BODY
from .common import CHECKER, CONTEXT, READ, WRITE, invalid_model, location, make_router, nested_id, now, require
from .delivery import LIVE_REQUEST_STATES, advance, begin, effective_schedule
from .eligibility import in_scope
from .policy_types import EXPIRATION

router = make_router()
_COLLECTION = f"{CONTEXT}assignmentRequests"
_ADMINISTRATIVE = {"adminadd": "adminAdd", "adminupdate": "adminUpdate", "adminremove": "adminRemove"}
_PERSONAL = ("useradd", "userupdate", "userremove", "approverremove", "onbehalfadd")
_CANCELLABLE = ("submitted", "pendingApproval", "scheduled")


@router.get("/assignmentRequests", READ)
def list_requests(call: Call) -> Reply:
    """All requests."""
    advance(call)
    return answer_collection(call, REQUEST, call.tenant.entitlement.requests.list(), _COLLECTION)


@router.get("/assignmentRequests/{id}", READ)
def get_request(call: Call, id: str) -> Reply:
    """One request."""
    advance(call)
    return answer_entity(call, REQUEST, require(call.tenant.entitlement.requests, id, reading=True), _COLLECTION)


@router.post("/assignmentRequests", WRITE)
def create_request(call: Call) -> Reply:
    """201, ``submitted`` and ``Accepted`` with null dates, whatever becomes of it."""
    body = call.body_object()
    if "parameters" in body and not call.tenant.quirks.bypass_parameter_known:
        raise invalid_model()
    CHECKER.check(body, REQUEST_BODY)
    kind = str(body.get("requestType") or "").lower()
    if kind in _PERSONAL:
        raise forbidden(Area.ENTITLEMENT)  # an application is nobody who could ask for itself
    if kind not in _ADMINISTRATIVE:
        raise GraphError(400, "ArgumentException", f"Requested value '{body.get('requestType')}' was not found.")
    wanted = body.get("assignment")
    if not isinstance(wanted, dict):
        raise invalid_model()
    request = _add(call, body, wanted) if kind == "adminadd" else _change(call, body, wanted, _ADMINISTRATIVE[kind])
    reply = answer_entity(
        call, REQUEST, request, _COLLECTION, 201, location(call, "accessPackageAssignmentRequests", request["id"])
    )
    schedule = {"startDateTime": None, "recurrence": None, "expiration": filled(EXPIRATION, {})}
    reply.body.update(
        state="submitted",
        status="Accepted",
        createdDateTime=None,
        completedDateTime=None,
        schedule=request["schedule"] if kind == "adminupdate" else schedule,
    )
    return reply


@router.post("/assignmentRequests/{id}/cancel", WRITE)
def cancel_request(call: Call, id: str) -> Reply:
    """204 (the page's text says 200), while it is not yet decided or delivered."""
    request = require(call.tenant.entitlement.requests, id)
    if request["state"] not in _CANCELLABLE:
        raise GraphError(400, "InvalidRequestState", "The request can not be canceled in its current state.")
    request.update(state="canceled", status="Canceled", completedDateTime=now(call), _reads_left=None)
    if request["_assignment_id"]:
        call.tenant.entitlement.assignments.remove(request["_assignment_id"])
        request["_assignment_id"] = None
    return Reply(204)


@router.post("/assignmentRequests/{id}/reprocess", WRITE)
def reprocess_request(call: Call, id: str) -> Reply:
    """202, for a delivery that failed."""
    request = require(call.tenant.entitlement.requests, id)
    if request["state"] not in ("deliveryFailed", "partiallyDelivered"):
        raise GraphError(400, "InvalidRequestState", "The request can not be reprocessed in its current state.")
    begin(call, request, call.tenant.quirks.delivery_lag)
    return Reply(202)


@router.delete("/assignmentRequests/{id}", WRITE)
def delete_request(call: Call, id: str) -> Reply:
    """204, only when denied or done and without an assignment that lives."""
    state = call.tenant.entitlement
    request = require(state.requests, id)
    assignment = state.assignments.get(request["_assignment_id"] or "")
    if request["state"] in LIVE_REQUEST_STATES or (assignment and assignment["state"] != "expired"):
        raise GraphError(400, "InvalidRequestState", "The request can not be deleted in its current state.")
    state.requests.remove(request["id"])
    return Reply(204)


def _add(call: Call, body: dict[str, Any], wanted: dict[str, Any]) -> Row:
    state, quirks = call.tenant.entitlement, call.tenant.quirks
    policy = require(state.policies, _id_of(wanted, "assignmentPolicy"))
    package = require(state.packages, _id_of(wanted, "accessPackage") or policy["_package_id"])
    if policy["_package_id"] != package["id"]:
        raise invalid_model()
    user = _target(call, wanted)
    if not in_scope(call, policy, user):
        raise GraphError(400, "PolicyRequirementNotMet", "You don't meet policy requirements to request this entitlement.")
    open_requests = [
        row
        for row in state.requests
        if row["_package_id"] == package["id"] and row["_target_id"] == user["id"] and row["state"] in LIVE_REQUEST_STATES
    ]
    if open_requests:
        raise GraphError(400, "ExistingOpenRequest", "There is already an existing open request for this target.")
    if any(row["_target"]["objectId"] == user["id"] for row in state.live_assignments(_package_id=package["id"])):
        raise GraphError(409, "ExistingAssignment", "The target already has an assignment to the access package.")
    request = _make(call, "adminAdd", body, package["id"], policy["id"], user)
    bypass = bool((body.get("parameters") or {}).get("bypassApproval")) or quirks.admin_add_bypasses_approval == "always"
    state.requests.add(request)
    if policy["requestApprovalSettings"]["isApprovalRequiredForAdd"] and not bypass:
        request.update(state="pendingApproval", status="PendingApproval")
        return request
    assignment = state.assignments.add(
        {
            "id": call.tenant.ids.next(),
            "_package_id": package["id"],
            "_policy_id": policy["id"],
            "_target": subject(user),
            "state": "delivering",
            "status": "Delivering",
            "expiredDateTime": None,
            "schedule": effective_schedule(call, body.get("schedule"), policy),
            "customExtensionCalloutInstances": [],
        }
    )
    request["_assignment_id"] = assignment["id"]
    begin(call, request, quirks.delivery_lag)
    return request


def _change(call: Call, body: dict[str, Any], wanted: dict[str, Any], kind: str) -> Row:
    """adminUpdate or adminRemove of an assignment that lives."""
    state = call.tenant.entitlement
    assignment = require(state.assignments, wanted.get("id"))
    if assignment["state"] == "expired":
        raise not_found(Area.ENTITLEMENT, assignment["id"])
    if any(row["_assignment_id"] == assignment["id"] and row["state"] in LIVE_REQUEST_STATES for row in state.requests):
        raise GraphError(400, "ExistingOpenRequest", "There is already an existing open request for this target.")
    user = call.tenant.directory.users.get(assignment["_target"]["objectId"]) or {"id": assignment["_target"]["objectId"]}
    request = _make(call, kind, body, assignment["_package_id"], assignment["_policy_id"], user)
    request["_assignment_id"] = assignment["id"]
    if kind == "adminUpdate" and body.get("schedule"):
        policy = require(state.policies, assignment["_policy_id"])
        assignment["schedule"] = effective_schedule(call, body["schedule"], policy)
        request["schedule"] = dict(assignment["schedule"])
    state.requests.add(request)
    quirks = call.tenant.quirks
    begin(call, request, quirks.removal_lag if kind == "adminRemove" else quirks.delivery_lag)
    return request


def _make(call: Call, kind: str, body: dict[str, Any], package_id: str, policy_id: str, user: Row) -> Row:
    application = call.tenant.directory.find(call.caller.object_id) or {}
    requestor = {
        "id": call.caller.object_id,
        "objectId": call.caller.object_id,
        "email": None,
        "principalName": None,
        "displayName": application.get("displayName"),
        "subjectType": "servicePrincipal",
        "subjectLifecycle": "notDefined",
    }
    return {
        "id": call.tenant.ids.next(),
        "_package_id": package_id,
        "_policy_id": policy_id,
        "_target_id": user["id"],
        "_assignment_id": None,
        "_reads_left": None,
        "_requestor": requestor,
        "requestType": kind,
        "state": "submitted",
        "status": "Accepted",
        "createdDateTime": now(call),
        "completedDateTime": None,
        "schedule": effective_schedule(call, body.get("schedule"), require(call.tenant.entitlement.policies, policy_id)),
        "answers": body.get("answers") or [],
        "customExtensionCalloutInstances": [],
        "justification": body.get("justification"),
    }


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


def _id_of(wanted: dict[str, Any], name: str) -> str | None:
    """``accessPackageId`` or ``accessPackage: {id}``: both are in use."""
    flat = wanted.get(f"{name}Id")
    return str(flat).lower() if flat else nested_id(wanted, name)


def _target(call: Call, wanted: dict[str, Any]) -> Row:
    """The user who shall get access. One who is not in the directory yet is invited by e-mail (decisions S9)."""
    users = call.tenant.directory.users
    target = wanted.get("target") or {}
    object_id = wanted.get("targetId") or target.get("objectId")
    if object_id:
        return require(users, str(object_id))
    email = str(target.get("email") or "").lower()
    if "@" not in email:
        raise invalid_model()
    known = next((row for row in users if email in (str(row["mail"]).lower(), str(row["userPrincipalName"]).lower())), None)
    if known is not None:
        return known
    if call.tenant.quirks.licence != "governance":
        raise GraphError(403, "NoGovernanceSku", "This feature requires a Microsoft Entra ID Governance Subscription")
    name = f"{email.replace('@', '_')}#EXT#@{call.tenant.domain}"
    return users.add(
        make_user(
            call.tenant.ids.next(),
            directory_time(call.world.clock.now()),
            displayName=email.partition("@")[0],
            mail=email,
            userPrincipalName=name,
            userType="Guest",
            externalUserState="PendingAcceptance",
            creationType="Invitation",
            _invited_by_entitlement=True,
        )
    )
