# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put what the configuration names into a fresh tenant: users, hand-made groups, roles, organizations, catalogs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .clock import directory_time, long_time
from .config.loading import ConfigError
from .config.schema import (
    CatalogConfig,
    ConnectedOrganizationConfig,
    DefenderRoleConfig,
    GroupConfig,
    TenantConfig,
    UserConfig,
)
from .defender.catalogue import PREFIX, reduce_actions
from .defender.role_assignments import make_assignment
from .defender.role_definitions import make_role
from .defender.seeding import add_assignment
from .directory.group_store import make_group
from .directory.seeding import seed_governance
from .directory.service_principals import make_service_principal
from .directory.user_store import make_user
from .entitlement.catalogs import make_catalog
from .entitlement.connected_organizations import make_organization
from .entitlement.identity_sources import DOMAIN_TYPE, TENANT_TYPE
from .ids import derive_guid

if TYPE_CHECKING:
    from .world import Tenant, World

_AREAS = ("secops", "securityposture", "configuration")


def seed_tenant(world: World, tenant: Tenant, config: TenantConfig) -> None:
    """Fill one tenant."""
    seed = world.config.seed
    created = directory_time(world.clock.now())
    shared = {application.name for application in world.config.applications}
    for client in tenant.clients.values():
        tenant.directory.service_principals.add(
            make_service_principal(
                client.object_id,
                appId=client.client_id,
                displayName=client.name,
                appDisplayName=client.name,
                servicePrincipalNames=[client.client_id],
                signInAudience="AzureADMultipleOrgs" if client.name in shared else "AzureADMyOrg",
                createdDateTime=created,
                # Somebody else's application: its home is a tenant that is not served.
                appOwnerOrganizationId=derive_guid(seed, "owner of applications") if client.name in shared else tenant.id,
            )
        )
    for user in config.users:
        _add_user(tenant, user, user.id or derive_guid(seed, tenant.id, "user", user.user_principal_name.lower()), created)
    for group in config.groups:
        _add_group(tenant, group, group.id or derive_guid(seed, tenant.id, "group", group.display_name), created)
    seed_governance(world, tenant, config, created)
    for name, verb in (("Microsoft Defender administrators", "manage"), ("Microsoft Defender readers", "read")):
        built_in = DefenderRoleConfig(display_name=name, built_in=True, permissions=[f"{area}/*/{verb}" for area in _AREAS])
        _add_role(tenant, built_in, derive_guid(seed, tenant.id, "built-in role", name))
    for role in config.defender_roles:
        _add_role(tenant, role, role.id or derive_guid(seed, tenant.id, "role", role.display_name))
    for assignment in config.defender_assignments:
        add_assignment(tenant, assignment)
    moment = long_time(world.clock.now())
    tenant.entitlement.catalogs.add(
        make_catalog(
            derive_guid(seed, tenant.id, "general catalog"),
            moment,
            displayName="General",
            description="Built-in catalog.",
            catalogType="serviceDefault",
            isExternallyVisible=True,
        )
    )
    for catalog in config.catalogs:
        _add_catalog(tenant, catalog, catalog.id or derive_guid(seed, tenant.id, "catalog", catalog.display_name), moment)
    for organization in config.connected_organizations:
        row_id = organization.id or derive_guid(seed, tenant.id, "connected organization", organization.display_name)
        _add_organization(world, tenant, organization, row_id, moment)


def _add_user(tenant: Tenant, config: UserConfig, row_id: str, created: str) -> None:
    guest = config.user_type == "Guest"
    tenant.directory.users.add(
        make_user(
            row_id,
            created,
            displayName=config.display_name or config.user_principal_name.partition("@")[0],
            userPrincipalName=config.user_principal_name,
            mail=config.mail or (None if guest else config.user_principal_name),
            userType=config.user_type,
            accountEnabled=config.account_enabled,
            externalUserState=config.external_user_state or ("Accepted" if guest else None),
            mailNickname=re.sub(r"[^A-Za-z0-9._-]", "_", config.user_principal_name.partition("@")[0]),
            creationType="Invitation" if guest else None,
            _directory_roles=tuple(config.directory_roles),
        )
    )


