# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who must decide a request, stage by stage, and what each stage says (EM G.3; practice M2, S6).

The stages of a request are made when it is sent, and keep the settings that the policy had then. Who belongs to a
group or is somebody's manager is looked up when it matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..clock import long_time
from ..directory.group_store import transitive_members
from ..store import Row
from .identity_sources import organization_of
from .policy_rules import parse_duration
from .policy_shape import subject_of

if TYPE_CHECKING:
    from ..graph.call import Call

_RELATED = ("requestorManager", "internalSponsors", "externalSponsors", "targetUserSponsors")
"""Approvers who may be missing; fallback approvers stand in for these (entitlement-management-access-package-approval-policy)."""
_RESULTS = {"approve": "Approved", "deny": "Denied"}


def make_stages(call: Call, request: Row) -> list[Row]:
    """The stages of a request; none is open yet."""
    return [
        {
            "id": call.tenant.ids.next(),
            "displayName": None,
            "reviewResult": "NotReviewed",
            "status": "Initializing",
            "justification": "",
            "reviewedDateTime": None,
            "reviewedBy": None,
            "_settings": settings,
            "_opened": None,
            "_escalated": False,
        }
        for settings in request["_policy"]["requestApprovalSettings"]["stages"]
    ]


def open_stage(call: Call, request: Row) -> Row | None:
    """Open the next stage that waits; None when all are done."""
    for stage in request["_stages"]:
        if stage["status"] == "Initializing":
            stage.update(status="InProgress", _opened=call.world.clock.now())
            request.update(state="pendingApproval", status="PendingApproval")
            return dict(stage)
    return None


def current_stage(request: Row) -> Row | None:
    """The stage that is open."""
    return next((stage for stage in request["_stages"] if stage["status"] == "InProgress"), None)


def result_of(written: str) -> str | None:
    """``Approve`` is written and ``Approved`` is read (EM G.3); None for anything else."""
    return _RESULTS.get(written.lower())


def record(call: Call, stage: Row, result: str, justification: str, user: Row) -> None:
    """Somebody decided."""
    stage.update(
        status="Completed",
        reviewResult=result,
        justification=justification,
        reviewedDateTime=long_time(call.world.clock.now()),
        reviewedBy={"id": user["id"], "displayName": user["displayName"]},
    )


def close_stages(request: Row, status: str) -> None:
    """Nothing is left to decide."""
    for stage in request["_stages"]:
        if stage["status"] in ("InProgress", "Initializing"):
            stage["status"] = status


def escalates_at(stage: Row) -> datetime | None:
    """When the alternate approvers are asked too, if that is still to come."""
    settings = stage["_settings"]
    if not settings["isEscalationEnabled"] or stage["_escalated"] or stage["_opened"] is None:
        return None
    opened: datetime = stage["_opened"]
    return opened + parse_duration(settings["durationBeforeEscalation"])


def times_out_at(stage: Row) -> datetime:
    """When an open stage ends without a decision."""
    opened: datetime = stage["_opened"]
    return opened + parse_duration(stage["_settings"]["durationBeforeAutomaticDenial"])


def approvers(call: Call, request: Row, stage: Row) -> set[str]:
    """The ids of those who may decide a stage now. Nobody decides what they asked for themselves (D entra-docs)."""
    settings = stage["_settings"]
    found = _with_fallback(call, request, settings, "primaryApprovers", "fallbackPrimaryApprovers")
    if stage["_escalated"]:
        found |= _with_fallback(call, request, settings, "escalationApprovers", "fallbackEscalationApprovers")
    return found - {request["_requestor"]["objectId"], request["_target"]["objectId"]}


def nobody_can_ever(call: Call, stage: Row) -> bool:
    """Whether all that a stage names are groups without members (practice M2: unsettled what follows)."""
    kinds = [subject_of(entry) for entry in stage["_settings"]["primaryApprovers"]]
    return all(kind == "groupMembers" and not _members(call, group_id) for kind, group_id in kinds)


def may_decide(call: Call, request: Row, stage: Row) -> bool:
    """Whether the person who calls is an approver of a stage, open or decided."""
    return call.user_id is not None and stage["_opened"] is not None and call.user_id in approvers(call, request, stage)


def present_stage(call: Call, request: Row, stage: Row) -> Row:
    """A stage as the caller sees it."""
    mine = stage["status"] == "InProgress" and may_decide(call, request, stage)
    return {**{name: value for name, value in stage.items() if not name.startswith("_")}, "assignedToMe": mine}


def _with_fallback(call: Call, request: Row, settings: Row, primary: str, fallback: str) -> set[str]:
    """Approvers; for a manager or sponsor who cannot be found, those named as fallback."""
    found: set[str] = set()
    missing = False
    for entry in settings[primary]:
        people = set(resolve(call, request["_target"], entry))
        kind = subject_of(entry)[0]
        empty_group = kind == "groupMembers" and call.tenant.quirks.empty_group_approver == "fallback"
        missing = missing or (not people and (kind in _RELATED or empty_group))
        found |= people
    if missing:
        for entry in settings[fallback]:
            found |= set(resolve(call, request["_target"], entry))
    return found


def resolve(call: Call, target: Row, entry: dict[str, Any]) -> Iterator[str]:
    """The ids of the users that a subject set means, seen from the one who shall get access."""
    kind, object_id = subject_of(entry)
    directory, state = call.tenant.directory, call.tenant.entitlement
    if kind == "singleUser" and object_id and object_id in directory.users:
        yield object_id
    elif kind == "groupMembers":
        yield from _members(call, object_id)
    elif kind in ("requestorManager", "targetManager"):
        yield from _manager(call, target["objectId"] or "", entry["managerLevel"])
    elif kind == "targetUserSponsors":
        yield from _people(call, directory.sponsors.get(target["objectId"] or "", {}))
    elif kind in ("internalSponsors", "externalSponsors"):
        user = directory.users.get(target["objectId"] or "") or {"mail": target["email"], "userType": "Guest"}
        organization = organization_of(call.tenant, call.world, user)
        links = state.internal_sponsors if kind == "internalSponsors" else state.external_sponsors
        yield from _people(call, links.get(organization["id"], {}) if organization else {})


def _manager(call: Call, user_id: str, level: int) -> Iterator[str]:
    for _unused in range(level):
        user_id = call.tenant.directory.managers.get(user_id, "")
    if user_id in call.tenant.directory.users:
        yield user_id


def _people(call: Call, ids: dict[str, None]) -> Iterator[str]:
    """Users, and the members of groups."""
    for object_id in ids:
        if object_id in call.tenant.directory.users:
            yield object_id
        else:
            yield from _members(call, object_id)


def _members(call: Call, group_id: str | None) -> list[str]:
    """Users in a group, or in groups in it; whether nested groups count is not documented (practice B.2)."""
    return [row["id"] for row in transitive_members(call.tenant.directory, group_id or "") if row["_type"] == "user"]
