# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put into a fresh tenant what its configuration says beyond users and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.governance import AdministrativeUnitConfig, CrossTenantPartnerConfig
from ..config.loading import ConfigError
from ..config.schema import TenantConfig
from ..ids import derive_guid
from ..policies_tenant.conditional_access import make_policy
from ..policies_tenant.cross_tenant_types import collaboration, make_partner, trust
from ..relationships.seeding import seed_relationships
from ..store import Row
from .administrative_units import make_unit
from .directory_roles import assign
from .role_catalogue import template_id
from .service_principals import make_graph
from .sign_in_activity import make_activity

if TYPE_CHECKING:
    from ..world import Tenant, World


def seed_governance(world: World, tenant: Tenant, config: TenantConfig, created: str) -> None:
    """Roles, units, managers, sponsors, sign-ins, policies and relationships; users and groups are there already."""
    tenant.directory.service_principals.add(make_graph(tenant.id))
    _seed_people(tenant, config)
    for role in config.directory_roles:
        for name in role.members:
            _assign(tenant, role.role, find_object(tenant, name, "directory_roles"))
    for unit in config.administrative_units:
        _add_unit(tenant, unit)
    for policy in config.conditional_access:
        tenant.policies.conditional_access.add(
            make_policy(
                policy.id or derive_guid(tenant.id, "conditional access", policy.display_name),
                created,
                policy.display_name,
                policy.state,
                conditions=policy.conditions,
                grantControls=policy.grant_controls,
                sessionControls=policy.session_controls,
            )
        )
    for partner in config.cross_tenant_partners:
        _add_partner(world, tenant, partner)
    if config.partner is not None:
        seed_relationships(world, tenant, config.partner)


def _seed_people(tenant: Tenant, config: TenantConfig) -> None:
    directory = tenant.directory
    for user in config.users:
        row = find_object(tenant, user.id or user.user_principal_name, "users")
        if user.created:
            row["createdDateTime"] = user.created
        if user.sign_in:
            row["signInActivity"] = make_activity(user.sign_in.interactive, user.sign_in.non_interactive, user.sign_in.successful)
        if user.manager:
            directory.managers[row["id"]] = find_object(tenant, user.manager, "a user's manager")["id"]
        if user.sponsors:
            sponsors = [find_object(tenant, name, "a user's sponsors")["id"] for name in user.sponsors]
            directory.sponsors[row["id"]] = dict.fromkeys(sponsors)
        for role in user.directory_roles:
            _assign(tenant, role, row)


def _assign(tenant: Tenant, role: str, principal: Row) -> None:
    template = template_id(role)
    if template is None:
        raise ConfigError(f"{tenant.domain}: directory_roles names {role!r}, which is no built-in role that the sandbox knows.")
    row_id = derive_guid(tenant.id, "directory role assignment", template, principal["id"])
    assign(tenant.directory, row_id, principal, template)


def _add_unit(tenant: Tenant, config: AdministrativeUnitConfig) -> None:
    row_id = config.id or derive_guid(tenant.id, "administrative unit", config.display_name)
    unit = make_unit(row_id, config.display_name, config.description, restricted=config.restricted)
    tenant.directory.administrative_units.add(unit)
    members = [find_object(tenant, name, f"the administrative unit {config.display_name}")["id"] for name in config.members]
    tenant.directory.unit_members[row_id] = dict.fromkeys(members)


def _add_partner(world: World, tenant: Tenant, config: CrossTenantPartnerConfig) -> None:
    known = world.find_known(config.tenant)
    tenant_id = known.tenant_id if known else config.tenant.lower()
    settings: Row = {"isServiceProvider": True} if config.service_provider else {}
    if config.inbound_blocked is not None:
        settings["b2bCollaborationInbound"] = collaboration(blocked=config.inbound_blocked)
    if config.outbound_blocked is not None:
        settings["b2bCollaborationOutbound"] = collaboration(blocked=config.outbound_blocked)
    if config.mfa_trusted is not None:
        settings["inboundTrust"] = trust(mfa=config.mfa_trusted)
    tenant.policies.partners.add(make_partner(tenant_id, **settings))


def find_object(tenant: Tenant, name: str, where: str) -> Row:
    """A user, a group or an application by name or id; a configuration that names none cannot be used."""
    directory, wanted = tenant.directory, name.lower()
    rows: list[Row] = [*directory.users, *directory.groups, *directory.service_principals]
    for row in rows:
        if wanted in (str(row.get("userPrincipalName")).lower(), row["id"], str(row["displayName"]).lower()):
            return row
    raise ConfigError(
        f"{tenant.domain}: {where} names {name!r}, which is no user, group or application of the tenant; add it, or correct "
        "the name."
    )
