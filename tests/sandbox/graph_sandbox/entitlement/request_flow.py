# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a request: extensions, approval, its start, delivery (EM G.1, G.3, N.10; entitlement-management-process)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..clock import long_time
from ..odata.bodies import parse_time
from ..store import Row
from . import approval_stages
from .callouts import hold
from .common import require
from .delivery import begin, effective_schedule

if TYPE_CHECKING:
    from datetime import datetime

    from ..graph.call import Call

CREATED, APPROVED = "assignmentRequestCreated", "assignmentRequestApproved"


def start(call: Call, request: Row, *, approval: bool) -> None:
    """A request was accepted; ``approval``: somebody must approve it."""
    request["_needs_approval"] = approval
    if not _held(call, request, CREATED):
        _ask(call, request)


def go_on(call: Call, request: Row) -> None:
    """All extensions that the request waited for have answered."""
    stage = request["_waits_for"]["stage"]
    request["_waits_for"] = None
    if stage == CREATED:
        _ask(call, request)
    else:
        _schedule(call, request)


def decide(call: Call, request: Row, stage: Row, result: str, justification: str) -> None:
    """An approver decided a stage: the next one opens, or the request is through, or it is denied."""
    assert call.user is not None
    approval_stages.record(call, stage, result, justification, call.user)
    if result == "Denied":
        end(call, request, "denied", "Denied")
    else:
        _next_stage(call, request)


def escalate(stage: Row, request: Row) -> None:
    """The first approvers did not answer: the alternate ones are asked too."""
    stage["_escalated"] = True
    request["status"] = "PendingApprovalEscalated"


def end(call: Call, request: Row, state: str, status: str, moment: datetime | None = None, stages: str = "Completed") -> None:
    """The request goes no further; ``stages``: what is left of the approval says so."""
    approval_stages.close_stages(request, stages)
    ended = long_time(moment or call.world.clock.now())
    request.update(state=state, status=status, completedDateTime=ended, _reads_left=None, _waits_for=None)


def deliver(call: Call, request: Row) -> None:
    """Everybody has agreed and the time has come."""
    state, quirks = call.tenant.entitlement, call.tenant.quirks
    kind = request["requestType"]
    if request["_package_id"] not in state.packages or request["_policy_id"] not in state.policies:
        end(call, request, "deliveryFailed", "DeliveryFailed")  # somebody deleted them in the meantime
    elif kind.endswith("Add"):
        assignment = state.assignments.add(
            {
                "id": call.tenant.ids.next(),
                "_package_id": request["_package_id"],
                "_policy_id": request["_policy_id"],
                "_target": request["_target"],
                "_created_by": request["_created_by"],
                "_called_out": [],
                "state": "delivering",
                "status": "Delivering",
                "expiredDateTime": None,
                "schedule": effective_schedule(call, request["schedule"], request["_policy"]),
                "customExtensionCalloutInstances": [],
            }
        )
        request["_assignment_id"] = assignment["id"]
        request["schedule"] = dict(assignment["schedule"])
        begin(call, request, quirks.delivery_lag)
    elif require(state.assignments, request["_assignment_id"])["state"] == "expired":
        end(call, request, "deliveryFailed", "DeliveryFailed")
    else:
        if request["_extends"]:
            request["_new_schedule"] = effective_schedule(call, request["schedule"], request["_policy"])
            request["schedule"] = dict(request["_new_schedule"])
        begin(call, request, quirks.removal_lag if kind.endswith("Remove") else quirks.delivery_lag)


def _ask(call: Call, request: Row) -> None:
    if not request["_needs_approval"]:
        _approved(call, request)
        return
    request["_stages"] = approval_stages.make_stages(call, request)
    _next_stage(call, request)


def _next_stage(call: Call, request: Row) -> None:
    stage = approval_stages.open_stage(call, request)
    if stage is None:
        _approved(call, request)
    elif call.tenant.quirks.empty_group_approver == "denied" and approval_stages.nobody_can_ever(call, stage):
        end(call, request, "denied", "Denied")


def _approved(call: Call, request: Row) -> None:
    if not _held(call, request, APPROVED):
        _schedule(call, request)


def _held(call: Call, request: Row, stage: str) -> bool:
    """Extensions look at requests for access; for changes and removals no call before the fact is documented."""
    return request["requestType"].endswith("Add") and hold(call, request, stage)


def _schedule(call: Call, request: Row) -> None:
    """Access that begins later waits for its time."""
    start_at = parse_time(request["schedule"]["startDateTime"] or "")
    if request["requestType"].endswith("Add") and start_at is not None and start_at > call.world.clock.now():
        request.update(state="scheduled", status="PendingNotBefore")
    else:
        request.update(state="submitted", status="Accepted")
        deliver(call, request)
