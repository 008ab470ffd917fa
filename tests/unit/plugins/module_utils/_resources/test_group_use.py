# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._resources.group_use import uses
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Routes, graph, page, refusal

EM = "identityGovernance/entitlementManagement"
CATALOGS = f"GET {EM}/catalogs"
RESOURCES = f"GET {EM}/catalogs/{C}/resources"
POLICIES = f"GET {EM}/assignmentPolicies"


def found(assignments=(), resources=(), policies=()):
    table = {
        "GET roleManagement/defender/roleAssignments": assignments if not isinstance(assignments, tuple) else page(*assignments),
        CATALOGS: page({"id": C, "displayName": "HR"}),
        RESOURCES: page(*resources),
        POLICIES: page(*policies),
    }
    return uses(graph(Routes(table)), A)


def test_nothing():
    assert found() == []


@pytest.mark.parametrize(
    ("assignment", "clauses"),
    [
        ({"displayName": "X", "principalIds": [A.upper(), B]}, ["the Defender role assignment 'X' names it"]),
        ({"id": C, "principalIds": [A]}, [f"the Defender role assignment '{C}' names it"]),
        ({"displayName": "X", "principalIds": [B]}, []),
        ({"displayName": "X", "principalIds": None}, []),
    ],
)
def test_defender_roles(assignment, clauses):
    assert found(assignments=(assignment,)) == clauses


def test_catalogs():
    assert found(resources=({"id": B, "originId": A.upper()},)) == ["the catalog 'HR' has it"]


GROUP = {"@odata.type": "#microsoft.graph.groupMembers", "groupId": A.upper()}


@pytest.mark.parametrize(
    ("where", "clauses"),
    [
        ({"specificAllowedTargets": [GROUP]}, 1),
        ({"requestApprovalSettings": {"stages": [{"primaryApprovers": []}, {"escalationApprovers": [GROUP]}]}}, 1),
        ({"reviewSettings": {"primaryReviewers": [GROUP]}}, 1),
        ({"requestorSettings": {"onBehalfRequestors": [GROUP, GROUP]}}, 1),
        ({"specificAllowedTargets": [{**GROUP, "groupId": B}], "reviewSettings": None}, 0),
        ({"specificAllowedTargets": [{"@odata.type": "#microsoft.graph.singleUser", "userId": A}]}, 0),
    ],
)
def test_policies(where, clauses):
    policy = {"displayName": "P", "accessPackage": {"displayName": "Payroll"}, **where}
    assert found(policies=(policy,)) == ["the policy 'P' of the package 'Payroll' names it"] * clauses


def test_what_may_not_be_read_is_a_clause_and_what_is_not_there_is_none():
    assert found(assignments=refusal(403, "Forbidden")) == ["Defender roles, which this application may not read, could use it"]
    assert found(assignments=refusal(404, "NotFound")) == []
    with pytest.raises(GraphError):
        found(assignments=refusal(400, "BadRequest"))
