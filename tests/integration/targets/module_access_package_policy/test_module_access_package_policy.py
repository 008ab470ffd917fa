# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_policy, by real playbook runs. When access ends and is reviewed: test_ends_and_reviews.py."""

from __future__ import annotations

import copy

import pytest
from harness import world
from harness.story import KNOWN_AFTER_APPLY, Play, same_changes
from harness.tenants import Tenant
from policy_customer import KEY, POLICIES, TIER1, Body, Customer, at, group, holds, user, with_value


def test_from_nothing_to_nothing(play: Play, customer: Customer) -> None:
    changed = {
        **TIER1,
        "duration_days": 180,
        "approval": {**TIER1["approval"], "stages": [{"approvers": [{"user": customer.ada}], "deny_after_days": 3}]},
    }
    predicted = play.check("access_package_policy", **TIER1)
    nothing = play.list(POLICIES)
    created = play.task("access_package_policy", **TIER1)
    path = f"{POLICIES}/" + created.ref("policy.id") + "?$expand=accessPackage"
    there = play.get(path)
    again = play.task("access_package_policy", **TIER1)
    predicted_change = play.check("access_package_policy", **changed)
    unchanged = play.get(path)
    change = play.task("access_package_policy", **changed)
    after = play.get(path)
    change_again = play.task("access_package_policy", **changed)
    predicted_end = play.check("access_package_policy", **KEY, state="absent")
    still = play.list(POLICIES)
    end = play.task("access_package_policy", **KEY, state="absent")
    none = play.list(POLICIES)
    end_again = play.task("access_package_policy", **KEY, state="absent")
    play.run()

    assert predicted.writes == []
    assert predicted.result["policy"]["id"] == KNOWN_AFTER_APPLY
    assert at(predicted.result["policy"], "reviewSettings.schedule.startDateTime") == "(computed at creation)"
    assert nothing.result == []
    same_changes(predicted, created)
    assert created.paths == [("create", None)]
    assert holds(there.result, customer.tier1()) == []
    assert there.result["accessPackage"]["id"] == customer.package
    assert there.result["id"] == created.result["policy"]["id"]
    assert (again.changed, again.writes) == (False, [])

    assert predicted_change.writes == []
    assert unchanged.result == there.result
    same_changes(predicted_change, change)
    stage = "requestApprovalSettings.stages.0"
    assert change.paths == [
        ("update", "expiration"),
        ("update", f"{stage}.durationBeforeAutomaticDenial"),
        ("update", f"{stage}.primaryApprovers"),
    ]
    expected = with_value(customer.tier1(), f"{stage}.primaryApprovers", [user(customer.ada)])
    expected = with_value(expected, f"{stage}.durationBeforeAutomaticDenial", "P3D")
    assert holds(after.result, with_value(expected, "expiration.duration", "P180D")) == []
    assert [line.split()[0] for line in change.writes] == ["PUT"]
    assert change.result["diff"]["before"]["expiration"]["duration"] == "P365D"
    assert change.result["diff"]["after"]["expiration"]["duration"] == "P180D"
    assert (change_again.changed, change_again.writes) == (False, [])

    assert predicted_end.writes == []
    assert len(still.result) == 1
    same_changes(predicted_end, end)
    assert none.result == []
    assert (end_again.changed, end_again.writes) == (False, [])


