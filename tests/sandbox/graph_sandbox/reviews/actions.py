# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deciding, and the actions on an instance: batchRecordDecisions, stop, resetDecisions and so on (EM H).

Sources: accessreviewinstancedecisionitem-update, accessreviewinstance-batchrecorddecisions, -stop, -resetdecisions,
-applydecisions, -acceptrecommendations, -sendreminder. The codes of refusals are not recorded.
"""

from __future__ import annotations

from typing import Any

from ..clock import directory_time, long_time
from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, forbidden
from ..odata.bodies import BodyChecker
from ..store import Row
from . import notes
from .applying import apply_decisions
from .common import WRITE, make_router
from .lifecycle import finish
from .people import identity
from .routes import find_decision, find_instance, reviewed_by
from .types import DECISION_BODY, DECISIONS

router = make_router()
_CHECKER = BodyChecker(Area.GOVERNANCE)
_INSTANCE = "/definitions/{id}/instances/{instance_id}"
_ACTIVITIES = {
    "Approve": "Approve decision",
    "Deny": "Deny decision",
    "NotReviewed": "Reset decision",
    "DontKnow": "Don't know decision",
}
_BULK = {
    "Approve": "Bulk Approve decisions",
    "Deny": "Bulk Deny decisions",
    "NotReviewed": "Bulk Reset decisions",
    "DontKnow": "Bulk mark decisions as don't know",
}


def _wanted(call: Call, instance: Row) -> tuple[str, str]:
    """Decision and justification of the body."""
    body: dict[str, Any] = call.body_object()
    _CHECKER.check(body, DECISION_BODY)
    if "decision" not in body:
        raise GraphError(400, "BadRequest", "The property 'decision' is required.")
    decision = next(name for name in DECISIONS if name.lower() == body["decision"].lower())
    justification = str(body.get("justification") or "")
    if decision == "Approve" and instance["_review"]["isReviewerJustificationRequired"] and not justification.strip():
        raise GraphError(400, "BadRequest", "A justification is required to approve.")
    return decision, justification


def _open(instance: Row) -> None:
    if instance["status"] != "InProgress":
        raise GraphError(400, "BadRequest", f"The access review instance is {instance['status']} and takes no decisions.")


def _decide(call: Call, row: Row, decision: str, justification: str) -> None:
    if decision == "NotReviewed":
        row.update(decision=decision, justification="", reviewedDateTime=None, reviewedBy=identity(None))
        return
    who = call.user or call.tenant.directory.find(call.caller.object_id)
    row.update(
        decision=decision,
        justification=justification,
        reviewedDateTime=long_time(call.world.clock.now()),
        reviewedBy=identity(who),
    )


@router.patch(f"{_INSTANCE}/decisions/{{decision_id}}", WRITE, delegated=WRITE, application=False)
def record_decision(call: Call, id: str, instance_id: str, decision_id: str) -> Reply:
    """204, for a person who is a reviewer of this decision; "Application: Not supported"."""
    definition, instance = find_instance(call, id, instance_id)
    row = find_decision(call, instance, decision_id)
    if call.user_id not in row["_reviewers"]:
        raise forbidden(Area.GOVERNANCE)
    _open(instance)
    decision, justification = _wanted(call, instance)
    _decide(call, row, decision, justification)
    notes.person(call, _ACTIVITIES[decision], definition, row)
    return Reply(204)


@router.post(f"{_INSTANCE}/batchRecordDecisions", WRITE, delegated=WRITE)
def record_decisions(call: Call, id: str, instance_id: str) -> Reply:
    """204: many at once, for one person or all. A person decides what is theirs to decide, an application everything."""
    definition, instance = find_instance(call, id, instance_id)
    rows = call.tenant.reviews.decisions_of(instance) if call.user_id is None else reviewed_by(call, instance)
    if call.user_id is not None and not rows:
        raise forbidden(Area.GOVERNANCE)
    _open(instance)
    decision, justification = _wanted(call, instance)
    body = call.body_object()
    for row in rows:
        if body.get("principalId") not in (None, row["principal"]["id"]):
            continue
        if body.get("resourceId") not in (None, row["resource"]["id"]):
            continue
        _decide(call, row, decision, justification)
    notes.person(call, _BULK[decision], definition)
    return Reply(204)


@router.post(f"{_INSTANCE}/acceptRecommendations", WRITE, delegated=WRITE, application=False)
def accept_recommendations(call: Call, id: str, instance_id: str) -> Reply:
    """204: what the reviewer has not answered yet follows the recommendation."""
    definition, instance = find_instance(call, id, instance_id)
    rows = reviewed_by(call, instance)
    if not rows:
        raise forbidden(Area.GOVERNANCE)
    _open(instance)
    for row in rows:
        if row["decision"] == "NotReviewed" and row["recommendation"] in ("Approve", "Deny"):
            _decide(call, row, row["recommendation"], "Recommendation accepted")
            notes.person(call, _ACTIVITIES[row["recommendation"]], definition, row)
    return Reply(204)


@router.post(f"{_INSTANCE}/resetDecisions", WRITE)
def reset_decisions(call: Call, id: str, instance_id: str) -> Reply:
    """204: nobody has said anything."""
    definition, instance = find_instance(call, id, instance_id)
    _open(instance)
    for row in call.tenant.reviews.decisions_of(instance):
        _decide(call, row, "NotReviewed", "")
    notes.person(call, "Bulk Reset decisions", definition)
    return Reply(204)


@router.post(f"{_INSTANCE}/sendReminder", WRITE)
def send_reminder(call: Call, id: str, instance_id: str) -> Reply:
    """204; nobody here gets mail."""
    _definition, instance = find_instance(call, id, instance_id)
    _open(instance)
    return Reply(204)


@router.post(f"{_INSTANCE}/stop", WRITE)
def stop_instance(call: Call, id: str, instance_id: str) -> Reply:
    """204: no more decisions; what was decided can be applied."""
    definition, instance = find_instance(call, id, instance_id)
    _open(instance)
    now = call.world.clock.now()
    instance["endDateTime"] = directory_time(now)
    finish(call, definition, instance, now, stopped=True)
    return Reply(204)


@router.post(f"{_INSTANCE}/applyDecisions", WRITE)
def apply_now(call: Call, id: str, instance_id: str) -> Reply:
    """204, only when the instance is Completed: then nothing was applied by itself."""
    definition, instance = find_instance(call, id, instance_id)
    if instance["status"] != "Completed":
        raise GraphError(400, "BadRequest", "The status of the access review instance must be Completed to apply decisions.")
    apply_decisions(call, definition, instance, call.world.clock.now())
    notes.person(call, "Apply review", definition)
    return Reply(204)
