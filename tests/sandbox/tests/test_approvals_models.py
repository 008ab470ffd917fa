# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's own models read what people, approvers and extensions send and are answered."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")

from official.judge import judge_all
from requests_building import (
    CONFIG,
    add,
    assignments_of,
    change,
    decide,
    make_policy,
    person,
    send,
    stage,
    stages_of,
    state_of,
    user_set,
)
from sandbox_building import EM, grant_chain
from sandbox_harness import Graph, Start

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
CREATED = "assignmentRequestCreated"
EXTENSION: dict[str, Any] = {
    "@odata.type": "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension",
    "displayName": "A check of ours",
    "description": "",
    "endpointConfiguration": {
        "@odata.type": "#microsoft.graph.logicAppTriggerEndpointConfiguration",
        "subscriptionId": "38ab2ccc-3747-4567-b36b-9478f5602f0d",
        "resourceGroupName": "test",
        "logicAppWorkflowName": "check",
    },
    "authenticationConfiguration": {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"},
    "callbackConfiguration": {"timeoutDuration": "PT1H"},
}


def resume(graph: Graph, request: str) -> None:
    instance = graph.ok("GET", f"{EM}/assignmentRequests/{request}")["customExtensionCalloutInstances"][0]["id"]
    data = {
        "@odata.type": "#microsoft.graph.accessPackageAssignmentRequestCallbackData",
        "stage": CREATED,
        "customExtensionStageInstanceId": instance,
        "customExtensionStageInstanceDetail": "fine",
    }
    body = {"source": "ours", "type": f"microsoft.graph.accessPackageCustomExtensionStage.{CREATED}", "data": data}
    graph("POST", f"{EM}/assignmentRequests/{request}/resume", body, 204)


def test_the_models_know_everything(start: Start) -> None:
    """EM G.1 to G.3: no property that Microsoft's models do not know, no value outside an enumeration."""
    sandbox = start({**CONFIG, "journal": {"answers": True}})
    graph = sandbox.graph()
    ana, boss = person(sandbox, "ana@mssp.example"), person(sandbox, "boss")
    _unused, catalog, package = grant_chain(graph)
    extension = graph.ok("POST", f"{EM}/catalogs/{catalog}/customWorkflowExtensions", EXTENSION, 201)
    graph.ok("GET", f"{EM}/catalogs/{catalog}/customWorkflowExtensions")
    named = {"@odata.type": extension["@odata.type"], "id": extension["id"]}
    settings = [{"stage": CREATED, "customExtension": named}]
    policy = make_policy(graph, package, stage(user_set(graph, "boss")), customExtensionStageSettings=settings)
    graph.ok("GET", f"{EM}/assignmentPolicies/{policy}?$expand=customExtensionStageSettings($expand=customExtension)")
    sandbox.control("DELETE", "requests")
    ana.ok("GET", f"{EM}/accessPackages/filterByCurrentUser(on='allowedRequestor')")
    ana.ok("POST", f"{EM}/accessPackages/{package}/getApplicablePolicyRequirements")
    request = send(ana, add(package, policy, justification="why"))
    resume(graph, request)
    boss.ok("GET", f"{EM}/accessPackageAssignmentApprovals/filterByCurrentUser(on='approver')?$expand=stages")
    boss.ok("GET", f"{EM}/accessPackageAssignmentApprovals/{request}")
    assert stages_of(boss, request)[0]["assignedToMe"] is True
    assert decide(boss, request, "Approve", justification="yes").status_code == 204
    stages_of(boss, request)
    assert state_of(graph, request) == "delivered"
    [row] = assignments_of(graph, package)
    for kind in ("assignments", "assignmentRequests"):
        ana.ok("GET", f"{EM}/{kind}/filterByCurrentUser(on='target')")
    send(boss, change("approverRemove", row["id"]))
    graph.ok("GET", f"{EM}/assignmentRequests", Prefer="include-unknown-enum-members")
    assert ana.refused("GET", f"{EM}/assignmentRequests") == (403, "UnAuthorized")
    entries = sandbox.control("GET", "requests")["requests"]
    assert len(entries) > 15
    assert judge_all(entries) == []
