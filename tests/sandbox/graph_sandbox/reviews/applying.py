# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of decisions at the end of a review: those who were denied lose their assignment (EM F.3, H)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..clock import long_time
from ..entitlement.delivery import expire
from ..entitlement.request_store import make_request
from ..store import Row
from . import notes

if TYPE_CHECKING:
    from ..graph.call import Call

_SERVICE = {
    "id": "00000000-0000-0000-0000-000000000000",
    "displayName": "AAD Access Review",
    "userPrincipalName": "AAD Access Review",
}
"""Who decided and applied when no person did, as exported results show it."""


def apply_decisions(call: Call, definition: Row, instance: Row, moment: datetime) -> None:
    """Apply every decision of an instance; what nobody answered falls to the policy's expirationBehavior first."""
    for decision in call.tenant.reviews.decisions_of(instance):
        _decide_for_nobody(instance, decision, moment)
        if decision["decision"] in ("Approve", "Deny"):
            decision.update(
                applyResult=_apply(call, decision, moment), appliedDateTime=long_time(moment), appliedBy=dict(_SERVICE)
            )
            notes.service(call, "Apply decision", definition, moment, decision)
    instance.update(status=call.tenant.quirks.review_final_status, _apply_at=None)


def _decide_for_nobody(instance: Row, decision: Row, moment: datetime) -> None:
    if decision["decision"] != "NotReviewed":
        return
    behaviour = instance["_review"]["expirationBehavior"]
    wanted = {"removeAccess": "Deny", "acceptAccessRecommendation": decision["recommendation"]}.get(behaviour)
    if wanted in ("Approve", "Deny"):
        decision.update(decision=wanted, reviewedBy=dict(_SERVICE), reviewedDateTime=long_time(moment))


def _apply(call: Call, decision: Row, moment: datetime) -> str:
    if decision["decision"] == "Approve":
        return "AppliedSuccessfully"
    assignment = call.tenant.entitlement.assignments.get(decision["_assignment_id"])
    if assignment is None or assignment["state"] == "expired":
        return "AppliedSuccessfullyButObjectNotFound"
    _ask_for_removal(call, decision, assignment, moment)
    expire(call, assignment, moment)
    return "AppliedSuccessfully"


def _ask_for_removal(call: Call, decision: Row, assignment: Row, moment: datetime) -> None:
    """The service keeps track of a removal of its own by a request (resources/accesspackageassignmentrequest)."""
    policy = call.tenant.entitlement.policies.get(assignment["_policy_id"])
    if policy is None:
        return
    requestor = {**assignment["_target"], **dict.fromkeys(("id", "objectId"), _SERVICE["id"]), "displayName": None}
    body = {"justification": decision["justification"]}
    request = make_request(call, "systemRemove", body, policy, assignment["_target"], requestor)
    request.update(
        _assignment_id=assignment["id"],
        state="delivered",
        status="Delivered",
        createdDateTime=long_time(moment),
        completedDateTime=long_time(moment),
    )
