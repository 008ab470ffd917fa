# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""One decision about a request: which request is meant, what there is to do, and doing it.

Facts: EM G.1 (cancel), G.3 and L.8 (approve, deny).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources import approval
from ansible_collections.mssp.defender.plugins.module_utils._resources import request as requests
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import REQUESTS
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import References

# Judged anew so often when Graph says that somebody else was faster; it may show that a little later than it says so.
_TRIES = 4
_PAUSE = 1.0


@dataclasses.dataclass(frozen=True)
class Done:
    """What was decided, or would be; `request` is as modules return it."""

    request: Entity
    name: str
    property: str
    before: str
    after: str
    changed: bool


def wanted_by(params: t.Mapping[str, t.Any], references: References, claims: t.Mapping[str, t.Any]) -> requests.Wanted | None:
    """Which requests the options mean; None when they name what an earlier task of a check-mode run would make.

    An application looks names up, so that a typing error is one. People compare them: approvers may read no packages.

    :param params: the options `access_package`, `catalog` and `target`, each None where it is not stated.
    :param claims: of the access token.
    :raises InvalidInput: an option is empty or, with an application's token, names nothing.
    """
    package, catalog, target = params["access_package"], params["catalog"], params["target"]
    if approval.is_person(claims):
        return requests.Wanted(_named(package, "access_package"), _named(catalog, "catalog"), target)
    within = None if catalog is None else references.catalog(catalog, "catalog")
    which = None if package is None else references.access_package(package, "access_package", within)
    if not all(ref is None or ref.known for ref in (within, which)):
        return None
    return requests.Wanted(which.id if which else None, within.id if within else None, target)


def _named(value: t.Any, option: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict):
        value = value.get("id")
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(
            f"{option} is empty", remedy="Give its id, its name, or the object that a task of this collection returned."
        )
    return value


