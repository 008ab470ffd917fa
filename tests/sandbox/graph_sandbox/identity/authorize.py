# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorization endpoint: a person signs in with a browser, and the application gets a code.

Facts: learn.microsoft.com, "OAuth 2.0 authorization code flow", request an authorization code. ``login_hint`` signs that
person in without further questions; without it the page lets one choose.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..exchange import Reply
from .credentials import known_client
from .errors import IdentityError, parameter_missing
from .grant_errors import (
    interaction_required,
    no_tenant,
    single_tenant,
    unregistered_reply_address,
)
from .pages import link, page, paragraph, redirect
from .people import home_tenant, sign_in
from .scopes import parse_scope
from .sessions import AuthorizationRequest

if TYPE_CHECKING:
    from ..world import Client, Tenant, World


def authorize(world: World, tenant: Tenant | None, name: str, query: dict[str, str]) -> Reply:
    """Answer the browser: a page, or the way back to the application with a code or an error."""
    hint = query.get("login_hint", "")
    place = tenant or (home_tenant(world, hint) if hint else None)
    client_id = query.get("client_id", "").lower()
    if not client_id:
        raise parameter_missing("client_id")
    registration = place.clients.get(client_id) if place else world.find_registration(client_id)
    client = registration or known_client(_must_be(place), client_id)
    if tenant is None and not client.multi_tenant:
        raise single_tenant(client.client_id, client.name)
    address = query.get("redirect_uri", "")
    if not is_registered(client, address):
        raise unregistered_reply_address(address, client.client_id)
    mode = query.get("response_mode", "query")
    state = {"state": query["state"]} if "state" in query else {}
    try:
        answer = _decide(world, place, client, name, query)
    except IdentityError as error:
        answer = {"error": error.error, "error_description": f"AADSTS{error.code}: {error.text}"}
    if answer is None:
        return _choose(world, place, client, query)
    return redirect(address, mode, {**answer, **state})


def is_registered(client: Client, address: str) -> bool:
    """Whether the redirect URI is exactly one of the application's; at a loopback address any port will do (RFC 8252)."""
    loopback = re.fullmatch(r"(http://(?:localhost|127\.0\.0\.1))(?::\d+)?(/.*)?", address)
    portless = f"{loopback[1]}{loopback[2] or ''}" if loopback else address
    return portless in client.redirect_uris or (loopback is not None and portless.removesuffix("/") in client.redirect_uris)


def _must_be(tenant: Tenant | None) -> Tenant:
    if tenant is None:
        raise no_tenant()
    return tenant


def _decide(world: World, tenant: Tenant | None, client: Client, name: str, query: dict[str, str]) -> dict[str, str] | None:
    """What to send back to the application, or None to ask the person first."""
    if query.get("response_type") != "code":
        raise IdentityError(
            400, "unsupported_response_type", 70005, "The app returned an unsupported response type; only 'code' is offered."
        )
    if query.get("sandbox_cancel"):
        return {"error": "access_denied", "error_description": "the user canceled the authentication"}
    hint = query.get("login_hint")
    if not hint:
        if query.get("prompt") == "none":
            raise interaction_required()
        return None
    tenant = _must_be(tenant)
    user = sign_in(tenant, hint)
    wanted = parse_scope(world, tenant, query.get("scope", ""))
    wanted.granted_to(client)
    asked = AuthorizationRequest(
        client.client_id,
        query.get("scope", ""),
        query["redirect_uri"],
        query.get("code_challenge", ""),
        query.get("code_challenge_method", "plain"),
        query.get("nonce"),
    )
    return {"code": world.sessions.begin_code(asked, name, (tenant.id, str(user["id"]))).code}


def _choose(world: World, tenant: Tenant | None, client: Client, query: dict[str, str]) -> Reply:
    tenants = [tenant] if tenant else list(world.tenants.values())
    names = [str(user["mail"] or user["userPrincipalName"]) for place in tenants for user in place.directory.users]
    links = "".join(link(f"Sign in as {name}", **{**query, "login_hint": name}) for name in names)
    return page(
        "Pick an account", paragraph(f"to continue to {client.name}") + links + link("Cancel", **{**query, "sandbox_cancel": "1"})
    )