def _add_group(tenant: Tenant, config: GroupConfig, row_id: str, created: str) -> None:
    directory = tenant.directory
    nickname = config.mail_nickname or re.sub(r"[^A-Za-z0-9-]", "", config.display_name.replace(" ", "-")) or "group"
    directory.groups.add(
        make_group(
            row_id,
            created,
            displayName=config.display_name,
            description=config.description,
            mailNickname=nickname,
            uniqueName=config.unique_name,
            isAssignableToRole=config.role_assignable or None,
        )
    )
    for relation, names in (("members", config.members), ("owners", config.owners)):
        links = getattr(directory, relation).setdefault(row_id, {})
        for name in names:
            links[_find(tenant, config, name)] = None


def _add_role(tenant: Tenant, config: DefenderRoleConfig, row_id: str) -> None:
    """A role as the portal makes it: its assignments carry ``directoryScopeIds: ["/"]`` (Defender 2)."""
    actions = [action if action.startswith(PREFIX) else PREFIX + action for action in config.permissions]
    tenant.defender.roles.add(
        make_role(
            row_id,
            displayName=config.display_name,
            description=config.description,
            isBuiltIn=config.built_in,
            rolePermissions=[{"allowedResourceActions": reduce_actions(actions), "condition": None}],
        )
    )
    for name in config.groups:
        group_id = next((row["id"] for row in tenant.directory.groups if row["displayName"] == name), None)
        if group_id is None:
            raise ConfigError(
                f"{tenant.domain}: the Defender role {config.display_name} names the group {name!r}, which the tenant "
                "does not have; add it to groups, or correct the name."
            )
        tenant.defender.assignments.add(
            make_assignment(
                tenant.ids.next(),
                displayName=f"{config.display_name} - {name}",
                roleDefinitionId=row_id,
                principalIds=[group_id],
                directoryScopeIds=["/"],
                appScopeIds=list(config.scopes),
            )
        )


def _add_catalog(tenant: Tenant, config: CatalogConfig, row_id: str, moment: str) -> None:
    tenant.entitlement.catalogs.add(
        make_catalog(
            row_id,
            moment,
            displayName=config.display_name,
            description=config.description,
            state=config.state,
            isExternallyVisible=config.externally_visible,
        )
    )


def _add_organization(world: World, tenant: Tenant, config: ConnectedOrganizationConfig, row_id: str, moment: str) -> None:
    known = world.find_known(config.tenant_id or config.domain or "")
    if known is not None:
        source = {"@odata.type": TENANT_TYPE, "tenantId": known.tenant_id, "displayName": known.display_name}
    elif config.domain and not config.tenant_id:
        source = {"@odata.type": DOMAIN_TYPE, "domainName": config.domain, "displayName": config.domain}
    else:
        raise ConfigError(
            f"{tenant.domain}: the connected organization {config.display_name} names no known tenant; give it a "
            "domain, or the tenant_id of one of tenants or external_tenants."
        )
    tenant.entitlement.connected_organizations.add(
        make_organization(
            row_id,
            moment,
            displayName=config.display_name,
            description=config.description,
            state=config.state,
            identitySources=[source],
        )
    )


def _find(tenant: Tenant, config: GroupConfig, name: str) -> str:
    directory = tenant.directory
    for row in (*directory.users, *directory.groups):
        if name.lower() in (str(row.get("userPrincipalName")).lower(), row["id"], str(row["displayName"]).lower()):
            return str(row["id"])
    raise ConfigError(
        f"{tenant.domain}: the group {config.display_name} names {name!r}, which is no user of the tenant and no "
        "group before it; add it to users, or correct the name."
    )