class Decision:
    """A decision that somebody wants.

    :param claims: what the token says of itself.
    :param decision: approve, deny or cancel.
    """

    def __init__(self, graph: Graph, claims: t.Mapping[str, t.Any], decision: str, justification: str | None) -> None:
        self._graph = graph
        self._claims = claims
        self._decision = decision
        self._justification = (justification or "").strip()
        self._me: str | None = claims.get("oid")

    def check(self) -> None:
        """Refuse what cannot work, before any request to Graph.

        :raises InvalidInput: no justification.
        :raises Failure: the token is an application's, which may only cancel.
        """
        if self._decision == "cancel":
            return
        if not self._justification:
            raise InvalidInput(
                f"justification is empty, and decision is {self._decision}",
                remedy="Say why: whoever reviews the access later reads it.",
            )
        approval.require_person(self._claims)

    # -- which one -----------------------------------------------------------------------------------------------

    def find(self, params: t.Mapping[str, t.Any], references: References) -> Entity:
        """The request; only its id when this person may not read more of it.

        :raises InvalidInput: an option is empty.
        :raises Failure: there is no such request, or there are several.
        """
        for option in ("request_id", "target"):
            if params[option] is not None and not params[option].strip():
                raise InvalidInput(f"{option} is empty", remedy="Name the request by its id, or by access_package and target.")
        if params["request_id"]:
            return self._by_id(params["request_id"].strip())
        wanted = wanted_by(params, references, self._claims)
        found = self._fitting(wanted) if wanted else None
        if found is None:
            raise Failure(
                f"'{params['target']}' has no request for this access package, or none that this token shows",
                remedy="Look with access_package_request_info and states: [all], and name the request by its id.",
                code="NotFound",
            )
        return found

    def _by_id(self, request_id: str, *, fresh: bool = False) -> Entity:
        try:
            found = requests.find(self._graph, request_id, fresh=fresh)
        except GraphError as error:
            # An approver may still see the approval of what is no longer waiting.
            if error.status != 403 or self._decision == "cancel":
                raise
            return {"id": request_id}
        if found is None:
            raise Failure(
                f"there is no request with the id {request_id}",
                remedy="Check the id, and that the request is one of this tenant: access_package_request_info lists them.",
                code="NotFound",
            )
        return found

    def _fitting(self, wanted: requests.Wanted) -> Entity | None:
        """What is open, or else what was last: it may be decided already."""
        cancel = self._decision == "cancel"
        states = requests.OPEN if cancel else (requests.PENDING,)
        person = approval.is_person(self._claims)
        for among in (states, None):
            found = requests.read(self._graph, wanted, among, person=person)
            if cancel:
                found = [x for x in found if requests.gives(x)]
            if among and len(found) > 1:
                listed = ", ".join(f"'{requests.name_of(x)}' ({x['id']})" for x in found)
                raise Failure(
                    f"{len(found)} requests fit: {listed}", remedy="Name the right one by request_id.", code="Ambiguous"
                )
            if found:
                return found[-1]
        return None

    # -- doing it ------------------------------------------------------------------------------------------------

    def make(self, request: Entity, *, dry: bool) -> Done:
        """Decide.

        :param dry: only say what would be decided.
        :raises Failure: it was decided otherwise, is not ours to decide, or is over.
        """
        return self._cancel(request, dry) if self._decision == "cancel" else self._decide(request, dry)

    def _decide(self, request: Entity, dry: bool) -> Done:
        limits = approval.read_policies(self._graph, request)
        tried: Entity | None = None
        refused: GraphError | None = None
        for attempt in range(_TRIES):
            stages = approval.read_stages(self._graph, request["id"], self._claims, fresh=attempt > 0)
            if tried and approval.decided_by(stages or [], tried, self._me, self._decision):
                # The refusal was for a repetition: an answer of Graph was lost, and the decision had been taken.
                return self._decided(request, stages or [], tried, limits)
            stage = approval.open_stage(request, stages, self._me, self._decision)
            if stage is None:
                return self._done(request, stages, limits, changed=False)
            if not dry:
                try:
                    approval.decide(self._graph, request["id"], stage, self._decision, self._justification)
                except GraphError as error:
                    if error.status != 409:
                        raise
                    tried, refused = stage, error
                    if not self._graph.budget.fits(_PAUSE):
                        break
                    self._graph.budget.sleep(_PAUSE)
                    request = self._by_id(request["id"], fresh=True)
                    continue
            return self._decided(request, stages or [], stage, limits)
        raise t.cast(GraphError, refused)

    def _decided(self, request: Entity, stages: list[Entity], stage: Entity, limits: list[Entity]) -> Done:
        after, told = approval.after(request, stages, stage, self._decision, self._justification)
        return self._done(after, told, limits, changed=True)

    def _done(self, request: Entity, stages: list[Entity] | None, limits: list[Entity], *, changed: bool) -> Done:
        told = requests.shown(request, approval.shown(request, stages, limits))
        return Done(told, requests.name_of(request), "reviewResult", "NotReviewed", approval.READ[self._decision], changed)

    def _cancel(self, request: Entity, dry: bool) -> Done:
        before = str(request.get("state"))
        if self._is_cancelled(request):
            return self._cancelled(request, before, changed=False)
        if not dry:
            try:
                self._graph.post(f"{REQUESTS}/{segment(request['id'])}/cancel", None)
            except GraphError as error:
                request = self._by_id(request["id"], fresh=True)
                if self._is_cancelled(request):
                    # Unknown: it was us. Refused: somebody else was faster.
                    return self._cancelled(request, before, changed=error.outcome_unknown)
                if word(request.get("state")) == "delivering" and error.status in (400, 409):
                    raise _too_late(request) from error
                raise
        return self._cancelled({**request, "state": "canceled", "status": "Canceled"}, before, changed=True)

    @staticmethod
    def _is_cancelled(request: Entity) -> bool:
        """False while it can be cancelled; a Failure when it is over in another way."""
        state = word(request.get("state"))
        if state in ("delivered", "partiallydelivered"):
            raise _too_late(request)
        if state != "canceled" and state not in map(word, requests.OPEN):
            raise Failure(f"it is over: its state is {request.get('state')}", remedy="Nothing is left to cancel.", code="NotOpen")
        return bool(state == "canceled")

    @staticmethod
    def _cancelled(request: Entity, before: str, *, changed: bool) -> Done:
        return Done(requests.shown(request), requests.name_of(request), "state", before, "canceled", changed)


def _too_late(request: Entity) -> Failure:
    return Failure(
        f"it is too late to cancel it: its state is {request.get('state')}",
        remedy="Take the access away with mssp.defender.access_package_assignment, state: absent.",
        code="TooLate",
    )
