# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorization code grant with PKCE.

Facts: learn.microsoft.com, "OAuth 2.0 authorization code flow", redeem a code for an access token.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from ..answers import answer_person
from ..credentials import authenticate_public
from ..errors import parameter_missing
from ..grant_errors import (
    code_expired,
    code_of_other_tenant,
    code_redeemed,
    malformed_grant,
    other_client,
    wrong_reply_address,
    wrong_verifier,
)

if TYPE_CHECKING:
    from ..sessions import AuthorizationRequest
    from .request import TokenRequest


def authorization_code(request: TokenRequest) -> dict[str, Any]:
    """Redeem a code, once, by the application that asked for it and in the way in which it asked."""
    if not request.form.get("code"):
        raise parameter_missing("code")
    code = request.world.sessions.codes.get(request.form["code"])
    if code is None:
        raise malformed_grant()
    tenant = request.tenant_for(code.person)
    client = authenticate_public(request.world, tenant, request.form, request.authorization)
    if client.client_id != code.asked.client_id:
        raise other_client()
    if code.redeemed:
        raise code_redeemed()
    if request.world.clock.timestamp() >= code.expires:
        raise code_expired()
    asked = request.world.find_tenant(code.authority)
    if asked is not request.tenant:
        raise code_of_other_tenant()
    if request.form.get("redirect_uri", "") != code.asked.redirect_uri:
        raise wrong_reply_address(request.form.get("redirect_uri", ""), code.asked.redirect_uri)
    if code.asked.challenge and _challenge(code.asked, request.form.get("code_verifier", "")) != code.asked.challenge:
        raise wrong_verifier()
    answer = answer_person(request, tenant, client, code.person, request.form.get("scope") or code.asked.scope, code.asked.nonce)
    code.redeemed = True
    return answer


def _challenge(asked: AuthorizationRequest, verifier: str) -> str:
    if asked.challenge_method != "S256":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
