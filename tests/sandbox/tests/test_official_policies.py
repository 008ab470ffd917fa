# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies, requests and assignments, lived through by the official SDK (EM F, G)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_harness import BASIC, MSSP_TENANT, start_sandbox, stop_sandbox

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")
pytest.importorskip("azure.identity")

from msgraph.generated.models.access_package import AccessPackage
from msgraph.generated.models.access_package_approval_stage import AccessPackageApprovalStage
from msgraph.generated.models.access_package_assignment import AccessPackageAssignment
from msgraph.generated.models.access_package_assignment_approval_settings import AccessPackageAssignmentApprovalSettings
from msgraph.generated.models.access_package_assignment_policy import AccessPackageAssignmentPolicy
from msgraph.generated.models.access_package_assignment_request import AccessPackageAssignmentRequest
from msgraph.generated.models.access_package_assignment_requestor_settings import AccessPackageAssignmentRequestorSettings
from msgraph.generated.models.access_package_assignment_review_settings import AccessPackageAssignmentReviewSettings
from msgraph.generated.models.access_package_assignment_state import AccessPackageAssignmentState
from msgraph.generated.models.access_package_request_state import AccessPackageRequestState
from msgraph.generated.models.access_package_request_type import AccessPackageRequestType
from msgraph.generated.models.access_package_text_input_question import AccessPackageTextInputQuestion
from msgraph.generated.models.access_review_expiration_behavior import AccessReviewExpirationBehavior
from msgraph.generated.models.allowed_target_scope import AllowedTargetScope
from msgraph.generated.models.azure_active_directory_tenant import AzureActiveDirectoryTenant
from msgraph.generated.models.connected_organization import ConnectedOrganization
from msgraph.generated.models.connected_organization_members import ConnectedOrganizationMembers
from msgraph.generated.models.entitlement_management_schedule import EntitlementManagementSchedule
from msgraph.generated.models.expiration_pattern import ExpirationPattern
from msgraph.generated.models.expiration_pattern_type import ExpirationPatternType
from msgraph.generated.models.external_sponsors import ExternalSponsors
from msgraph.generated.models.group_members import GroupMembers
from msgraph.generated.models.internal_sponsors import InternalSponsors
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.requestor_manager import RequestorManager
from msgraph.generated.models.single_user import SingleUser
from official.clients import Official, ask, listed
from official.governing import governance, granted_package, new_group, refused, user_id

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    """The clients, with a sandbox of their own that keeps its answers."""
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"), {**BASIC, "journal": {"answers": True}})
    yield Official(running)
    stop_sandbox(running)


def after(days: int) -> ExpirationPattern:
    """An end after some days. The SDK's own writer writes a duration as Python prints it, "30 days, 0:00:00"."""
    return ExpirationPattern(type=ExpirationPatternType.AfterDuration, additional_data={"duration": f"P{days}D"})


def whole_policy(package: str, organization: str, approvers: str, reviewer: str) -> AccessPackageAssignmentPolicy:
    """EM F.4 in the SDK's words."""
    stage = AccessPackageApprovalStage(
        additional_data={"durationBeforeAutomaticDenial": "P14D", "durationBeforeEscalation": "PT0S"},
        is_approver_justification_required=True,
        is_escalation_enabled=False,
        primary_approvers=[GroupMembers(group_id=approvers), RequestorManager(manager_level=1)],
        fallback_primary_approvers=[InternalSponsors(), ExternalSponsors()],
        escalation_approvers=[],
        fallback_escalation_approvers=[],
    )
    recurrence = PatternedRecurrence(
        pattern=RecurrencePattern(
            type=RecurrencePatternType.AbsoluteYearly, interval=1, month=0, day_of_month=0, days_of_week=[]
        ),
        range=RecurrenceRange(type=RecurrenceRangeType.NoEnd, number_of_occurrences=0),
    )
    return AccessPackageAssignmentPolicy(
        display_name="Partner staff",
        description="Partner staff may request",
        access_package=AccessPackage(id=package),
        allowed_target_scope=AllowedTargetScope.SpecificConnectedOrganizationUsers,
        specific_allowed_targets=[ConnectedOrganizationMembers(connected_organization_id=organization)],
        expiration=after(365),
        requestor_settings=AccessPackageAssignmentRequestorSettings(
            enable_targets_to_self_add_access=True,
            enable_targets_to_self_update_access=True,
            enable_targets_to_self_remove_access=True,
            allow_custom_assignment_schedule=False,
            on_behalf_requestors=[],
        ),
        request_approval_settings=AccessPackageAssignmentApprovalSettings(
            is_approval_required_for_add=True, is_approval_required_for_update=True, stages=[stage]
        ),
        review_settings=AccessPackageAssignmentReviewSettings(
            is_enabled=True,
            expiration_behavior=AccessReviewExpirationBehavior.RemoveAccess,
            is_recommendation_enabled=True,
            is_reviewer_justification_required=True,
            is_self_review=False,
            schedule=EntitlementManagementSchedule(
                start_date_time=datetime.datetime(2031, 1, 1, tzinfo=datetime.timezone.utc),
                expiration=after(25),
                recurrence=recurrence,
            ),
            primary_reviewers=[SingleUser(user_id=reviewer)],
            fallback_reviewers=[],
        ),
        questions=[AccessPackageTextInputQuestion(text="Why?", is_required=True, sequence=0, is_single_line_question=True)],
    )


