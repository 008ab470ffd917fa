# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a ``scope`` parameter asks for.

Facts: learn.microsoft.com "Scopes and permissions in the Microsoft identity platform".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .clouds import CLOUDS
from .errors import IdentityError, parameter_missing
from .grant_errors import consent_missing
from .tokens import GRAPH_APP_ID

if TYPE_CHECKING:
    from ..world import Client, Tenant, World

OPENID = frozenset({"openid", "profile", "email", "offline_access"})
_DEFAULT = ".default"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A scope parameter, taken apart."""

    resource: str
    """As the client wrote it, which is how the token's audience says it."""
    permissions: tuple[str, ...]
    openid: frozenset[str]
    prefix: str
    """What stands before each permission in the parameter: nothing, or the resource and a slash."""

    def granted_to(self, client: Client) -> tuple[str, ...]:
        """The permissions for the token: what was asked for, or with .default all that was consented to."""
        if _DEFAULT in self.permissions:
            granted = tuple(sorted(client.scopes - OPENID))
            if not granted:
                raise consent_missing(client.client_id, client.name)
            return granted
        by_name = {scope.lower(): scope for scope in client.scopes}
        if any(name.lower() not in by_name for name in self.permissions):
            raise consent_missing(client.client_id, client.name)
        return tuple(by_name[name.lower()] for name in self.permissions)

    def answered(self, granted: tuple[str, ...]) -> str:
        """The ``scope`` of the answer, written as the client wrote it."""
        names = [f"{self.prefix}{name}" for name in granted]
        if _DEFAULT in self.permissions:
            names.append(f"{self.prefix}{_DEFAULT}")
        return " ".join([*sorted(self.openid - {"offline_access"}), *names])


def parse_scope(world: World, tenant: Tenant, text: str) -> Wanted:
    """Take a delegated scope parameter apart, or refuse it."""
    openid: set[str] = set()
    permissions: dict[str, list[str]] = {}
    prefixes: dict[str, str] = {}
    for part in text.split():
        resource, slash, name = part.rpartition("/")
        if not slash and part.lower() in OPENID:
            openid.add(part.lower())
            continue
        key = resource.rstrip("/") or CLOUDS[world.config.cloud].graph
        permissions.setdefault(key, []).append(name)
        prefixes[key] = resource + slash
    if len(permissions) > 1:
        raise IdentityError(
            400,
            "invalid_request",
            28000,
            "Provided value for the input parameter scope is not valid because it contains more than one resource. "
            f"Scope {text} is not valid.",
        )
    if not permissions:
        # OpenID scopes alone: the token is for Graph, and says as much as they do.
        return Wanted(CLOUDS[world.config.cloud].graph, (), frozenset(openid), "")
    resource, names = next(iter(permissions.items()))
    check_resource(world, tenant, resource)
    if _DEFAULT in names and len(names) > 1:
        raise invalid_scope(text, ".default scope can't be combined with resource-specific scopes.")
    return Wanted(resource, tuple(names), frozenset(openid), prefixes[resource])


def application_resource(world: World, tenant: Tenant, scope: str) -> str:
    """The resource of the client credentials grant, whose scope is always one ``.../.default``."""
    if not scope:
        raise parameter_missing("scope")
    if " " in scope or not scope.endswith(f"/{_DEFAULT}"):
        raise invalid_scope(scope)
    resource = scope.removesuffix(f"/{_DEFAULT}").rstrip("/")
    check_resource(world, tenant, resource)
    return resource


def check_resource(world: World, tenant: Tenant, resource: str) -> None:
    """Refuse what the tenant's cloud does not have: another cloud's Graph above all."""
    cloud = CLOUDS[world.config.cloud]
    if resource not in (cloud.graph, GRAPH_APP_ID, cloud.management, world.base_url):
        raise IdentityError(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {resource} was not found in the tenant named "
            f"{tenant.display_name}. This can happen if the application has not been installed by the "
            "administrator of the tenant or consented to by any user in the tenant. You might have sent your "
            "authentication request to the wrong tenant.",
        )


def invalid_scope(scope: str, reason: str = "") -> IdentityError:
    """A scope that cannot be."""
    return IdentityError(
        400,
        "invalid_scope",
        70011,
        f"The provided request must include a 'scope' input parameter. The provided value for the input "
        f"parameter 'scope' is not valid. The scope {scope} is not valid. {reason}".strip(),
    )
