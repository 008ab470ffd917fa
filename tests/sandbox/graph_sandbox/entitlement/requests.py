# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``assignmentRequests``: ask for access, give it, change it, take it away (EM G.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, forbidden
from ..odata.bodies import parse_time
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import filled
from ..store import Row
from . import request_flow
from .approval_stages import current_stage, may_decide
from .assignment_types import REQUEST, REQUEST_BODY
from .callouts import answered
from .catalog_access import catalog_role_allows
from .common import CHECKER, CONTEXT, PERSONAL, PERSONAL_WRITE, READ, WRITE, invalid_model, location, make_router, require
from .delivery import LIVE_REQUEST_STATES, advance, begin
from .policy_types import EXPIRATION
from .request_admin import admin_add, admin_change
from .request_personal import approver_remove, user_add, user_remove, user_update

router = make_router()
_COLLECTION = f"{CONTEXT}assignmentRequests"
_ADMINISTRATIVE = {"adminadd": "adminAdd", "adminupdate": "adminUpdate", "adminremove": "adminRemove"}
_PERSONAL: dict[str, Callable[[Call, dict[str, Any], dict[str, Any]], Row]] = {
    "useradd": user_add,
    "userupdate": user_update,
    "userremove": user_remove,
    "approverremove": approver_remove,
}
_CANCELLABLE = ("submitted", "pendingApproval", "scheduled")
_REPROCESSED_WITHIN = timedelta(days=14)


@router.get("/assignmentRequests", READ)
def list_requests(call: Call) -> Reply:
    """All requests."""
    advance(call)
    return answer_collection(call, REQUEST, call.tenant.entitlement.requests.list(), _COLLECTION)


@router.get("/assignmentRequests/filterByCurrentUser(on={on})", READ, delegated=PERSONAL, application=False)
def list_own_requests(call: Call, on: str) -> Reply:
    """Requests for the caller, by the caller, or that wait for the caller's decision."""
    advance(call)
    belongs = {"target": _is_target, "createdby": _is_creator, "approver": _waits_for_caller}.get(on.lower())
    if belongs is None:
        raise GraphError(400, "ArgumentException", f"Requested value '{on}' was not found.")
    rows = [row for row in call.tenant.entitlement.requests.list() if belongs(call, row)]
    return answer_collection(call, REQUEST, rows, f"Collection({_COLLECTION})")


@router.get("/assignmentRequests/{id}", READ, delegated=PERSONAL)
def get_request(call: Call, id: str) -> Reply:
    """One request; for a person without a role, one of their own or one to decide."""
    advance(call)
    request = require(call.tenant.entitlement.requests, id, reading=True)
    own = _is_target(call, request) or _is_creator(call, request) or _waits_for_caller(call, request)
    if not own and not _administers(call, READ):
        raise forbidden(Area.ENTITLEMENT)
    return answer_entity(call, REQUEST, request, _COLLECTION)


@router.post("/assignmentRequests", WRITE, delegated=PERSONAL_WRITE)
def create_request(call: Call) -> Reply:
    """201, ``submitted`` and ``Accepted`` with null dates, whatever becomes of it."""
    body = call.body_object()
    if "parameters" in body and not call.tenant.quirks.bypass_parameter_known:
        raise invalid_model()
    CHECKER.check(body, REQUEST_BODY)
    kind = str(body.get("requestType") or "").lower()
    if kind == "onbehalfadd" and call.user_id is not None:
        raise invalid_model()  # "onBehalfAdd (not supported)"; a manager sends userAdd
    personal = kind in _PERSONAL or kind == "onbehalfadd"
    if personal and call.user_id is None:
        raise forbidden(Area.ENTITLEMENT)  # an application is nobody who could ask for itself
    if not personal and kind not in _ADMINISTRATIVE:
        raise GraphError(400, "ArgumentException", f"Requested value '{body.get('requestType')}' was not found.")
    wanted = body.get("assignment")
    if not isinstance(wanted, dict):
        raise invalid_model()
    if personal:
        request = _PERSONAL[kind](call, body, wanted)
    else:
        if not _administers(call, WRITE):
            raise forbidden(Area.ENTITLEMENT)
        request = admin_add(call, body, wanted) if kind == "adminadd" else admin_change(call, _ADMINISTRATIVE[kind], body, wanted)
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


@router.post("/assignmentRequests/{id}/cancel", WRITE, delegated=PERSONAL_WRITE)
def cancel_request(call: Call, id: str) -> Reply:
    """204 (the page's text says 200), while it is not yet decided or delivered. People cancel what they sent."""
    request = require(call.tenant.entitlement.requests, id)
    if not (_administers(call, WRITE) or _is_creator(call, request) or _is_target(call, request)):
        raise forbidden(Area.ENTITLEMENT)
    if request["state"] not in _CANCELLABLE:
        raise GraphError(400, "InvalidRequestState", "The request can not be canceled in its current state.")
    request_flow.end(call, request, "canceled", "Canceled")
    if request["_assignment_id"] and request["requestType"].endswith("Add"):
        call.tenant.entitlement.assignments.remove(request["_assignment_id"])
        request["_assignment_id"] = None
    return Reply(204)


@router.post("/assignmentRequests/{id}/reprocess", WRITE)
def reprocess_request(call: Call, id: str) -> Reply:
    """202, for a delivery that failed, in whole or in part, in the last 14 days."""
    request = require(call.tenant.entitlement.requests, id)
    done = parse_time(request["completedDateTime"] or "")
    late = done is not None and call.world.clock.now() - done > _REPROCESSED_WITHIN
    if request["state"] not in ("deliveryFailed", "partiallyDelivered") or late:
        raise GraphError(400, "InvalidRequestState", "The request can not be reprocessed in its current state.")
    request.update(state="submitted", status="Accepted", completedDateTime=None)
    begin(call, request, call.tenant.quirks.delivery_lag)
    return Reply(202)


@router.post("/assignmentRequests/{id}/resume", WRITE)
def resume_request(call: Call, id: str) -> Reply:
    """204: a custom extension answers, and may deny or cancel the request."""
    request = require(call.tenant.entitlement.requests, id)
    outcome = answered(request, call.body_object())
    if outcome is not None:
        request_flow.end(call, request, outcome, outcome.capitalize())
    elif not request["_waits_for"]["instances"]:
        request_flow.go_on(call, request)
    return Reply(204)


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


def _administers(call: Call, permissions: tuple[str, ...]) -> bool:
    """Whether the caller works for others, and not for themselves only. An application always does."""
    return call.user_id is None or call.holds(*permissions) or (call.has_scope(*permissions) and catalog_role_allows(call))


def _is_target(call: Call, request: Row) -> bool:
    return call.user_id is not None and request["_target"]["objectId"] == call.user_id


def _is_creator(call: Call, request: Row) -> bool:
    return call.user_id is not None and request["_created_by"] == call.user_id


def _waits_for_caller(call: Call, request: Row) -> bool:
    stage = current_stage(request)
    return stage is not None and may_decide(call, request, stage)
