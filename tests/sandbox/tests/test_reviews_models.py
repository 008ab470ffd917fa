# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reviews and both logs parse with Microsoft's own models, and nothing in them is unknown to the models."""

from __future__ import annotations

from typing import Any

import pytest
from audit_building import AUDITS
from reviews_building import CONFIG, REVIEWS, build, person, put_clock
from sandbox_harness import Running

pytest.importorskip("msgraph")

from msgraph.generated.models.access_review_instance_collection_response import AccessReviewInstanceCollectionResponse
from msgraph.generated.models.access_review_instance_decision_item_access_package_assignment_policy_resource import (
    AccessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource,
)
from msgraph.generated.models.access_review_instance_decision_item_collection_response import (
    AccessReviewInstanceDecisionItemCollectionResponse,
)
from msgraph.generated.models.access_review_reviewer_collection_response import AccessReviewReviewerCollectionResponse
from msgraph.generated.models.access_review_schedule_definition_collection_response import (
    AccessReviewScheduleDefinitionCollectionResponse,
)
from msgraph.generated.models.directory_audit_collection_response import DirectoryAuditCollectionResponse
from msgraph.generated.models.sign_in_collection_response import SignInCollectionResponse
from test_official_models import leftovers, parse

SANDBOX = CONFIG


def test_reviews(sandbox: Running) -> None:
    """EM H, by the models that the official SDK is made of."""
    review = build(sandbox)
    graph = put_clock(sandbox, 1)
    url = f"{review.instance_path(graph)}/decisions/{review.decision(graph, 'ada')['id']}"
    person(sandbox, "rita")("PATCH", url, {"decision": "Approve", "justification": "Yes"}, 204)

    def read(path: str, model: Any) -> Any:
        found = parse(graph("GET", path, status=200).content, model)
        assert leftovers(found) == []
        return found.value[0]

    definition = read(f"{REVIEWS}/definitions", AccessReviewScheduleDefinitionCollectionResponse)
    assert definition.scope.query == review.scope_query
    assert definition.settings.recurrence.pattern.interval == 1
    assert definition.settings.apply_actions[0].odata_type == "#microsoft.graph.removeAccessApplyAction"
    instance = read(f"{review.path(graph)}/instances", AccessReviewInstanceCollectionResponse)
    assert (instance.status, instance.start_date_time.day, instance.end_date_time.month) == ("InProgress", 10, 2)
    decision = read(f"{review.instance_path(graph)}/decisions", AccessReviewInstanceDecisionItemCollectionResponse)
    assert isinstance(decision.resource, AccessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource)
    assert (decision.resource.access_package_id, decision.reviewed_by.display_name) == (review.package, "rita")
    assert decision.principal.display_name == "ada"
    reviewer = read(f"{review.instance_path(graph)}/contactedReviewers", AccessReviewReviewerCollectionResponse)
    assert reviewer.user_principal_name == "rita@contoso.example"


def test_logs(sandbox: Running) -> None:
    """resources/directoryaudit and resources/signin, by the same models (practice S11)."""
    graph = put_clock(sandbox, 2)
    graph("POST", "/groups", {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}, 201)
    audits = parse(graph("GET", f"{AUDITS}?$top=1", status=200).content, DirectoryAuditCollectionResponse)
    assert leftovers(audits) == []
    (entry,) = audits.value
    assert (entry.activity_display_name, entry.result.value, entry.operation_type) == ("Add group", "success", "Add")
    assert (entry.initiated_by.app.display_name, entry.initiated_by.user) == ("default", None)
    assert entry.target_resources[0].group_type.value == "azureAD"
    sign_ins = parse(graph("GET", "/auditLogs/signIns", status=200).content, SignInCollectionResponse)
    assert leftovers(sign_ins) == []
    assert (sign_ins.value[0].status.error_code, sign_ins.value[0].is_interactive) == (0, True)
