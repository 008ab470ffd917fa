# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assignment policies: the bodies of an onboarding, full replace, refusals, read-back (EM F)."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_building import EM, POLICIES, grant_chain, guest_id, make_catalog, make_package, policy_body
from sandbox_harness import Graph

ZERO = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def package(graph: Graph) -> str:
    return make_package(graph, make_catalog(graph))


def without_descriptions(value: Any) -> Any:
    """A body as it compares: no subject-set descriptions, no nulls, no fillers of a recurrence."""
    if isinstance(value, dict):
        fillers = {"firstDayOfWeek": "sunday", "index": "first"}
        subject = str(value.get("@odata.type", "")).startswith("#microsoft.graph.")
        return {
            key: without_descriptions(item)
            for key, item in value.items()
            if item is not None and fillers.get(key) != item and not (subject and key == "description")
        }
    return [without_descriptions(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", POLICIES)
def test_onboarding_bodies_are_accepted_and_read_back(graph: Graph, package: str, name: str) -> None:
    body = policy_body(graph, name, package)
    created = graph.ok("POST", f"{EM}/assignmentPolicies", body, 201)
    read = graph.ok("GET", f"{EM}/assignmentPolicies/{created['id']}")
    sent = without_descriptions({key: value for key, value in body.items() if key != "accessPackage"})
    assert {key: value for key, value in without_descriptions(read).items() if key in sent} == sent
    assert read["automaticRequestSettings"] is None
    assert "accessPackage" not in read
    assert len(created["createdDateTime"].partition(".")[2]) == 8
    assert len(read["createdDateTime"].partition(".")[2]) <= 4
    again = graph.ok("PUT", f"{EM}/assignmentPolicies/{created['id']}", {**body, "automaticRequestSettings": None})
    assert without_descriptions(again)["reviewSettings"] == sent["reviewSettings"]
    assert graph("DELETE", f"{EM}/assignmentPolicies/{created['id']}").status_code == 204


def test_subject_sets_come_back_with_a_name(graph: Graph, package: str) -> None:
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "approvers", package), 201)
    read = graph.ok("GET", f"{EM}/assignmentPolicies/{policy['id']}")
    assert read["specificAllowedTargets"][0]["description"] == "MSSP"
    assert read["requestApprovalSettings"]["stages"][0]["primaryApprovers"][0]["description"] == "Customer Admin"


def test_put_loses_what_it_leaves_out(graph: Graph, package: str) -> None:
    body = policy_body(
        graph,
        "tier1",
        package,
        questions=[
            {
                "@odata.type": "#microsoft.graph.accessPackageTextInputQuestion",
                "text": "Ticket?",
                "sequence": 1,
                "isRequired": True,
            }
        ],
    )
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", body, 201)
    assert policy["questions"][0]["id"]
    short = {key: value for key, value in body.items() if key not in ("reviewSettings", "questions", "notificationSettings")}
    after = graph.ok("PUT", f"{EM}/assignmentPolicies/{policy['id']}", short)
    assert (after["reviewSettings"], after["questions"], after["notificationSettings"]) == (None, [], None)


def test_unmodified_get_body_is_refused_in_put(graph: Graph, package: str) -> None:
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)
    read = graph.ok("GET", f"{EM}/assignmentPolicies/{policy['id']}?$expand=accessPackage")
    assert graph.refused("PUT", f"{EM}/assignmentPolicies/{policy['id']}", read) == (400, "InvalidModel")


def test_put_without_package(graph: Graph, package: str) -> None:
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)
    body = policy_body(graph, "tier1", package)
    del body["accessPackage"]
    assert graph.refused("PUT", f"{EM}/assignmentPolicies/{policy['id']}", body) == (400, "ArgumentNullException")
    graph.quirk(put_requires_package=False)
    graph("PUT", f"{EM}/assignmentPolicies/{policy['id']}", body, 200)


