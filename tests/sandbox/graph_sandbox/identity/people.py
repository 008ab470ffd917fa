# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of a tenant, as the identity platform finds them by what they type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ids import derive_guid
from .grant_errors import disabled_user, not_in_tenant, unknown_user

if TYPE_CHECKING:
    from ..store import Row
    from ..world import Client, KnownTenant, Tenant, World


def find_user(tenant: Tenant, name: str) -> Row | None:
    """A user by user principal name, mail address or object id."""
    wanted = name.lower()
    for user in tenant.directory.users:
        if wanted in (str(user["userPrincipalName"]).lower(), str(user["mail"]).lower(), user["id"]):
            return user
    return None


def sign_in(tenant: Tenant, name: str) -> Row:
    """The user of that name, if they may sign in."""
    user = find_user(tenant, name)
    if user is None:
        raise unknown_user(tenant.display_name)
    return must_be_enabled(user)


def must_be_enabled(user: Row) -> Row:
    """Refuse a blocked account; tokens that it holds live on until they end (practice M4)."""
    if not user["accountEnabled"]:
        raise disabled_user()
    return user


def home_tenant(world: World, name: str) -> Tenant | None:
    """The served tenant to which a person belongs, by the domain that they type."""
    return world.find_tenant(name.rpartition("@")[2])


def address(user: Row) -> str:
    """What the person types to sign in, in whatever tenant."""
    return str(user["mail"] if user["userType"] == "Guest" else user["userPrincipalName"])


def home_identity(world: World, tenant: Tenant, user: Row) -> tuple[str, str]:
    """Object id and tenant id of the account in its own tenant, which tells apart accounts for MSAL (client_info)."""
    if user["userType"] != "Guest":
        return str(user["id"]), tenant.id
    domain = address(user).rpartition("@")[2]
    known: KnownTenant | None = world.find_known(domain)
    home = world.tenants.get(known.tenant_id) if known else None
    account = find_user(home, address(user)) if home else None
    if account is not None and known is not None:
        return str(account["id"]), known.tenant_id
    seed = world.config.seed
    home_id = known.tenant_id if known else derive_guid(seed, "tenant", domain.lower())
    return derive_guid(seed, "account", address(user).lower()), home_id


def account_in(world: World, tenant: Tenant, client: Client, person: tuple[str, str]) -> Row:
    """Somebody who signed in (tenant id, user id), as the account that they have in a tenant: their own, or as a guest."""
    home = world.tenants[person[0]]
    user = home.directory.users.get(person[1])
    if user is None:
        raise unknown_user(home.display_name)
    if home is not tenant:
        account = find_user(tenant, address(user))
        if account is None:
            raise not_in_tenant(tenant.display_name, client.client_id, client.name, home.id)
        must_be_enabled(user)
        user = account
    return must_be_enabled(user)
