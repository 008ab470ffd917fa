# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens for a managed identity: the instance metadata service of a virtual machine, and App Service's endpoint.

Facts: learn.microsoft.com "How to use managed identities ... on an Azure VM to acquire an access token" (errors included)
and "How to use managed identities for App Service", REST endpoint reference.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from ..exchange import Reply
from .errors import IdentityError
from .scopes import check_resource

if TYPE_CHECKING:
    from ..world import Client, Tenant, World

IMDS_PATH = "metadata/identity/oauth2/token"
APP_SERVICE_PATH = "msi/token"


def imds_token(world: World, query: dict[str, str], headers: dict[str, str]) -> Reply:
    """``GET /metadata/identity/oauth2/token``, with the header ``Metadata: true``."""
    if headers.get("metadata", "").lower() != "true":
        return _refused("Required metadata header not specified")
    if not query.get("api-version"):
        return _refused("Required query variable 'api-version' is missing")
    return _token(world, query, None)


def app_service_token(world: World, query: dict[str, str], headers: dict[str, str]) -> Reply:
    """``GET <IDENTITY_ENDPOINT>``; IDENTITY_HEADER is the client secret of the managed identity."""
    secret = headers.get("x-identity-header", "")
    known = any(hmac.compare_digest(secret.encode(), client.secret.encode()) for _unused, client in world.managed_identities())
    return _token(world, query, secret) if known else Reply(401, {"statusCode": 401, "message": "Unauthorized"})


def _token(world: World, query: dict[str, str], secret: str | None) -> Reply:
    resource = query.get("resource", "").rstrip("/")
    if not resource:
        return _refused("Required query variable 'resource' is missing")
    wanted = query.get("client_id") or query.get("object_id") or query.get("principal_id")
    for tenant, client in world.managed_identities():
        fits = wanted.lower() in (client.client_id, client.object_id) if wanted else secret in (None, client.secret)
        if fits:
            return _answer(world, tenant, client, resource)
    return _refused("Identity not found")


def _answer(world: World, tenant: Tenant, client: Client, resource: str) -> Reply:
    try:
        check_resource(world, tenant, resource)
    except IdentityError as error:
        return Reply(400, {"error": error.error, "error_description": f"AADSTS{error.code}: {error.text}"})
    token, life = world.authority.issue(tenant, client, resource, "2")
    now = world.clock.timestamp()
    return Reply(
        200,
        {
            "access_token": token,
            "client_id": client.client_id,
            "expires_in": str(life),
            "expires_on": str(now + life),
            "ext_expires_in": str(life),
            "not_before": str(now),
            "resource": resource,
            "token_type": "Bearer",
        },
    )


def _refused(description: str) -> Reply:
    return Reply(400, {"error": "invalid_request", "error_description": description})
