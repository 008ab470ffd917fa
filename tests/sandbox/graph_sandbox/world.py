# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state: tenants, the applications in them, and who is known by which domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .audit.state import AuditState
from .clock import Clock
from .config.loading import merged_quirks
from .config.quirks import Quirks
from .config.schema import (
    ClientConfig,
    Config,
    ConsentConfig,
    ExternalTenantConfig,
    FederatedConfig,
    TenantConfig,
)
from .consistency import Consistency
from .defender.state import DefenderState
from .directory.state import DirectoryState
from .entitlement.state import EntitlementState
from .identity.sessions import Sessions
from .identity.tokens import TokenAuthority
from .ids import IdSource, derive_guid, derive_secret
from .permissions import ALL_APPLICATION_PERMISSIONS, ALL_SCOPES
from .policies_tenant.state import PolicyState
from .relationships.state import RelationshipState
from .reviews.state import ReviewState
from .tenants import Tenants

_DEFAULT_CLIENT = ClientConfig(name="default", scopes="all")
_NOTHING_TO_CHECK = frozenset({"display_name", "domain", "tenant_id", "aliases", "clients", "consent", "quirks"})


@dataclass(frozen=True, slots=True)
class Client:
    """An application as one tenant knows it: its service principal, its credentials, what was consented to."""

    name: str
    client_id: str
    secret: str
    object_id: str
    permissions: frozenset[str]
    scopes: frozenset[str] = frozenset()
    """Delegated permissions that were consented to."""
    certificate: Path | None = None
    public: bool = False
    redirect_uris: tuple[str, ...] = ()
    federated: tuple[FederatedConfig, ...] = ()
    managed_identity: bool = False
    multi_tenant: bool = False
    secret_ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownTenant:
    """A tenant that other tenants can look up, served here or not."""

    tenant_id: str
    display_name: str
    domain: str
    domains: tuple[str, ...]


@dataclass(slots=True)
class Tenant:
    """One served tenant with all that is in it."""

    id: str
    domain: str
    domains: tuple[str, ...]
    display_name: str
    quirks: Quirks
    clients: dict[str, Client]
    ids: IdSource
    configured_quirks: Quirks
    """As the configuration says; ``quirks`` may be changed at run time."""
    names: tuple[str, ...] = ()
    """What faults may call it by, in lower case: its id and its domains."""
    directory: DirectoryState = field(default_factory=DirectoryState)
    entitlement: EntitlementState = field(default_factory=EntitlementState)
    defender: DefenderState = field(default_factory=DefenderState)
    policies: PolicyState = field(default_factory=PolicyState)
    relationships: RelationshipState = field(default_factory=RelationshipState)
    reviews: ReviewState = field(default_factory=ReviewState)
    audit: AuditState = field(default_factory=AuditState)
    consistency: Consistency = field(default_factory=Consistency)


