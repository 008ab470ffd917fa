# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""A policy of Graph in the words of `access_package_policy`: what `policy_options.py` does, the other way round.

What has no word is left out. Nothing here says so: what onboarding would then change is found by comparing (`adopt_compare.py`),
and what it would leave alone is listed by `adopt_rest.py`.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._paths import pick
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_body import YEARLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_options import EVERY, LONGEST, SPONSORS
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_text import Word, guid, one_of

Json = t.Mapping[str, t.Any]
Options = dict[str, t.Any]

_DAY = 86400
_STAGE_PEOPLE = (
    ("approvers", "primaryApprovers"),
    ("fallback_approvers", "fallbackPrimaryApprovers"),
    ("escalation_approvers", "escalationApprovers"),
    ("fallback_escalation_approvers", "fallbackEscalationApprovers"),
)
_UNANSWERED = ("removeAccess", "keepAccess", "acceptAccessRecommendation")


def days(duration: t.Any) -> int | None:
    """An ISO 8601 duration as whole days, None when it is none: a year is no number of days."""
    meaning = same.duration(duration)
    if not isinstance(meaning, tuple) or meaning[0] or meaning[1] % _DAY:
        return None
    return int(meaning[1] // _DAY)


def access_days(expiration: t.Any) -> int | None:
    """The days after which access ends; None when it ends otherwise, or never."""
    if same.word((expiration or {}).get("type")) != "afterduration":
        return None
    found = days(expiration.get("duration"))
    return found if found and found <= LONGEST else None


def subjects(value: t.Any) -> list[Options]:
    """Approvers or reviewers, by id; who cannot be named so is left out."""
    return [found for found in map(_subject, value or ()) if found]


def _subject(value: Json) -> Options | None:
    kind = same.type_name(value)
    if kind == "singleuser" and guid(value.get("userId")):
        return {"user": guid(value["userId"])}
    if kind == "groupmembers" and guid(value.get("groupId")):
        return {"group": guid(value["groupId"])}
    if kind == "requestormanager" and (value.get("managerLevel") or 1) in (1, 2):
        return {"manager_level": int(value.get("managerLevel") or 1)}
    sponsors = next((word for word, graph in SPONSORS.items() if graph.lower() == kind), None)
    return {"sponsors": Word(sponsors)} if sponsors else None


def stages(policy: Json) -> list[Options]:
    """The stages of approval, each with all that it says."""
    return [_stage(stage) for stage in pick(policy, "requestApprovalSettings.stages") or ()]


def _stage(stage: Json) -> Options:
    denied = days(stage.get("durationBeforeAutomaticDenial")) or None
    escalates = days(stage.get("durationBeforeEscalation")) if stage.get("isEscalationEnabled") else 0
    if denied and escalates and escalates >= denied:
        # The module refuses it, and leaves alone what is not said.
        escalates = None
    visibility = one_of(stage.get("approverInformationVisibility"), ("default", "visible", "notVisible"))
    return {
        **{option: subjects(stage.get(graph)) for option, graph in _STAGE_PEOPLE},
        **_stated(deny_after_days=denied, escalate_after_days=escalates),
        "approver_justification": bool(stage.get("isApproverJustificationRequired")),
        "approver_visibility": visibility or Word("default"),
    }


def reviews(policy: Json) -> Options:
    """Reviews with all that they say; of reviews that are off only that."""
    settings = policy.get("reviewSettings") or {}
    if not settings.get("isEnabled"):
        return {"enabled": False}
    often = every(settings)
    opened = access_days(pick(settings, "schedule.expiration"))
    return {
        "enabled": True,
        **_stated(
            every=often,
            # The module refuses more, and leaves alone what is not said.
            open_days=opened if opened and opened <= most_open_days(often) else None,
            unanswered=one_of(settings.get("expirationBehavior"), _UNANSWERED),
        ),
        "recommendations": same.flag_default_true(settings.get("isRecommendationEnabled")),
        "justification": same.flag_default_true(settings.get("isReviewerJustificationRequired")),
        "self_review": bool(settings.get("isSelfReview")),
        "reviewers": subjects(settings.get("primaryReviewers")),
        "fallback_reviewers": subjects(settings.get("fallbackReviewers")),
    }


def most_open_days(often: str | None) -> int:
    """The most days that reviews of this frequency can be open."""
    return EVERY[often or "year"][2] - 1


def every(settings: Json) -> Word | None:
    """How often reviews come, as the word for it; None when there is no word."""
    there = same.recurrence(pick(settings, "schedule.recurrence"))
    for word, (pattern, interval, _shortest) in EVERY.items():
        # Weekly on a day that is named is still every week, but not what a run would write.
        wanted = same.recurrence({**YEARLY, "pattern": {**YEARLY["pattern"], "type": pattern, "interval": interval}})
        if there == wanted:
            return Word(word)
    return None


def _stated(**options: t.Any) -> Options:
    return {name: value for name, value in options.items() if value is not None}
