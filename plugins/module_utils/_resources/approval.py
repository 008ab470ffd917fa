# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Approvals: who decides a request, until when, and what is left for us to decide.

Facts: EM G.3: an approval has the id of its request, applications may neither read nor decide, `Approve` is written
where `Approved` is read, and a stage that another approver has decided answers 409.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import duration, instant, word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import APPROVALS, POLICIES
from ansible_collections.mssp.defender.plugins.module_utils._resources.request import PENDING, PERMISSIONS, is_of, timed_out

# What is written, and what is then read.
WRITTEN = {"approve": "Approve", "deny": "Deny"}
READ = {"approve": "Approved", "deny": "Denied"}


def is_person(claims: t.Mapping[str, t.Any]) -> bool:
    """Whether a token is that of somebody who signed in. One that tells nothing of itself is given the benefit."""
    return not claims or (word(claims.get("idtyp")) != "app" and bool(claims.get("scp")))


def require_person(claims: t.Mapping[str, t.Any]) -> None:
    """Refuse an application's token before Graph does (it answers 403 without a reason).

    :raises Failure: with the code `NotAPerson`.
    """
    if not is_person(claims):
        raise Failure(
            "the token is an application's, and Microsoft Graph lets only people see and decide approvals",
            remedy="Sign in to the customer's tenant as an approver (playbook mssp.defender.sign_in), and give that person's "
            "refresh_token (MSSP_REFRESH_TOKEN) or access_token (MSSP_ACCESS_TOKEN).",
            code="NotAPerson",
        )


def read_stages(graph: Graph, request_id: str, claims: t.Mapping[str, t.Any], *, fresh: bool = False) -> list[Entity] | None:
    """The stages of a request's approval in their order; None when this person may not see them, empty when it has none.

    :param claims: of the access token.
    """
    try:
        return graph.list(f"{APPROVALS}/{segment(request_id)}/stages", fresh=fresh)
    except GraphError as error:
        if error.status == 404:
            return []
        # Whoever was given the right to decide and is no approver of this one is refused like that.
        if error.status == 403 and any(word(x) in word(claims.get("scp")).split() for x in PERMISSIONS.write):
            return None
        raise


def decide(graph: Graph, request_id: str, stage: Entity, decision: str, justification: str) -> None:
    """Decide one stage.

    :raises GraphError: with status 409 when somebody has decided it meanwhile; that may be ourselves, by a request whose answer
        was lost.
    """
    body = {"reviewResult": WRITTEN[decision], "justification": justification}
    graph.patch(f"{APPROVALS}/{segment(request_id)}/stages/{segment(str(stage['id']))}", body)


def open_stage(request: Entity | None, stages: list[Entity] | None, me: str | None, decision: str) -> Entity | None:
    """The stage that is ours to decide; None when the request is decided that way already. Pure.

    :param request: None when it cannot be read.
    :param stages: None when they cannot be read.
    :raises Failure: it is not ours to decide, or is over in another way.
    """
    if request is not None and is_of(request, me):
        raise Failure(
            "it is your own request, and nobody decides what they asked for",
            remedy="Another approver has to decide it.",
            code="OwnRequest",
        )
    for stage in stages or []:
        if word(stage.get("status")) == "inprogress" and stage.get("assignedToMe"):
            return stage
    decided = [x for x in stages or [] if word(x.get("reviewResult")) in ("approved", "denied") and _reviewer(x)]
    if stages is None or any(word(x.get("status")) == "inprogress" for x in stages):
        # Of the stages before only what we said counts: that another person said the same does not decide this one.
        decided = [x for x in decided if me and _reviewer(x) == word(me)]
        if not decided:
            raise Failure(
                "you are no approver of it, or not of the stage that is open",
                remedy="Sign in as one of the approvers whom its policy names; an administrator is none.",
                code="NotApprover",
            )
    _refuse_undecided(request or {}, stages or [], decided)
    # Whoever denies ends it; otherwise all have approved.
    final = next((x for x in decided if word(x.get("reviewResult")) == "denied"), decided[-1])
    if final.get("reviewResult") == READ[decision]:
        return None
    by = (final.get("reviewedBy") or {}).get("displayName") or "somebody"
    raise Failure(
        f"{by} has {word(final.get('reviewResult'))} it already, on {str(final.get('reviewedDateTime'))[:10]}",
        remedy="A decision stands: access that was approved is taken away with mssp.defender.access_package_assignment, "
        "state: absent; after a denial the person has to ask again.",
        code="DecidedOtherwise",
    )


def _reviewer(stage: Entity) -> str:
    """The id of the person who decided; what the service ends by itself has none (practice S7)."""
    return str(word((stage.get("reviewedBy") or {}).get("id")))


