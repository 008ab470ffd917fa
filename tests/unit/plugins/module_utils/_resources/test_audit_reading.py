# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log, role assignments and memberships: what is asked, and what is shown of the answers."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._resources import audit_log, membership, role_assignment
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Routes, graph, page

LOG = "GET auditLogs/directoryAudits"
SELECT = "$select=id,displayName,userPrincipalName,mail,userType,accountEnabled,externalUserState,groupTypes&$top=999"


@pytest.mark.parametrize(
    ("wanted", "query"),
    [
        ({}, ""),
        ({"target": A}, f"?$filter=targetResources/any(t: t/id eq '{A}')"),
        ({"service": "Core 'x'"}, "?$filter=loggedByService eq 'Core ''x'''"),
        (
            {"target": A, "activities": ["One"]},
            f"?$filter=targetResources/any(t: t/id eq '{A}') and activityDisplayName eq 'One'",
        ),
        ({"activities": ["One", "Two"]}, ""),
        ({"activities": []}, ""),
    ],
)
def test_what_the_log_is_asked(wanted, query):
    routes = Routes({f"{LOG}{query}": page()})
    defaults = {"target": None, "service": None, "activities": None, "days": None}
    assert audit_log.read(graph(routes), **{**defaults, **wanted}) == []


def test_an_entry_without_anybody():
    """Graph leaves out what it does not know."""
    routes = Routes({LOG: page({"id": "1", "activityDisplayName": "Two", "more": 1}, {"id": "2", "activityDisplayName": "ONE"})})
    (found,) = audit_log.read(graph(routes), target=None, service=None, activities=["One", "Other"], days=None)
    assert found["id"] == "2"
    assert found["initiatedBy"] == {"user": None, "app": None}
    assert found["targetResources"] == []


def test_a_role_of_nobody():
    base = "GET roleManagement/entitlementManagement"
    routes = Routes(
        {
            f"{base}/roleDefinitions": page({"id": B, "displayName": "Catalog owner"}),
            f"{base}/roleAssignments?$expand=principal": page(
                {"id": A, "principalId": C, "roleDefinitionId": B.upper(), "appScopeId": "/x", "directoryScopeId": None}
            ),
        }
    )
    (found,) = role_assignment.read(graph(routes), "entitlement_management")
    assert found["role"] == {"id": B.upper(), "displayName": "Catalog owner"}
    assert found["principal"] == {"id": C, "type": None, "displayName": None, "userPrincipalName": None}
    assert found["scope"] == "/x"


def test_a_group_without_groups_is_not_asked_twice():
    routes = Routes(
        {
            f"GET groups/{A}?$select=id,displayName": page(),
            f"GET groups/{A}/members?{SELECT}": page({"@odata.type": "#microsoft.graph.user", "id": B, "displayName": "Ada"}),
            f"GET groups/{A}/owners?{SELECT}": page(),
        }
    )
    found = membership.of_group(graph(routes), A)
    assert [x["id"] for x in found["members"]] == [B]
    assert found["transitive_members"] == found["members"]