class World:
    """Everything the sandbox knows."""

    def __init__(self, config: Config, base_url: str) -> None:
        from .seeding import seed_tenant  # it needs the areas, which need this module

        self.config = config
        self.base_url = base_url
        self.clock = Clock(config.clock.offset_seconds)
        self.authority = TokenAuthority(self)
        self.sessions = Sessions(self)
        self.tenants = Tenants(self._build, lambda tenant, config: seed_tenant(self, tenant, config))
        self.known: dict[str, KnownTenant] = {}
        self.elsewhere: dict[str, str] = {}
        """The clouds of the tenants that live in another one, by id and domain."""
        self._by_name: dict[str, str] = {}
        self._registrations: list[tuple[str, ClientConfig, bool]] = [("", entry, True) for entry in config.applications]
        for external in config.external_tenants:
            self._know(external)
        self._common_quirks = merged_quirks(config.quirks)
        self._run_time_quirks: dict[str, Any] = {}
        for tenant_config in config.tenants:
            known = self._know(tenant_config)
            self.tenants.add(known.tenant_id, tenant_config)
            self._registrations += [(known.tenant_id, client, False) for client in (_DEFAULT_CLIENT, *tenant_config.clients)]
        for position, tenant_config in enumerate(config.tenants):
            # What could be wrong in a tenant is found at the start; a bare one, or the like of another, can wait.
            if tenant_config.model_fields_set - _NOTHING_TO_CHECK and not (config.tenants_alike and position):
                self.find_tenant(tenant_config.domain)

    def find_tenant(self, name: str) -> Tenant | None:
        """A served tenant by id or verified domain."""
        key = name.lower()
        return self.tenants.get(self._by_name.get(key, key))

    def change_quirks(self, quirks: dict[str, Any], tenant: Tenant | None = None) -> None:
        """Turn switches of one tenant, or of all, those that nobody has asked for yet too. ValueError for a bad one."""
        changed = [tenant] if tenant else self.tenants.made()
        Quirks.model_validate({**self._common_quirks.model_dump(), **quirks})
        for each in changed:
            each.quirks = Quirks.model_validate({**each.quirks.model_dump(), **quirks})
        if tenant is None:
            self._run_time_quirks.update(quirks)

    def reset_quirks(self) -> None:
        """Every switch as configured."""
        self._run_time_quirks = {}
        for tenant in self.tenants.made():
            tenant.quirks = tenant.configured_quirks

    def find_known(self, name: str) -> KnownTenant | None:
        """Any known tenant by id or verified domain."""
        key = name.lower()
        return self.known.get(self._by_name.get(key, key))

    def asked_for(self, tenant: Tenant, client_id: str) -> Client | None:
        """An application as it would be in a tenant that agrees to all that its registration asks for."""
        for registered, config, shared in self._registrations:
            if shared or registered == tenant.id:
                client = self._client(self.known[tenant.id], config, shared)
                if client_id.lower() in (client.client_id, client.name.lower()):
                    return client
        return None

    def find_registration(self, client_id: str) -> Client | None:
        """An application wherever it is registered, whoever has agreed to it."""
        for registered, config, shared in self._registrations:
            client = self._client(self.known[registered or next(iter(self.tenants))], config, shared)
            if client_id.lower() in (client.client_id, client.name.lower()):
                return client
        return None

    def managed_identities(self) -> Iterator[tuple[Tenant, Client]]:
        """The clients that stand for machines, the system-assigned one first."""
        for registered, config, _shared in self._registrations:
            tenant = self.tenants.get(registered) if config.managed_identity else None
            if tenant is not None:
                client_id = self._client(self.known[tenant.id], config).client_id
                yield from ((tenant, client) for client in tenant.clients.values() if client.client_id == client_id)

    def _know(self, config: TenantConfig | ExternalTenantConfig) -> KnownTenant:
        tenant_id = config.tenant_id or derive_guid(self.config.seed, "tenant", config.domain.lower())
        if isinstance(config, ExternalTenantConfig) and config.cloud not in (None, self.config.cloud):
            names = (tenant_id, config.domain, *config.aliases)
            self.elsewhere.update((name.lower(), str(config.cloud)) for name in names)
            return KnownTenant(tenant_id, config.display_name, config.domain, ())
        known = KnownTenant(tenant_id, config.display_name, config.domain, (config.domain, *config.aliases))
        self.known[tenant_id] = known
        self._by_name.update((domain.lower(), tenant_id) for domain in known.domains)
        return known

    def _build(self, config: TenantConfig) -> Tenant:
        known = self.known[self._by_name[config.domain.lower()]]
        configured = merged_quirks(self.config.quirks, config.quirks) if config.quirks else self._common_quirks
        quirks = merged_quirks(configured.model_dump(), self._run_time_quirks) if self._run_time_quirks else configured
        return Tenant(
            id=known.tenant_id,
            domain=known.domain,
            domains=known.domains,
            display_name=known.display_name,
            quirks=quirks,
            configured_quirks=configured,
            clients={client.client_id: client for client in self.configured_clients(config)},
            ids=IdSource(known.tenant_id),
            names=(known.tenant_id, *(domain.lower() for domain in known.domains)),
        )

    def configured_clients(self, config: TenantConfig) -> list[Client]:
        """The applications that a tenant has from the start, the default one first."""
        known = self.known[self._by_name[config.domain.lower()]]
        clients = [self._client(known, client) for client in (_DEFAULT_CLIENT, *config.clients)]
        for application in self.config.applications:
            consented = config.consent.get(application.name, application.permissions)
            if consented is not None:
                granted = consented.model_dump() if isinstance(consented, ConsentConfig) else {"permissions": consented}
                clients.append(self._client(known, application.model_copy(update=granted), shared=True))
        return clients

    def _client(self, tenant: KnownTenant, config: ClientConfig, shared: bool = False) -> Client:
        seed = self.config.seed
        # A multi-tenant application is the same everywhere; a single-tenant one belongs to its tenant.
        owner = "applications" if shared else tenant.tenant_id
        scopes = ALL_SCOPES if config.scopes == "all" else config.scopes
        permissions = ALL_APPLICATION_PERMISSIONS if config.permissions == "all" else config.permissions
        return Client(
            config.name,
            config.client_id or derive_guid(seed, "client", owner, config.name),
            config.client_secret or derive_secret(seed, "secret", owner, config.name),
            derive_guid(seed, "service principal", tenant.tenant_id, owner, config.name),
            frozenset(permissions),
            frozenset(scopes),
            Path(config.certificate) if config.certificate else None,
            config.public,
            tuple(config.redirect_uris),
            tuple(config.federated),
            config.managed_identity,
            shared,
            config.client_secret_ends,
        )
