# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Waiting for a request: until access is there, or gone, or until it is clear that somebody else has to act.

A request that waits for an approver, and a guest who has not accepted the invitation, are results and no time-outs.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, pick
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_reading as reading
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_refusals as refusals
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import REQUESTS

# A guest's delivery may be quick all the same: this many looks, a few seconds, before it is left to the guest.
_LOOKS = 4
_WAITS_FOR_OTHERS = ("pendingapproval", "scheduled")
_DONE = ("delivered", "partiallydelivered")


def seen(graph: Graph, look: t.Callable[[], bool], *, times: int | None = None) -> bool:
    """Whether a look shows it, within 10 seconds: what was accepted may not be visible at once.

    :param times: so many looks at the most; None for as many as fit.
    """
    return graph.budget.glance(lambda: look() or None, times=times) is not None


def until_settled(graph: Graph, request_id: str) -> Entity:
    """The request when it is done, or waits for somebody.

    :raises Failure: when it was refused, when its delivery failed, or when time is over.
    """
    looks = 0

    def probe() -> Entity | None:
        nonlocal looks
        looks += 1
        path, query = f"{REQUESTS}/{segment(request_id)}", {"$expand": "assignment($expand=target)"}
        request = t.cast("Entity | None", graph.find(path, query, fresh=True))
        if request is None:
            # Accepted, and not visible yet.
            return None
        state = word(request.get("state"))
        if state == "deliveryfailed":
            raise refusals.delivery_failed(request)
        if state in ("denied", "canceled"):
            raise refusals.refused(request)
        if state in _DONE or state in _WAITS_FOR_OTHERS:
            return request
        return request if looks >= _LOOKS and _waits_for_guest(graph, request) else None

    return graph.budget.poll("its request to be delivered", probe)


def until_ended(graph: Graph, assignment_id: str) -> None:
    """Wait until the assignment has ended.

    :raises Failure: with the code `Timeout`.
    """

    def probe() -> bool | None:
        found = reading.one(graph, assignment_id, fresh=True)
        return True if found is None or word(found.get("state")) == "expired" else None

    graph.budget.poll("it to end", probe)


def _waits_for_guest(graph: Graph, request: Entity) -> bool:
    user_id = pick(request, "assignment.target.objectId")
    if word(request.get("state")) != "delivering" or not user_id:
        return False
    try:
        user = graph.find(f"users/{segment(user_id)}", {"$select": "id,externalUserState"})
    except GraphError:
        # May not be read: then nobody knows, and time decides.
        return False
    return bool(word((user or {}).get("externalUserState")) == "pendingacceptance")
