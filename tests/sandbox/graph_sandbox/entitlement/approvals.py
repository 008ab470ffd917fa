# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``accessPackageAssignmentApprovals``: people decide requests (EM G.3; practice S6). The approval's id is the request's.

"Application: Not supported" on each of these routes.
"""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, forbidden, not_found
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import ComplexType, EntityType, Navigation, Property, flag, text
from ..store import Row
from . import request_flow
from .approval_stages import may_decide, present_stage, result_of
from .common import CHECKER, CONTEXT, READ, WRITE, invalid_model, make_router, require

router = make_router()
_COLLECTION = f"{CONTEXT}accessPackageAssignmentApprovals"

STAGE = EntityType(
    "approvalStage",
    Area.ENTITLEMENT,
    {
        "id": text(),
        "assignedToMe": flag(),
        "displayName": text(),
        "justification": text(),
        "reviewResult": text(),
        "reviewedBy": Property("object"),
        "reviewedDateTime": text(),
        "status": text(),
    },
)
APPROVAL = EntityType(
    "approval",
    Area.ENTITLEMENT,
    {"id": text()},
    navigation={
        "stages": Navigation(
            lambda call, row: [present_stage(call, row, stage) for stage in row["_stages"]], lambda: STAGE, many=True
        )
    },
)
_DECISION = ComplexType("approvalStage", {name: kind for name, kind in STAGE.properties.items() if name != "id"})


@router.get("/accessPackageAssignmentApprovals/filterByCurrentUser(on={on})", READ, delegated=(*READ, *WRITE), application=False)
def list_approvals(call: Call, on: str) -> Reply:
    """Those in which the caller is an approver of a stage that has begun, decided ones too."""
    if on.lower() != "approver":
        raise GraphError(400, "ArgumentException", f"Requested value '{on}' was not found.")
    rows = [row for row in call.tenant.entitlement.requests.list() if _is_approver(call, row)]
    return answer_collection(call, APPROVAL, rows, f"Collection({_COLLECTION})")


@router.get("/accessPackageAssignmentApprovals/{id}", READ, delegated=(*READ, *WRITE), application=False)
def get_approval(call: Call, id: str) -> Reply:
    """One approval; its stages come with $expand."""
    return answer_entity(call, APPROVAL, _approval(call, id), _COLLECTION)


@router.get("/accessPackageAssignmentApprovals/{id}/stages", READ, delegated=(*READ, *WRITE), application=False)
def list_stages(call: Call, id: str) -> Reply:
    """The stages, in the order of the policy."""
    request = _approval(call, id)
    rows = [present_stage(call, request, stage) for stage in request["_stages"]]
    return answer_collection(call, STAGE, rows, f"{_COLLECTION}('{request['id']}')/stages")


@router.get("/accessPackageAssignmentApprovals/{id}/stages/{stage_id}", READ, delegated=(*READ, *WRITE), application=False)
def get_stage(call: Call, id: str, stage_id: str) -> Reply:
    """One stage."""
    request = _approval(call, id)
    stage = present_stage(call, request, _stage(request, stage_id))
    return answer_entity(call, STAGE, stage, f"{_COLLECTION}('{request['id']}')/stages")


@router.patch("/accessPackageAssignmentApprovals/{id}/stages/{stage_id}", WRITE, delegated=WRITE, application=False)
def decide_stage(call: Call, id: str, stage_id: str) -> Reply:
    """204. 403 for somebody who is no approver of the stage, 409 when it was decided already."""
    request = _known(call, id)
    stage = _stage(request, stage_id)
    body = call.body_object()
    CHECKER.check(body, _DECISION)
    written = str(body.get("reviewResult") or "")
    result = result_of(written)
    if not may_decide(call, request, stage):
        raise forbidden(Area.ENTITLEMENT)
    if stage["status"] != "InProgress":
        raise GraphError(409, "Conflict", "The approval stage has already been reviewed.")
    if result is None:
        raise GraphError(400, "ArgumentException", f"Requested value '{written}' was not found.")
    justification = body.get("justification") or ""
    if stage["_settings"]["isApproverJustificationRequired"] and not justification.strip():
        raise invalid_model()
    request_flow.decide(call, request, stage, result, justification)
    return Reply(204)


def _known(call: Call, request_id: str) -> Row:
    """A request that has an approval."""
    request = require(call.tenant.entitlement.requests, request_id)
    if not request["_stages"]:
        raise not_found(Area.ENTITLEMENT, request_id)
    return request


def _approval(call: Call, request_id: str) -> Row:
    """The same for somebody who may see it: an approver, or an administrator."""
    request = _known(call, request_id)
    if not _is_approver(call, request) and not call.holds(*READ):
        raise forbidden(Area.ENTITLEMENT)
    return request


def _stage(request: Row, stage_id: str) -> Row:
    for stage in request["_stages"]:
        if stage["id"] == stage_id.lower():
            found: Row = stage
            return found
    raise not_found(Area.ENTITLEMENT, stage_id)


def _is_approver(call: Call, request: Row) -> bool:
    return any(may_decide(call, request, stage) for stage in request["_stages"])
