# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consent of a tenant to an application: the administrator's page, and what it changes.

Facts: learn.microsoft.com "Admin consent on the Microsoft identity platform"; "Grant tenant-wide admin consent": what was
granted before and is not asked for any more is revoked (practice M12).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..clock import directory_time
from ..directory.service_principals import make_service_principal
from ..exchange import Reply
from ..ids import derive_guid
from ..store import Row
from .authorize import is_registered
from .credentials import known_client
from .errors import IdentityError, parameter_missing
from .grant_errors import admin_required, unregistered_reply_address
from .pages import link, listed, page, paragraph, redirect
from .people import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..world import Client, Tenant, World

_MAY_CONSENT = frozenset({"Global Administrator", "Privileged Role Administrator"})


def _service_principal(world: World, tenant: Tenant, client: Client) -> Row:
    """The application as the tenant's directory shows it from now on."""
    return make_service_principal(
        client.object_id,
        appId=client.client_id,
        displayName=client.name,
        appDisplayName=client.name,
        servicePrincipalNames=[client.client_id],
        signInAudience="AzureADMultipleOrgs" if client.multi_tenant else "AzureADMyOrg",
        createdDateTime=directory_time(world.clock.now()),
        appOwnerOrganizationId=derive_guid(world.config.seed, "owner of applications") if client.multi_tenant else tenant.id,
    )


def grant(world: World, tenant: Tenant, client: Client, permissions: Iterable[str], scopes: Iterable[str]) -> Client:
    """Consent to just these: the application is known from now on, and new tokens carry them."""
    known = tenant.clients.get(client.client_id, client)  # its service principal may have come in another way
    granted = replace(client, object_id=known.object_id, permissions=frozenset(permissions), scopes=frozenset(scopes))
    tenant.clients[client.client_id] = granted
    if granted.object_id not in tenant.directory.service_principals:
        tenant.directory.service_principals.add(_service_principal(world, tenant, granted))
    return granted


def withdraw(tenant: Tenant, client: Client) -> None:
    """Delete the application from the tenant; its registration elsewhere stays."""
    known = tenant.clients.pop(client.client_id, None)
    if known is not None:
        tenant.directory.service_principals.remove(known.object_id)


def admin_consent(world: World, tenant: Tenant, query: dict[str, str], version: int) -> Reply:
    """``GET /{tenant}/adminconsent`` and ``/v2.0/adminconsent``; ``grant=accept`` or ``decline`` is the button pressed."""
    client_id = query.get("client_id", "").lower()
    if not client_id:
        raise parameter_missing("client_id")
    asked = world.asked_for(tenant, client_id) or known_client(tenant, client_id)
    address = query.get("redirect_uri", "")
    if address and not is_registered(asked, address):
        raise unregistered_reply_address(address, client_id)
    if "grant" not in query:
        return _show(tenant, asked, query)
    state = {"state": query["state"]} if "state" in query else {}
    answer = {"admin_consent": "True"}
    try:
        _decide(world, tenant, asked, query)
    except IdentityError as error:
        answer |= {"error": error.error, "error_description": f"AADSTS{error.code}: {error.text}"}
        if not address:
            raise
    else:
        answer["tenant"] = tenant.id
        if version == 2:
            answer["scope"] = query.get("scope", "")
    if not address:
        return page("Consent given", paragraph(f"{asked.name} may now do what it asked for in {tenant.display_name}."))
    return redirect(address, "query", {**answer, **state})


def _decide(world: World, tenant: Tenant, asked: Client, query: dict[str, str]) -> None:
    if query["grant"] != "accept":
        raise IdentityError(400, "consent_required", 65004, "The resource owner or authorization server denied the request.")
    if "login_hint" in query:
        user = sign_in(tenant, query["login_hint"])
        if _MAY_CONSENT.isdisjoint(user.get("_directory_roles", ())):
            raise admin_required()
    grant(world, tenant, asked, asked.permissions, asked.scopes)


def _show(tenant: Tenant, asked: Client, query: dict[str, str]) -> Reply:
    lines = [f"{name} (application)" for name in sorted(asked.permissions)]
    lines += [f"{name} (delegated)" for name in sorted(asked.scopes)]
    return page(
        "Permissions requested",
        paragraph(f"{asked.name} asks an administrator of {tenant.display_name} for:")
        + listed(lines)
        + link("Accept", **{**query, "grant": "accept"})
        + link("Cancel", **{**query, "grant": "decline"}),
    )
