# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom extensions: kept in catalogs, called by requests, which can wait for their answer (EM 1.1, F.3, G.1)."""

from __future__ import annotations

from typing import Any

import pytest
from requests_building import (
    CONFIG,
    add,
    advance,
    assignments_of,
    change,
    decide,
    make_policy,
    members,
    person,
    send,
    stage,
    state_of,
    user_set,
)
from sandbox_building import EM, grant_chain, make_catalog, unique
from sandbox_harness import Graph, Running

SANDBOX = CONFIG
pytestmark = pytest.mark.usefixtures("real_time")

KINDS = "#microsoft.graph.accessPackageAssignment"
MISSING = "11111111-2222-3333-4444-555555555555"


def extension_body(waits: str | None = None, kind: str = "RequestWorkflowExtension") -> dict[str, Any]:
    """As the page "Create accessPackageCustomWorkflowExtension" writes it; ``waits``: how long a request waits."""
    body: dict[str, Any] = {
        "@odata.type": KINDS + kind,
        "displayName": unique("Extension"),
        "description": "a check of ours",
        "endpointConfiguration": {
            "@odata.type": "#microsoft.graph.logicAppTriggerEndpointConfiguration",
            "subscriptionId": "38ab2ccc-3747-4567-b36b-9478f5602f0d",
            "resourceGroupName": "test",
            "logicAppWorkflowName": "elm-extension-email",
        },
        "authenticationConfiguration": {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"},
    }
    return body if waits is None else {**body, "callbackConfiguration": {"timeoutDuration": waits}}


def made(graph: Graph, catalog: str, body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = graph.ok("POST", f"{EM}/catalogs/{catalog}/customWorkflowExtensions", body, 201)
    return found


def setting(at: str, extension: dict[str, Any]) -> dict[str, Any]:
    return {"stage": at, "customExtension": {"@odata.type": extension["@odata.type"], "id": extension["id"]}}


def callouts(graph: Graph, request: str) -> list[tuple[str, str]]:
    rows = graph.ok("GET", f"{EM}/assignmentRequests/{request}")["customExtensionCalloutInstances"]
    return [(row["customExtensionId"], row["status"]) for row in rows]


def resume(graph: Graph, request: str, at: str, **data: Any) -> Any:
    """Answer the last call; the response."""
    instance = graph.ok("GET", f"{EM}/assignmentRequests/{request}")["customExtensionCalloutInstances"][-1]["id"]
    body = {
        "source": "Contoso.SodCheckProcess",
        "type": f"microsoft.graph.accessPackageCustomExtensionStage.{at}",
        "data": {
            "@odata.type": "microsoft.graph.accessPackageAssignmentRequestCallbackData",
            "stage": at,
            "customExtensionStageInstanceId": instance,
            "customExtensionStageInstanceDetail": "looked at",
            **data,
        },
    }
    return graph("POST", f"{EM}/assignmentRequests/{request}/resume", body)


def test_life_of_an_extension(graph: Graph) -> None:
    """EM 1.1: GET list, POST, GET, PATCH, DELETE; the page documents the update as PUT. 201, 200, 200, 204."""
    catalog = make_catalog(graph)
    url = f"{EM}/catalogs/{catalog}/customWorkflowExtensions"
    body = extension_body()
    documented = {"@odata.type": "microsoft.graph.customExtensionCallbackConfiguration", "durationBeforeTimeout": "PT1H"}
    row = made(graph, catalog, {**body, "callbackConfiguration": documented})
    assert row["endpointConfiguration"].pop("url").startswith("https://")
    assert {name: row[name] for name in body} == body
    assert row["callbackConfiguration"]["timeoutDuration"] == "PT1H"
    assert row["clientConfiguration"] is None
    assert [item["id"] for item in graph.ok("GET", url)["value"]] == [row["id"]]
    assert graph.ok("PATCH", f"{url}/{row['id']}", {"description": "new"})["description"] == "new"
    put = {"@odata.type": body["@odata.type"], "displayName": "renamed"}
    assert graph.ok("PUT", f"{url}/{row['id']}", put)["description"] == "new"
    read = graph.ok("GET", f"{url}/{row['id']}")
    assert (read["displayName"], read["@odata.type"]) == ("renamed", body["@odata.type"])
    assert graph.refused("GET", f"{EM}/catalogs/{make_catalog(graph)}/customWorkflowExtensions/{row['id']}")[0] == 404
    graph("DELETE", f"{url}/{row['id']}", status=204)
    assert graph.refused("GET", f"{url}/{row['id']}") == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    "changes",
    [
        {"@odata.type": "#microsoft.graph.customCalloutExtension"},
        {"displayName": None},
        {"endpointConfiguration": None},
        {"authenticationConfiguration": None},
        {"callbackConfiguration": {"timeoutDuration": "PT4M"}},
        {"callbackConfiguration": {"timeoutDuration": "P15D"}},
        {"@odata.type": KINDS + "WorkflowExtension", "callbackConfiguration": {"timeoutDuration": "PT1H"}},
    ],
)
def test_extensions_that_are_refused(graph: Graph, changes: dict[str, Any]) -> None:
    """customextensioncallbackconfiguration: between 5 minutes and 14 days; the page's required properties."""
    url = f"{EM}/catalogs/{make_catalog(graph)}/customWorkflowExtensions"
    assert graph.refused("POST", url, {**extension_body(), **changes}) == (400, "InvalidModel")


def test_extensions_need_the_governance_licence(graph: Graph) -> None:
    """Decisions M9: custom extensions are a feature beyond P2."""
    catalog = make_catalog(graph)
    graph.quirk(licence="p2")
    url = f"{EM}/catalogs/{catalog}/customWorkflowExtensions"
    assert graph.refused("POST", url, extension_body()) == (403, "NoGovernanceSku")


def test_settings_of_a_policy(graph: Graph) -> None:
    """EM F.1: customExtensionStageSettings come with $expand only; F.2: a PUT without them loses them."""
    _unused, catalog, package = grant_chain(graph)
    extension = made(graph, catalog, extension_body())
    settings = [setting("assignmentRequestGranted", extension)]
    policy = make_policy(graph, package, customExtensionStageSettings=settings)
    url = f"{EM}/assignmentPolicies/{policy}"
    assert "customExtensionStageSettings" not in graph.ok("GET", url)
    expanded = f"{url}?$expand=customExtensionStageSettings($expand=customExtension)"
    [shown] = graph.ok("GET", expanded)["customExtensionStageSettings"]
    assert (shown["stage"], shown["customExtension"]["displayName"]) == ("assignmentRequestGranted", extension["displayName"])
    used = f"{EM}/catalogs/{catalog}/customWorkflowExtensions/{extension['id']}"
    assert graph("DELETE", used).status_code == 400
    body = {name: value for name, value in graph.ok("GET", url).items() if "@" not in name and "DateTime" not in name}
    graph("PUT", url, {**body, "accessPackage": {"id": package}}, 200)
    assert graph.ok("GET", expanded)["customExtensionStageSettings"] == []
    graph("DELETE", used, status=204)


def test_settings_that_are_refused(graph: Graph) -> None:
    """EM F.3: an extension of another catalog, none at all, or one of the wrong kind for its stage."""
    _unused, catalog, package = grant_chain(graph)
    elsewhere = made(graph, make_catalog(graph), extension_body())
    wrong = made(graph, catalog, extension_body(kind="WorkflowExtension"))
    nobody = {**elsewhere, "id": MISSING}
    for extension, code in ((elsewhere, 404), (nobody, 404), (wrong, 400)):
        body = {
            "displayName": unique("Policy"),
            "accessPackage": {"id": package},
            "customExtensionStageSettings": [setting("assignmentRequestCreated", extension)],
        }
        assert graph("POST", f"{EM}/assignmentPolicies", body).status_code == code


def test_calls_along_the_way(sandbox: Running, graph: Graph) -> None:
    """EM F.3: created, approved, granted and removed each call their extension; nobody waits without a callback."""
    group, catalog, package = grant_chain(graph)
    stages = [f"assignmentRequest{name}" for name in ("Created", "Approved", "Granted", "Removed")]
    extensions = [made(graph, catalog, extension_body()) for _unused in stages]
    settings = [setting(at, extension) for at, extension in zip(stages, extensions, strict=True)]
    policy = make_policy(graph, package, stage(user_set(graph, "boss")), customExtensionStageSettings=settings)
    request = send(person(sandbox, "ana@mssp.example"), add(package, policy))
    assert callouts(graph, request) == [(extensions[0]["id"], "calloutSent")]
    decide(person(sandbox, "boss"), request, "Approve")
    assert state_of(graph, request) == "delivered"
    assert [row[0] for row in callouts(graph, request)] == [extension["id"] for extension in extensions[:3]]
    [assignment] = assignments_of(graph, package)
    removal = send(person(sandbox, "ana@mssp.example"), change("userRemove", assignment["id"]))
    assert state_of(graph, removal) == "delivered"
    assert callouts(graph, removal) == [(extensions[3]["id"], "calloutSent")]
    assert members(graph, group) == []


@pytest.mark.parametrize("at", ["assignmentRequestCreated", "assignmentRequestApproved"])
def test_a_request_waits_for_an_answer(sandbox: Running, graph: Graph, at: str) -> None:
    """accesspackageassignmentrequest-resume: WaitingForCallback until resume, which answers 204."""
    _unused, catalog, package = grant_chain(graph)
    extension = made(graph, catalog, extension_body("P2D"))
    policy = make_policy(graph, package, customExtensionStageSettings=[setting(at, extension)])
    request = send(person(sandbox, "ana@mssp.example"), add(package, policy))
    waiting = graph.ok("GET", f"{EM}/assignmentRequests/{request}")
    assert (waiting["state"], waiting["status"]) == ("submitted", "WaitingForCallback")
    assert callouts(graph, request) == [(extension["id"], "waitingForCallback")]
    assert assignments_of(graph, package) == []
    assert resume(graph, request, "assignmentRequestGranted").status_code == 400
    assert resume(graph, request, at, customExtensionStageInstanceId=MISSING).status_code == 404
    assert resume(graph, request, at).status_code == 204
    [instance] = graph.ok("GET", f"{EM}/assignmentRequests/{request}")["customExtensionCalloutInstances"]
    assert (instance["status"], instance["detail"]) == ("callbackReceived", "looked at")
    assert state_of(graph, request) == "delivered"
    assert resume(graph, request, at).status_code == 400


@pytest.mark.parametrize("outcome", ["denied", "canceled"])
def test_an_extension_ends_a_request(sandbox: Running, graph: Graph, outcome: str) -> None:
    """accesspackageassignmentrequestcallbackdata: Denied and Canceled, at the first stage only."""
    _unused, catalog, package = grant_chain(graph)
    extension = made(graph, catalog, extension_body("PT1H"))
    first = make_policy(graph, package, customExtensionStageSettings=[setting("assignmentRequestCreated", extension)])
    request = send(person(sandbox, "ana@mssp.example"), add(package, first))
    assert resume(graph, request, "assignmentRequestCreated", state="approved").status_code == 400
    assert resume(graph, request, "assignmentRequestCreated", state=outcome).status_code == 204
    assert state_of(graph, request) == outcome
    late = make_policy(graph, package, customExtensionStageSettings=[setting("assignmentRequestApproved", extension)])
    request = send(person(sandbox, "ana@mssp.example"), add(package, late))
    assert resume(graph, request, "assignmentRequestApproved", state=outcome).status_code == 400


@pytest.mark.parametrize(("switch", "state"), [("denied", "denied"), ("continues", "delivered")])
def test_an_extension_does_not_answer(sandbox: Running, graph: Graph, switch: str, state: str) -> None:
    """customextensioncalloutinstance callbackTimedOut; what becomes of the request is not documented: a switch."""
    graph.quirk(callback_timeout=switch)
    _unused, catalog, package = grant_chain(graph)
    extension = made(graph, catalog, extension_body("PT1H"))
    policy = make_policy(graph, package, customExtensionStageSettings=[setting("assignmentRequestCreated", extension)])
    request = send(person(sandbox, "ana@mssp.example"), add(package, policy))
    advance(sandbox, 0.03)
    assert callouts(graph, request) == [(extension["id"], "waitingForCallback")]
    advance(sandbox, 0.03)
    assert state_of(graph, request) == state
    assert callouts(graph, request) == [(extension["id"], "callbackTimedOut")]


def test_calls_before_the_end(sandbox: Running, graph: Graph) -> None:
    """EM F.3: fourteen days and one day before an assignment expires."""
    _unused, catalog, package = grant_chain(graph)
    stages = ("assignmentFourteenDaysBeforeExpiration", "assignmentOneDayBeforeExpiration")
    extensions = [made(graph, catalog, extension_body(kind="WorkflowExtension")) for _unused in stages]
    settings = [setting(at, extension) for at, extension in zip(stages, extensions, strict=True)]
    policy = make_policy(graph, package, customExtensionStageSettings=settings)
    send(person(sandbox, "ana@mssp.example"), add(package, policy))

    def called() -> list[str]:
        [row] = assignments_of(graph, package)
        return [item["customExtensionId"] for item in row["customExtensionCalloutInstances"]]

    counts = []
    for days in (0, 15.9, 0.2, 12.8, 0.2):
        advance(sandbox, days)
        counts.append(len(called()))
    assert counts == [0, 0, 1, 1, 2]
    assert called() == [extension["id"] for extension in extensions]
