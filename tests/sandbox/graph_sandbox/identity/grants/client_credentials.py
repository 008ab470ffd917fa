# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client credentials grant: an application gets a token for itself.

Facts: learn.microsoft.com, "OAuth 2.0 client credentials flow".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..credentials import authenticate_client
from ..scopes import application_resource

if TYPE_CHECKING:
    from .request import TokenRequest


def client_credentials(request: TokenRequest) -> dict[str, Any]:
    """Check the application and the scope, issue a token."""
    tenant = request.one_tenant()
    client = authenticate_client(request.world, tenant, request.form, request.authorization)
    audience = application_resource(request.world, tenant, request.form.get("scope", "").strip())
    token, life = request.authority.issue(tenant, client, audience, request.proof)
    return {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token}
