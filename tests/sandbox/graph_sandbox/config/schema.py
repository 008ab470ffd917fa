# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the configuration file may say. ``tenants: [{display_name, domain}]`` is enough."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..permissions import DIRECTORY_ROLES
from .faults import Fault, RandomFaults, Throttle
from .governance import (
    AdministrativeUnitConfig,
    ConditionalAccessConfig,
    CrossTenantPartnerConfig,
    DefenderAssignmentConfig,
    DirectoryRoleConfig,
    PartnerConfig,
    SignInConfig,
)
from .series import expand_series


def _guid(value: object) -> str:
    """GUIDs are written in any case and kept in lower case."""
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise ValueError("is not a GUID such as 11111111-2222-3333-4444-555555555555") from None


def _directory_role(name: str) -> str:
    if name not in DIRECTORY_ROLES:
        raise ValueError(f"is none of the directory roles {', '.join(DIRECTORY_ROLES)}")
    return name


Guid = Annotated[str, BeforeValidator(_guid)]
CloudName = Literal["public", "usgov", "usgov_dod", "china"]
DirectoryRoleName = Annotated[str, AfterValidator(_directory_role)]
Domain = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FederatedConfig(_Model):
    """A federated identity credential: whose tokens an application may show instead of a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(pattern="^https://")
    subject: str
    audience: str | None = None
    """The cloud's api://AzureADTokenExchange when left out."""
    keys: str
    """Path of the issuer's public keys: a JSON Web Key Set, or a PEM."""


class ConsentConfig(_Model):
    """What a tenant agreed to for an application, where it is not all that the application asks for."""

    permissions: list[str] = []
    scopes: list[str] = []


class ClientConfig(_Model):
    """An application registered in one tenant."""

    name: str
    permissions: list[str] | Literal["all"] = "all"
    client_id: Guid | None = None
    client_secret: str | None = None
    client_secret_ends: AwareDatetime | None = None
    """When the secret expires; never, unless stated."""
    certificate: str | None = None
    """Path of a PEM file with the certificate that client assertions are checked against. It expires as it says."""
    scopes: list[str] | Literal["all"] = []
    """Delegated permissions: what the application may do for a person who signed in. The default client has all."""
    public: bool = False
    """Signs people in without a secret: device code, authorization code with PKCE."""
    redirect_uris: list[str] = []
    federated: list[FederatedConfig] = []
    managed_identity: bool = False
    """Gets tokens from the metadata service; the sandbox's first one is the system-assigned identity."""


class ApplicationConfig(ClientConfig):
    """A multi-tenant application: the same identity and secret in every tenant."""


class UserConfig(_Model):
    """A user that is there before anybody calls."""

    user_principal_name: str
    display_name: str | None = None
    mail: str | None = None
    user_type: Literal["Member", "Guest"] = "Member"
    account_enabled: bool = True
    external_user_state: Literal["PendingAcceptance", "Accepted"] | None = None
    directory_roles: list[DirectoryRoleName] = []
    """What the person may do with delegated permissions; without a role no more than a member, or a guest, may."""
    created: str | None = None
    """When the user was made, as the directory writes times; the sandbox's start unless stated."""
    sign_in: SignInConfig | None = None
    manager: str | None = None
    """Another user of the tenant, by principal name or id."""
    sponsors: list[str] = []
    """Users by principal name, groups by display name, or ids."""
    id: Guid | None = None


class GroupConfig(_Model):
    """A group that somebody made by hand."""

    display_name: str
    description: str | None = None
    mail_nickname: str | None = None
    unique_name: str | None = None
    role_assignable: bool = False
    members: list[str] = []
    owners: list[str] = []
    id: Guid | None = None


class DefenderRoleConfig(_Model):
    """A Defender role that is there already, with its assignments."""

    display_name: str
    description: str = ""
    permissions: list[str]
    built_in: bool = False
    groups: list[str] = []
    """Display names of groups of the tenant that hold the role, on everything unless ``scopes`` says otherwise."""
    scopes: list[str] = ["/"]
    id: Guid | None = None


