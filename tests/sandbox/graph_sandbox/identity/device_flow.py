# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device authorization grant, its first half: a code for the device, and the page where a person types it.

Facts: learn.microsoft.com, "OAuth 2.0 device authorization grant flow".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exchange import Reply
from .credentials import known_client
from .errors import IdentityError, parameter_missing
from .grant_errors import blocked_by_policy, single_tenant, unknown_user
from .pages import device_form, page, paragraph
from .people import account_in, home_tenant, sign_in
from .scopes import parse_scope
from .sessions import DEVICE_CODE_LIFE, DeviceFlow

if TYPE_CHECKING:
    from ..world import Tenant, World

PAGE = "common/oauth2/deviceauth"
"""Where Entra's https://microsoft.com/devicelogin leads to."""


class WrongUserCode(Exception):
    """Nobody waits with that code."""


def begin(world: World, tenant: Tenant | None, form: dict[str, str]) -> Reply:
    """``POST /{tenant}/oauth2/v2.0/devicecode``."""
    client_id = form.get("client_id", "").lower()
    if not client_id:
        raise parameter_missing("client_id")
    scope = form.get("scope", "")
    if not scope:
        raise parameter_missing("scope")
    if tenant is not None:
        known_client(tenant, client_id)
        parse_scope(world, tenant, scope)
    else:
        registration = world.find_registration(client_id)
        if registration is not None and not registration.multi_tenant:
            raise single_tenant(client_id, registration.name)
    flow = world.sessions.begin_device(client_id, tenant.id if tenant else None, scope)
    uri = f"{world.base_url}/{PAGE}"
    return Reply(
        200,
        {
            "user_code": flow.user_code,
            "device_code": flow.device_code,
            "verification_uri": uri,
            "expires_in": DEVICE_CODE_LIFE,
            "interval": world.config.device_code_interval,
            "message": f"To sign in, use a web browser to open the page {uri} and enter the code {flow.user_code} to "
            "authenticate.",
        },
    )


def finish(world: World, user_code: str, user: str, decline: bool) -> DeviceFlow:
    """A person types the code and signs in, or says no. WrongUserCode; IdentityError for who may not sign in."""
    flow = world.sessions.find_device(user_code)
    if flow is None or flow.person or flow.declined or world.clock.timestamp() >= flow.expires:
        raise WrongUserCode("That code didn't work. Check the code and try again.")
    if decline:
        flow.declined = True
        return flow
    tenant = world.tenants[flow.tenant_id] if flow.tenant_id else home_tenant(world, user)
    if tenant is None:
        raise unknown_user(user.rpartition("@")[2])
    client = known_client(tenant, flow.client_id)
    account = sign_in(tenant, user)
    if tenant.quirks.device_code_blocked:
        raise blocked_by_policy()
    person = (tenant.id, str(account["id"]))
    account_in(world, tenant, client, person)
    flow.person = person
    return flow


def show(world: World, method: str, form: dict[str, str]) -> Reply:
    """The page for the person's browser."""
    if method != "POST":
        return page("Enter code", device_form())
    try:
        flow = finish(world, form.get("user_code", ""), form.get("user", ""), form.get("action") == "decline")
    except (WrongUserCode, IdentityError) as problem:
        return page("Enter code", paragraph(str(problem)) + device_form(form.get("user_code", "")), 400)
    return page("You have signed in" if flow.person else "Cancelled", paragraph("You may now close this window."))
