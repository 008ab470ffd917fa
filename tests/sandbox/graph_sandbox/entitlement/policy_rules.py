# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy must fulfil beyond its types (EM 1.3, F.2, F.3).

The service says "The model is invalid." to most of it, so the comments here say more than the answers.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..graph.errors import Area, GraphError, not_found
from ..odata.bodies import parse_time
from .common import invalid_model
from .policy_shape import subject_of
from .policy_types import EXTERNAL_SCOPES, STAGE_COLLECTIONS

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..store import Row

MAXIMUM_STAGES = 3
MAXIMUM_DAYS = 3660
_TARGETS = {
    "specificDirectoryUsers": {"singleUser", "groupMembers", "attributeRuleMembers"},
    "specificConnectedOrganizationUsers": {"connectedOrganizationMembers"},
    "specificDirectoryServicePrincipals": {"singleServicePrincipal", "groupMembers"},
}
_APPROVERS = {
    "singleUser",
    "groupMembers",
    "requestorManager",
    "internalSponsors",
    "externalSponsors",
    "targetUserSponsors",
}
_SPONSORS = {"internalSponsors", "externalSponsors", "targetUserSponsors"}
_DURATION = re.compile(r"^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")
_PERIOD_DAYS = {
    "daily": 1,
    "weekly": 7,
    "absoluteMonthly": 30,
    "relativeMonthly": 30,
    "absoluteYearly": 365,
    "relativeYearly": 365,
}


def check_policy(call: Call, policy: Row) -> None:
    """Raise GraphError unless the stored form of a policy holds together."""
    if not policy["displayName"]:
        raise invalid_model()
    _check_targets(call, policy)
    _check_expiration(call, policy["expiration"])
    _check_approval(call, policy["requestApprovalSettings"])
    if policy["reviewSettings"] and policy["reviewSettings"]["isEnabled"]:
        _check_review(call, policy["reviewSettings"])
    _check_subjects(call, policy["requestorSettings"]["onBehalfRequestors"])
    if any(not question["text"] for question in policy["questions"]):
        raise invalid_model()
    _check_licence(call, policy)


def check_stage_collections(body: dict[str, Any]) -> None:
    """Each stage of the body must bring all four collections, empty ones too (docs PR 15860)."""
    for stage in (body.get("requestApprovalSettings") or {}).get("stages") or []:
        if any(not isinstance(stage.get(name), list) for name in STAGE_COLLECTIONS):
            raise invalid_model()


def parse_duration(text: str) -> timedelta:
    """An ISO 8601 duration; a month counts 30 days and a year 365."""
    match = _DURATION.match(text)
    years, months, weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups()) if match else [0.0] * 7
    return timedelta(days=years * 365 + months * 30 + weeks * 7 + days, hours=hours, minutes=minutes, seconds=seconds)


def _check_targets(call: Call, policy: Row) -> None:
    wanted = _TARGETS.get(policy["allowedTargetScope"])
    targets = policy["specificAllowedTargets"]
    if wanted is not None and (not targets or any(subject_of(target)[0] not in wanted for target in targets)):
        raise invalid_model()
    _check_subjects(call, targets)


def _check_subjects(call: Call, subjects: list[Row]) -> None:
    """Whoever is named by id must exist."""
    for subject in subjects:
        kind, object_id = subject_of(subject)
        if kind in ("singleUser", "groupMembers", "connectedOrganizationMembers", "singleServicePrincipal"):
            if object_id is None:
                raise invalid_model()
            store = {
                "singleUser": call.tenant.directory.users,
                "groupMembers": call.tenant.directory.groups,
                "connectedOrganizationMembers": call.tenant.entitlement.connected_organizations,
                "singleServicePrincipal": call.tenant.directory.service_principals,
            }[kind]
            if object_id not in store:
                raise not_found(Area.ENTITLEMENT, object_id)


def _check_expiration(call: Call, expiration: Row) -> None:
    limit = timedelta(days=MAXIMUM_DAYS)
    if expiration["type"] == "afterDuration":
        length = parse_duration(expiration["duration"] or "")
        if not timedelta() < length <= limit:
            raise invalid_model()
    if expiration["type"] == "afterDateTime":
        end = parse_time(expiration["endDateTime"] or "")
        if end is None or end - call.world.clock.now() > limit:
            raise invalid_model()


def _check_approval(call: Call, approval: Row) -> None:
    stages = approval["stages"]
    needed = approval["isApprovalRequiredForAdd"] or approval["isApprovalRequiredForUpdate"]
    if len(stages) > MAXIMUM_STAGES or (needed and not stages):
        raise invalid_model()
    for stage in stages:
        if not stage["primaryApprovers"] or (stage["isEscalationEnabled"] and not stage["escalationApprovers"]):
            raise invalid_model()
        for name in STAGE_COLLECTIONS:
            if any(subject_of(subject)[0] not in _APPROVERS for subject in stage[name]):
                raise invalid_model()
            _check_subjects(call, stage[name])


def _check_review(call: Call, review: Row) -> None:
    schedule = review["schedule"]
    pattern = ((schedule or {}).get("recurrence") or {}).get("pattern")
    if not schedule or not schedule["startDateTime"] or not pattern or not pattern["type"] or not schedule["expiration"]:
        raise invalid_model()
    if not review["isSelfReview"] and not review["primaryReviewers"]:
        raise invalid_model()
    length = parse_duration(schedule["expiration"]["duration"] or "")
    period = timedelta(days=_PERIOD_DAYS[pattern["type"]] * max(pattern["interval"], 1))
    if not timedelta() < length < period:
        raise GraphError(400, "InvalidModel", "The access review duration does not work with the selected review frequency.")
    _check_subjects(call, review["primaryReviewers"])
    _check_subjects(call, review["fallbackReviewers"])


def _check_licence(call: Call, policy: Row) -> None:
    """Features beyond P2, and guests without a linked subscription (practice M9).

    The codes of these refusals are not recorded.
    """
    quirks = call.tenant.quirks
    premium = _uses_governance(policy)
    if premium and quirks.licence == "p2":
        raise GraphError(403, "NoGovernanceSku", "This feature requires a Microsoft Entra ID Governance Subscription")
    guests = policy["allowedTargetScope"] in EXTERNAL_SCOPES
    if guests and not quirks.subscription_linked and (premium or quirks.guest_billing_required == "all_guest_policies"):
        raise GraphError(
            quirks.guest_billing_status,
            "GuestBillingRequired",
            "A linked Azure subscription is required to use this feature for guest users.",
        )


def _uses_governance(policy: Row) -> bool:
    stages = policy["requestApprovalSettings"]["stages"]
    sponsors = any(
        subject_of(subject)[0] in _SPONSORS for stage in stages for name in STAGE_COLLECTIONS for subject in stage[name]
    )
    requestor = policy["requestorSettings"]
    on_behalf = any(requestor[f"enableOnBehalfRequestorsTo{verb}Access"] for verb in ("Add", "Update", "Remove"))
    return bool(sponsors or on_behalf or policy["automaticRequestSettings"] or policy["_extensions"])
