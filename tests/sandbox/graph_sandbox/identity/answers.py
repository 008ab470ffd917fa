# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token endpoint's answer for a person: access token, refresh token, id token, client_info.

Facts: "OAuth 2.0 authorization code flow", "ID token claims reference"; ``client_info`` as MSAL asks for it and reads it.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from .claims import pairwise_subject
from .people import account_in, home_identity
from .scopes import parse_scope

if TYPE_CHECKING:
    from ..store import Row
    from ..world import Client, Tenant
    from .grants import TokenRequest


def answer_person(
    request: TokenRequest, tenant: Tenant, client: Client, person: tuple[str, str], scope: str, nonce: str | None = None
) -> dict[str, Any]:
    """Everything that the scope asks for. ``person`` is who signed in: ids of tenant and user."""
    world = request.world
    user = account_in(world, tenant, client, person)
    wanted = parse_scope(world, tenant, scope)
    granted = wanted.granted_to(client)
    named = [*granted, *sorted(wanted.openid - {"offline_access"})]
    token, life = request.authority.issue_delegated(tenant, client, user, wanted.resource, named, request.proof)
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": wanted.answered(granted),
        "expires_in": life,
        "ext_expires_in": life,
        "access_token": token,
    }
    if "offline_access" in wanted.openid:
        answer["refresh_token"] = world.sessions.begin_refresh(client.client_id, person, scope).token
    if "openid" in wanted.openid:
        answer["id_token"] = request.authority.sign(_id_claims(request, tenant, client, user, wanted.openid, nonce), life)
    if request.form.get("client_info") == "1":
        uid, utid = home_identity(world, tenant, user)
        packed = json.dumps({"uid": uid, "utid": utid}).encode()
        answer["client_info"] = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return answer


def _id_claims(
    request: TokenRequest, tenant: Tenant, client: Client, user: Row, openid: frozenset[str], nonce: str | None
) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "aud": client.client_id,
        "iss": f"{request.world.base_url}/{tenant.id}/v2.0",
        "sub": pairwise_subject(client, user),
        "tid": tenant.id,
        "ver": "2.0",
    }
    if "profile" in openid:
        claims |= {"name": user["displayName"], "oid": user["id"], "preferred_username": user["userPrincipalName"]}
    if "email" in openid and user["mail"]:
        claims["email"] = user["mail"]
    if nonce is not None:
        claims["nonce"] = nonce
    return claims
