# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What governs a tenant, read and changed by the official SDK: partners, policies, roles, applications, licences (EM K)."""

from __future__ import annotations

from uuid import UUID

import pytest
from governed import CUSTOMERS, GOVERNED, GUEST
from sandbox_harness import MSSP_TENANT, Running

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")
pytest.importorskip("azure.identity")

from msgraph.generated.models.allow_invites_from import AllowInvitesFrom
from msgraph.generated.models.authorization_policy import AuthorizationPolicy
from msgraph.generated.models.cross_tenant_access_policy_configuration_partner import (
    CrossTenantAccessPolicyConfigurationPartner,
)
from msgraph.generated.models.delegated_admin_relationship_status import DelegatedAdminRelationshipStatus
from msgraph.generated.models.invitation import Invitation
from msgraph.generated.models.user import User
from official.clients import Official, ask, every, listed, secret_credential
from official.governing import refused, user_id

# A customer and a partner; answers are kept.
SANDBOX = {**GOVERNED, "journal": {"answers": True}}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
GRAPH = "00000003-0000-0000-c000-000000000000"


@pytest.fixture(scope="module")
def official(sandbox: Running) -> Official:
    """The clients in the customer's tenant."""
    return Official(sandbox)


@pytest.fixture(scope="module")
def partner(sandbox: Running) -> Official:
    """The clients in the partner's."""
    return Official(sandbox, secret_credential(sandbox, **sandbox.tenant(1)))


def test_customers_of_a_partner(partner: Official) -> None:
    """EM K."""

    async def story() -> None:
        customers = partner.v1.tenant_relationships.delegated_admin_customers
        found, first = await every(partner.v1, customers, top=2, orderby=["displayName"])
        assert (len(found), first, found[0].display_name) == (CUSTOMERS, 2, "Contoso")
        assert (await ask(customers, count=True, top=1)).odata_count == CUSTOMERS
        relationships = partner.v1.tenant_relationships.delegated_admin_relationships
        active = await listed(relationships, filter="status eq 'active'")
        assert len(active) == CUSTOMERS
        own = next(each for each in active if each.customer.display_name == "Contoso")
        assert own.status == DelegatedAdminRelationshipStatus.Active
        assert len(own.access_details.unified_roles) == 2
        one = relationships.by_delegated_admin_relationship_id(own.id)
        (assignment,) = await listed(one.access_assignments)
        assert len(assignment.access_details.unified_roles) == 1
        assert {each.auto_extend_duration.days for each in active} == {0, 180}

    partner.run(story())


def test_invitations_policy(official: Official) -> None:
    """practice M7."""

    async def story() -> None:
        policy = official.v1.policies.authorization_policy
        assert (await policy.get()).allow_invites_from == AllowInvitesFrom.Everyone
        body = Invitation(invited_user_email_address="x@mssp.example", invite_redirect_url="https://myaccess.microsoft.com")
        made = await official.v1.invitations.post(body)
        assert made.invited_user.id
        await policy.patch(AuthorizationPolicy(allow_invites_from=AllowInvitesFrom.None_))
        assert (await policy.get()).allow_invites_from == AllowInvitesFrom.None_
        again = Invitation(invited_user_email_address="y@mssp.example", invite_redirect_url="https://myaccess.microsoft.com")
        assert (await refused(official.v1.invitations.post(again)))[0] == 403
        await policy.patch(AuthorizationPolicy(allow_invites_from=AllowInvitesFrom.Everyone))

    official.run(story())


def test_cross_tenant_access(official: Official) -> None:
    async def story() -> None:
        cross = official.v1.policies.cross_tenant_access_policy
        (found,) = await listed(cross.partners)
        assert (found.tenant_id, found.inbound_trust.is_mfa_accepted, found.is_service_provider) == (MSSP_TENANT, True, True)
        assert (await cross.default.get()).is_service_default is not None
        one = cross.partners.by_cross_tenant_access_policy_configuration_partner_tenant_id(MSSP_TENANT)
        await one.patch(CrossTenantAccessPolicyConfigurationPartner(is_service_provider=False))
        assert (await one.get()).is_service_provider is False
        policies = official.v1.identity.conditional_access.policies
        (rule,) = await listed(policies)
        assert rule.conditions.users.include_users == ["GuestsOrExternalUsers"]
        assert [control.value for control in rule.grant_controls.built_in_controls] == ["mfa"]

    official.run(story())


def test_roles_and_units(official: Official) -> None:
    async def story() -> None:
        assert "Directory Readers" in {role.display_name for role in await listed(official.v1.directory_roles)}
        definitions = official.v1.role_management.directory.role_definitions
        (reader,) = await listed(definitions, filter="displayName eq 'Security Reader'")
        assert reader.is_built_in
        held = await listed(official.v1.role_management.directory.role_assignments)
        assert {each.directory_scope_id for each in held} == {"/"}
        units = {unit.display_name: unit for unit in await listed(official.v1.directory.administrative_units)}
        assert units["Tier 0"].is_member_management_restricted
        one = official.v1.directory.administrative_units.by_administrative_unit_id(units["Berlin"].id)
        (member,) = await listed(one.members)
        assert (type(member), member.user_principal_name) == (User, "admin@contoso.example")

    official.run(story())


def test_applications(official: Official) -> None:
    """Who holds which permission of Graph, as a preflight asks."""

    async def story() -> None:
        principals = official.v1.service_principals
        (graph,) = await listed(principals, filter=f"appId eq '{GRAPH}'", select=["id", "displayName", "appRoles"])
        names = {role.id: role.value for role in graph.app_roles}
        client = official.sandbox.tenant()["client_id"]
        (mine,) = await listed(principals, filter=f"appId eq '{client}'", select=["id", "appId"])
        granted = await listed(principals.by_service_principal_id(mine.id).app_role_assignments)
        assert "Group.ReadWrite.All" in {names[each.app_role_id] for each in granted}
        assert {each.principal_id for each in granted} == {UUID(mine.id)}
        assert await listed(official.v1.subscribed_skus)

    official.run(story())


def test_guests(official: Official) -> None:
    """Who is behind a guest: sponsors, manager, state, sign-ins."""

    async def story() -> None:
        one = official.v1.users.by_user_id(await user_id(official, GUEST.replace("'", "''")))
        guest = await ask(one, select=["id", "userType", "externalUserState", "createdDateTime", "identities"])
        assert (guest.user_type, guest.external_user_state) == ("Guest", "PendingAcceptance")
        assert [sponsor.user_principal_name for sponsor in await listed(one.sponsors)] == ["admin@contoso.example"]
        sam = official.v1.users.by_user_id("sam@contoso.example")
        assert (await sam.manager.get()).user_principal_name == "admin@contoso.example"
        # By name it is refused: the service asks for the id here.
        assert (await refused(ask(sam, select=["id", "signInActivity"])))[0] == 400
        sam = official.v1.users.by_user_id(await user_id(official, "sam@contoso.example"))
        activity = (await ask(sam, select=["id", "signInActivity"])).sign_in_activity
        assert activity.last_successful_sign_in_date_time.year == 2026

    official.run(story())
