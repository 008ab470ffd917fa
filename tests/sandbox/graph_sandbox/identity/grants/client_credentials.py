# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client credentials grant: an application gets a token for itself.

Facts: learn.microsoft.com, "OAuth 2.0 client credentials flow".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..credentials import authenticate_client
from ..errors import IdentityError, parameter_missing
from ..tokens import GRAPH_RESOURCE

if TYPE_CHECKING:
    from . import TokenRequest


def client_credentials(request: TokenRequest) -> dict[str, Any]:
    """Check the application and the scope, issue a token."""
    client = authenticate_client(request.world, request.tenant, request.form, request.authorization)
    audience = _audience(request)
    token, life = request.authority.issue(request.tenant, client, audience)
    return {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token}


def _audience(request: TokenRequest) -> str:
    """The resource that the scope names; only Graph exists here, under its own name and under the sandbox's address."""
    scope = request.form.get("scope", "").strip()
    if not scope:
        raise parameter_missing("scope")
    if " " in scope or not scope.endswith("/.default"):
        raise IdentityError(
            400,
            "invalid_scope",
            70011,
            f"The provided request must include a 'scope' input parameter. The provided value for the input "
            f"parameter 'scope' is not valid. The scope {scope} is not valid.",
        )
    resource = scope.removesuffix("/.default").rstrip("/")
    if resource not in (GRAPH_RESOURCE, request.world.base_url):
        raise IdentityError(
            400,
            "invalid_resource",
            500011,
            f"The resource principal named {resource} was not found in the tenant named "
            f"{request.tenant.display_name}. This can happen if the application has not been installed by the "
            "administrator of the tenant or consented to by any user in the tenant. You might have sent your "
            "authentication request to the wrong tenant.",
        )
    return resource
