# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A group of the right name that is used for something else is not taken over (practice M6), by real playbook runs."""

from __future__ import annotations

import typing as t

import pytest
from harness.story import Play
from harness.tenants import EM, Tenant

OURS = {"name": "Tier 2 Analyst", "unique_name": "mssp-b1000000-tier2"}


def defender_role(tenant: Tenant, group: str) -> str:
    """Their own Defender role gives it access."""
    permissions = [{"allowedResourceActions": ["microsoft.xdr/secops/securitydata/basics/read"]}]
    role = tenant.post(
        "roleManagement/defender/roleDefinitions", {"displayName": "Theirs", "rolePermissions": permissions}, beta=True
    )
    assignment = {"displayName": "Their readers", "roleDefinitionId": role["id"], "principalIds": [group], "appScopeIds": ["/"]}
    tenant.post("roleManagement/defender/roleAssignments", assignment, beta=True)
    return "in use: the Defender role assignment 'Their readers' names it"


def catalog(tenant: Tenant, group: str) -> str:
    """A catalog of theirs offers it."""
    made = tenant.post(f"{EM}/catalogs", {"displayName": "Their catalog"})
    resource = {"originId": group, "originSystem": "AadGroup"}
    tenant.post(f"{EM}/resourceRequests", {"requestType": "adminAdd", "catalog": {"id": made["id"]}, "resource": resource})
    return "in use: the catalog 'Their catalog' has it"


def policy(tenant: Tenant, group: str) -> str:
    """Its members decide something."""
    made = tenant.post(f"{EM}/catalogs", {"displayName": "Their catalog"})
    package = tenant.post(f"{EM}/accessPackages", {"displayName": "Their package", "catalog": {"id": made["id"]}})
    stage = {
        "durationBeforeAutomaticDenial": "P14D",
        "isApproverJustificationRequired": False,
        "isEscalationEnabled": False,
        "durationBeforeEscalation": "PT0S",
        "primaryApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": group}],
        **dict.fromkeys(("fallbackPrimaryApprovers", "escalationApprovers", "fallbackEscalationApprovers"), []),
    }
    body = {
        "displayName": "Their policy",
        "description": "",
        "allowedTargetScope": "allMemberUsers",
        "expiration": {"type": "noExpiration"},
        "accessPackage": {"id": package["id"]},
        "requestorSettings": {"enableTargetsToSelfAddAccess": True},
        "requestApprovalSettings": {"isApprovalRequiredForAdd": True, "isApprovalRequiredForUpdate": False, "stages": [stage]},
    }
    tenant.post(f"{EM}/assignmentPolicies", body)
    return "in use: the policy 'Their policy' of the package 'Their package' names it"


@pytest.mark.parametrize("use", [defender_role, catalog, policy])
def test_a_group_in_use_is_refused(play: Play, tenant: Tenant, use: t.Callable[[Tenant, str], str]) -> None:
    group = tenant.group("Tier 2 Analyst")
    words = use(tenant, group)

    predicted = play.task("aad_group", check=True, fails=True, **OURS)
    refused = play.refused("aad_group", **OURS)
    by_id = play.check("aad_group", group_id=group, unique_name=OURS["unique_name"])
    adopted = play.task("aad_group", **OURS, adopt=True)
    again = play.task("aad_group", **OURS)
    play.run()

    for step in (predicted, refused):
        assert step.writes == []
        assert step.code == "AdoptionRefused"
        assert f"a group of this name (id {group}) is there already, and {words}" in step.msg
        assert "name the group by group_id, or set adopt: true" in step.msg
    assert by_id.paths == [("update", "uniqueName")]
    assert adopted.result["group"]["id"] == group
    # From then on its unique name proves that it is ours, whatever it is used for.
    assert not again.changed


def test_what_may_not_be_read_cannot_be_ruled_out(play: Play, tenant: Tenant) -> None:
    tenant.group("Tier 2 Analyst")
    play.faults({"method": "GET", "path": "catalogs", "status": 403, "code": "UnAuthorized", "message": "no"})
    refused = play.refused("aad_group", **OURS)
    play.run()

    assert refused.writes == []
    assert "in use: catalogs, which this application may not read, could use it" in refused.msg


def test_harmless_namesakes_are_taken_over(play: Play, tenant: Tenant) -> None:
    """Also where the workload is not activated: then nothing of Defender uses it."""
    group = tenant.group("Tier 2 Analyst")
    play.quirks(urbac_active=False, urbac_inactive_answer="empty")
    adopted = play.task("aad_group", **OURS)
    play.run()

    assert adopted.result["group"]["id"] == group
    assert adopted.paths == [("update", "uniqueName")]
