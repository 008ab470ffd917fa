# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of people: userAdd, userUpdate, userRemove and approverRemove (EM G.1, 1.4).

No directory role is needed: the policy decides. What the refusals' codes are is recorded in few cases (EM 1.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.errors import Area, forbidden
from ..store import Row
from . import request_flow
from .answers import check_answers, merge_answers
from .approval_stages import resolve
from .common import require
from .policy_types import STAGE_COLLECTIONS
from .request_rules import (
    check_justification,
    check_schedule,
    is_incompatible,
    may_ask,
    may_ask_for_others,
    requirement_not_met,
)
from .request_store import (
    caller_subject,
    check_nothing_open,
    living_assignment,
    make_request,
    policy_and_package,
    subject,
    user_of,
)

if TYPE_CHECKING:
    from ..graph.call import Call


def user_add(call: Call, body: dict[str, Any], wanted: dict[str, Any]) -> Row:
    """Somebody asks for access, or a manager for somebody else."""
    target_id = str(wanted.get("targetId") or (wanted.get("target") or {}).get("objectId") or call.user_id).lower()
    target = subject(require(call.tenant.directory.users, target_id))
    policy, _unused = policy_and_package(call, wanted)
    if target_id != call.user_id and not may_ask_for_others(call, policy, target, "Add"):
        raise forbidden(Area.ENTITLEMENT)
    return ask(call, body, wanted, target, caller_subject(call))


def ask(call: Call, body: dict[str, Any], wanted: dict[str, Any], target: Row, requestor: Row) -> Row:
    """A request for access, once it is clear who asks for whom."""
    policy, package = policy_and_package(call, wanted)
    user = user_of(call, target)
    if not may_ask(call, policy, user) or is_incompatible(call, package, user):
        raise requirement_not_met()
    check_nothing_open(call, package, target)
    approval = policy["requestApprovalSettings"]["isApprovalRequiredForAdd"]
    check_justification(policy, body, needed=approval)
    check_schedule(call, policy, body.get("schedule"))
    check_answers(policy, body.get("answers") or [])
    request = make_request(call, "userAdd", body, policy, target, requestor)
    request_flow.start(call, request, approval=approval)
    return request


def user_update(call: Call, body: dict[str, Any], wanted: dict[str, Any]) -> Row:
    """Somebody extends their access, or changes their answers."""
    assignment = living_assignment(call, wanted)
    policy = _own(call, assignment, "Update")
    approval = policy["requestApprovalSettings"]["isApprovalRequiredForUpdate"]
    check_justification(policy, body, needed=approval)
    check_schedule(call, policy, body.get("schedule"))
    if body.get("answers"):
        body = {**body, "answers": merge_answers(policy, _answers_of(call, assignment), body["answers"])}
    request = make_request(call, "userUpdate", body, policy, assignment["_target"], caller_subject(call))
    request["_assignment_id"] = assignment["id"]
    request["_extends"] = True
    request_flow.start(call, request, approval=approval)
    return request


def user_remove(call: Call, body: dict[str, Any], wanted: dict[str, Any]) -> Row:
    """Somebody gives their access back."""
    assignment = living_assignment(call, wanted)
    policy = _own(call, assignment, "Remove")
    return _remove(call, "userRemove", body, assignment, policy)


def approver_remove(call: Call, body: dict[str, Any], wanted: dict[str, Any]) -> Row:
    """An approver of the policy takes back what approvers gave."""
    assignment = living_assignment(call, wanted)
    policy = require(call.tenant.entitlement.policies, assignment["_policy_id"])
    stages = policy["requestApprovalSettings"]["stages"]
    named = (entry for stage in stages for name in STAGE_COLLECTIONS for entry in stage[name])
    own = assignment["_target"]["objectId"] == call.user_id
    if own or not any(call.user_id in set(resolve(call, assignment["_target"], entry)) for entry in named):
        raise forbidden(Area.ENTITLEMENT)
    return _remove(call, "approverRemove", body, assignment, policy)


def _remove(call: Call, kind: str, body: dict[str, Any], assignment: Row, policy: Row) -> Row:
    request = make_request(call, kind, body, policy, assignment["_target"], caller_subject(call))
    request["_assignment_id"] = assignment["id"]
    request_flow.start(call, request, approval=False)
    return request


def _own(call: Call, assignment: Row, verb: str) -> Row:
    """The policy of the caller's own assignment, or of one for whose holder the caller may act; else 403."""
    policy = require(call.tenant.entitlement.policies, assignment["_policy_id"])
    target = assignment["_target"]
    if target["objectId"] == call.user_id:
        if not policy["requestorSettings"][f"enableTargetsToSelf{verb}Access"]:
            raise requirement_not_met()
    elif not may_ask_for_others(call, policy, target, verb):
        raise forbidden(Area.ENTITLEMENT)
    return policy


def _answers_of(call: Call, assignment: Row) -> list[dict[str, Any]]:
    """What was answered last."""
    answers: list[dict[str, Any]] = []
    for request in call.tenant.entitlement.requests:
        if request["_assignment_id"] == assignment["id"] and request["state"] == "delivered" and request["answers"]:
            answers = request["answers"]
    return answers
