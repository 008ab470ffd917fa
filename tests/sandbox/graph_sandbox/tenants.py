# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The served tenants. Each is made when somebody asks for it first, so that a thousand idle ones cost next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .config.schema import TenantConfig
    from .world import Tenant


class Tenants(Mapping[str, "Tenant"]):
    """Tenants by id, in the order of the configuration."""

    def __init__(self, make: Callable[[TenantConfig], Tenant], fill: Callable[[Tenant, TenantConfig], None]) -> None:
        """``make`` gives an empty tenant, ``fill`` puts into it what the configuration names."""
        self._make = make
        self._fill = fill
        self._configured: dict[str, TenantConfig] = {}
        self._made: dict[str, Tenant] = {}

    def add(self, tenant_id: str, config: TenantConfig) -> None:
        """Announce a tenant."""
        self._configured[tenant_id] = config

    def made(self) -> list[Tenant]:
        """Those that somebody has asked for already."""
        return list(self._made.values())

    def __getitem__(self, tenant_id: str) -> Tenant:
        tenant = self._made.get(tenant_id)
        if tenant is None:
            config = self._configured[tenant_id]
            tenant = self._made[tenant_id] = self._make(config)
            self._fill(tenant, config)
        return tenant

    def __contains__(self, tenant_id: object) -> bool:
        return tenant_id in self._configured

    def __iter__(self) -> Iterator[str]:
        return iter(self._configured)

    def __len__(self) -> int:
        return len(self._configured)
