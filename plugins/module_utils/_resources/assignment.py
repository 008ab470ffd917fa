# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""One person's assignment to an access package, which only requests make, change and end.

Facts: EM G.1, G.2 and L.7; practice M3 (approval of direct assignments) and S9 (people who are not in the directory).
A request is sent once; when its outcome is unknown it is looked up.
"""

from __future__ import annotations

import copy
import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._errors import has_code
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, has, overlay, pick
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_reading as reading
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_refusals as refusals
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_schedule as schedules
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_waiting as waiting
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment_references import policy_of
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Property, Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import REQUESTS
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref

_OPEN = "ExistingOpenRequest"
# What is under way and is no assignment yet.
_NONE_YET: Entity = {"id": None}


class Assignment(Resource):
    """One assignment, by package and person, or by its id.

    :param desired: the `schedule`, when it is stated.
    :param package: None when the assignment is named by its id, as for `person` and `address`.
    :param person: a user of the directory; None for somebody who is invited, and with an id.
    :param address: how the operator named the person.
    :param policy: the policy as the operator wrote it; None for the package's only one.
    :param justification: for whoever reads the request.
    :param bypass_approval: ask the service not to ask the approvers (practice M3).
    :param ending: whether it is to be ended: what has ended already is then not there.
    :param now: the present in UTC; injected by tests.
    """

    type = "assignment"
    permissions: t.ClassVar[Permissions] = Permissions(
        read=("EntitlementManagement.Read.All",), write=("EntitlementManagement.ReadWrite.All",)
    )
    properties = (
        Property(schedules.DURATION, "duration_days", same.duration),
        Property(schedules.END, "ends", same.instant),
    )

    def __init__(
        self,
        graph: Graph,
        desired: Entity,
        *,
        package: Ref | None = None,
        person: Ref | None = None,
        address: str | None = None,
        policy: t.Any = None,
        assignment_id: str | None = None,
        justification: str | None = None,
        bypass_approval: bool = False,
        ending: bool = False,
        now: t.Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None),
    ) -> None:
        self.graph = graph
        self.identifier = assignment_id
        self._package = package
        self._person = person
        self._address = address
        self._policy = policy
        self._justification = justification
        self._bypass = bypass_approval
        self._ending = ending
        self._now = now
        self._schedule = desired
        self._needs_approval = False
        # Whether this run has sent a request that approvers should decide.
        self._asked_approval = False
        self._ending_id: str | None = None
        # The request that is under way or that was sent; as Graph has it.
        self.request: Entity | None = None
        self._name = assignment_id or f"{package.name if package else ''}: {person.name if person else address}"
        self.desired = copy.deepcopy(desired)

    @property
    def name(self) -> str:
        return self._name

    # -- looking -------------------------------------------------------------------------------------------------

    def find(self, *, fresh: bool = False) -> Entity | None:
        # Requests first: one that is done by the time of the second look shows in the assignment.
        self.request = self._under_way(None, fresh) if not self.identifier else None
        found = self._there(fresh)
        if found is not None and self.identifier:
            self.request = self._under_way(found, fresh)
        if found is not None and same.word(found.get("state")) == "expired" and self._ending:
            return None
        self._ending_id = found["id"] if found else pick(self.request, "assignment.id")
        # What is under way is not asked for again, whatever else is stated.
        self.desired = self._wanted() if self.request is None else {}
        if reading.is_removal(self.request):
            if self._ending:
                return None
            self.notes = [refusals.being_removed(self.name)]
        if found is None:
            return _NONE_YET if self.request else None
        return schedules.with_duration(found)

    def _there(self, fresh: bool) -> Entity | None:
        if self.identifier:
            return reading.one(self.graph, self.identifier, fresh=fresh)
        if not self._known:
            return None
        package = t.cast(Ref, self._package)
        held = reading.listed(
            self.graph, package_id=package.id, person=self._person, address=self._address, states=reading.HELD, fresh=fresh
        )
        # One whose delivery failed hides none that lives.
        return next(iter(sorted(held, key=lambda item: same.word(item.get("state")) == "deliveryfailed")), None)

    def _under_way(self, found: Entity | None, fresh: bool) -> Entity | None:
        if found is not None:
            return self._under_way_for(found, fresh)
        if not self._known:
            return None
        package = t.cast(Ref, self._package)
        return reading.open_request(self.graph, package.id, person=self._person, address=self._address, fresh=fresh)

    def _under_way_for(self, found: Entity, fresh: bool) -> Entity | None:
        package_id = pick(found, "accessPackage.id")
        if not package_id:
            return None
        try:
            return reading.open_request(self.graph, package_id, assignment_id=found["id"], fresh=fresh)
        except GraphError:
            if not self._ending:
                raise
            # What is to end does not wait for a list (practice M4): of two open requests the service itself refuses one.
            return None

    @property
    def _known(self) -> bool:
        """Whether both the package and the person are there already."""
        return bool(self._package and self._package.known and (self._person is None or self._person.known))

    def _wanted(self) -> Entity:
        wanted = copy.deepcopy(self._schedule)
        if self._package is not None:
            wanted["accessPackage"] = {"id": self._package.id, "displayName": self._package.name}
            wanted["target"] = {"objectId": self._person.id} if self._person else {"objectId": None, "email": self._address}
        return wanted

    def guard(self, current: Entity) -> None:
        state = same.word(current.get("state"))
        if state == "expired":
            raise Failure(
                f"it ended at {current.get('expiredDateTime')}, and what has ended stays so",
                remedy="Name access_package and target in the place of assignment_id to assign it anew.",
                code="Expired",
            )
        if state == "deliveryfailed" and self.request is None:
            raise refusals.delivery_failed(current)

    def check(self, current: Entity | None) -> None:
        schedules.check_future(self.desired, self._now())
        if current is None and self._package is not None:
            policy = policy_of(self.graph, self._package, self._policy)
            self._needs_approval = bool(pick(policy, "requestApprovalSettings.isApprovalRequiredForAdd"))
            self.desired["assignmentPolicy"] = {"id": policy.get("id"), "displayName": policy.get("displayName")}
            if policy.get("accessPackage"):
                self.desired["accessPackage"]["displayName"] = policy["accessPackage"].get("displayName")
        elif current and current.get("assignmentPolicy") and self._policy is not None and self._package is not None:
            policy, there = policy_of(self.graph, self._package, self._policy), current["assignmentPolicy"]
            if same.word(policy.get("id")) != same.word(there.get("id")):
                self.notes = [*self.notes, refusals.stays_under(self.name, there)]

    def merge(self, current: Entity, changed: Entity) -> Entity:
        merged = t.cast("Entity", overlay(current, changed))
        if has(changed, "schedule.expiration"):
            # One end replaces another, whole.
            merged["schedule"]["expiration"] = copy.deepcopy(self._schedule["schedule"]["expiration"])
        return merged

    def shown(self, entity: Entity) -> Entity:
        return reading.shown({**entity, "schedule": schedules.as_kept(entity.get("schedule"))})

    # -- writing -------------------------------------------------------------------------------------------------

    def create(self, body: Entity) -> Entity:
        package, policy = pick(body, "accessPackage.id"), pick(body, "assignmentPolicy.id")
        if self._person is not None:
            wanted: Entity = {"targetId": self._person.id, "assignmentPolicyId": policy, "accessPackageId": package}
        else:
            wanted = {"target": {"email": self._address}, "assignmentPolicy": {"id": policy}, "accessPackage": {"id": package}}
        sent = self._request("adminAdd", wanted, body.get("schedule"))
        if self._needs_approval:
            sent["parameters"] = {"bypassApproval": self._bypass}
        try:
            self.request = self._post_add(sent)
            self._asked_approval = self._needs_approval and not self._bypass
        except GraphError as error:
            # Somebody was quicker, or our own first attempt was: look it up, never post again.
            error.outcome_unknown = error.outcome_unknown or has_code(error, _OPEN) or error.status == 409
            refusals.explain(error, str(pick(body, "assignmentPolicy.displayName")), invited=self._person is None)
            raise
        return {**body, "id": None}

    def _post_add(self, sent: Entity) -> Entity:
        try:
            return t.cast("Entity", self.graph.post(REQUESTS, sent))
        except GraphError as error:
            if "parameters" not in sent or not refusals.is_of_parameters(error):
                raise
        # Refused, so not done. Not every tenant's service knows the parameter (practice M3).
        if self._bypass:
            self.notes = [*self.notes, refusals.UNKNOWN_BYPASS]
        return t.cast("Entity", self.graph.post(REQUESTS, {key: sent[key] for key in sent if key != "parameters"}))

    def update(self, current: Entity, changed: Entity) -> Entity:
        sent = self._request("adminUpdate", {"id": current["id"]}, self._schedule["schedule"])
        try:
            self.request = self.graph.post(REQUESTS, sent)
        except GraphError as error:
            if not (error.outcome_unknown or has_code(error, _OPEN)):
                raise
            if not waiting.seen(self.graph, self._is_changed):
                error.remedy = "Whether the new end was accepted is not known; run again: the next run looks first."
                raise
        return self.merge(current, changed)

    def _is_changed(self) -> bool:
        found = self.find(fresh=True)
        stated = [prop for prop in self.properties if has(self._schedule, prop.path)]
        as_wanted = all(prop.same(pick(found, prop.path)) == prop.same(pick(self._schedule, prop.path)) for prop in stated)
        return reading.is_change(self.request) or as_wanted

    def delete(self, current: Entity) -> None:
        """Take back what is under way, and remove what there is."""
        if self.request is not None and self._cancel(self.request) and current["id"] is None:
            return
        if current["id"] is None:
            # It was delivered in the meantime.
            found = self.find(fresh=True)
            if found is None or found["id"] is None:
                return
            current = found
        self._ending_id = current["id"]
        sent = self._request("adminRemove", {"id": current["id"]}, None)
        self.graph.when_ready("the open request for this assignment to end", (_OPEN,), lambda: self._remove(sent))

    def _remove(self, sent: Entity) -> bool:
        try:
            self.request = self.graph.post(REQUESTS, sent)
        except GraphError as error:
            # An assignment that is gone needs no removal.
            if not error.outcome_unknown and error.status != 404 and not has_code(error, _OPEN):
                raise
            # Refused for another request's sake, it is sent again when that has ended: one look is enough.
            if not waiting.seen(self.graph, lambda: self.find(fresh=True) is None, times=1 if has_code(error, _OPEN) else None):
                raise
        return True

    def _cancel(self, request: Entity) -> bool:
        if same.word(request.get("state")) not in reading.CANCELLABLE:
            return False
        path = f"{REQUESTS}/{segment(request['id'])}"
        try:
            self.graph.post(f"{path}/cancel", None)
        except GraphError as error:
            if not error.outcome_unknown and error.status not in (400, 404):
                raise
        self.request = self.graph.find(path, fresh=True)
        return same.word((self.request or {}).get("state")) not in (*reading.CANCELLABLE, "delivering", "delivered")

    def _request(self, kind: str, assignment: Entity, schedule: Entity | None) -> Entity:
        sent: Entity = {"requestType": kind, "assignment": assignment}
        if schedule:
            sent["schedule"] = {"startDateTime": None, "recurrence": None, **schedule}
        if self._justification:
            sent["justification"] = self._justification
        return sent

    # -- waiting -------------------------------------------------------------------------------------------------

    def settle(self, known: Entity | None) -> Entity | None:
        """Wait for the request that is under way, if there is one.

        :param known: the assignment so far, as it is shown.
        :return: the assignment as it then is, as it is shown; None when there is none.
        :raises Failure: when it was refused, when its delivery failed, or when time is over.
        """
        removal = reading.is_removal(self.request)
        if self.request is None or removal != self._ending:
            return known
        self.request = waiting.until_settled(self.graph, self.request["id"])
        if removal:
            waiting.until_ended(self.graph, str(self._ending_id))
            return None
        assignment_id = pick(self.request, "assignment.id")
        found = reading.one(self.graph, assignment_id, fresh=True) if assignment_id else None
        state = same.word((found or {}).get("state"))
        if state == "partiallydelivered":
            self.notes = [*self.notes, refusals.in_part(self.name)]
        if self._asked_approval and state in ("delivering", "delivered", "partiallydelivered"):
            self.notes = [*self.notes, refusals.nobody_asked(self.name)]
        return reading.shown(found) if found else known
