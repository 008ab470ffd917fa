# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a partner's relationships into its tenant, as its configuration names them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..clock import directory_time
from ..config.governance import AccessAssignmentConfig, PartnerConfig, RelationshipConfig
from ..config.loading import ConfigError
from ..directory.role_catalogue import template_id
from ..ids import derive_guid
from .lifecycle import days, parse

if TYPE_CHECKING:
    from ..world import Tenant, World

_STARTED = frozenset({"active", "expired", "expiring", "terminated", "terminating", "terminationRequested"})


def seed_relationships(world: World, tenant: Tenant, partner: PartnerConfig) -> None:
    """All relationships of a partner with their access assignments."""
    for position, config in enumerate(partner.relationships):
        row_id = config.id or f"{derive_guid(tenant.id, 'relationship', position)}-{derive_guid(config.customer or '')}"
        _add(world, tenant, config, row_id)


def _add(world: World, tenant: Tenant, config: RelationshipConfig, row_id: str) -> None:
    known = world.find_known(config.customer) if config.customer else None
    if known is None and config.customer:
        raise ConfigError(
            f"{tenant.domain}: partner.relationships names the customer {config.customer!r}, which is none of tenants or "
            "external_tenants; add it there, or correct the name."
        )
    started = config.status in _STARTED
    activated = config.activated or directory_time(world.clock.now() - timedelta(days=1))
    end = directory_time(parse(activated) + days(config.duration)) if started else None
    roles = _roles(tenant, config.roles)
    tenant.relationships.relationships.add(
        {
            "@odata.etag": _etag(row_id),
            "id": row_id,
            "displayName": config.display_name or (f"{known.display_name} GDAP" if known else "Invitation"),
            "duration": config.duration,
            "autoExtendDuration": config.auto_extend,
            "status": config.status,
            "createdDateTime": activated,
            "lastModifiedDateTime": activated,
            "activatedDateTime": activated if started else None,
            "endDateTime": end,
            # Of an invitation, set "by the system after the customer approves" (resources/delegatedadminrelationship).
            "customer": {"tenantId": known.tenant_id, "displayName": known.display_name} if known else None,
            "accessDetails": {"unifiedRoles": roles},
        }
    )
    for assignment in config.assignments:
        _assign(tenant, assignment, row_id, activated)


def _assign(tenant: Tenant, config: AccessAssignmentConfig, relationship_id: str, moment: str) -> None:
    names = (config.group.lower(),)
    group = next((row for row in tenant.directory.groups if row["id"] in names or row["displayName"].lower() in names), None)
    if group is None:
        raise ConfigError(
            f"{tenant.domain}: a relationship of partner assigns roles to the group {config.group!r}, which the tenant does "
            "not have; add it to groups, or correct the name."
        )
    row_id = derive_guid(relationship_id, group["id"])
    tenant.relationships.assignments.add(
        {
            "@odata.etag": _etag(row_id),
            "id": row_id,
            "status": config.status,
            "createdDateTime": moment,
            "lastModifiedDateTime": moment,
            "accessContainer": {"accessContainerId": group["id"], "accessContainerType": "securityGroup"},
            "accessDetails": {"unifiedRoles": _roles(tenant, config.roles)},
            "_relationship_id": relationship_id,
        }
    )


def _roles(tenant: Tenant, names: list[str]) -> list[dict[str, Any]]:
    found = []
    for name in names:
        template = template_id(name)
        if template is None:
            raise ConfigError(f"{tenant.domain}: partner names the role {name!r}, which is no built-in role of the directory.")
        found.append({"roleDefinitionId": template})
    return found


def _etag(row_id: str) -> str:
    return f'W/"{derive_guid(row_id, "etag").replace("-", "")}"'
