# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_policy, by real playbook runs."""

from __future__ import annotations

import copy
import datetime
import typing as t

import pytest
from harness import world
from harness.story import KNOWN_AFTER_APPLY, Play, Step, same_changes
from harness.tenants import EM, Tenant

POLICIES = f"{EM}/assignmentPolicies"
Body = dict[str, t.Any]


def first_review(days: int = 335) -> str:
    """When the first review of a policy that is made today begins."""
    day = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days)
    return f"{day.isoformat()}T00:00:00Z"


class Customer:
    """What policies refer to, made by hand."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.approvers = tenant.group("MSSP Analyst Approvers")
        self.ada, self.ben, self.cyd = (tenant.user(name) for name in ("ada", "ben", "cyd"))
        self.organization = self.connect(world.MSSP_NAME, world.MSSP_TENANT)
        catalog = tenant.post(f"{EM}/catalogs", {"displayName": "MSSP Accesses", "isExternallyVisible": True})["id"]
        body = {"displayName": "Tier 1 Analyst", "catalog": {"id": catalog}}
        self.package = str(tenant.post(f"{EM}/accessPackages", body)["id"])

    def connect(self, name: str, tenant_id: str) -> str:
        """A connected organization."""
        source = {
            "@odata.type": "#microsoft.graph.azureActiveDirectoryTenant",
            "tenantId": tenant_id,
            "displayName": name,
        }
        body = {"displayName": name, "identitySources": [source]}
        return str(self.tenant.post(f"{EM}/connectedOrganizations", body)["id"])

    def tier1(self) -> Body:
        """The published example's policy for tier 1 (decisions B.1.1), in Graph's shape."""
        return {
            "displayName": "MSSP SOC users",
            "description": "Users of the MSSP SOC tenant may request Tier 1 access",
            "allowedTargetScope": "specificConnectedOrganizationUsers",
            "specificAllowedTargets": [
                {
                    "@odata.type": "#microsoft.graph.connectedOrganizationMembers",
                    "connectedOrganizationId": self.organization,
                }
            ],
            "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": None},
            "requestorSettings": {
                "enableTargetsToSelfAddAccess": True,
                "enableTargetsToSelfUpdateAccess": True,
                "enableTargetsToSelfRemoveAccess": True,
                "allowCustomAssignmentSchedule": False,
                "enableOnBehalfRequestorsToAddAccess": False,
                "enableOnBehalfRequestorsToUpdateAccess": False,
                "enableOnBehalfRequestorsToRemoveAccess": False,
                "onBehalfRequestors": [],
            },
            "requestApprovalSettings": {
                "isApprovalRequiredForAdd": True,
                "isApprovalRequiredForUpdate": True,
                "isRequestorJustificationRequired": True,
                "stages": [
                    {
                        "durationBeforeAutomaticDenial": "P14D",
                        "isApproverJustificationRequired": True,
                        "isEscalationEnabled": False,
                        "durationBeforeEscalation": "PT0S",
                        "approverInformationVisibility": "default",
                        "primaryApprovers": [group(self.approvers)],
                        "fallbackPrimaryApprovers": [],
                        "escalationApprovers": [],
                        "fallbackEscalationApprovers": [],
                    }
                ],
            },
            "reviewSettings": {
                "isEnabled": True,
                "expirationBehavior": "removeAccess",
                "isRecommendationEnabled": True,
                "isReviewerJustificationRequired": True,
                "isSelfReview": True,
                "schedule": {
                    "startDateTime": first_review(),
                    "expiration": {"type": "afterDuration", "duration": "P25D", "endDateTime": None},
                    "recurrence": {
                        "pattern": {
                            "type": "absoluteYearly",
                            "interval": 1,
                            "month": 0,
                            "dayOfMonth": 0,
                            "daysOfWeek": [],
                        },
                        "range": {"type": "noEnd", "numberOfOccurrences": 0},
                    },
                },
                "primaryReviewers": [],
                "fallbackReviewers": [],
            },
            "questions": [],
            "notificationSettings": {"isAssignmentNotificationDisabled": False},
        }


@pytest.fixture
def customer(tenant: Tenant) -> Customer:
    """A customer with an approvers' group, the MSSP connected, and a package."""
    return Customer(tenant)


def group(identifier: str) -> Body:
    """A subject set."""
    return {"@odata.type": "#microsoft.graph.groupMembers", "groupId": identifier}