def direct_policy(package: str) -> AccessPackageAssignmentPolicy:
    """A policy by which an administrator assigns, and nobody asks."""
    return AccessPackageAssignmentPolicy(
        display_name="Direct",
        description="By an administrator",
        access_package=AccessPackage(id=package),
        allowed_target_scope=AllowedTargetScope.NotSpecified,
        expiration=ExpirationPattern(type=ExpirationPatternType.NoExpiration),
    )


async def connected(official: Official) -> str:
    """The MSSP as connected organization; its id."""
    source = AzureActiveDirectoryTenant(tenant_id=MSSP_TENANT, display_name="The MSSP")
    body = ConnectedOrganization(display_name="The MSSP", identity_sources=[source])
    return str((await governance(official).connected_organizations.post(body)).id)


def test_policy(official: Official) -> None:
    """EM F.1 to F.6: everything that is written is read again, in the SDK's own types."""

    async def story() -> None:
        policies = governance(official).assignment_policies
        _group, _catalog, package = await granted_package(official)
        approvers, reviewer = await new_group(official), await user_id(official)
        body = whole_policy(package, await connected(official), approvers, reviewer)
        made = await policies.post(body)
        one = policies.by_access_package_assignment_policy_id(made.id)
        read = await ask(one, expand=["accessPackage"])
        assert (read.access_package.id, read.allowed_target_scope) == (
            package,
            AllowedTargetScope.SpecificConnectedOrganizationUsers,
        )
        assert read.expiration.duration == 365 * DAY
        (stage,) = read.request_approval_settings.stages
        assert [type(each) for each in stage.primary_approvers] == [GroupMembers, RequestorManager]
        assert (stage.primary_approvers[0].group_id, stage.duration_before_automatic_denial) == (approvers, 14 * DAY)
        review = read.review_settings
        assert review.schedule.recurrence.pattern.type == RecurrencePatternType.AbsoluteYearly
        assert review.expiration_behavior == AccessReviewExpirationBehavior.RemoveAccess
        assert [each.user_id for each in review.primary_reviewers] == [reviewer]
        (question,) = read.questions
        assert (type(question), question.text, bool(question.id)) == (AccessPackageTextInputQuestion, "Why?", True)
        (found,) = await listed(policies, filter=f"accessPackage/id eq '{package}'", expand=["accessPackage"])
        assert (found.id, found.access_package.id) == (made.id, package)
        (named,) = await listed(policies, filter="displayName eq 'Partner staff'", select=["id", "displayName"])
        assert (named.id, named.description) == (made.id, None)

        # What a PUT leaves out is gone.
        changed = direct_policy(package)
        answered = await one.put(changed)
        assert (answered.display_name, answered.review_settings, answered.questions) == ("Direct", None, [])
        again = await one.get()
        assert (again.expiration.type, again.specific_allowed_targets) == (ExpirationPatternType.NoExpiration, [])
        await one.delete()
        assert await refused(one.get()) == (404, "ResourceNotFound")

    official.run(story())


