# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``assignments`` are read only; requests change them (EM G.2)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import GraphError
from ..odata.options import answer_collection, answer_entity
from .assignment_types import ASSIGNMENT
from .common import CONTEXT, PERSONAL, READ, WRITE, invalid_model, make_router, require
from .delivery import advance, enforce

router = make_router()
_COLLECTION = f"{CONTEXT}assignments"

# In Graph's metadata, not in the service (EM 1.1).
router.absent("POST", "/assignments")
router.absent("DELETE", "/assignments/{id}")
router.absent("PATCH", "/assignments/{id}")


@router.get("/assignments", READ)
def list_assignments(call: Call) -> Reply:
    """All assignments, expired ones too."""
    advance(call)
    return answer_collection(call, ASSIGNMENT, call.tenant.entitlement.assignments.list(), _COLLECTION)


@router.get("/assignments/filterByCurrentUser(on={on})", READ, delegated=PERSONAL, application=False)
def list_own_assignments(call: Call, on: str) -> Reply:
    """Assignments of the caller, current and expired, or those that the caller's requests made."""
    advance(call)
    if on.lower() not in ("target", "createdby"):
        raise GraphError(400, "ArgumentException", f"Requested value '{on}' was not found.")
    rows = [
        row
        for row in call.tenant.entitlement.assignments.list()
        if call.user_id == (row["_target"]["objectId"] if on.lower() == "target" else row["_created_by"])
    ]
    return answer_collection(call, ASSIGNMENT, rows, f"Collection({_COLLECTION})")


@router.get(
    "/assignments/additionalAccess(accessPackageId={package_id},incompatibleAccessPackageId={other_id})",
    READ,
    delegated=READ,
    application=False,
)
def list_additional_access(call: Call, package_id: str, other_id: str) -> Reply:
    """Assignments to a package whose holders have another one as well; for administrators."""
    call.require(*READ)
    advance(call)
    state = call.tenant.entitlement
    package, other = require(state.packages, package_id), require(state.packages, other_id)
    if package is other:
        raise invalid_model()
    holders = {row["_target"]["objectId"] for row in state.live_assignments(_package_id=other["id"])}
    rows = [row for row in state.live_assignments(_package_id=package["id"]) if row["_target"]["objectId"] in holders]
    return answer_collection(call, ASSIGNMENT, rows, f"Collection({_COLLECTION})")


@router.get("/assignments/{id}", READ)
def get_assignment(call: Call, id: str) -> Reply:
    """One assignment."""
    advance(call)
    return answer_entity(call, ASSIGNMENT, require(call.tenant.entitlement.assignments, id, reading=True), _COLLECTION)


@router.post("/assignments/{id}/reprocess", WRITE)
def reprocess_assignment(call: Call, id: str) -> Reply:
    """202: what the package grants is given again, should somebody have taken it by hand."""
    assignment = require(call.tenant.entitlement.assignments, id)
    if assignment["state"] in ("delivered", "partiallyDelivered") and assignment["_target"]["objectId"]:
        enforce(call, assignment)
    return Reply(202)
