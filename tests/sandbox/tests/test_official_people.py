# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who signed in with azure-identity ask for access and decide, by the official SDK (EM G)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from requests_building import CONFIG, make_policy, principal, stage, user_set
from sandbox_building import grant_chain, user_id
from sandbox_harness import start_sandbox, stop_sandbox

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")
pytest.importorskip("azure.identity")

from msgraph.generated.models.access_package_assignment import AccessPackageAssignment
from msgraph.generated.models.access_package_assignment_request import AccessPackageAssignmentRequest
from msgraph.generated.models.access_package_request_state import AccessPackageRequestState
from msgraph.generated.models.access_package_request_type import AccessPackageRequestType
from msgraph.generated.models.approval_stage import ApprovalStage
from official.clients import Official, listed, person_credential
from official.governing import governance, refused

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PEOPLE = {"name": "people", "public": True, "scopes": "all", "permissions": []}


@pytest.fixture(scope="module")
def administrator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    """The default client, with a sandbox full of people that keeps its answers."""
    first = {**CONFIG["tenants"][0], "clients": [PEOPLE]}
    config = {**CONFIG, "tenants": [first], "journal": {"answers": True}, "device_code_interval": 1}
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"), config)
    yield Official(running)
    stop_sandbox(running)


@pytest.fixture(scope="module")
def package(administrator: Official) -> tuple[str, str]:
    """A package for which Emil decides, and the policy by which everybody asks."""
    graph = administrator.sandbox.graph()
    _group, _catalog, package = grant_chain(graph)
    return package, make_policy(graph, package, stage(user_set(graph, "emil")))


@pytest.fixture(scope="module")
def fay(administrator: Official) -> Official:
    return signed_in(administrator, "fay")


@pytest.fixture(scope="module")
def emil(administrator: Official) -> Official:
    return signed_in(administrator, "emil")


def signed_in(administrator: Official, name: str) -> Official:
    """The clients of somebody who signed in with a device code."""
    sandbox = administrator.sandbox
    client = next(client for client in sandbox.tenant()["clients"] if client["name"] == "people")
    return Official(sandbox, person_credential(sandbox, client["client_id"], principal(name)))


async def ask_for(somebody: Official, package: tuple[str, str], target: str) -> Any:
    """A request for oneself; what it names is not in the metadata (EM G.1)."""
    wanted = {"targetId": target, "accessPackageId": package[0], "assignmentPolicyId": package[1]}
    return await governance(somebody).assignment_requests.post(
        AccessPackageAssignmentRequest(
            request_type=AccessPackageRequestType.UserAdd,
            assignment=AccessPackageAssignment(additional_data=wanted),
            justification="On call",
        )
    )


def test_asked_and_approved(administrator: Official, fay: Official, emil: Official, package: tuple[str, str]) -> None:
    """EM G.3: Approve is written, Approved is read; the approval's id is the request's."""
    target = user_id(administrator.sandbox.graph(), principal("fay"))
    request = fay.run(ask_for(fay, package, target))
    assert request.request_type == AccessPackageRequestType.UserAdd

    async def approve() -> None:
        approvals = governance(emil).access_package_assignment_approvals
        mine = await approvals.filter_by_current_user_with_on("approver").get()
        assert [each.id for each in mine.value] == [request.id]
        stages = approvals.by_approval_id(request.id).stages
        (found,) = await listed(stages)
        assert (found.review_result, found.status, found.assigned_to_me) == ("NotReviewed", "InProgress", True)
        one = stages.by_approval_stage_id(found.id)
        decision = ApprovalStage(review_result="Approve", justification="Known")
        await one.patch(decision)
        decided = await one.get()
        assert (decided.review_result, decided.status, decided.justification) == ("Approved", "Completed", "Known")
        assert decided.reviewed_by is not None

    emil.run(approve())

    async def look() -> None:
        mine = await governance(fay).assignment_requests.filter_by_current_user_with_on("target").get()
        assert [each.id for each in mine.value] == [request.id]
        for _look in range(5):
            read = await governance(fay).assignment_requests.by_access_package_assignment_request_id(request.id).get()
        assert read.state == AccessPackageRequestState.Delivered
        held = await governance(fay).assignments.filter_by_current_user_with_on("target").get()
        assert len(held.value) == 1

    fay.run(look())


def test_what_an_application_may_not(administrator: Official) -> None:
    """EM G.3: "Application: Not supported"."""

    async def story() -> None:
        approvals = governance(administrator).access_package_assignment_approvals
        assert (await refused(approvals.filter_by_current_user_with_on("approver").get()))[0] == 403
        assert (await refused(approvals.by_approval_id("x").stages.get()))[0] == 403

    administrator.run(story())


def test_who_signed_in(emil: Official) -> None:
    async def story() -> None:
        assert (await emil.v1.me.get()).user_principal_name == principal("emil")

    emil.run(story())
