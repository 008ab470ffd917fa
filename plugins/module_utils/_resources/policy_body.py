# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The body of an assignment policy that is sent: what of an answer may go back, what is kept, and what Graph insists on.

Facts: EM F.2 (a PUT replaces everything, and an answer is refused as it is) and F.3 (which members must be there).
All of it is pure.
"""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, overlay, pick, put
from ansible_collections.mssp.defender.plugins.module_utils._resources import policy_questions

STAGES_PATH = "requestApprovalSettings.stages"
START_PATH = "reviewSettings.schedule.startDateTime"

_READ_ONLY = ("createdDateTime", "modifiedDateTime", "catalog", "accessPackage")
_APPROVERS = ("primaryApprovers", "fallbackPrimaryApprovers", "escalationApprovers", "fallbackEscalationApprovers")

# Once a year, as Graph writes it: what a pattern does not use is zero or empty.
YEARLY: Entity = {
    "pattern": {"type": "absoluteYearly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": []},
    "range": {"type": "noEnd", "numberOfOccurrences": 0},
}

# Reviews that are switched on without saying how: yearly, 25 days, and no answer means removal (practice M10).
_REVIEW_DEFAULTS: Entity = {
    "expirationBehavior": "removeAccess",
    "isRecommendationEnabled": True,
    "isReviewerJustificationRequired": True,
    "isSelfReview": False,
    "schedule": {
        "expiration": {"type": "afterDuration", "duration": "P25D", "endDateTime": None},
        "recurrence": YEARLY,
    },
    "primaryReviewers": [],
    "fallbackReviewers": [],
}


def clean(policy: t.Mapping[str, t.Any]) -> Entity:
    """What may be sent back of a policy that was read with `$expand`: an unmodified answer is refused with InvalidModel."""
    kept = {
        key: _clean_value(value)
        for key, value in policy.items()
        if key not in _READ_ONLY and not key.startswith("@") and "@odata" not in key
    }
    # A PUT takes these as required, null or empty where there is nothing (F.2).
    kept["automaticRequestSettings"] = kept.get("automaticRequestSettings")
    kept["questions"] = kept.get("questions") or []
    kept["specificAllowedTargets"] = kept.get("specificAllowedTargets") or []
    kept.setdefault("reviewSettings", None)
    if kept.get("notificationSettings") is None:
        kept.pop("notificationSettings", None)
    extensions = kept.pop("customExtensionStageSettings", None)
    if extensions:
        kept["customExtensionStageSettings"] = [_extension(item) for item in extensions]
    return kept


def _extension(item: Entity) -> Entity:
    extension = item.get("customExtension") or {}
    kept = {key: extension[key] for key in ("@odata.type", "id") if extension.get(key)}
    return {"stage": item.get("stage"), "customExtension": kept}


def _clean_value(value: t.Any) -> t.Any:
    if isinstance(value, list):
        return [_clean_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_subject = any(key in value for key in ("userId", "groupId", "connectedOrganizationId"))
    return {
        key: _clean_value(item)
        for key, item in value.items()
        # The description of a subject set is the server's own.
        if not (is_subject and key == "description") and not (key == "@odata.type" and not item)
    }


def complete(policy: Entity) -> Entity:
    """The policy with what Graph insists on although the user did not state it; nothing that is there is changed."""
    policy = copy.deepcopy(policy)
    for stage in pick(policy, STAGES_PATH) or []:
        for collection in _APPROVERS:
            stage[collection] = stage.get(collection) or []
        stage.setdefault("durationBeforeAutomaticDenial", "P14D")
        stage.setdefault("isApproverJustificationRequired", True)
        stage.setdefault("isEscalationEnabled", False)
        stage["durationBeforeEscalation"] = stage.get("durationBeforeEscalation") or "PT0S"
        # Declared as never null, though Microsoft's own examples leave it out.
        stage["approverInformationVisibility"] = stage.get("approverInformationVisibility") or "default"
    if pick(policy, "reviewSettings.isEnabled"):
        policy["reviewSettings"] = overlay(_REVIEW_DEFAULTS, _without_nulls(policy["reviewSettings"]))
    return policy


def _without_nulls(value: Entity) -> Entity:
    return {key: item for key, item in value.items() if item is not None}


def merged(current: Entity, desired: Entity) -> Entity:
    """The whole policy to send: what is there, with what is wanted put over it, stages by position."""
    stages = pick(desired, STAGES_PATH)
    there = pick(current, STAGES_PATH) or []
    body = t.cast(Entity, overlay(current, desired))
    if stages is not None:
        body["requestApprovalSettings"]["stages"] = [
            overlay(there[number] if number < len(there) else {}, stage) for number, stage in enumerate(stages)
        ]
    if desired.get("questions") is not None:
        # Answers that people have given refer to a question by its id.
        body["questions"] = policy_questions.keep_ids(current.get("questions") or [], desired["questions"])
    held = pick(current, START_PATH)
    if held and pick(body, START_PATH) is not None:
        # A review's start cannot be changed once there is a review: what is there is sent again.
        put(body, START_PATH, held)
    return body