def user(identifier: str) -> Body:
    """A subject set."""
    return {"@odata.type": "#microsoft.graph.singleUser", "userId": identifier}


KEY: Body = {"name": "MSSP SOC users", "access_package": "Tier 1 Analyst"}
TIER1: Body = {
    **KEY,
    "description": "Users of the MSSP SOC tenant may request Tier 1 access",
    "requestors": {"connected_organizations": [world.MSSP_NAME]},
    "requests": {"add": True, "extend": True, "remove": True},
    "approval": {
        "for_new": True,
        "for_extension": True,
        "requestor_justification": True,
        "stages": [{"approvers": [{"group": "MSSP Analyst Approvers"}]}],
    },
    "duration_days": 365,
    "reviews": {"enabled": True, "self_review": True},
    "notifications": True,
}


def holds(stored: t.Any, wanted: t.Any, path: str = "") -> list[str]:
    """Where a stored value lacks what is wanted; what the service adds on its own is no lack."""
    if isinstance(wanted, dict):
        if not isinstance(stored, dict):
            return [f"{path}: {stored!r}"]
        return [line for key, value in wanted.items() for line in holds(stored.get(key), value, f"{path}.{key}")]
    if isinstance(wanted, list):
        if not isinstance(stored, list) or len(stored) != len(wanted):
            return [f"{path}: {stored!r}"]
        return [line for number, value in enumerate(wanted) for line in holds(stored[number], value, f"{path}.{number}")]
    if isinstance(wanted, str) and wanted.endswith("T00:00:00Z"):
        return [] if str(stored)[:19] == wanted[:19] else [f"{path}: {stored!r}"]
    return [] if stored == wanted else [f"{path}: {stored!r} and not {wanted!r}"]


def at(policy: t.Any, path: str) -> t.Any:
    """The value at a dotted path."""
    for step in path.split("."):
        policy = policy[int(step)] if isinstance(policy, list) else (policy or {}).get(step)
    return policy


def with_value(policy: Body, path: str, value: t.Any) -> Body:
    """A copy of a policy with another value."""
    made = copy.deepcopy(policy)
    *way, last = path.split(".")
    inner = at(made, ".".join(way)) if way else made
    inner[last] = value
    return made


def put(play: Play, policy: Step, customer: Customer, body: Body) -> Step:
    """Replace the policy by hand."""
    whole = {**body, "accessPackage": {"id": customer.package}, "automaticRequestSettings": None}
    return play.send("PUT", f"{POLICIES}/" + policy.ref("policy.id"), whole)


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


START = "reviewSettings.schedule.startDateTime"


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


SAME_END: list[tuple[Body, Body]] = [
    ({"duration_days": 365}, {"type": "afterDuration", "duration": "P365D"}),
    ({"duration_days": 365}, {"type": "afterDuration", "duration": "PT8760H"}),
    ({"duration_days": 14}, {"type": "afterDuration", "duration": "P2W"}),
    ({"expiry": "2027-12-31T00:00:00Z"}, {"type": "afterDateTime", "endDateTime": "2027-12-31T00:00:00.0000000Z"}),
    ({"expiry": "2027-12-31 01:00:00+01:00"}, {"type": "afterDateTime", "endDateTime": "2027-12-31T00:00:00Z"}),
    ({"never_expires": True}, {"type": "noExpiration"}),
]
OTHER_END: list[tuple[Body, Body]] = [
    ({"duration_days": 365}, {"type": "afterDuration", "duration": "P1Y"}),
    ({"duration_days": 365}, {"type": "noExpiration"}),
    ({"never_expires": True}, {"type": "afterDuration", "duration": "P365D"}),
    ({"expiry": "2027-12-31T00:00:00Z"}, {"type": "afterDateTime", "endDateTime": "2027-12-30T00:00:00Z"}),
    ({"expiry": "2027-12-31T00:00:00Z"}, {"type": "afterDuration", "duration": "P365D"}),
]


