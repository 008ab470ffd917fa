# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Requests for access packages: how they are found, and what is shown of one.

Facts: EM G.1; practice S7 (requests that nobody decided in time) and S10 (whose home is where). A person without a
directory role, such as a guest who approves, may not list requests, only those that wait for them; and may not read
packages, so names are compared with what the requests say of theirs.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid, literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import instant, word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import REQUESTS
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions

_EXPAND = {
    "$expand": "requestor($expand=connectedOrganization),accessPackage($expand=catalog),"
    "assignment($expand=target,assignmentPolicy)"
}

PERMISSIONS = Permissions(read=("EntitlementManagement.Read.All",), write=("EntitlementManagement.ReadWrite.All",))

PENDING = "pendingApproval"
# What may still become access, or be cancelled.
OPEN = ("submitted", PENDING, "scheduled", "delivering")
# `expired` is in Microsoft's documentation and not in Graph's metadata (practice S7).
STATES = (*OPEN, "delivered", "partiallyDelivered", "deliveryFailed", "denied", "canceled", "expired")
_GIVES = ("useradd", "adminadd", "systemadd", "onbehalfadd", "userupdate", "adminupdate", "systemupdate")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Which requests are meant; None is any.

    :param package: id or display name of the access package.
    :param catalog: id or display name of its catalog.
    :param target: id, user principal name or mail address of who gets the access.
    """

    package: str | None = None
    catalog: str | None = None
    target: str | None = None

    def fits(self, request: Entity) -> bool:
        """Whether it is one of those."""
        package = request.get("accessPackage") or {}
        return (
            (self.package is None or _is(package, self.package))
            and (self.catalog is None or _is(package.get("catalog") or {}, self.catalog))
            and (self.target is None or any(_is_person(x, self.target) for x in _subjects(request)))
        )


def _is(entity: Entity, wanted: str) -> bool:
    if is_guid(wanted):
        return bool(word(entity.get("id")) == word(wanted))
    return bool(entity.get("displayName") == wanted)


def _is_person(subject: Entity, wanted: str) -> bool:
    names = (subject.get(key) for key in ("objectId", "id", "principalName", "email"))
    return word(wanted) in {word(name) for name in names if name}


def _subjects(request: Entity) -> list[Entity]:
    """Who asked and who gets the access: an administrator may ask for somebody."""
    found = (request.get("requestor"), (request.get("assignment") or {}).get("target"))
    return [subject for subject in found if subject]


def person_of(request: Entity) -> Entity:
    """Who gets the access, as far as it is known."""
    return (_subjects(request) or [{}])[-1]


def is_of(request: Entity, user_id: str | None) -> bool:
    """Whether this user asked for it or gets it."""
    return bool(user_id) and any(word(x.get("objectId")) == word(user_id) for x in _subjects(request))


def gives(request: Entity) -> bool:
    """Whether it gives or prolongs access, and does not take it away."""
    return word(request.get("requestType")) in _GIVES


def name_of(request: Entity) -> str:
    """How people call it: who wants which package."""
    person = person_of(request)
    who = person.get("displayName") or person.get("email") or person.get("principalName") or "somebody"
    return f"{who}: {(request.get('accessPackage') or {}).get('displayName') or 'a package'}"


def timed_out(request: Entity) -> bool:
    """Whether it ended because nobody decided in time. What state that is in is not settled, its status says so."""
    over = word(request.get("state")) in ("denied", "canceled", "expired")
    return over and "expired" in (word(request.get("state")), word(request.get("status")))


def find(graph: Graph, request_id: str, *, fresh: bool = False) -> Entity | None:
    """A request by its id, or None when there is none."""
    return t.cast("Entity | None", graph.find(f"{REQUESTS}/{segment(request_id)}", _EXPAND, fresh=fresh))


def read(graph: Graph, wanted: Wanted, states: t.Sequence[str] | None, *, person: bool, fresh: bool = False) -> list[Entity]:
    """The requests that fit, oldest first.

    :param states: only those in these states; None is all.
    :param person: whether the token is a person's, who may be allowed to see only what waits for their decision.
    """
    conditions = []
    if wanted.package is not None and is_guid(wanted.package):
        conditions.append(f"accessPackage/id eq {literal(wanted.package)}")
    if states is not None and len(states) == 1:
        conditions.append(f"state eq {literal(states[0])}")
    query = {**_EXPAND, "$filter": " and ".join(conditions)} if conditions else _EXPAND
    try:
        found = graph.list(REQUESTS, query, fresh=fresh)
    except GraphError as error:
        if error.status != 403 or not person:
            raise
        found = graph.list(f"{REQUESTS}/filterByCurrentUser(on='approver')", _EXPAND, fresh=fresh)
    accepted = None if states is None else {word(state) for state in states}
    fitting = [x for x in found if (accepted is None or word(x.get("state")) in accepted) and wanted.fits(x)]
    return sorted(fitting, key=lambda x: str(instant(x.get("createdDateTime"))))


def shown(request: Entity, approval: Entity | None = None) -> Entity:
    """A request as modules return it. Every key is always there."""
    keys = ("id", "requestType", "state", "status", "justification", "createdDateTime", "completedDateTime", "schedule")
    package = request.get("accessPackage")
    assignment = request.get("assignment") or {}
    made: Entity = {key: request.get(key) for key in keys}
    made["requestor"] = _person(request.get("requestor"))
    made["target"] = _person(assignment.get("target"))
    made["accessPackage"] = None if not package else {**_short(package), "catalog": _short(package.get("catalog"))}
    made["assignmentPolicy"] = _short(assignment.get("assignmentPolicy"))
    made["timed_out"] = timed_out(request)
    made["approval"] = approval
    return made


def _short(entity: Entity | None) -> Entity:
    # An empty one is shown as such: nothing is known of it.
    return {key: (entity or {}).get(key) for key in ("id", "displayName")}


def _person(subject: Entity | None) -> Entity | None:
    if not subject:
        return None
    keys = ("id", "objectId", "displayName", "email", "principalName", "subjectType")
    organization = subject.get("connectedOrganization")
    made: Entity = {key: subject.get(key) for key in keys}
    made["connectedOrganization"] = _short(organization) if organization else None
    made["tenant"] = _home(subject, organization or {})
    return made


def _home(subject: Entity, organization: Entity) -> Entity | None:
    """Where somebody comes from, and how that is known; never from the user principal name alone (practice S10)."""
    for source in organization.get("identitySources") or []:
        known = {"id": source.get("tenantId"), "domain": source.get("domainName")}
        if any(known.values()):
            name = organization.get("displayName") or source.get("displayName")
            return {**known, "displayName": name, "known_from": "connectedOrganization"}
    domain = str(subject.get("email") or "").rpartition("@")[2].lower()
    return {"id": None, "domain": domain, "displayName": None, "known_from": "email"} if domain else None
