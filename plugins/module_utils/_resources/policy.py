# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Assignment policies of access packages: who may request, who approves, how long, who reviews.

Facts: EM F: there is no PATCH, and a PUT replaces everything, so what the user did not state is read, kept and sent
again (`policy_body.py`). Bodies: practice B.1.
"""

from __future__ import annotations

import copy
import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, some
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, pick, put
from ansible_collections.mssp.defender.plugins.module_utils._resources import policy_questions
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment_reading import not_ended
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Property, Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import ASSIGNMENTS, POLICIES
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_body import (
    STAGES_PATH,
    START_PATH,
    clean,
    complete,
    merged,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref

_EXPAND = "accessPackage,customExtensionStageSettings($expand=customExtension)"

_NOT_YET = ("ResourceNotFound",)

# What a plan shows for a start that is computed from the day of creation.
COMPUTED_START = "(computed at creation)"


def expiration(value: t.Any) -> t.Any:
    """The meaning of an expiration: (kind), (kind, duration) or (kind, instant). Nulls beside them mean nothing (EM F.5)."""
    value = value or {}
    kind = same.word(value.get("type"))
    if kind == "afterduration":
        return (kind, same.duration(value.get("duration")))
    if kind == "afterdatetime":
        return (kind, same.instant(value.get("endDateTime")))
    return ("never",)


def _count(value: t.Any) -> int:
    return len(value or ())


def _stage(number: int) -> tuple[Property, ...]:
    at, option = f"{STAGES_PATH}.{number}", "approval.stages"
    return (
        Property(f"{at}.durationBeforeAutomaticDenial", option, same.duration),
        Property(f"{at}.isApproverJustificationRequired", option, same.flag, fragile=True),
        Property(f"{at}.isEscalationEnabled", option, same.flag),
        Property(f"{at}.durationBeforeEscalation", option, same.duration),
        Property(f"{at}.approverInformationVisibility", option, same.word_or("default")),
        Property(f"{at}.primaryApprovers", option, same.subjects),
        Property(f"{at}.fallbackPrimaryApprovers", option, same.subjects),
        Property(f"{at}.escalationApprovers", option, same.subjects),
        Property(f"{at}.fallbackEscalationApprovers", option, same.subjects),
    )


# At most three stages (entitlement management's own limit).
STAGES = 3

PROPERTIES = (
    Property("displayName", "name", same.exact),
    Property("description", "description", same.text),
    Property("allowedTargetScope", "requestors", same.word_or("notspecified")),
    Property("specificAllowedTargets", "requestors", same.subjects),
    Property("expiration", "duration_days", expiration),
    Property("requestorSettings.enableTargetsToSelfAddAccess", "requests.add", same.flag),
    Property("requestorSettings.enableTargetsToSelfUpdateAccess", "requests.extend", same.flag),
    Property("requestorSettings.enableTargetsToSelfRemoveAccess", "requests.remove", same.flag),
    Property("requestorSettings.allowCustomAssignmentSchedule", "requests.custom_schedule", same.flag),
    Property("requestorSettings.enableOnBehalfRequestorsToAddAccess", "requests.on_behalf_add", same.flag),
    Property("requestorSettings.enableOnBehalfRequestorsToUpdateAccess", "requests.on_behalf_extend", same.flag),
    Property("requestorSettings.enableOnBehalfRequestorsToRemoveAccess", "requests.on_behalf_remove", same.flag),
    Property("requestorSettings.onBehalfRequestors", "requests.on_behalf_requestors", same.subjects),
    Property("requestApprovalSettings.isApprovalRequiredForAdd", "approval.for_new", same.flag),
    Property("requestApprovalSettings.isApprovalRequiredForUpdate", "approval.for_extension", same.flag),
    Property(
        "requestApprovalSettings.isRequestorJustificationRequired", "approval.requestor_justification", same.flag, fragile=True
    ),
    # The number of stages; what is in them follows one by one.
    Property(STAGES_PATH, "approval.stages", _count),
    *(prop for number in range(STAGES) for prop in _stage(number)),
    Property("reviewSettings.isEnabled", "reviews.enabled", same.flag),
    Property("reviewSettings.expirationBehavior", "reviews.unanswered", same.word),
    Property("reviewSettings.isRecommendationEnabled", "reviews.recommendations", same.flag_default_true),
    Property("reviewSettings.isReviewerJustificationRequired", "reviews.justification", same.flag_default_true),
    Property("reviewSettings.isSelfReview", "reviews.self_review", same.flag),
    # Computed once; the service may move it and never lets it be changed later, so it is no drift (practice B.6).
    Property(START_PATH, "reviews.first_after_days", same.instant, compared=False),
    Property("reviewSettings.schedule.expiration", "reviews.open_days", expiration),
    Property("reviewSettings.schedule.recurrence", "reviews.every", same.recurrence),
    Property("reviewSettings.primaryReviewers", "reviews.reviewers", same.subjects),
    Property("reviewSettings.fallbackReviewers", "reviews.fallback_reviewers", same.subjects),
    Property("notificationSettings.isAssignmentNotificationDisabled", "notifications", same.flag),
    Property("questions", "questions", policy_questions.meaning),
)


class Policy(Resource):
    """One assignment policy, by package and name, or by id.

    :param package: None when the policy is named by its id.
    :param first_review_after_days: for a policy whose reviews begin now: days from today to the first one.
    :param today: injected by tests.
    """

    type = "assignment policy"
    permissions: t.ClassVar[Permissions] = Permissions(
        read=("EntitlementManagement.Read.All",), write=("EntitlementManagement.ReadWrite.All",)
    )
    properties = PROPERTIES
    on_create = {"description": ""}

    def __init__(
        self,
        graph: Graph,
        desired: Entity,
        *,
        package: Ref | None,
        policy_id: str | None = None,
        first_review_after_days: int = 335,
        today: t.Callable[[], datetime.date] = lambda: datetime.datetime.now(datetime.timezone.utc).date(),
    ) -> None:
        self.graph = graph
        self.desired = desired
        self._package = package
        self.identifier = policy_id
        self._first_review_after_days = first_review_after_days
        self._today = today
        if pick(desired, "reviewSettings.isEnabled") and not pick(desired, START_PATH):
            put(self.desired, START_PATH, COMPUTED_START)

    @property
    def name(self) -> str:
        name = str(self.desired.get("displayName") or self.identifier)
        # The three default policies have one name: the package tells them apart.
        return f"{self._package.name}: {name}" if self._package else name

    def find(self, *, fresh: bool = False) -> Entity | None:
        if self.identifier:
            found = self.graph.find(f"{POLICIES}/{segment(self.identifier)}", {"$expand": _EXPAND}, fresh=fresh)
            return t.cast("Entity | None", found)
        if self._package is None:
            raise Failure("the access package is not named, and policies have names only there", remedy="Set access_package.")
        if not self._package.known or (not fresh and self._package.empty):
            return None
        query = {"$filter": f"accessPackage/id eq {literal(self._package.id)}", "$expand": "accessPackage"}
        listed = self.graph.list(POLICIES, query, fresh=fresh)
        named = [policy for policy in listed if policy.get("displayName") == self.desired["displayName"]]
        if len(named) > 1:
            ids = ", ".join(str(policy["id"]) for policy in named)
            raise Failure(
                f"{len(named)} policies of the package have this name ({ids})",
                remedy="Name the right one by policy_id.",
                code="Ambiguous",
            )
        return named[0] if named else None

    def check(self, current: Entity | None) -> None:
        if current is None:
            return
        there = (current.get("accessPackage") or {}).get("id")
        if self._package and there and same.word(there) != same.word(self._package.id):
            raise Failure(
                f"it belongs to another access package ({there}), and that cannot be changed",
                remedy="Leave access_package out, or check policy_id.",
                code="CannotBeChanged",
            )

    def merge(self, current: Entity, changed: Entity) -> Entity:
        # A change inside one stage leaves those after it: all that are wanted, with what is changed in them.
        wanted, stages = pick(self.desired, STAGES_PATH), pick(changed, STAGES_PATH)
        if wanted is not None and stages is not None and len(stages) < len(wanted):
            changed = copy.deepcopy(changed)
            put(changed, STAGES_PATH, [*pick(changed, STAGES_PATH), *({} for dummy in wanted[len(stages) :])])
        return merged(current, changed)

    def create(self, body: Entity) -> Entity:
        package = t.cast(Ref, self._package)
        body = complete(self._with_start({**body, "accessPackage": {"id": package.id}}))
        made = self.graph.when_ready(
            f"the access package '{package.name}' and the approvers to be known",
            _NOT_YET,
            lambda: self.graph.post(POLICIES, body),
        )
        return {**body, **made, "accessPackage": {"id": package.id}}

    def update(self, current: Entity, changed: Entity) -> Entity:
        # Read again, with what only $expand shows: whatever is not sent is wiped.
        whole = self.graph.get(f"{POLICIES}/{current['id']}", {"$expand": _EXPAND}, fresh=True)
        package_id = (whole.get("accessPackage") or {}).get("id") or t.cast(Ref, self._package).id
        body = complete(self._with_start(merged(clean(whole), self.desired)))
        body["accessPackage"] = {"id": package_id}
        made = self.graph.put(f"{POLICIES}/{current['id']}", body)
        return {**current, **body, **made}

    def _with_start(self, body: Entity) -> Entity:
        if pick(body, START_PATH) == COMPUTED_START:
            first = self._today() + datetime.timedelta(days=self._first_review_after_days)
            body = copy.deepcopy(body)
            put(body, START_PATH, f"{first.isoformat()}T00:00:00Z")
        return body

    def obstacles(self, current: Entity) -> list[str]:
        query = {"$filter": f"assignmentPolicy/id eq {literal(current['id'])}"}
        live = not_ended(self.graph.list(ASSIGNMENTS, query))
        return [f"{some(len(live), 'live assignment')} under it"] if live else []

    def delete(self, current: Entity) -> None:
        self.graph.delete(f"{POLICIES}/{current['id']}")
