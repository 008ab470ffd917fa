# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The options of `access_package_policy` as Graph's policy: only what the operator stated.

Option names are short and positive; Graph's are its own. This is the one place that knows both.
"""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._normalise import instant
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, put
from ansible_collections.mssp.defender.plugins.module_utils._resources import policy_questions
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import STAGES
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_body import YEARLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import References

# Entitlement management keeps nothing longer (documented limit, in days).
LONGEST = 3660

# Option `reviews.every` -> Graph's recurrence pattern, and the shortest period in days that it can mean.
EVERY: t.Mapping[str, tuple[str, int, int]] = {
    "week": ("weekly", 1, 7),
    "month": ("absoluteMonthly", 1, 28),
    "quarter": ("absoluteMonthly", 3, 90),
    "half_year": ("absoluteMonthly", 6, 181),
    "year": ("absoluteYearly", 1, 365),
}

# Whose sponsors decide: option -> subject set. Takes Entra ID Governance, for guests a linked subscription (practice M9).
SPONSORS: t.Mapping[str, str] = {
    "internal": "internalSponsors",
    "external": "externalSponsors",
    "requestor": "targetUserSponsors",
}

_FLAGS = (
    ("requests", "add", "requestorSettings.enableTargetsToSelfAddAccess"),
    ("requests", "extend", "requestorSettings.enableTargetsToSelfUpdateAccess"),
    ("requests", "remove", "requestorSettings.enableTargetsToSelfRemoveAccess"),
    ("requests", "custom_schedule", "requestorSettings.allowCustomAssignmentSchedule"),
    ("requests", "on_behalf_add", "requestorSettings.enableOnBehalfRequestorsToAddAccess"),
    ("requests", "on_behalf_extend", "requestorSettings.enableOnBehalfRequestorsToUpdateAccess"),
    ("requests", "on_behalf_remove", "requestorSettings.enableOnBehalfRequestorsToRemoveAccess"),
    ("approval", "for_new", "requestApprovalSettings.isApprovalRequiredForAdd"),
    ("approval", "for_extension", "requestApprovalSettings.isApprovalRequiredForUpdate"),
    ("approval", "requestor_justification", "requestApprovalSettings.isRequestorJustificationRequired"),
    ("reviews", "enabled", "reviewSettings.isEnabled"),
    ("reviews", "self_review", "reviewSettings.isSelfReview"),
    ("reviews", "unanswered", "reviewSettings.expirationBehavior"),
    ("reviews", "recommendations", "reviewSettings.isRecommendationEnabled"),
    ("reviews", "justification", "reviewSettings.isReviewerJustificationRequired"),
    ("reviews", "first_on", "reviewSettings.schedule.startDateTime"),
)


class Translator:
    """Turns the module's arguments into Graph's policy."""

    def __init__(self, params: t.Mapping[str, t.Any], references: References) -> None:
        self._params = params
        self._references = references

    def policy(self) -> Entity:
        """The stated part of the policy.

        :raises InvalidInput: for values that a policy cannot have, and for names of objects that are not there.
        """
        body: Entity = {}
        if self._params.get("name") is not None:
            body["displayName"] = self._params["name"]
        if self._params.get("description") is not None:
            body["description"] = self._params["description"]
        for block, option, path in _FLAGS:
            value = (self._params.get(block) or {}).get(option)
            if value is not None:
                put(body, path, value)
        self._expiration(body)
        self._requestors(body)
        self._on_behalf(body)
        self._approval(body)
        self._reviews(body)
        if self._params.get("questions") is not None:
            body["questions"] = policy_questions.translate(self._params["questions"])
        if self._params.get("notifications") is not None:
            put(body, "notificationSettings.isAssignmentNotificationDisabled", not self._params["notifications"])
        return body

    def _expiration(self, body: Entity) -> None:
        days, expiry = self._params.get("duration_days"), self._params.get("expiry")
        if days is not None:
            body["expiration"] = _after(days, "duration_days")
        elif expiry is not None:
            _check_instant(expiry, "expiry")
            body["expiration"] = {"type": "afterDateTime", "duration": None, "endDateTime": expiry}
        elif self._params.get("never_expires"):
            body["expiration"] = {"type": "noExpiration", "duration": None, "endDateTime": None}

    def _requestors(self, body: Entity) -> None:
        who = self._params.get("requestors")
        if who is None:
            return
        option = "requestors"
        targets: list[Entity] = [
            {
                "@odata.type": "#microsoft.graph.connectedOrganizationMembers",
                "connectedOrganizationId": self._references.connected_organization(x, f"{option}.connected_organizations").id,
            }
            for x in who.get("connected_organizations") or []
        ]
        people = self._subjects(
            [{"user": x} for x in who.get("users") or []] + [{"group": x} for x in who.get("groups") or []], option
        )
        if targets and people:
            raise InvalidInput(
                "requestors names connected organizations as well as users or groups, and a policy has room for one kind",
                remedy="Make a policy for each kind.",
            )
        scope = who.get("scope")
        if scope is None:
            scope = "notSpecified"
            if targets:
                scope = "specificConnectedOrganizationUsers"
            elif people:
                scope = "specificDirectoryUsers"
        if scope.startswith("specific") and not targets and not people:
            raise InvalidInput(f"requestors.scope is {scope}, but nobody is named", remedy="Name who may request.")
        body["allowedTargetScope"] = scope
        body["specificAllowedTargets"] = targets + people

    def _on_behalf(self, body: Entity) -> None:
        others = (self._params.get("requests") or {}).get("on_behalf_requestors")
        if others is not None:
            put(body, "requestorSettings.onBehalfRequestors", self._subjects(others, "requests.on_behalf_requestors"))

    def _approval(self, body: Entity) -> None:
        stages = (self._params.get("approval") or {}).get("stages")
        if stages is None:
            return
        if len(stages) > STAGES:
            raise InvalidInput(f"approval.stages has {len(stages)} stages", remedy=f"At most {STAGES} are possible.")
        put(body, "requestApprovalSettings.stages", [self._stage(stage) for stage in stages])

    def _stage(self, stage: t.Mapping[str, t.Any]) -> Entity:
        made: Entity = {}
        _check_days(stage)
        if stage.get("deny_after_days") is not None:
            made["durationBeforeAutomaticDenial"] = f"P{stage['deny_after_days']}D"
        if stage.get("approver_justification") is not None:
            made["isApproverJustificationRequired"] = stage["approver_justification"]
        if stage.get("approver_visibility") is not None:
            made["approverInformationVisibility"] = stage["approver_visibility"]
        if stage.get("escalate_after_days") is not None:
            days = stage["escalate_after_days"]
            made["isEscalationEnabled"] = days > 0
            made["durationBeforeEscalation"] = f"P{days}D" if days else "PT0S"
        for option, collection in (
            ("approvers", "primaryApprovers"),
            ("fallback_approvers", "fallbackPrimaryApprovers"),
            ("escalation_approvers", "escalationApprovers"),
            ("fallback_escalation_approvers", "fallbackEscalationApprovers"),
        ):
            if stage.get(option) is not None:
                made[collection] = self._subjects(stage[option], f"approval.stages.{option}")
        return made

    def _reviews(self, body: Entity) -> None:
        reviews = self._params.get("reviews") or {}
        if reviews.get("first_on") is not None:
            _check_instant(reviews["first_on"], "reviews.first_on")
        if (reviews.get("first_after_days") or 0) < 0:
            raise InvalidInput(f"reviews.first_after_days is {reviews['first_after_days']}", remedy="Choose 0 days or more.")
        pattern, interval, shortest = EVERY[reviews.get("every") or "year"]
        if reviews.get("every") is not None:
            recurrence = copy.deepcopy(YEARLY)
            recurrence["pattern"].update(type=pattern, interval=interval)
            put(body, "reviewSettings.schedule.recurrence", recurrence)
        if reviews.get("open_days") is not None:
            if reviews["open_days"] >= shortest:
                raise InvalidInput(
                    f"reviews.open_days is {reviews['open_days']}, as long as the time from one review to the next",
                    remedy=f"Choose less than {shortest} days, or review less often.",
                )
            put(body, "reviewSettings.schedule.expiration", _after(reviews["open_days"], "reviews.open_days"))
        for option, collection in (("reviewers", "primaryReviewers"), ("fallback_reviewers", "fallbackReviewers")):
            if reviews.get(option) is not None:
                put(body, f"reviewSettings.{collection}", self._subjects(reviews[option], f"reviews.{option}"))

    def _subjects(self, items: t.Sequence[t.Mapping[str, t.Any]], option: str) -> list[Entity]:
        return [self._subject(item, option) for item in items]

    def _subject(self, item: t.Mapping[str, t.Any], option: str) -> Entity:
        stated = [key for key in ("user", "group", "manager_level", "sponsors") if item.get(key) is not None]
        if len(stated) != 1:
            raise InvalidInput(
                f"{option} has an entry that names {' and '.join(stated) or 'nobody'}",
                remedy="Each entry names one of user, group, manager_level, sponsors.",
            )
        if stated == ["sponsors"]:
            return {"@odata.type": f"#microsoft.graph.{SPONSORS[item['sponsors']]}"}
        if stated == ["user"]:
            return {
                "@odata.type": "#microsoft.graph.singleUser",
                "userId": self._references.user(item["user"], option).id,
            }
        if stated == ["group"]:
            return {
                "@odata.type": "#microsoft.graph.groupMembers",
                "groupId": self._references.group(item["group"], option).id,
            }
        if item["manager_level"] not in (1, 2):
            raise InvalidInput(
                f"{option} has the manager_level {item['manager_level']}",
                remedy="Choose 1 for the manager, 2 for the manager's manager.",
            )
        return {"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": item["manager_level"]}


def _check_instant(value: str, option: str) -> None:
    if not value or isinstance(instant(value), str):
        raise InvalidInput(f"{option} is '{value}', which is no point in time", remedy="Write 2027-12-31T00:00:00Z.")


def _check_days(stage: t.Mapping[str, t.Any]) -> None:
    deny, escalate = stage.get("deny_after_days"), stage.get("escalate_after_days")
    if deny is not None and deny < 1:
        raise InvalidInput(f"approval.stages.deny_after_days is {deny}", remedy="Choose 1 day or more.")
    if escalate is not None and (escalate < 0 or (deny is not None and escalate >= deny)):
        raise InvalidInput(
            f"approval.stages.escalate_after_days is {escalate}",
            remedy="Choose fewer days than deny_after_days, or 0 for never.",
        )


def _after(days: int, option: str) -> Entity:
    if not 1 <= days <= LONGEST:
        raise InvalidInput(f"{option} is {days}", remedy=f"Choose 1 to {LONGEST} days.")
    return {"type": "afterDuration", "duration": f"P{days}D", "endDateTime": None}
