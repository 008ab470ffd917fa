# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of assignment policies, property by property: approval, and each of its stages."""

from __future__ import annotations

import dataclasses

from harness.drift import ONE_SPELLING, Case, Empty, Spelled
from harness.drift_policies import BODY, STAGE, Policies, durations, flag, group, nested, people, user
from harness.drift_promises import EveryProperty
from harness.drift_story import Table

from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import PROPERTIES

_APPROVAL = "requestApprovalSettings"
_NONE_REQUIRED = {f"{_APPROVAL}.isApprovalRequiredFor{what}": False for what in ("Add", "Update")}


def stage_cases(number: int) -> dict[str, Case]:
    """The cases of one stage: what stands in the others stays."""
    at, option = f"{_APPROVAL}.stages.{number}", f"approval.stages.{number}"
    enabled, waits = f"{at}.isEscalationEnabled", f"{at}.durationBeforeEscalation"
    never = nested(f"{option}.escalate_after_days", 0)
    escalate = (f"{option}.escalate_after_days",)
    return {
        f"{at}.durationBeforeAutomaticDenial": Case(
            "P7D", "a stage always has an end", durations(14), (f"{option}.deny_after_days",)
        ),
        f"{at}.isApproverJustificationRequired": flag(
            f"{at}.isApproverJustificationRequired", f"{option}.approver_justification"
        ),
        enabled: dataclasses.replace(
            flag(enabled, f"{option}.escalate_after_days"), empty=Empty(never, False, beside={waits: "PT0S"})
        ),
        waits: Case(
            "P6D",
            Empty(never, "PT0S", beside={enabled: False}),
            {**durations(5), "no days for no time": Spelled({enabled: False, waits: "P0D"}, never, "PT0S")},
            escalate,
        ),
        f"{at}.approverInformationVisibility": Case(
            "visible", "the default is what is stated: the drift shows it", ONE_SPELLING, (f"{option}.approver_visibility",)
        ),
        f"{at}.primaryApprovers": people(
            f"{at}.primaryApprovers", f"{option}.approvers", [user("{dee}")], "a stage without an approver is refused"
        ),
        f"{at}.fallbackPrimaryApprovers": people(
            f"{at}.fallbackPrimaryApprovers", f"{option}.fallback_approvers", [group("{three}"), user("{cyd}")]
        ),
        f"{at}.escalationApprovers": people(
            f"{at}.escalationApprovers",
            f"{option}.escalation_approvers",
            [user("{dee}"), user("{ada}")],
            # Without escalation: else the service refuses that there is nobody.
            Empty(nested(f"{option}.escalation_approvers", []), [], beside={enabled: False}),
        ),
        f"{at}.fallbackEscalationApprovers": people(
            f"{at}.fallbackEscalationApprovers", f"{option}.fallback_escalation_approvers", [group("{one}")]
        ),
    }


OPTIONS = {prop.path: prop.option for prop in PROPERTIES if prop.path.startswith(f"{_APPROVAL}.")}
CASES = {
    **{path: flag(path, option) for path, option in OPTIONS.items() if path.count(".") == 1 and not path.endswith("stages")},
    f"{_APPROVAL}.stages": Case(
        [STAGE, STAGE],
        Empty({"approval": {"stages": []}}, [], beside=_NONE_REQUIRED),
        "the number of stages has one spelling; what is in them follows",
    ),
    **{path: case for number in range(len(BODY[_APPROVAL]["stages"])) for path, case in stage_cases(number).items()},
}
TABLE = Table(Policies, OPTIONS, CASES)


class TestApproval(EveryProperty):
    table = TABLE
