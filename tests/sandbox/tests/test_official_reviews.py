# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access reviews and the logs, read by the official SDK (EM H)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from reviews_building import CONFIG, Review, build, put_clock
from sandbox_harness import start_sandbox, stop_sandbox

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")
pytest.importorskip("azure.identity")

from msgraph.generated.models.access_review_instance_decision_item_access_package_assignment_policy_resource import (
    AccessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource,
)
from msgraph.generated.models.access_review_query_scope import AccessReviewQueryScope
from msgraph.generated.models.group import Group
from msgraph.generated.models.operation_result import OperationResult
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.user_identity import UserIdentity
from official.clients import Official, listed
from official.governing import new_group

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    """A review of two people that began an hour ago; answers are kept."""
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"), {**CONFIG, "journal": {"answers": True}})
    made = build(running, people=("ada", "ben"))
    put_clock(running, 1 / 24)
    yield made
    stop_sandbox(running)


@pytest.fixture(scope="module")
def official(review: Review) -> Official:
    """The clients, who signed in at the review's time."""
    return Official(review.sandbox)


def test_review(official: Official, review: Review) -> None:
    """EM H: found by its query, with its instances, and a decision for each person."""

    async def story() -> None:
        definitions = official.v1.identity_governance.access_reviews.definitions
        ours = "contains(scope/microsoft.graph.accessReviewQueryScope/query,'accessPackageAssignments')"
        (definition,) = await listed(definitions, filter=ours, top=100, skip=0)
        assert (type(definition.scope), definition.scope.query) == (AccessReviewQueryScope, review.scope_query)
        assert definition.settings.recurrence.pattern.type == RecurrencePatternType.AbsoluteYearly
        one = definitions.by_access_review_schedule_definition_id(definition.id)
        assert (await one.get()).display_name == definition.display_name
        instance = next(each for each in await listed(one.instances) if each.status == "InProgress")
        at = one.instances.by_access_review_instance_id(instance.id)
        decisions = await listed(at.decisions, top=100, skip=0)
        assert {decision.decision for decision in decisions} == {"NotReviewed"}
        people = {decision.principal.user_principal_name for decision in decisions}
        assert people == {"ada@contoso.example", "ben@contoso.example"}
        assert {type(decision.principal).__name__ for decision in decisions} >= {UserIdentity.__name__}
        kinds = {type(decision.resource) for decision in decisions}
        assert kinds == {AccessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource}
        assert {decision.resource.access_package_id for decision in decisions} == {review.package}
        assert [reviewer.display_name for reviewer in await listed(at.contacted_reviewers)] == ["rita"]

    official.run(story())


def test_audit_log(official: Official) -> None:
    """practice S11: who did what to which object, and when."""

    async def story() -> None:
        group = await new_group(official)
        await official.v1.groups.by_group_id(group).patch(Group(description="changed"))
        audits = official.v1.audit_logs.directory_audits
        about = f"targetResources/any(t: t/id eq '{group}')"
        entries = await listed(audits, filter=about, orderby=["activityDateTime desc"])
        assert [entry.activity_display_name for entry in entries] == ["Update group", "Add group"]
        assert {entry.result for entry in entries} == {OperationResult.Success}
        assert entries[0].initiated_by.app.service_principal_id
        changed = {each.display_name: each.new_value for each in entries[0].target_resources[0].modified_properties}
        assert "changed" in changed["Description"]
        assert entries[0].activity_date_time - entries[1].activity_date_time < datetime.timedelta(minutes=5)
        one = audits.by_directory_audit_id(entries[0].id)
        assert (await one.get()).correlation_id == entries[0].correlation_id

    official.run(story())