class ConnectedOrganizationConfig(_Model):
    """A connected organization that is there already, by tenant or by domain."""

    display_name: str
    description: str = ""
    tenant_id: Guid | None = None
    domain: Domain | None = None
    state: Literal["configured", "proposed"] = "configured"
    id: Guid | None = None


class CatalogConfig(_Model):
    """A catalog that is there already."""

    display_name: str
    description: str = ""
    state: Literal["published", "unpublished"] = "published"
    externally_visible: bool = True
    id: Guid | None = None


class TenantConfig(_Model):
    """A tenant that the sandbox serves."""

    display_name: str = Field(min_length=1)
    domain: Domain
    tenant_id: Guid | None = None
    aliases: list[Domain] = []
    """Further verified domains."""
    clients: list[ClientConfig] = []
    """Beside the default client, which is always there, comes first and holds all permissions."""
    consent: dict[str, list[str] | ConsentConfig | None] = {}
    """For an entry of ``applications``: the permissions consented to in this tenant; null: it is not known there."""
    users: list[UserConfig] = []
    groups: list[GroupConfig] = []
    defender_roles: list[DefenderRoleConfig] = []
    defender_assignments: list[DefenderAssignmentConfig] = []
    connected_organizations: list[ConnectedOrganizationConfig] = []
    catalogs: list[CatalogConfig] = []
    directory_roles: list[DirectoryRoleConfig] = []
    administrative_units: list[AdministrativeUnitConfig] = []
    conditional_access: list[ConditionalAccessConfig] = []
    cross_tenant_partners: list[CrossTenantPartnerConfig] = []
    partner: PartnerConfig | None = None
    """The tenant is a partner's; its relationships with customers (GDAP)."""
    quirks: dict[str, Any] = {}


class ExternalTenantConfig(_Model):
    """A tenant that is known by name but not served, such as somebody's home tenant."""

    display_name: str
    domain: Domain
    tenant_id: Guid | None = None
    aliases: list[Domain] = []
    cloud: CloudName | None = None
    """Another cloud than the sandbox's: the identity platform sends everybody there, and Graph knows no such tenant."""


class ClockConfig(_Model):
    """The sandbox's idea of the time: the real time, moved."""

    offset_seconds: float = 0


class JournalConfig(_Model):
    """What the request log keeps."""

    most: int = Field(default=100_000, ge=1)
    """How many requests are kept; older ones are forgotten."""
    answers: bool = False
    """Also what Graph answered. It takes memory, and what was made to be shown once is not kept."""


class Config(_Model):
    """The whole file."""

    tenants: list[TenantConfig] = Field(min_length=1)
    seed: int | str = 0
    """Every id and secret is derived from it."""
    applications: list[ApplicationConfig] = []
    external_tenants: list[ExternalTenantConfig] = []
    quirks: dict[str, Any] = {}
    faults: list[Fault] = []
    random_faults: RandomFaults | None = None
    """Also what ``faults`` becomes when it is a mapping and not a list."""
    throttle: Throttle | None = None
    page_size: int = Field(default=100, ge=1, le=999)
    token_lifetime: int = Field(default=3600, ge=1)
    refresh_token_lifetime: int = Field(default=90 * 86400, ge=1)
    """Seconds; 90 days is Entra's ("Refresh tokens")."""
    device_code_interval: int = Field(default=5, ge=1)
    """Seconds that a device is told to wait between two questions."""
    device_code_slow_down: bool = False
    """A device that asks sooner is told to slow down (RFC 8628; Entra's page does not list it)."""
    cloud: CloudName = "public"
    """Which Graph the tenants accept as a scope and as a token's audience."""
    latency_ms: int = Field(default=0, ge=0)
    clock: ClockConfig = ClockConfig()
    journal: JournalConfig = JournalConfig()
    tenants_alike: bool = False
    """Who has seen the first has seen all: what ``tenants: {count: ...}`` becomes."""

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if isinstance(data.get("faults"), dict):
            data = {**data, "faults": [], "random_faults": data["faults"]}
        if isinstance(data.get("tenants"), dict):
            data = {**data, "tenants": expand_series(data["tenants"]), "tenants_alike": True}
        return data
