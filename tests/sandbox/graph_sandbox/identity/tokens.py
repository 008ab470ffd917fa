# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign tokens, and verify those that come back to Graph. What they say stands in claims.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from .claims import application_claims, delegated_claims
from .clouds import CLOUDS

if TYPE_CHECKING:
    from ..store import Row
    from ..world import Client, Tenant, World

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
_CACHE_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as a verified token says."""

    tenant_id: str
    client_id: str
    object_id: str
    roles: frozenset[str]
    """Application permissions; empty when a person calls."""
    expires: int
    scopes: frozenset[str] = frozenset()
    """Delegated permissions; empty when an application calls for itself."""
    user_id: str | None = None
    """The person, if one calls."""


class TokenRefused(Exception):
    """The token does not hold; the message is what Graph says of it."""


class TokenAuthority:
    """The signing key, and everything that is done with it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        self._audiences = {CLOUDS[world.config.cloud].graph, GRAPH_APP_ID, world.base_url}
        self._verified: dict[str, Caller] = {}
        self._issued = 0

    def jwks(self) -> dict[str, Any]:
        """The public key, as the key document shows it."""
        return {"keys": [{**self._key.as_dict(private=False), "use": "sig"}]}

    def issue(self, tenant: Tenant, client: Client, audience: str, proof: str = "1") -> tuple[str, int]:
        """An access token for an application, and its life in seconds."""
        return self._access_token(audience, application_claims(tenant, client, proof))

    def issue_delegated(
        self, tenant: Tenant, client: Client, user: Row, audience: str, scopes: Iterable[str], proof: str = "0"
    ) -> tuple[str, int]:
        """An access token for an application that acts for a person, and its life in seconds."""
        return self._access_token(audience, delegated_claims(tenant, client, user, scopes, proof))

    def _access_token(self, audience: str, claims: dict[str, Any]) -> tuple[str, int]:
        life = self._world.config.token_lifetime
        self._issued += 1
        return self.sign({"aud": audience, **claims, "uti": f"sandbox{self._issued:015d}"}, life), life

    def sign(self, claims: dict[str, Any], life: int) -> str:
        """A signed token that holds from now for so many seconds."""
        now = self._world.clock.timestamp()
        header = {"typ": "JWT", "alg": "RS256", "kid": self._key.kid, "x5t": self._key.kid}
        return jwt.encode(header, {**claims, "iat": now, "nbf": now, "exp": now + life}, self._key, algorithms=["RS256"])

    def verify(self, authorization: str) -> Caller:
        """The caller behind an Authorization header, or TokenRefused."""
        scheme, _unused, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenRefused("Access token is empty.")
        token = token.strip()
        caller = self._verified.get(token) or self._check(token)
        if caller.expires <= self._world.clock.timestamp():
            self._verified.pop(token, None)
            raise TokenRefused("Lifetime validation failed, the token is expired.")
        return caller

    def _check(self, token: str) -> Caller:
        if token.count(".") != 2:
            raise TokenRefused("IDX14100: JWT is not well formed, there are no dots (.).")
        try:
            claims = jwt.decode(token, self._key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            raise TokenRefused("Access token validation failure. Signature is invalid.") from None
        if claims.get("aud") not in self._audiences:
            raise TokenRefused("Access token validation failure. Invalid audience.")
        tenant_id = str(claims.get("tid", ""))
        if tenant_id not in self._world.tenants:
            raise TokenRefused("Access token validation failure. Invalid tenant.")
        object_id = str(claims["oid"])
        caller = Caller(
            tenant_id,
            str(claims["appid"]),
            object_id,
            frozenset(claims.get("roles", ())),
            int(claims["exp"]),
            frozenset(str(claims.get("scp", "")).split()),
            object_id if claims.get("idtyp") == "user" else None,
        )
        if len(self._verified) >= _CACHE_LIMIT:
            self._verified.clear()
        self._verified[token] = caller
        return caller