def test_forms_of_an_end(play: Play, customer: Customer) -> None:
    made = play.task("access_package_policy", **KEY, requestors={}, duration_days=1)
    base = {"displayName": "MSSP SOC users", "allowedTargetScope": "notSpecified"}
    same, other = [], []
    for stated, stored in SAME_END:
        put(play, made, customer, {**base, "expiration": stored})
        same.append(play.task("access_package_policy", **KEY, **stated))
    for stated, stored in OTHER_END:
        put(play, made, customer, {**base, "expiration": stored})
        steps = (play.check("access_package_policy", **KEY, **stated), play.task("access_package_policy", **KEY, **stated))
        other.append((*steps, play.task("access_package_policy", **KEY, **stated)))
    wrong = [
        play.refused("access_package_policy", **KEY, **stated)
        for stated in ({"duration_days": 0}, {"duration_days": 3661}, {"expiry": "next year"})
    ]
    both = play.refused("access_package_policy", **KEY, duration_days=3, never_expires=True)
    play.run()

    for step, (stated, stored) in zip(same, SAME_END, strict=True):
        assert (step.changed, step.writes) == (False, []), (stated, stored)
    for (predicted, change, again), (stated, stored) in zip(other, OTHER_END, strict=True):
        same_changes(predicted, change)
        assert change.paths == [("update", "expiration")], (stated, stored)
        assert not again.changed
    for step in wrong:
        assert (step.writes, step.code) == ([], "InvalidInput")
    assert "mutually exclusive" in both.msg


def test_the_first_review_is_computed_once_and_sent_again(play: Play, customer: Customer) -> None:
    made = play.task("access_package_policy", **TIER1)
    path = f"{POLICIES}/" + made.ref("policy.id")
    first = play.get(path)
    moved_body = with_value(customer.tier1(), START, "2027-06-01T00:00:00Z")
    put(play, made, customer, moved_body)
    same = play.task("access_package_policy", **TIER1)
    also = play.task("access_package_policy", **{**TIER1, "reviews": {**TIER1["reviews"], "first_after_days": 10}})
    changed = play.task("access_package_policy", **{**TIER1, "description": "Other words"})
    after = play.get(path)
    play.run()

    assert at(first.result, START)[:10] == first_review()[:10]
    assert (same.changed, also.changed, changed.changed) == (False, False, True)
    assert at(after.result, START)[:10] == "2027-06-01"


def test_reviews_that_begin_later_begin_then(play: Play, customer: Customer) -> None:
    without = {key: value for key, value in TIER1.items() if key != "reviews"}
    made = play.task("access_package_policy", **without)
    path = f"{POLICIES}/" + made.ref("policy.id")
    none = play.get(path)
    reviews = {"enabled": True, "self_review": True, "first_after_days": 30}
    predicted = play.check("access_package_policy", **without, reviews=reviews)
    begun = play.task("access_package_policy", **without, reviews=reviews)
    after = play.get(path)
    again = play.task("access_package_policy", **without, reviews=reviews)
    off = play.task("access_package_policy", **without, reviews={"enabled": False})
    off_again = play.task("access_package_policy", **without, reviews={"enabled": False})
    play.run()

    assert not none.result["reviewSettings"]
    same_changes(predicted, begun)
    assert at(after.result, START)[:10] == first_review(30)[:10]
    # Switched on without saying how: yearly, 25 days, and no answer means removal (decisions M10).
    assert holds(after.result["reviewSettings"], with_value(customer.tier1(), START, first_review(30))["reviewSettings"]) == []
    assert not again.changed
    assert off.paths == [("update", "reviewSettings.isEnabled")]
    assert not off_again.changed


@pytest.mark.parametrize(
    ("every", "pattern"),
    [
        ("week", ("weekly", 1)),
        ("month", ("absoluteMonthly", 1)),
        ("quarter", ("absoluteMonthly", 3)),
        ("half_year", ("absoluteMonthly", 6)),
    ],
)
def test_how_often(play: Play, customer: Customer, every: str, pattern: tuple[str, int]) -> None:
    reviews = {"enabled": True, "self_review": True, "every": every, "open_days": 5, "first_on": "2027-06-01T00:00:00Z"}
    made = play.task("access_package_policy", **{**TIER1, "reviews": reviews})
    there = play.get(f"{POLICIES}/" + made.ref("policy.id"))
    again = play.task("access_package_policy", **{**TIER1, "reviews": reviews})
    too_long = play.refused("access_package_policy", **{**TIER1, "reviews": {**reviews, "open_days": 200}})
    play.run()

    schedule = there.result["reviewSettings"]["schedule"]
    assert (schedule["recurrence"]["pattern"]["type"], schedule["recurrence"]["pattern"]["interval"]) == pattern
    assert schedule["expiration"]["duration"] == "P5D"
    assert schedule["startDateTime"][:10] == "2027-06-01"
    assert not again.changed
    assert (too_long.writes, too_long.code) == ([], "InvalidInput")


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
