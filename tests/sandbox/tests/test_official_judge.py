# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge complains of what Microsoft's models do not know, and of nothing else."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")

from official.judge import judge_all, judge_entry
from official.routes import NoSuchRoute, models_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
EM = "/v1.0/identityGovernance/entitlementManagement"
POLICY: dict[str, Any] = {
    "displayName": "P",
    "allowedTargetScope": "specificDirectoryUsers",
    "specificAllowedTargets": [{"@odata.type": "#microsoft.graph.singleUser", "userId": "x", "description": None}],
    "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": None},
    "requestorSettings": {"enableTargetsToSelfAddAccess": True, "onBehalfRequestors": []},
    "questions": [{"@odata.type": "#microsoft.graph.accessPackageTextInputQuestion", "text": "Why?", "sequence": 0}],
    "createdDateTime": "2026-01-31T10:00:00.1234567Z",
}


def entry(method: str, path: str, body: Any = None, status: int | None = 200, answer: Any = None) -> dict[str, Any]:
    """A line of the request log."""
    return {"method": method, "path": path, "body": body, "status": status, "answer": answer, "area": "graph"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({}, None),
        ({"@odata.context": "anything", "@microsoft.graph.tips": "anything"}, None),
        ({"uniqueName": "p"}, "uniqueName is unknown to AccessPackageAssignmentPolicy"),
        ({"owners@odata.bind": []}, "owners@odata.bind annotates what AccessPackageAssignmentPolicy does not know"),
        ({"allowedTargetScope": "everybody"}, "allowedTargetScope: 'everybody' is no member of AllowedTargetScope"),
        ({"displayName": 1}, "displayName: 1 is no text"),
        ({"createdDateTime": "2026-01-31T10:00:00"}, "createdDateTime: '2026-01-31T10:00:00' is no time with a zone"),
        ({"createdDateTime": "yesterday, about noon"}, "createdDateTime: 'yesterday, about noon' is no time with a zone"),
        ({"expiration": {"duration": "365"}}, "expiration.duration: '365' is no duration"),
        ({"expiration": []}, "expiration: is no object"),
        ({"requestorSettings": {"allowCustomAssignmentSchedule": "false"}}, "'false' is neither true nor false"),
        ({"specificAllowedTargets": {}}, "specificAllowedTargets: is no list"),
        (
            {"specificAllowedTargets": [{"@odata.type": "#microsoft.graph.singleUser", "id": "x"}]},
            "specificAllowedTargets[0]: id is unknown to SingleUser",
        ),
        (
            {"specificAllowedTargets": [{"@odata.type": "#microsoft.graph.nobody"}]},
            "specificAllowedTargets[0]: #microsoft.graph.nobody was read as SubjectSet",
        ),
        ({"questions": [{"sequence": True}]}, "questions[0].sequence: True is no whole number"),
    ],
)
def test_bodies_and_answers(change: dict[str, Any], complaint: str | None) -> None:
    body = {**POLICY, **change}
    sent = judge_entry(entry("POST", f"{EM}/assignmentPolicies", body))
    answered = judge_entry(entry("GET", f"{EM}/assignmentPolicies?$top=5", answer={"value": [POLICY, body]}))
    for found, place in ((sent, "sent: "), (answered, "answered: value[1]")):
        assert len(found) == (complaint is not None)
        assert all(place in words and words.endswith(complaint or "") for words in found)


@pytest.mark.parametrize(
    ("method", "path", "body", "answer"),
    [
        ("GET", "/v1.0/groups('x')/members?$select=id", None, "DirectoryObjectCollectionResponse"),
        ("PATCH", "/v1.0/groups(uniqueName='it''s')", "Group", "Group"),
        ("POST", "/v1.0/groups/x/members/$ref", "ReferenceCreate", None),
        ("DELETE", "/v1.0/groups/x/members/y/$ref", None, None),
        ("GET", "/v1.0/directory/deletedItems/microsoft.graph.group", None, "GroupCollectionResponse"),
        ("GET", "/v1.0/tenantRelationships/findTenantInformationByTenantId(tenantId='x')", None, "TenantInformation"),
        ("PUT", f"{EM}/assignmentPolicies/x", "AccessPackageAssignmentPolicy", "AccessPackageAssignmentPolicy"),
        ("GET", "/beta/roleManagement/defender/roleDefinitions", None, "UnifiedRoleDefinitionCollectionResponse"),
        ("POST", "/beta/roleManagement/defender/roleAssignments", *["UnifiedRoleAssignmentMultiple"] * 2),
    ],
)
def test_models_are_those_of_the_sdk(method: str, path: str, body: str | None, answer: str | None) -> None:
    models = models_of(method, path)
    assert (getattr(models.body, "__name__", None), getattr(models.answer, "__name__", None)) == (body, answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", f"{EM}/assignmentPolicies/x"), ("GET", "/v1.0/roleManagement/defender/roleDefinitions"), ("GET", "/v1.0/nothing")],
)
def test_what_the_sdk_cannot_ask(method: str, path: str) -> None:
    """EM 1.1, Defender 1."""
    with pytest.raises(NoSuchRoute):
        models_of(method, path)
    assert len(judge_entry(entry(method, path))) == 1


def test_content_where_none_is_expected() -> None:
    found = judge_all([entry("POST", "/v1.0/groups/x/members/$ref", {"@odata.id": "https://x"}, 204, {"id": "x"})] * 2)
    assert found == ["POST /v1.0/groups/x/members/$ref answered: the SDK expects nothing"]


def test_errors_and_cut_connections() -> None:
    error = {"code": "x", "message": "y", "innerError": {"date": "2026-01-31T10:00:00", "request-id": "z"}}
    assert judge_entry(entry("GET", "/v1.0/groups/x", None, 404, {"error": error})) == []
    assert judge_entry(entry("GET", "/v1.0/groups/x", None, None, {"nonsense": 1})) == []
    (found,) = judge_entry(entry("GET", "/v1.0/groups/x", None, 404, {"error": {**error, "reason": "?"}}))
    assert found == "GET /v1.0/groups/x refused: error: reason is unknown to MainError"


def test_what_the_reference_vouches_for() -> None:
    """EM G.1: beside the metadata, and only in this request."""
    body = {"requestType": "adminAdd", "assignment": {"targetId": "x", "assignmentPolicyId": "y", "accessPackageId": "z"}}
    assert judge_entry(entry("POST", f"{EM}/assignmentRequests", body)) == []
    assert len(judge_entry(entry("GET", f"{EM}/assignmentRequests/x", answer=body))) == 3
