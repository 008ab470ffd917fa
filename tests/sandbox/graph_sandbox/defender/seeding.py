# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put Defender role assignments into a fresh tenant as they are found at times (Defender 1.8, no. 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.governance import DefenderAssignmentConfig
from ..ids import derive_guid
from .role_assignments import make_assignment

if TYPE_CHECKING:
    from ..world import Tenant


def add_assignment(tenant: Tenant, config: DefenderAssignmentConfig) -> None:
    """An assignment whose role and principals are looked up by name, and kept as they stand when nothing has it."""
    roles = {str(row["displayName"]).lower(): str(row["id"]) for row in tenant.defender.roles}
    groups = {str(row["displayName"]).lower(): str(row["id"]) for row in tenant.directory.groups}
    users = {str(row["userPrincipalName"]).lower(): str(row["id"]) for row in tenant.directory.users}
    known = {**groups, **users}
    tenant.defender.assignments.add(
        make_assignment(
            config.id or derive_guid(tenant.id, "defender assignment", config.display_name),
            displayName=config.display_name,
            roleDefinitionId=roles.get(config.role.lower(), config.role),
            principalIds=[known.get(name.lower(), name) for name in config.principals],
            directoryScopeIds=["/"],
            appScopeIds=list(config.scopes),
        )
    )
