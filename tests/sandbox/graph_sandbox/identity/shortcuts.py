# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control routes of the identity platform: what a person would do in a browser, done by a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..exchange import Reply
from . import device_flow
from .clouds import CLOUDS
from .consent import grant, withdraw
from .errors import IdentityError
from .people import find_user

if TYPE_CHECKING:
    from ..world import Client, Tenant, World


def hand_out_token(world: World, body: dict[str, Any]) -> Reply:
    """``POST /_sandbox/tokens {tenant, user, client, scopes}``: an access token as if the person had signed in.

    ``client`` (name or id) is the default client, ``scopes`` all that it was consented to, when they are left out.
    """
    tenant = world.find_tenant(str(body.get("tenant") or next(iter(world.tenants))))
    if tenant is None:
        return Reply(404, {"error": f"There is no tenant {body['tenant']}."})
    client = find_client(tenant, str(body.get("client") or "default"))
    if client is None:
        return Reply(404, {"error": f"{tenant.domain} knows no client {body['client']}."})
    user = find_user(tenant, str(body.get("user")))
    if user is None:
        return Reply(404, {"error": f"{tenant.domain} has no user {body.get('user')}."})
    scopes = list(client.scopes) if body.get("scopes") is None else [str(scope) for scope in body["scopes"]]
    missing = sorted(set(scopes) - client.scopes)
    if missing:
        return Reply(400, {"error": f"The client {client.name} was not consented {', '.join(missing)} in {tenant.domain}."})
    token, life = world.authority.issue_delegated(tenant, client, user, CLOUDS[world.config.cloud].graph, scopes)
    return Reply(200, {"token_type": "Bearer", "scope": " ".join(sorted(scopes)), "expires_in": life, "access_token": token})


def finish_sign_in(world: World, body: dict[str, Any]) -> Reply:
    """``POST /_sandbox/sign-in {user_code, user, decline}``: the person types the device's code and signs in, or declines."""
    try:
        device_flow.finish(world, str(body.get("user_code")), str(body.get("user")), bool(body.get("decline")))
    except device_flow.WrongUserCode as problem:
        return Reply(404, {"error": str(problem)})
    except IdentityError as error:
        return Reply(400, {"error": f"AADSTS{error.code}: {error.text}"})
    return Reply(204)


def set_consent(world: World, body: dict[str, Any]) -> Reply:
    """``POST /_sandbox/consent {tenant, client, permissions, scopes}``: what an administrator agreed to from now on.

    Left out: all that the application asks for. ``permissions: null``: the tenant does not know the application any more.
    """
    tenant = world.find_tenant(str(body.get("tenant")))
    if tenant is None:
        return Reply(404, {"error": f"There is no tenant {body.get('tenant')}."})
    name = str(body.get("client"))
    client = find_client(tenant, name)
    asked = world.asked_for(tenant, client.client_id if client else name) or client
    if asked is None:
        return Reply(404, {"error": f"There is no application {name}."})
    if "permissions" in body and body["permissions"] is None:
        withdraw(tenant, asked)
    else:
        grant(world, tenant, asked, body.get("permissions", asked.permissions), body.get("scopes", asked.scopes))
    return Reply(204)


def find_client(tenant: Tenant, name: str) -> Client | None:
    """A client by name or id."""
    return next((client for client in tenant.clients.values() if name.lower() in (client.name.lower(), client.client_id)), None)
