# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tokens say.

Claims as in "Access token claims reference" and "ID token claims reference" (learn.microsoft.com). Graph's access tokens
are version 1.0 tokens: the application stands in ``appid``, application permissions in ``roles``, delegated ones in
``scp``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..permissions import DIRECTORY_ROLES

if TYPE_CHECKING:
    from ..store import Row
    from ..world import Client, Tenant

MEMBER_ROLE = "b79fbf4d-3ef9-4689-8143-76b194e85509"
"""In ``wids`` of every user who signs in to their own tenant."""


def application_claims(tenant: Tenant, client: Client, proof: str) -> dict[str, Any]:
    """An application's own token. ``proof`` is how it authenticated: 1 with a secret, 2 with an assertion."""
    claims: dict[str, Any] = {
        **_common(tenant, client, proof),
        "idtyp": "app",
        "oid": client.object_id,
        "sub": client.object_id,
    }
    if client.permissions:
        claims["roles"] = sorted(client.permissions)
    return claims


def delegated_claims(tenant: Tenant, client: Client, user: Row, scopes: Iterable[str], proof: str) -> dict[str, Any]:
    """A person's token for an application that they use. ``proof`` is 0 for a public client."""
    roles = [DIRECTORY_ROLES[role].template_id for role in user.get("_directory_roles", ())]
    guest = user["userType"] == "Guest"
    claims = {
        **_common(tenant, client, proof),
        "acct": 1 if guest else 0,
        "acr": "1",
        "amr": ["pwd", "mfa"],
        "idtyp": "user",
        "ipaddr": "127.0.0.1",
        "name": user["displayName"],
        "oid": user["id"],
        "preferred_username": user["userPrincipalName"],
        "scp": " ".join(sorted(scopes)),
        "sub": pairwise_subject(client, user),
        "unique_name": user["mail"] or user["userPrincipalName"],
        "upn": user["userPrincipalName"],
        "wids": [*roles, *([] if guest else [MEMBER_ROLE])],
    }
    if guest and user["mail"]:
        claims["email"] = user["mail"]
    return claims


def pairwise_subject(client: Client, user: Row) -> str:
    """The same person is another subject for another application."""
    digest = hashlib.sha256(f"{client.client_id}/{user['id']}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _common(tenant: Tenant, client: Client, proof: str) -> dict[str, Any]:
    issuer = f"https://sts.windows.net/{tenant.id}/"
    return {
        "iss": issuer,
        "app_displayname": client.name,
        "appid": client.client_id,
        "appidacr": proof,
        "idp": issuer,
        "tenant_region_scope": "WW",
        "tid": tenant.id,
        "ver": "1.0",
        "xms_tcdt": 1577836800,
    }
