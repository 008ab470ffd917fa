# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the identity platform remembers of people who sign in: device codes, authorization codes, refresh tokens."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ..ids import derive_secret

if TYPE_CHECKING:
    from ..world import World

DEVICE_CODE_LIFE = 900
"""Seconds ("device authorization grant": the user has 15 minutes)."""
CODE_LIFE = 600
"""Seconds ("authorization code flow": typically about 10 minutes)."""
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(slots=True)
class DeviceFlow:
    """One sign-in on another device."""

    device_code: str
    user_code: str
    client_id: str
    tenant_id: str | None
    """None: asked at /common; the person's own tenant decides."""
    scope: str
    expires: int
    polled: float | None = None
    declined: bool = False
    person: tuple[str, str] | None = None
    """Ids of tenant and user, once somebody signed in."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What an application asked for, and must say again when it redeems the code."""

    client_id: str
    scope: str
    redirect_uri: str
    challenge: str
    challenge_method: str
    nonce: str | None


@dataclass(slots=True)
class AuthorizationCode:
    """One sign-in in a browser, to be redeemed once."""

    code: str
    asked: AuthorizationRequest
    authority: str
    """How the path of the request named the tenant."""
    person: tuple[str, str]
    expires: int
    redeemed: bool = False


@dataclass(slots=True)
class RefreshToken:
    """A person's standing grant to an application: bound to both of them, not to a tenant ("Refresh tokens")."""

    token: str
    client_id: str
    person: tuple[str, str]
    scope: str
    issued: datetime
    revoked: datetime | None = None


class Sessions:
    """All of them, by their code or token."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._count = 0
        self.devices: dict[str, DeviceFlow] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}

    def begin_device(self, client_id: str, tenant_id: str | None, scope: str) -> DeviceFlow:
        """A new pair of codes."""
        device_code = self._secret("device code")
        digest = hashlib.sha256(device_code.encode()).digest()
        user_code = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:9])
        flow = DeviceFlow(device_code, user_code, client_id, tenant_id, scope, self._world.clock.timestamp() + DEVICE_CODE_LIFE)
        self.devices[device_code] = flow
        return flow

    def find_device(self, user_code: str) -> DeviceFlow | None:
        """By what the person types."""
        wanted = user_code.replace("-", "").replace(" ", "").upper()
        return next((flow for flow in self.devices.values() if flow.user_code == wanted), None)

    def begin_code(self, asked: AuthorizationRequest, authority: str, person: tuple[str, str]) -> AuthorizationCode:
        """A new authorization code."""
        expires = self._world.clock.timestamp() + CODE_LIFE
        code = AuthorizationCode(self._secret("code"), asked, authority, person, expires)
        self.codes[code.code] = code
        return code

    def begin_refresh(self, client_id: str, person: tuple[str, str], scope: str) -> RefreshToken:
        """A new refresh token; those that came before stay as they are ("the old one is not revoked when used")."""
        token = RefreshToken(self._secret("refresh token"), client_id, person, scope, self._world.clock.now())
        self.refresh_tokens[token.token] = token
        return token

    def revoke(self, tenant_id: str, user_id: str) -> None:
        """Every refresh token that the person has now stops working (revokeSignInSessions)."""
        now = self._world.clock.now()
        for token in self.refresh_tokens.values():
            if token.person == (tenant_id, user_id) and token.revoked is None:
                token.revoked = now

    def _secret(self, purpose: str) -> str:
        self._count += 1
        seed = self._world.config.seed
        parts = (derive_secret(seed, purpose, self._count, part).replace("~", "") for part in range(3))
        return f"0.A{''.join(parts)}"
