# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the configuration file may say of a tenant beyond people and groups: directory roles, administrative units,
policies, and a partner's relationships with its customers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _guid(value: object) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise ValueError("is not a GUID such as 11111111-2222-3333-4444-555555555555") from None


_Guid = Annotated[str, BeforeValidator(_guid)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignInConfig(_Model):
    """When somebody last signed in, as ISO 8601 times; what is absent never happened."""

    interactive: str | None = None
    non_interactive: str | None = None
    successful: str | None = None


class AdministrativeUnitConfig(_Model):
    """An administrative unit; ``restricted`` shields its members from tenant-wide administrators."""

    display_name: str
    description: str | None = None
    restricted: bool = False
    members: list[str] = []
    """User principal names, display names of groups, or ids."""
    id: _Guid | None = None


class DirectoryRoleConfig(_Model):
    """Who holds a built-in role of the directory."""

    role: str
    """Its display name, such as ``Security Administrator``."""
    members: list[str]
    """User principal names, display names of groups, names of clients, or ids."""


class DefenderAssignmentConfig(_Model):
    """An assignment as it is found at times: principals and roles that resolve to nothing are allowed (Defender 1.8)."""

    display_name: str
    role: str
    """Display name of a role of the tenant, or any id."""
    principals: list[str]
    """Display names of groups, user principal names, or anything else."""
    scopes: list[str] = ["/"]
    id: _Guid | None = None


class ConditionalAccessConfig(_Model):
    """A Conditional Access policy: Graph's own properties, below a name and a state."""

    display_name: str
    state: Literal["enabled", "disabled", "enabledForReportingButNotEnforced"] = "enabled"
    conditions: dict[str, Any] = {}
    grant_controls: dict[str, Any] | None = None
    session_controls: dict[str, Any] | None = None
    id: _Guid | None = None


class CrossTenantPartnerConfig(_Model):
    """The tenant's own settings for one other tenant; what is absent follows the default."""

    tenant: str
    """Id or domain of a tenant that the sandbox knows, or any id."""
    inbound_blocked: bool | None = None
    outbound_blocked: bool | None = None
    mfa_trusted: bool | None = None
    service_provider: bool = False


class AccessAssignmentConfig(_Model):
    """A security group of the partner's and the roles that it uses in the customer's tenant."""

    group: str
    """Display name or id of a group of the partner's tenant."""
    roles: list[str]
    """Display names or template ids of built-in directory roles."""
    status: Literal["pending", "active", "deleting", "deleted", "error"] = "active"


class RelationshipConfig(_Model):
    """A GDAP relationship with a customer."""

    customer: str | None = None
    """Id or domain of a tenant that the sandbox knows; none for an invitation that no customer has approved yet."""
    display_name: str | None = None
    status: Literal[
        "activating",
        "active",
        "approvalPending",
        "approved",
        "created",
        "expired",
        "expiring",
        "terminated",
        "terminating",
        "terminationRequested",
    ] = "active"
    duration: str = "P730D"
    auto_extend: str = "PT0S"
    activated: str | None = None
    """When it became active; a day before the sandbox started unless stated."""
    roles: list[str] = ["Security Reader"]
    assignments: list[AccessAssignmentConfig] = []
    id: str | None = None

    @model_validator(mode="after")
    def _has_a_customer_once_approved(self) -> RelationshipConfig:
        if self.customer is None and self.status not in ("created", "approvalPending"):
            raise ValueError(f"customer is missing: only what is created or approvalPending has none, not {self.status}")
        return self


class PartnerConfig(_Model):
    """A tenant that administers others (GDAP)."""

    relationships: list[RelationshipConfig] = Field(default=[])
