# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Assignments and requests for them as they are read, and as the modules show them.

Facts: EM G.1 and G.2. Graph writes states now in one case, now in another.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import ASSIGNMENTS, REQUESTS
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref

EXPAND = "target($expand=connectedOrganization),accessPackage,assignmentPolicy"

# What lives: neither ended nor failed.
LIVE = ("delivering", "delivered", "partiallyDelivered")
HELD = (*LIVE, "deliveryFailed")
STATES = (*HELD, "expired")
_OPEN = frozenset({"submitted", "pendingapproval", "scheduled", "delivering"})
CANCELLABLE = frozenset({"submitted", "pendingapproval", "scheduled"})

_SHOWN = ("id", "state", "status", "schedule", "expiredDateTime")
_REQUEST_SHOWN = ("id", "requestType", "state", "status", "createdDateTime", "completedDateTime")


def not_ended(assignments: t.Iterable[Entity]) -> list[Entity]:
    """Those that stand in the way of deleting what they belong to, in messages "live assignments".

    Graph refuses to delete a package or a policy that has one, and keeps those that have ended as `expired` (EM E.1,
    F.6 and G.2). Whether one whose delivery failed counts there is not documented: it does here.
    """
    return [assignment for assignment in assignments if word(assignment.get("state")) != "expired"]


def is_target(subject: t.Mapping[str, t.Any] | None, person: Ref | None, address: str | None) -> bool:
    """Whether a subject of entitlement management is this person; who is not in the directory yet is known by the address."""
    if not subject:
        return False
    if person is not None and subject.get("objectId"):
        return bool(word(subject.get("objectId")) == word(person.id))
    return bool(address and word(subject.get("email")) == word(address))


def listed(
    graph: Graph,
    *,
    package_id: str | None = None,
    policy_id: str | None = None,
    person: Ref | None = None,
    address: str | None = None,
    states: t.Sequence[str] = STATES,
    fresh: bool = False,
) -> list[Entity]:
    """Assignments of these, ended ones included where the states say so. All pages.

    :param person: a user of the directory.
    :param address: the mail address of somebody who is not in the directory.
    """
    conditions = {"accessPackage/id": package_id, "assignmentPolicy/id": policy_id, "target/objectId": person and person.id}
    if len(states) == 1:
        conditions["state"] = states[0]
    terms = [f"{path} eq {literal(value)}" for path, value in conditions.items() if value]
    query = {"$expand": EXPAND, **({"$filter": " and ".join(terms)} if terms else {})}
    wanted = {word(state) for state in states}
    return [
        item
        for item in graph.list(ASSIGNMENTS, query, fresh=fresh)
        if word(item.get("state")) in wanted
        and (not package_id or _is(item.get("accessPackage"), package_id))
        and (not policy_id or _is(item.get("assignmentPolicy"), policy_id))
        and ((person is None and not address) or is_target(item.get("target"), person, address))
    ]


def one(graph: Graph, assignment_id: str, *, fresh: bool = False) -> Entity | None:
    """One assignment by its id, whatever its state."""
    return t.cast("Entity | None", graph.find(f"{ASSIGNMENTS}/{segment(assignment_id)}", {"$expand": EXPAND}, fresh=fresh))


def _is(related: t.Mapping[str, t.Any] | None, wanted: str) -> bool:
    # An answer without the relation: then the filter has decided.
    return not related or word(related.get("id")) == word(wanted)


def open_request(
    graph: Graph,
    package_id: str,
    *,
    assignment_id: str | None = None,
    person: Ref | None = None,
    address: str | None = None,
    fresh: bool = False,
) -> Entity | None:
    """The request that is under way for this assignment, or for this person and package; a removal before what it ends."""
    query = {"$filter": f"accessPackage/id eq {literal(package_id)}", "$expand": "requestor,assignment($expand=target)"}
    found = []
    for request in graph.list(REQUESTS, query, fresh=fresh):
        assignment = request.get("assignment") or {}
        # Before there is an assignment, the requestor is who asked or, of a direct assignment, who is assigned.
        subject = assignment.get("target") or request.get("requestor")
        if assignment_id is not None:
            ours = word(assignment.get("id")) == word(assignment_id)
        else:
            ours = is_target(subject, person, address)
        if ours and word(request.get("state")) in _OPEN:
            found.append(request)
    return next(iter(sorted(found, key=lambda request: not is_removal(request))), None)


def is_removal(request: t.Mapping[str, t.Any] | None) -> bool:
    """Whether a request takes access away."""
    return bool(request) and word(t.cast("Entity", request).get("requestType")).endswith("remove")


def is_change(request: t.Mapping[str, t.Any] | None) -> bool:
    """Whether a request changes an assignment that there is."""
    return bool(request) and word(t.cast("Entity", request).get("requestType")).endswith("update")


def shown(assignment: Entity) -> Entity:
    """An assignment as the modules return it."""
    target = assignment.get("target") or {}
    return {
        **{key: assignment.get(key) for key in _SHOWN},
        "target": {
            # The user's own id: a subject of entitlement management has another one.
            "id": target.get("objectId"),
            **{key: target.get(key) for key in ("displayName", "principalName", "email", "subjectLifecycle")},
        },
        "accessPackage": _named(assignment.get("accessPackage")),
        "assignmentPolicy": _named(assignment.get("assignmentPolicy")),
        "connectedOrganization": _named(target.get("connectedOrganization")),
    }


def shown_request(request: Entity | None) -> Entity | None:
    """A request as the modules return it."""
    return {key: request.get(key) for key in _REQUEST_SHOWN} if request else None


def _named(entity: t.Mapping[str, t.Any] | None) -> Entity | None:
    return {"id": entity.get("id"), "displayName": entity.get("displayName")} if entity else None