def test_put_of_what_was_read(official: Official) -> None:
    """EM F.2: what the SDK read cannot be sent back (msgraph-sdk-python #1258), nor its durations, nor without the package."""

    async def story() -> None:
        policies = governance(official).assignment_policies
        _group, _catalog, package = await granted_package(official)
        approvers = await new_group(official)
        body = whole_policy(package, "x", approvers, await user_id(official))
        body.specific_allowed_targets, body.allowed_target_scope = [], AllowedTargetScope.AllMemberUsers
        made = await policies.post(body)
        one = policies.by_access_package_assignment_policy_id(made.id)
        assert await refused(one.put(await ask(one, expand=["accessPackage"]))) == (400, "InvalidModel")
        body.expiration = ExpirationPattern(type=ExpirationPatternType.AfterDuration, duration=30 * DAY)
        assert await refused(one.put(body)) == (400, "InvalidModel")
        body.expiration, body.access_package = after(30), None
        assert await refused(one.put(body)) == (400, "ArgumentNullException")

    official.run(story(), judged=False)


async def delivered(official: Official, package: str, target: str) -> Any:
    """The assignment of a person, when it is there."""
    wanted = f"accessPackage/id eq '{package}' and target/objectId eq '{target}' and state eq 'Delivered'"
    for _look in range(5):
        found = await listed(governance(official).assignments, filter=wanted, expand=["target", "assignmentPolicy"])
        if found:
            return found[0]
    raise AssertionError("not delivered")


def test_assignment(official: Official) -> None:
    """EM G.1, G.2: given, extended and taken by an administrator."""

    async def story() -> None:
        requests = governance(official).assignment_requests
        group, _catalog, package = await granted_package(official)
        policy = (await governance(official).assignment_policies.post(direct_policy(package))).id
        target = await user_id(official)
        # These three are not in the metadata, so not in the model (EM G.1).
        flat = {"targetId": target, "assignmentPolicyId": policy, "accessPackageId": package}
        made = await requests.post(
            AccessPackageAssignmentRequest(
                request_type=AccessPackageRequestType.AdminAdd,
                assignment=AccessPackageAssignment(additional_data=flat),
                schedule=EntitlementManagementSchedule(expiration=after(30)),
                justification="Needed",
            )
        )
        assert (made.state, made.request_type) == (AccessPackageRequestState.Submitted, AccessPackageRequestType.AdminAdd)
        assignment = await delivered(official, package, target)
        assert (assignment.state, assignment.target.object_id) == (AccessPackageAssignmentState.Delivered, target)
        assert assignment.assignment_policy.id == policy
        members = await listed(official.v1.groups.by_group_id(group).members)
        assert [member.id for member in members] == [target]
        done = await requests.by_access_package_assignment_request_id(made.id).get()
        assert done.state == AccessPackageRequestState.Delivered
        extended = AccessPackageAssignmentRequest(
            request_type=AccessPackageRequestType.AdminUpdate,
            assignment=AccessPackageAssignment(id=assignment.id),
            schedule=EntitlementManagementSchedule(expiration=after(60)),
        )
        assert (await requests.post(extended)).request_type == AccessPackageRequestType.AdminUpdate
        one = governance(official).assignments.by_access_package_assignment_id(assignment.id)
        schedule = (await one.get()).schedule
        assert schedule.expiration.end_date_time - schedule.start_date_time == 60 * DAY
        taken = AccessPackageAssignmentRequest(
            request_type=AccessPackageRequestType.AdminRemove, assignment=AccessPackageAssignment(id=assignment.id)
        )
        await requests.post(taken)
        for _look in range(5):
            last = await one.get()
        assert last.state == AccessPackageAssignmentState.Expired
        wanted = f"accessPackage/id eq '{package}'"
        asked = await listed(requests, filter=wanted, expand=["requestor", "accessPackage", "assignment($expand=target)"])
        assert {each.request_type.value for each in asked} == {"adminAdd", "adminUpdate", "adminRemove"}
        assert {each.access_package.id for each in asked} == {package}

    official.run(story())
