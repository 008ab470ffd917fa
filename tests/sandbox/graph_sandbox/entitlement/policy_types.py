# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The assignment policy's type, part by part, with the defaults that the service fills in (EM F.3, F.5)."""

from __future__ import annotations

from ..odata.schema import ComplexType, Property, choice, flag, text
from .common import REFERENCE

SCOPES = (
    "notSpecified",
    "specificDirectoryUsers",
    "specificConnectedOrganizationUsers",
    "specificDirectoryServicePrincipals",
    "allMemberUsers",
    "allDirectoryUsers",
    "allDirectoryServicePrincipals",
    "allConfiguredConnectedOrganizationUsers",
    "allExternalUsers",
    "allDirectoryAgentIdentities",
)
EXTERNAL_SCOPES = ("specificConnectedOrganizationUsers", "allConfiguredConnectedOrganizationUsers", "allExternalUsers")

_DESCRIPTION = {"description": text()}


def _subject_set(name: str, **properties: Property) -> ComplexType:
    return ComplexType(name, {**_DESCRIPTION, **properties})


def _relation_set(name: str, **properties: Property) -> ComplexType:
    """Whoever stands so to the requestor: it has no description (EM F.3)."""
    return ComplexType(name, properties)


SUBJECT_SET = ComplexType(
    "subjectSet",
    {},
    {
        kind.name: kind
        for kind in (
            _subject_set("singleUser", userId=Property("guid")),
            _subject_set("groupMembers", groupId=Property("guid")),
            _subject_set("connectedOrganizationMembers", connectedOrganizationId=Property("guid")),
            _subject_set("singleServicePrincipal", servicePrincipalId=Property("guid")),
            _subject_set("attributeRuleMembers", membershipRule=text()),
            _relation_set("requestorManager", managerLevel=Property("int", default=1)),
            _relation_set("targetManager", managerLevel=Property("int", default=1)),
            _relation_set("internalSponsors"),
            _relation_set("externalSponsors"),
            _relation_set("targetUserSponsors"),
            _relation_set("targetApplicationOwners"),
        )
    },
)
_SUBJECTS = Property("objects", of=SUBJECT_SET)