def test_the_published_bodies_are_stored_to_the_letter(play: Play, customer: Customer) -> None:
    """Decisions B.1.3 and B.1.4; B.1.1 is in the story above."""
    approvers = {
        **TIER1,
        "name": "Approvers",
        "approval": {**TIER1["approval"], "stages": [{"approvers": [{"user": f"ada@{customer.tenant.domain}"}]}]},
        "reviews": {"enabled": True, "self_review": False, "reviewers": [{"user": customer.ada}]},
    }
    direct = {
        "name": "Customer approvers (direct assignment)",
        "access_package": customer.package,
        "description": "Set by the customer; nobody can request",
        "requestors": {},
        "duration_days": 365,
        "requests": {"add": False, "extend": False, "remove": True, "custom_schedule": True},
        "approval": {"for_new": False, "for_extension": False, "requestor_justification": False, "stages": []},
        "reviews": {"enabled": True, "self_review": False, "reviewers": [{"user": customer.ada}]},
        "notifications": True,
    }
    steps = []
    for arguments in (approvers, direct):
        predicted = play.check("access_package_policy", **arguments)
        made = play.task("access_package_policy", **arguments)
        there = play.get(f"{POLICIES}/" + made.ref("policy.id"))
        again = play.task("access_package_policy", **arguments)
        steps.append((predicted, made, there, again))
    play.run()

    third = with_value(customer.tier1(), "displayName", "Approvers")
    third["requestApprovalSettings"]["stages"][0]["primaryApprovers"] = [user(customer.ada)]
    third["reviewSettings"].update(isSelfReview=False, primaryReviewers=[user(customer.ada)])
    fourth = copy.deepcopy(third)
    fourth.update(
        displayName="Customer approvers (direct assignment)",
        description="Set by the customer; nobody can request",
        allowedTargetScope="notSpecified",
        specificAllowedTargets=[],
    )
    fourth["requestorSettings"].update(
        enableTargetsToSelfAddAccess=False, enableTargetsToSelfUpdateAccess=False, allowCustomAssignmentSchedule=True
    )
    fourth["requestApprovalSettings"] = {
        "isApprovalRequiredForAdd": False,
        "isApprovalRequiredForUpdate": False,
        "isRequestorJustificationRequired": False,
        "stages": [],
    }
    for (predicted, made, there, again), expected in zip(steps, (third, fourth), strict=True):
        same_changes(predicted, made)
        assert holds(there.result, expected) == []
        assert (again.changed, again.writes) == (False, [])


def three_stages(customer: Customer) -> Body:
    """The options of a policy with three stages, and with reviewers."""
    stage = {
        "approvers": [{"group": customer.approvers}],
        "escalation_approvers": [{"user": customer.ada}],
        "deny_after_days": 14,
        "escalate_after_days": 5,
    }
    reviewers = {"reviewers": [{"user": customer.ada}], "fallback_reviewers": [{"user": customer.ben}]}
    return {
        **TIER1,
        "approval": {**TIER1["approval"], "stages": [stage] * 3},
        "reviews": {"enabled": True, "self_review": False, **reviewers},
    }


def test_lists_are_kept_apart_from_what_is_stated_empty(play: Play, customer: Customer) -> None:
    stage = "requestApprovalSettings.stages"
    made = play.task("access_package_policy", **three_stages(customer))
    path = f"{POLICIES}/" + made.ref("policy.id")
    one = play.task("access_package_policy", **KEY, approval={"stages": [{"deny_after_days": 7}]})
    after_one = play.get(path)
    none = play.task("access_package_policy", **KEY, approval={"for_new": False, "for_extension": False, "stages": []})
    after_none = play.get(path)
    nobody = play.task("access_package_policy", **KEY, requestors={})
    after_nobody = play.get(path)
    reviewers = play.task("access_package_policy", **KEY, reviews={"self_review": True, "reviewers": []})
    after_reviewers = play.get(path)
    play.run()

    # One stage is wanted instead of three; what it does not state is kept from the first.
    assert one.paths == [("update", stage)]
    (only,) = at(after_one.result, stage)
    assert only["durationBeforeAutomaticDenial"] == "P7D"
    assert holds(only["primaryApprovers"], [group(customer.approvers)]) == []
    assert only["durationBeforeEscalation"] == "P5D"
    assert at(after_none.result, stage) == []
    assert none.changed
    assert nobody.paths == [("update", "allowedTargetScope"), ("update", "specificAllowedTargets")]
    assert (after_nobody.result["allowedTargetScope"], after_nobody.result["specificAllowedTargets"]) == ("notSpecified", [])
    assert reviewers.paths == [("update", "reviewSettings.isSelfReview"), ("update", "reviewSettings.primaryReviewers")]
    assert at(after_reviewers.result, "reviewSettings.primaryReviewers") == []
    assert len(at(after_reviewers.result, "reviewSettings.fallbackReviewers")) == 1


