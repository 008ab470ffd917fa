# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers parse with Microsoft's own models, and nothing in them is unknown to the models."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_building import EM, POLICIES, grant_chain, make_group, mssp_organization, policy_body, user_id
from sandbox_harness import Graph

pytest.importorskip("msgraph")

from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from msgraph.generated.models.access_package import AccessPackage
from msgraph.generated.models.access_package_assignment_collection_response import (
    AccessPackageAssignmentCollectionResponse,
)
from msgraph.generated.models.access_package_assignment_policy import AccessPackageAssignmentPolicy
from msgraph.generated.models.connected_organization import ConnectedOrganization
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.organization_collection_response import OrganizationCollectionResponse


def parse(content: bytes, model: Any) -> Any:
    return JsonParseNodeFactory().get_root_parse_node("application/json", content).get_object_value(model)


def leftovers(value: Any, seen: set[int] | None = None) -> list[str]:
    """Names of properties that no model knows, anywhere below."""
    seen = seen if seen is not None else set()
    if id(value) in seen or not hasattr(value, "__dict__"):
        return []
    seen.add(id(value))
    store = getattr(value, "backing_store", None)
    pairs = dict(store.enumerate_()) if store else {}
    unknown = [name for name in (pairs.get("additional_data") or {}) if "@" not in name]
    for item in pairs.values():
        item = item[1] if isinstance(item, tuple) else item
        for part in item if isinstance(item, list) else [item]:
            unknown += leftovers(part, seen)
    return unknown


@pytest.mark.parametrize("name", POLICIES)
def test_policy(graph: Graph, name: str) -> None:
    _unused, _unused, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, name, package), 201)
    model = parse(
        graph("GET", f"{EM}/assignmentPolicies/{policy['id']}?$expand=accessPackage").content,
        AccessPackageAssignmentPolicy,
    )
    assert model.display_name == policy["displayName"]
    assert model.review_settings.schedule.recurrence.pattern.interval == 1
    assert model.access_package.id == package
    assert leftovers(model) == []


def test_package_with_everything(graph: Graph) -> None:
    group, _unused, package = grant_chain(graph)
    answer = graph("GET", f"{EM}/accessPackages/{package}?$expand=catalog,resourceRoleScopes($expand=role,scope)")
    model = parse(answer.content, AccessPackage)
    assert model.resource_role_scopes[0].role.origin_id == f"Member_{group}"
    assert leftovers(model) == []


def test_others(graph: Graph) -> None:
    group = parse(graph("GET", f"/groups/{make_group(graph)}").content, Group)
    assert (group.security_enabled, leftovers(group)) == (True, [])
    organization = parse(graph("GET", f"{EM}/connectedOrganizations/{mssp_organization(graph)}").content, ConnectedOrganization)
    assert (type(organization.identity_sources[0]).__name__.endswith("Source"), leftovers(organization)) == (True, [])
    tenant = parse(graph("GET", "/organization").content, OrganizationCollectionResponse)
    assert tenant.value[0].verified_domains[0].name == "contoso.example"
    error = parse(graph("GET", "/groups/x").content, ODataError)
    assert (error.error.code, bool(error.error.inner_error.request_id)) == ("Request_ResourceNotFound", True)


def test_assignments(graph: Graph) -> None:
    _unused, _unused, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "customer_approvers", package), 201)["id"]
    target = user_id(graph)
    graph(
        "POST",
        f"{EM}/assignmentRequests",
        {
            "requestType": "adminAdd",
            "assignment": {"targetId": target, "assignmentPolicyId": policy, "accessPackageId": package},
        },
        201,
    )
    content = graph("GET", f"{EM}/assignments?$filter=accessPackage/id eq '{package}'&$expand=target,assignmentPolicy").content
    model = parse(content, AccessPackageAssignmentCollectionResponse)
    assert model.value[0].target.object_id == target
    assert leftovers(model) == []
