# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defender's roles, lived through by the official SDK of Graph's beta (Defender 1, 2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_building import unique
from sandbox_harness import BASIC, start_sandbox, stop_sandbox

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")
pytest.importorskip("azure.identity")

from msgraph_beta.generated.models.unified_role_assignment_multiple import UnifiedRoleAssignmentMultiple
from msgraph_beta.generated.models.unified_role_definition import UnifiedRoleDefinition
from msgraph_beta.generated.models.unified_role_permission import UnifiedRolePermission
from official.clients import Official, ask, every, listed
from official.governing import new_group, refused, user_id

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BASICS = "microsoft.xdr/secops/securitydata/basics/read"
ALERTS = "microsoft.xdr/secops/securitydata/alerts/manage"


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    """The clients, with a sandbox of their own that keeps its answers."""
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"), {**BASIC, "journal": {"answers": True}, "page_size": 3})
    yield Official(running)
    stop_sandbox(running)


def new_role(*actions: str) -> UnifiedRoleDefinition:
    return UnifiedRoleDefinition(
        display_name=unique("Role"),
        description="d",
        is_enabled=True,
        role_permissions=[UnifiedRolePermission(allowed_resource_actions=list(actions))],
    )


def test_role(official: Official) -> None:
    """Defender 1.2 to 1.4, 1.8.6."""

    async def story() -> None:
        roles = official.beta.role_management.defender.role_definitions
        made = await roles.post(new_role(BASICS, ALERTS))
        assert (made.description, made.is_built_in) == ("d", False)
        one = roles.by_unified_role_definition_id(made.id)
        assert {*(await one.get()).role_permissions[0].allowed_resource_actions} == {BASICS, ALERTS}
        await one.patch(
            UnifiedRoleDefinition(
                description="changed", role_permissions=[UnifiedRolePermission(allowed_resource_actions=[BASICS])]
            )
        )
        read = await one.get()
        assert (read.description, read.display_name) == ("changed", made.display_name)
        assert read.role_permissions[0].allowed_resource_actions == [BASICS]
        (found,) = await listed(roles, filter=f"displayName eq '{made.display_name}'")
        assert found.id == made.id
        nonsense = new_role("microsoft.xdr/no/such/read")
        assert (await refused(roles.post(nonsense)))[0] == 400
        await one.delete()
        assert (await refused(one.get()))[0] == 404

    official.run(story())


def test_pages_of_roles(official: Official) -> None:
    """EM 1.5, in beta."""

    async def story() -> None:
        roles = official.beta.role_management.defender.role_definitions
        made = {(await roles.post(new_role(BASICS))).id for _number in range(5)}
        found, first = await every(official.beta, roles)
        assert made <= {role.id for role in found}
        assert first == 3

    official.run(story())


def test_assignment(official: Official) -> None:
    """Defender 1.5, 2: one assignment has principals and scopes; two may be alike."""

    async def story() -> None:
        defender = official.beta.role_management.defender
        role = (await defender.role_definitions.post(new_role(BASICS))).id
        group, person = await new_group(official), await user_id(official)
        body = UnifiedRoleAssignmentMultiple(
            display_name="Analysts", role_definition_id=role, principal_ids=[group, person], app_scope_ids=["Mde"]
        )
        made = await defender.role_assignments.post(body)
        one = defender.role_assignments.by_unified_role_assignment_multiple_id(made.id)
        read = await one.get()
        assert (read.role_definition_id, {*read.principal_ids}, read.app_scope_ids) == (role, {group, person}, ["Mde"])
        second = await defender.role_assignments.post(body)
        found = await listed(defender.role_assignments, filter=f"roleDefinitionId eq '{role}'")
        assert {each.id for each in found} == {made.id, second.id}
        expanded = await ask(one, expand=["roleDefinition"])
        assert expanded.role_definition.id == role
        for identifier in (made.id, second.id):
            await defender.role_assignments.by_unified_role_assignment_multiple_id(identifier).delete()
        assert (await refused(one.get()))[0] == 404
        nobody = UnifiedRoleAssignmentMultiple(display_name="x", role_definition_id=role, principal_ids=[], app_scope_ids=["/"])
        assert (await refused(defender.role_assignments.post(nobody)))[0] == 400

    official.run(story())


def test_catalogue(official: Official) -> None:
    """Defender 1.6, 1.7: what may be allowed, and where."""

    async def story() -> None:
        defender = official.beta.role_management.defender
        (namespace,) = await listed(defender.resource_namespaces, expand=["resourceActions"])
        assert BASICS in {action.id for action in namespace.resource_actions}
        scopes = await listed(defender.custom_app_scopes)
        assert all(scope.id and scope.type for scope in scopes)
        (found,) = await listed(defender.custom_app_scopes, filter=f"id eq '{scopes[0].id}'", count=True)
        assert found.display_name == scopes[0].display_name

    official.run(story())


def test_a_documented_type_is_refused(official: Official) -> None:
    """Defender 1.5: Microsoft's page shows @odata.type in the body, and the service refuses it."""

    async def story() -> None:
        defender = official.beta.role_management.defender
        role = (await defender.role_definitions.post(new_role(BASICS))).id
        body = UnifiedRoleAssignmentMultiple(
            odata_type="#microsoft.graph.unifiedRoleAssignmentMultiple",
            display_name="Analysts",
            role_definition_id=role,
            principal_ids=[await new_group(official)],
            app_scope_ids=["Mde"],
        )
        assert (await refused(defender.role_assignments.post(body)))[0] == 400

    official.run(story())