EXPIRATION = ComplexType(
    "expirationPattern",
    {
        "endDateTime": Property("datetime"),
        "duration": Property("duration"),
        "type": choice("notSpecified", "noExpiration", "afterDateTime", "afterDuration", default="notSpecified"),
    },
)
REQUESTOR_SETTINGS = ComplexType(
    "accessPackageAssignmentRequestorSettings",
    {
        "enableTargetsToSelfAddAccess": flag(),
        "enableTargetsToSelfUpdateAccess": flag(),
        "enableTargetsToSelfRemoveAccess": flag(),
        "allowCustomAssignmentSchedule": flag(),
        "enableOnBehalfRequestorsToAddAccess": flag(),
        "enableOnBehalfRequestorsToUpdateAccess": flag(),
        "enableOnBehalfRequestorsToRemoveAccess": flag(),
        "onBehalfRequestors": _SUBJECTS,
    },
)
STAGE_COLLECTIONS = (
    "primaryApprovers",
    "fallbackPrimaryApprovers",
    "escalationApprovers",
    "fallbackEscalationApprovers",
)
STAGE = ComplexType(
    "accessPackageApprovalStage",
    {
        "durationBeforeAutomaticDenial": Property("duration", default="P14D"),
        "isApproverJustificationRequired": flag(),
        "isEscalationEnabled": flag(),
        "durationBeforeEscalation": Property("duration", default="PT0S"),
        "approverInformationVisibility": choice("default", "notVisible", "visible", default="default", nullable=False),
        **dict.fromkeys(STAGE_COLLECTIONS, _SUBJECTS),
    },
)
APPROVAL_SETTINGS = ComplexType(
    "accessPackageAssignmentApprovalSettings",
    {
        "isApprovalRequiredForAdd": flag(),
        "isApprovalRequiredForUpdate": flag(),
        "isRequestorJustificationRequired": flag(),
        "stages": Property("objects", of=STAGE),
    },
)
RECURRENCE_PATTERN = ComplexType(
    "recurrencePattern",
    {
        "type": choice("daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"),
        "interval": Property("int", default=0),
        "month": Property("int", default=0),
        "dayOfMonth": Property("int", default=0),
        "daysOfWeek": Property("strings"),
        "firstDayOfWeek": text(default="sunday"),
        "index": text(default="first"),
    },
)
RECURRENCE_RANGE = ComplexType(
    "recurrenceRange",
    {
        "type": choice("endDate", "noEnd", "numbered", default="noEnd"),
        "startDate": text(),
        "endDate": text(),
        "numberOfOccurrences": Property("int", default=0),
        "recurrenceTimeZone": text(),
    },
)
RECURRENCE = ComplexType(
    "patternedRecurrence",
    {
        "pattern": Property("object", of=RECURRENCE_PATTERN),
        "range": Property("object", of=RECURRENCE_RANGE),
    },
)
SCHEDULE = ComplexType(
    "entitlementManagementSchedule",
    {
        "startDateTime": Property("datetime"),
        "expiration": Property("object", of=EXPIRATION),
        "recurrence": Property("object", of=RECURRENCE),
    },
)
REVIEW_SETTINGS = ComplexType(
    "accessPackageAssignmentReviewSettings",
    {
        "isEnabled": flag(),
        "expirationBehavior": choice("keepAccess", "removeAccess", "acceptAccessRecommendation", default="keepAccess"),
        "isRecommendationEnabled": flag(default=True),
        "isReviewerJustificationRequired": flag(default=True),
        "isSelfReview": flag(),
        "schedule": Property("object", of=SCHEDULE),
        "primaryReviewers": _SUBJECTS,
        "fallbackReviewers": _SUBJECTS,
    },
)
NOTIFICATION_SETTINGS = ComplexType(
    "accessPackageNotificationSettings",
    {
        "isAssignmentNotificationDisabled": flag(nullable=False),
    },
)
AUTOMATIC_SETTINGS = ComplexType(
    "accessPackageAutomaticRequestSettings",
    {
        "requestAccessForAllowedTargets": flag(),
        "removeAccessWhenTargetLeavesAllowedTargets": flag(),
        "gracePeriodBeforeAccessRemoval": Property("duration"),
    },
)
_LOCALIZATION = ComplexType("accessPackageLocalizedText", {"languageCode": text(), "text": text()})
_CHOICE = ComplexType(
    "accessPackageAnswerChoice",
    {"actualValue": text(), "text": text(), "localizations": Property("objects", of=_LOCALIZATION)},
)
_QUESTION = {
    "id": Property("guid"),
    "text": text(),
    "isRequired": flag(),
    "isAnswerEditable": flag(),
    "sequence": Property("int", default=0),
    "localizations": Property("objects", of=_LOCALIZATION),
}
QUESTION = ComplexType(
    "accessPackageQuestion",
    {},
    {
        "accessPackageTextInputQuestion": ComplexType(
            "accessPackageTextInputQuestion", {**_QUESTION, "isSingleLineQuestion": flag(), "regexPattern": text()}
        ),
        "accessPackageMultipleChoiceQuestion": ComplexType(
            "accessPackageMultipleChoiceQuestion",
            {**_QUESTION, "isMultipleSelectionAllowed": flag(), "choices": Property("objects", of=_CHOICE)},
        ),
    },
)
EXTENSION_STAGE = ComplexType(
    "customExtensionStageSetting",
    {
        "id": Property("guid"),
        "stage": choice(
            "assignmentRequestCreated",
            "assignmentRequestApproved",
            "assignmentRequestGranted",
            "assignmentRequestRemoved",
            "assignmentFourteenDaysBeforeExpiration",
            "assignmentOneDayBeforeExpiration",
        ),
        "customExtension": Property("object"),
    },
)

POLICY_PARTS: dict[str, Property] = {
    "displayName": text(),
    "description": text(),
    "allowedTargetScope": choice(*SCOPES, default="notSpecified", nullable=False),
    "specificAllowedTargets": _SUBJECTS,
    "automaticRequestSettings": Property("object", of=AUTOMATIC_SETTINGS),
    "expiration": Property("object", of=EXPIRATION),
    "requestorSettings": Property("object", of=REQUESTOR_SETTINGS),
    "requestApprovalSettings": Property("object", of=APPROVAL_SETTINGS),
    "reviewSettings": Property("object", of=REVIEW_SETTINGS),
    "notificationSettings": Property("object", of=NOTIFICATION_SETTINGS),
    "questions": Property("objects", of=QUESTION),
}
"""What a body may set, in the order in which answers show it."""

POLICY_BODY = ComplexType(
    "accessPackageAssignmentPolicy",
    {
        **POLICY_PARTS,
        "accessPackage": Property("object", of=REFERENCE),
        "customExtensionStageSettings": Property("objects", of=EXTENSION_STAGE),
    },
)
