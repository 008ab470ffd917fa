# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of access reviews: definition, instance, decision, reviewer (EM H; Graph's v1.0 metadata)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph.errors import Area
from ..odata.schema import READ_ONLY_ID, READ_ONLY_TIME, ComplexType, EntityType, Navigation, Property, choice, text
from .records import last_sign_in

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..store import Row

DECISIONS = ("Approve", "Deny", "NotReviewed", "DontKnow")


def _definition(call: Call, row: Row) -> Row | None:
    return call.tenant.reviews.definitions.get(row["_definition_id"])


def _instance(call: Call, row: Row) -> Row | None:
    return call.tenant.reviews.instances.get(row["_instance_id"])


def contacted(call: Call, instance: Row) -> list[Row]:
    """The reviewers of an instance, whether or not a mail reached them."""
    users = call.tenant.directory.users
    found = ((entry, users.get(entry["id"])) for entry in instance["_contacted"])
    names = ("displayName", "userPrincipalName")
    return [{**entry, **{name: user[name] if user else None for name in names}} for entry, user in found]


def _insights(call: Call, decision: Row) -> list[Row]:
    """What the recommendation rests on."""
    latest = last_sign_in(call.tenant.directory.users.get(decision["principal"]["id"] or ""))
    return [
        {
            "@odata.type": "#microsoft.graph.userSignInInsight",
            "id": decision["id"],
            "insightCreatedDateTime": None,
            "lastSignInDateTime": latest.strftime("%Y-%m-%dT%H:%M:%SZ") if latest else None,
        }
    ]


REVIEWER = EntityType(
    "accessReviewReviewer",
    Area.GOVERNANCE,
    {"id": text(), "displayName": text(), "userPrincipalName": text(), "createdDateTime": READ_ONLY_TIME},
)

INSIGHT = EntityType(
    "governanceInsight",
    Area.GOVERNANCE,
    {"id": text(), "insightCreatedDateTime": READ_ONLY_TIME, "lastSignInDateTime": READ_ONLY_TIME},
)

DECISION = EntityType(
    "accessReviewInstanceDecisionItem",
    Area.GOVERNANCE,
    {
        "id": READ_ONLY_ID,
        "accessReviewId": text(),
        "reviewedDateTime": READ_ONLY_TIME,
        "decision": text(),
        "justification": text(),
        "appliedDateTime": READ_ONLY_TIME,
        "applyResult": text(),
        "recommendation": text(),
        "principalLink": text(),
        "resourceLink": text(),
        "resource": Property("object"),
        "reviewedBy": Property("object"),
        "appliedBy": Property("object"),
        "principal": Property("object"),
    },
    navigation={
        "insights": Navigation(_insights, lambda: INSIGHT, many=True),
        "instance": Navigation(_instance, lambda: INSTANCE),
    },
)

INSTANCE: EntityType = EntityType(
    "accessReviewInstance",
    Area.GOVERNANCE,
    {
        "id": READ_ONLY_ID,
        "startDateTime": READ_ONLY_TIME,
        "endDateTime": READ_ONLY_TIME,
        "status": text(),
        "scope": Property("object"),
        "reviewers": Property("objects"),
        "fallbackReviewers": Property("objects"),
    },
    navigation={
        "contactedReviewers": Navigation(contacted, lambda: REVIEWER, many=True),
        "decisions": Navigation(lambda call, row: call.tenant.reviews.decisions_of(row), lambda: DECISION, many=True),
        "definition": Navigation(_definition, lambda: DEFINITION),
    },
)

DEFINITION: EntityType = EntityType(
    "accessReviewScheduleDefinition",
    Area.GOVERNANCE,
    {
        "id": READ_ONLY_ID,
        "displayName": text(),
        "createdDateTime": READ_ONLY_TIME,
        "lastModifiedDateTime": READ_ONLY_TIME,
        "status": text(),
        "descriptionForAdmins": text(),
        "descriptionForReviewers": text(),
        "createdBy": Property("object"),
        "scope": Property("object"),
        "instanceEnumerationScope": Property("object"),
        "reviewers": Property("objects"),
        "fallbackReviewers": Property("objects"),
        "additionalNotificationRecipients": Property("objects"),
        "stageSettings": Property("objects"),
        "settings": Property("object"),
    },
    navigation={
        "instances": Navigation(lambda call, row: call.tenant.reviews.instances_of(row), lambda: INSTANCE, many=True),
    },
)

DECISION_BODY = ComplexType(
    "accessReviewInstanceDecisionItem",
    {
        "decision": choice(*DECISIONS, nullable=False),
        "justification": text(),
        "principalId": text(),
        "resourceId": text(),
    },
)