@pytest.mark.parametrize(
    "switches",
    [
        {"put_requires_all": True},
        {"put_requires_package": False},
        {"review_start_moves": True},
        {"empty_pages": True, "foreign_location": False},
    ],
    ids=", ".join,
)
def test_forms_of_the_service(play: Play, customer: Customer, switches: Body) -> None:
    play.quirks(**switches)
    made = play.task("access_package_policy", **TIER1)
    again = play.task("access_package_policy", **TIER1)
    change = play.task("access_package_policy", **{**TIER1, "duration_days": 30})
    after = play.get(f"{POLICIES}/" + made.ref("policy.id"))
    change_again = play.task("access_package_policy", **{**TIER1, "duration_days": 30})
    play.run()

    assert (made.changed, again.changed, change.changed, change_again.changed) == (True, False, True, False)
    assert holds(after.result, with_value(customer.tier1(), "expiration.duration", "P30D")) == []


def test_subjects_in_any_order_and_case_are_the_same(play: Play, customer: Customer) -> None:
    stage = {"approvers": [{"user": customer.ada}, {"group": "MSSP Analyst Approvers"}, {"manager_level": 1}]}
    turned = {
        "approvers": [
            {"manager_level": 1},
            {"group": customer.approvers.upper()},
            {"user": f"ADA@{customer.tenant.domain}"},
            {"user": customer.ada},
        ]
    }
    play.task("access_package_policy", **{**TIER1, "approval": {"for_new": True, "stages": [stage]}})
    again = play.task("access_package_policy", **{**TIER1, "approval": {"for_new": True, "stages": [turned]}})
    play.run()

    assert (again.changed, again.writes) == (False, [])


def test_lost_answers_make_no_second_policy(play: Play, customer: Customer) -> None:
    play.faults(
        {"method": "POST", "path": "assignmentPolicies", "times": 1, "drop": "after"},
        {"method": "PUT", "path": "assignmentPolicies", "times": 1, "status": 504, "after_work": True},
    )
    made = play.task("access_package_policy", **TIER1)
    change = play.task("access_package_policy", **{**TIER1, "duration_days": 30})
    play.faults()
    again = play.task("access_package_policy", **{**TIER1, "duration_days": 30})
    there = play.list(POLICIES)
    play.run()

    assert (made.changed, change.changed, again.changed) == (True, True, False)
    assert len([line for line in made.writes if line.startswith("POST")]) == 1
    assert len(there.result) == 1


def test_all_predicted_from_predictions(play: Play) -> None:
    """References that only a run would give: the whole chain in check mode."""
    group_step = play.check("aad_group", name="Approvers")
    organization = play.check("connected_org", org_tenant_id=world.MSSP_TENANT, name="MSSP")
    catalog = play.check("access_package_catalog", name="MSSP Accesses")
    package = play.check("access_package", name="Tier 1", catalog=catalog.ref("catalog"))
    policy = play.check(
        "access_package_policy",
        **{
            **TIER1,
            "access_package": package.ref("access_package"),
            "requestors": {"connected_organizations": [organization.ref("connected_org")]},
            "approval": {"for_new": True, "stages": [{"approvers": [{"group": group_step.ref("group")}]}]},
        },
    )
    play.run()

    assert policy.paths == [("create", None)]
    assert policy.writes == []
    assert policy.changes[0]["object"]["name"] == "Tier 1: MSSP SOC users"


def test_refusals(play: Play, customer: Customer, tenant: Tenant) -> None:
    two_kinds = play.refused(
        "access_package_policy",
        **{**TIER1, "requestors": {"connected_organizations": [world.MSSP_NAME], "users": [customer.ada]}},
    )
    nobody = play.refused("access_package_policy", **{**TIER1, "requestors": {"scope": "specificDirectoryUsers"}})
    empty = play.refused("access_package_policy", **{**TIER1, "approval": {"stages": [{"approvers": [{}]}]}})
    four = play.refused("access_package_policy", **{**TIER1, "approval": {"stages": [{}] * 4}})
    typo = play.refused("access_package_policy", check=True, **{**TIER1, "requestors": {"connected_organizations": ["Fabrikan"]}})
    package = play.refused("access_package_policy", **{**TIER1, "access_package": "Tier 7"})
    none = play.list(POLICIES)
    play.run()

    for step in (two_kinds, nobody, empty, four, typo, package):
        assert (step.writes, step.code) == ([], "InvalidInput")
        assert tenant.tenant_id in step.msg
    assert "Fabrikan" in typo.msg
    assert "Tier 7" in package.msg
    assert none.result == []