def _refuse_undecided(request: Entity, stages: list[Entity], decided: list[Entity]) -> None:
    """Refuse what ended without a decision, or was never to be decided."""
    if any(word(x.get("reviewResult")) == "denied" for x in decided):
        return
    if timed_out(request) or any(word(x.get("status")) == "expired" for x in stages):
        raise Failure("nobody decided it in time, and it has run out", remedy="The person has to ask again.", code="Expired")
    if word(request.get("state")) == "canceled":
        raise Failure("it was cancelled", remedy="The person has to ask again.", code="Canceled")
    if not decided:
        raise Failure(
            f"it does not wait for a decision: its state is {request.get('state') or 'not shown to you'}",
            remedy=f"Only requests in the state {PENDING} are decided.",
            code="NotOpen",
        )


def decided_by(stages: list[Entity], stage: Entity, me: str | None, decision: str) -> bool:
    """Whether this very stage now has our own decision."""
    return any(
        x.get("id") == stage.get("id") and x.get("reviewResult") == READ[decision] and _reviewer(x) == word(me) for x in stages
    )


def after(request: Entity, stages: list[Entity], stage: Entity, decision: str, justification: str) -> tuple[Entity, list[Entity]]:
    """(request, stages) as they are once the stage is decided. Pure: what Graph has accepted is not read again."""
    made = {"status": "Completed", "reviewResult": READ[decision], "justification": justification, "assignedToMe": False}
    decided = [{**x, **made} if x.get("id") == stage.get("id") else x for x in stages]
    more = any(word(x.get("status")) == "initializing" for x in decided)
    state = "denied" if decision == "deny" else PENDING if more else "delivering"
    return {**request, "state": state, "status": state[:1].upper() + state[1:]}, decided


# -- until when ------------------------------------------------------------------------------------------------------


def read_policies(graph: Graph, request: Entity) -> list[Entity]:
    """The policies that a request may be under; none when this caller may not read them."""
    own = (request.get("assignment") or {}).get("assignmentPolicy") or {}
    if own.get("requestApprovalSettings"):
        return [own]
    package_id = (request.get("accessPackage") or {}).get("id")
    if not package_id or word(request.get("state")) != word(PENDING):
        return []
    try:
        return graph.list(POLICIES, {"$filter": f"accessPackage/id eq {literal(package_id)}"})
    except GraphError as error:
        if error.status != 403:
            raise
        return []


def shown(request: Entity, stages: list[Entity] | None, policies: t.Sequence[Entity]) -> Entity | None:
    """The approval of a request as modules return it; None when nothing is known of it.

    :param stages: None when they were not or cannot be read.
    :param policies: those that it may be under.
    """
    limits = _limits(request, policies)
    deadlines = _deadlines(request, stages, limits)
    keys = ("id", "displayName", "status", "reviewResult", "assignedToMe", "justification", "reviewedBy", "reviewedDateTime")
    if stages is None:
        known = [x for x in deadlines if x]
        return {"id": request.get("id"), "stages": None, "deadline": known[0]} if known else None
    if not stages:
        return None
    told = [
        {**{key: stage.get(key) for key in keys}, "deadline": deadline} for stage, deadline in zip(stages, deadlines, strict=True)
    ]
    current = [x["deadline"] for x in told if word(x["status"]) == "inprogress"]
    return {"id": request.get("id"), "stages": told, "deadline": current[0] if current else None}


def _limits(request: Entity, policies: t.Sequence[Entity]) -> list[t.Any]:
    """The time that each stage has; empty when it is not sure by which policy."""
    own = ((request.get("assignment") or {}).get("assignmentPolicy") or {}).get("id")
    extends = word(request.get("requestType")).endswith("update")
    flag = "isApprovalRequiredForUpdate" if extends else "isApprovalRequiredForAdd"
    found = []
    for policy in policies:
        settings = policy.get("requestApprovalSettings") or {}
        if word(own) == word(policy.get("id")) if own else settings.get(flag):
            found.append([duration(x.get("durationBeforeAutomaticDenial")) for x in settings.get("stages") or []])
    return found[0] if found and all(x == found[0] for x in found) else []


def _deadlines(request: Entity, stages: list[Entity] | None, limits: list[t.Any]) -> list[str | None]:
    """When each stage ends by itself, as far as that is known: a stage begins where the one before was decided."""
    if word(request.get("state")) != word(PENDING):
        return [None for dummy in stages or []]
    if stages is None:
        # Which of several stages is open, and since when, is not known.
        return [_later(request.get("createdDateTime"), limits[0])] if len(limits) == 1 else []
    if len(limits) != len(stages):
        return [None for dummy in stages]
    begins = [request.get("createdDateTime"), *(x.get("reviewedDateTime") for x in stages)]
    return [
        _later(begin, limit) if word(stage.get("status")) == "inprogress" else None
        for stage, begin, limit in zip(stages, begins, limits, strict=False)
    ]


def _later(begin: t.Any, limit: t.Any) -> str | None:
    moment = instant(begin)
    if not isinstance(moment, datetime.datetime) or not isinstance(limit, tuple) or limit[0] or not limit[1]:
        return None
    return (moment + datetime.timedelta(seconds=float(limit[1]))).strftime("%Y-%m-%dT%H:%M:%SZ")
