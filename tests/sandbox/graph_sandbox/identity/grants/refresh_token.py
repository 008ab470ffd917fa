# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The refresh token grant.

Facts: "Refresh tokens in the Microsoft identity platform": bound to a user and an application, not to a tenant or a
resource; each use brings a new one and does not revoke the old one; 90 days without use end it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..answers import answer_person
from ..credentials import authenticate_public
from ..errors import parameter_missing
from ..grant_errors import inactive, malformed_grant, other_client, revoked

if TYPE_CHECKING:
    from .request import TokenRequest


def refresh_token(request: TokenRequest) -> dict[str, Any]:
    """Another access token for the same person, in any tenant that has them."""
    token = request.form.get("refresh_token")
    if not token:
        raise parameter_missing("refresh_token")
    grant = request.world.sessions.refresh_tokens.get(token)
    if grant is None:
        raise malformed_grant()
    tenant = request.tenant_for(grant.person)
    client = authenticate_public(request.world, tenant, request.form, request.authorization)
    if client.client_id != grant.client_id:
        raise other_client()
    if grant.revoked is not None:
        raise revoked(grant.issued, grant.revoked)
    life = timedelta(seconds=request.world.config.refresh_token_lifetime)
    if request.world.clock.now() - grant.issued >= life:
        raise inactive(grant.issued, life)
    scope = request.form.get("scope") or grant.scope
    if "offline_access" not in scope.split():
        scope = f"{scope} offline_access"  # a refresh token is always replaced
    return answer_person(request, tenant, client, grant.person, scope)