def change(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The body with one deep value changed; a path such as ``reviewSettings/schedule/expiration/duration``."""
    *way, last = path.split("/")
    target: Any = body
    for part in way:
        target = target[int(part)] if part.isdigit() else target[part]
    if value is KeyError:
        del target[last]
    else:
        target[last] = value
    return body


STAGE = "requestApprovalSettings/stages/0"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("allowedTargetScope", "everybody", (400, "ArgumentException")),
        ("expiration/type", "sometimes", (400, "ArgumentException")),
        ("expiration/duration", "a year", (400, "InvalidModel")),
        ("expiration/duration", "P3661D", (400, "InvalidModel")),
        ("createdDateTime", "2026-01-01T00:00:00Z", (400, "InvalidModel")),
        ("acceptRequests", True, (400, "InvalidModel")),
        ("requestorSettings/enableTargetsToSelfAddAccess", "true", (400, "InvalidModel")),
        ("specificAllowedTargets", [], (400, "InvalidModel")),
        ("specificAllowedTargets/0/connectedOrganizationId", ZERO, (404, "ResourceNotFound")),
        ("specificAllowedTargets/0/@odata.type", "#microsoft.graph.nobody", (400, "InvalidModel")),
        (f"{STAGE}/primaryApprovers/0/groupId", ZERO, (404, "ResourceNotFound")),
        (f"{STAGE}/primaryApprovers", [], (400, "InvalidModel")),
        (f"{STAGE}/escalationApprovers", KeyError, (400, "InvalidModel")),
        ("requestApprovalSettings/stages", [], (400, "InvalidModel")),
        ("reviewSettings/schedule/expiration/duration", "P400D", (400, "InvalidModel")),
        ("accessPackage/id", ZERO, (404, "ResourceNotFound")),
        ("accessPackage/id", "tier1", (404, "ResourceNotFound")),
        ("accessPackage", KeyError, (400, "ArgumentNullException")),
        ("displayName", "", (400, "InvalidModel")),
    ],
)
def test_refusals(graph: Graph, package: str, path: str, value: Any, expected: tuple[int, str]) -> None:
    body = change(policy_body(graph, "tier1", package), path, value)
    assert graph.refused("POST", f"{EM}/assignmentPolicies", body) == expected


def test_at_most_three_stages(graph: Graph, package: str) -> None:
    body = policy_body(graph, "tier1", package)
    body["requestApprovalSettings"]["stages"] *= 4
    assert graph.refused("POST", f"{EM}/assignmentPolicies", body) == (400, "InvalidModel")


def test_second_policy_of_the_same_name(graph: Graph, package: str) -> None:
    graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)
    assert graph.refused("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package)) == (
        409,
        "DuplicateKey",
    )


def test_no_patch_and_no_route_below_the_package(graph: Graph, package: str) -> None:
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)
    assert graph.refused("PATCH", f"{EM}/assignmentPolicies/{policy['id']}", {"displayName": "x"}) == (404, "")
    assert graph.refused("POST", f"{EM}/accessPackages/{package}/assignmentPolicies", {}) == (404, "")


def test_list_by_package(graph: Graph, package: str) -> None:
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)
    found = graph.ok("GET", f"{EM}/assignmentPolicies?$expand=accessPackage&$filter=accessPackage/id eq '{package}'")["value"]
    assert [(item["id"], item["accessPackage"]["id"]) for item in found] == [(policy["id"], package)]
    nested = graph.ok("GET", f"{EM}/accessPackages/{package}?$expand=assignmentPolicies,catalog")
    assert [item["id"] for item in nested["assignmentPolicies"]] == [policy["id"]]


def test_flags_that_do_not_stick(graph: Graph, package: str) -> None:
    graph.quirk(justification_flags_stick=False)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)
    approval = policy["requestApprovalSettings"]
    assert (approval["isRequestorJustificationRequired"], approval["stages"][0]["isApproverJustificationRequired"]) == (
        False,
        False,
    )


def test_licences(graph: Graph, package: str) -> None:
    body = policy_body(graph, "tier1", package)
    sponsors = change(
        policy_body(graph, "tier2", package),
        f"{STAGE}/primaryApprovers",
        [{"@odata.type": "#microsoft.graph.internalSponsors"}],
    )
    graph.quirk(licence="none")
    assert graph.refused("POST", f"{EM}/assignmentPolicies", body) == (403, "NoLicense")
    graph.quirk(licence="p2")
    assert graph.refused("POST", f"{EM}/assignmentPolicies", sponsors) == (403, "NoGovernanceSku")
    graph.quirk(licence="governance", subscription_linked=False)
    assert graph.refused("POST", f"{EM}/assignmentPolicies", sponsors)[0] == 403
    graph.ok("POST", f"{EM}/assignmentPolicies", body, 201)


def test_delete_is_refused_while_somebody_has_access(graph: Graph) -> None:
    _unused, _unused, package = grant_chain(graph)
    policy = graph.ok("POST", f"{EM}/assignmentPolicies", policy_body(graph, "tier1", package), 201)["id"]
    graph(
        "POST",
        f"{EM}/assignmentRequests",
        {
            "requestType": "adminAdd",
            "parameters": {"bypassApproval": True},
            "assignment": {"targetId": guest_id(graph), "assignmentPolicyId": policy, "accessPackageId": package},
        },
        201,
    )
    assert graph.refused("DELETE", f"{EM}/assignmentPolicies/{policy}")[0] == 400
    assert graph.refused("DELETE", f"{EM}/accessPackages/{package}")[0] == 400
