# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of an access package for drift tests: one that states everything, and how a hand replaces it."""

from __future__ import annotations

import typing as t

from harness import world
from harness.drift import BOOLEAN, FALSE_IS_STATED, Body, Case, Empty, Kind, at, with_value
from harness.server import Sandbox
from harness.tenants import EM, Tenant

POLICIES = f"{EM}/assignmentPolicies"
# Beginning of the first review. It is sent again with every change.
START = "2030-01-01T00:00:00Z"


def user(identifier: str) -> Body:
    """A subject set of one person."""
    return {"@odata.type": "#microsoft.graph.singleUser", "userId": identifier}


def group(identifier: str) -> Body:
    """A subject set of a group's members."""
    return {"@odata.type": "#microsoft.graph.groupMembers", "groupId": identifier}


def organization(identifier: str) -> Body:
    """A subject set of a connected organization's users."""
    return {"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": identifier}


def after(duration: str) -> Body:
    """An end after some time."""
    return {"type": "afterDuration", "duration": duration, "endDateTime": None}


def every(kind: str, interval: int, **more: t.Any) -> Body:
    """A recurrence without an end, with the fillers that the service adds."""
    pattern = {"type": kind, "interval": interval, "month": 0, "dayOfMonth": 0, "daysOfWeek": []}
    return {"pattern": {**pattern, **more}, "range": {"type": "noEnd", "numberOfOccurrences": 0}}


TICKET: Body = {
    "@odata.type": "#microsoft.graph.accessPackageTextInputQuestion",
    "text": "Ticket?",
    "isRequired": True,
    "isAnswerEditable": True,
    "sequence": 0,
    "isSingleLineQuestion": True,
    "regexPattern": "[0-9]+",
}
SHIFT: Body = {
    "@odata.type": "#microsoft.graph.accessPackageMultipleChoiceQuestion",
    "text": "Shift?",
    "isRequired": False,
    "isAnswerEditable": True,
    "sequence": 1,
    "isMultipleSelectionAllowed": False,
    "choices": [{"actualValue": "day", "text": "day"}, {"actualValue": "night", "text": "night"}],
}
STAGE: Body = {
    "durationBeforeAutomaticDenial": "P14D",
    "isApproverJustificationRequired": True,
    "isEscalationEnabled": True,
    "durationBeforeEscalation": "P5D",
    "approverInformationVisibility": "default",
    "primaryApprovers": [group("{one}"), user("{ada}")],
    "fallbackPrimaryApprovers": [user("{ben}"), user("{cyd}")],
    "escalationApprovers": [user("{ada}"), user("{ben}")],
    "fallbackEscalationApprovers": [user("{cyd}"), group("{two}")],
}
BODY: Body = {
    "displayName": "{name}",
    "description": "Users of the MSSP may request",
    "allowedTargetScope": "specificConnectedOrganizationUsers",
    "specificAllowedTargets": [organization("{mssp}"), organization("{partner}")],
    "automaticRequestSettings": None,
    "expiration": after("P365D"),
    "requestorSettings": {
        "enableTargetsToSelfAddAccess": True,
        "enableTargetsToSelfUpdateAccess": True,
        "enableTargetsToSelfRemoveAccess": True,
        "allowCustomAssignmentSchedule": False,
        "enableOnBehalfRequestorsToAddAccess": True,
        "enableOnBehalfRequestorsToUpdateAccess": False,
        "enableOnBehalfRequestorsToRemoveAccess": False,
        "onBehalfRequestors": [user("{ada}"), user("{ben}")],
    },
    "requestApprovalSettings": {
        "isApprovalRequiredForAdd": True,
        "isApprovalRequiredForUpdate": True,
        "isRequestorJustificationRequired": True,
        "stages": [STAGE, STAGE, STAGE],
    },
    "reviewSettings": {
        "isEnabled": True,
        "expirationBehavior": "removeAccess",
        "isRecommendationEnabled": True,
        "isReviewerJustificationRequired": True,
        "isSelfReview": False,
        "schedule": {
            "startDateTime": START,
            "expiration": after("P25D"),
            "recurrence": every("absoluteYearly", 1),
        },
        "primaryReviewers": [user("{ada}"), user("{ben}")],
        "fallbackReviewers": [user("{cyd}"), group("{one}")],
    },
    "questions": [TICKET, SHIFT],
    "notificationSettings": {"isAssignmentNotificationDisabled": False},
}
STAGE_OPTIONS: Body = {
    "deny_after_days": 14,
    "escalate_after_days": 5,
    "approver_justification": True,
    "approver_visibility": "default",
    "approvers": [{"group": "{one}"}, {"user": "{ada}"}],
    "fallback_approvers": [{"user": "{ben}"}, {"user": "{cyd}"}],
    "escalation_approvers": [{"user": "{ada}"}, {"user": "{ben}"}],
    "fallback_escalation_approvers": [{"user": "{cyd}"}, {"group": "{two}"}],
}
OPTIONS: Body = {
    "name": "{name}",
    "description": "Users of the MSSP may request",
    "requestors": {"connected_organizations": ["{mssp}", "{partner}"]},
    "duration_days": 365,
    "requests": {
        **{"add": True, "extend": True, "remove": True, "custom_schedule": False},
        **{"on_behalf_add": True, "on_behalf_extend": False, "on_behalf_remove": False},
        "on_behalf_requestors": [{"user": "{ada}"}, {"user": "{ben}"}],
    },
    "approval": {
        "for_new": True,
        "for_extension": True,
        "requestor_justification": True,
        "stages": [STAGE_OPTIONS, STAGE_OPTIONS, STAGE_OPTIONS],
    },
    "reviews": {
        "enabled": True,
        "every": "year",
        "open_days": 25,
        "self_review": False,
        "unanswered": "removeAccess",
        "recommendations": True,
        "justification": True,
        "reviewers": [{"user": "{ada}"}, {"user": "{ben}"}],
        "fallback_reviewers": [{"user": "{cyd}"}, {"group": "{one}"}],
    },
    "questions": [
        {"text": "Ticket?", "required": True, "pattern": "[0-9]+"},
        {"text": "Shift?", "choices": ["day", "night"]},
    ],
    "notifications": True,
}
# What the service adds to a subject, a question or a recurrence on its own.
_ADDED = ("description", "id", "localizations", "firstDayOfWeek", "index", "startDate", "endDate", "recurrenceTimeZone")


