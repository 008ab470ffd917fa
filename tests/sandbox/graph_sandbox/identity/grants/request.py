# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a grant gets to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..grant_errors import no_tenant, single_tenant

if TYPE_CHECKING:
    from ...world import Client, Tenant, World
    from ..tokens import TokenAuthority


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """One request to the token endpoint."""

    world: World
    authority: TokenAuthority
    tenant: Tenant | None
    """None: the request came to /common or /organizations, and what it brings must tell the tenant."""
    authority_name: str
    """How the path names the tenant."""
    form: dict[str, str]
    authorization: str

    @property
    def proof(self) -> str:
        """How the application proves itself, as ``appidacr`` says it: not, by a secret, by an assertion."""
        if self.form.get("client_assertion"):
            return "2"
        return "1" if self.form.get("client_secret") or self.authorization else "0"

    def one_tenant(self) -> Tenant:
        """The tenant that the path names."""
        if self.tenant is None:
            raise no_tenant()
        return self.tenant

    def tenant_for(self, person: tuple[str, str]) -> Tenant:
        """The tenant that the path names, or the person's own."""
        return self.tenant or self.world.tenants[person[0]]

    def must_be_shared(self, client: Client) -> None:
        """At /common only multi-tenant applications are served."""
        if self.tenant is None and not client.multi_tenant:
            raise single_tenant(client.client_id, client.name)
