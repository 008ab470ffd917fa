# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``assignments`` are read only; approvals are for people (EM G.2, G.3)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, forbidden
from ..odata.options import answer_collection, answer_entity
from .assignment_types import ASSIGNMENT
from .common import CONTEXT, READ, WRITE, make_router, require
from .delivery import advance, expire_due

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
    expire_due(call)
    return answer_collection(call, ASSIGNMENT, call.tenant.entitlement.assignments.list(), _COLLECTION)


@router.get("/assignments/{id}", READ)
def get_assignment(call: Call, id: str) -> Reply:
    """One assignment."""
    advance(call)
    expire_due(call)
    return answer_entity(call, ASSIGNMENT, require(call.tenant.entitlement.assignments, id, reading=True), _COLLECTION)


@router.post("/assignments/{id}/reprocess", WRITE)
def reprocess_assignment(call: Call, id: str) -> Reply:
    """202."""
    require(call.tenant.entitlement.assignments, id)
    return Reply(202)


@router.get("/accessPackageAssignmentApprovals/{id}", READ)
def get_approval(call: Call, id: str) -> Reply:
    """403 for an application: approvals need a person's token (EM G.3)."""
    raise forbidden(Area.ENTITLEMENT)


@router.get("/accessPackageAssignmentApprovals/{id}/stages", READ)
def list_stages(call: Call, id: str) -> Reply:
    """403 for an application."""
    raise forbidden(Area.ENTITLEMENT)


@router.patch("/accessPackageAssignmentApprovals/{id}/stages/{stage_id}", WRITE)
def decide_stage(call: Call, id: str, stage_id: str) -> Reply:
    """403 for an application."""
    raise forbidden(Area.ENTITLEMENT)