class Policies(Kind):
    """Policies of one package. A hand replaces them as a whole, as the portal does."""

    module = "access_package_policy"
    options = OPTIONS

    def __init__(self, sandbox: Sandbox, tenant: Tenant) -> None:
        super().__init__(sandbox, tenant)
        catalog = tenant.post(f"{EM}/catalogs", {"displayName": "MSSP Accesses", "isExternallyVisible": True})["id"]
        self._package = str(tenant.post(f"{EM}/accessPackages", {"displayName": "Tier 1", "catalog": {"id": catalog}})["id"])
        others = {"mssp": world.MSSP_TENANT, "partner": world.OTHER_TENANT, "third": sandbox.tenants[-1].tenant_id}
        self.call_ids({name: self._connect(name, tenant_id) for name, tenant_id in others.items()})
        # What a hand sent last: the next one replaces it.
        self._sent: dict[str, Body] = {}

    def _connect(self, name: str, tenant_id: str) -> str:
        kind = "#microsoft.graph.azureActiveDirectoryTenant"
        source = {"@odata.type": kind, "tenantId": tenant_id, "displayName": name}
        return str(self.tenant.post(f"{EM}/connectedOrganizations", {"displayName": name, "identitySources": [source]})["id"])

    def create(self, number: int) -> str:
        body = {**self.filled(BODY), "accessPackage": {"id": self._package}}
        made = self.tenant.post(POLICIES, body)
        # A question that is sent without its id becomes another one.
        for question, stored in zip(body["questions"], made["questions"], strict=True):
            question["id"] = stored["id"]
        self.own_names[made["id"]] = {f"question{number}": x["id"] for number, x in enumerate(made["questions"])}
        self._sent[made["id"]] = body
        return str(made["id"])

    def key(self, identifier: str) -> Body:
        return {"policy_id": identifier}

    def raw(self, identifier: str) -> Body:
        return t.cast(Body, self.tenant.get(f"{POLICIES}/{identifier}?$expand=accessPackage"))

    def write(self, identifier: str, path: str, value: t.Any) -> None:
        self._sent[identifier] = with_value(self._sent[identifier], path, value)
        self.tenant.put(f"{POLICIES}/{identifier}", self._sent[identifier])

    def methods(self, path: str) -> list[str]:
        return ["PUT"]

    def plain(self, path: str, value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {key: self.plain(path, item) for key, item in value.items() if key not in _ADDED}
        if isinstance(value, list):
            return [self.plain(path, item) for item in value]
        return value


def nested(option: str, value: t.Any) -> Body:
    """`requests.add` as options; numbers make a list of stages, of which the others state nothing."""
    first, dot, rest = option.partition(".")
    if not dot:
        return {first: value}
    if rest[0].isdigit():
        number, _dot, rest = rest.partition(".")
        stages: list[Body] = [{} for _stage in BODY["requestApprovalSettings"]["stages"]]
        stages[int(number)] = nested(rest, value)
        return {first: stages}
    return {first: nested(rest, value)}


def flag(path: str, option: str) -> Case:
    """A flag is turned by hand. Stated false it is off."""
    usual = at(BODY, path)
    return Case(not usual, Empty(nested(option, False), False) if usual else FALSE_IS_STATED, BOOLEAN, (option,))


def people(path: str, option: str, drifted: list[Body], empty: Empty | str | None = None) -> Case:
    """A set of subjects, of which each usual one has two."""
    usual = at(BODY, path)
    capitals = [{key: value if key == "@odata.type" else value.upper() for key, value in subject.items()} for subject in usual]
    spellings = {"order": usual[::-1], "twice, and the case of ids": [*capitals, usual[0]]}
    return Case(drifted, Empty(nested(option, []), []) if empty is None else empty, spellings, (option,))


def durations(days: int) -> dict[str, str]:
    """Other spellings of a number of days."""
    weeks, rest = divmod(days, 7)
    by_weeks = {"weeks": f"P{weeks}W" + (f"{rest}D" if rest else "")} if weeks else {}
    return {"days and hours": f"P{days - 2}DT48H", **by_weeks}


def end_spellings(days: int) -> dict[str, t.Any]:
    """Other spellings of an end after some days."""
    spellings = {**durations(days), "hours": f"PT{days * 24}H", "minutes": f"P{days - 1}DT1440M"}
    return {name: after(duration) for name, duration in spellings.items()}
