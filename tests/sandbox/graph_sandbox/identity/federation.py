# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Federated identity credentials: an application proves itself by a token of an issuer that it trusts.

Facts: learn.microsoft.com "Workload identity federation": issuer, subject and audience must match, in case as well.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from .clouds import CLOUDS
from .errors import CLOCK_SKEW, bad_assertion, outside_its_time
from .grant_errors import federation_mismatch, federation_mismatch_at_large, no_federation

if TYPE_CHECKING:
    from ..config.schema import FederatedConfig
    from ..world import Client, Tenant, World


def check_federated(world: World, tenant: Tenant, client: Client, assertion: str, claims: dict[str, Any]) -> None:
    """Refuse unless one of the application's credentials fits. ``claims`` are read, but not verified yet."""
    if not client.federated:
        raise no_federation(client.client_id, client.name)
    trusted = _matching(world, tenant, client, claims)
    try:
        verified = jwt.decode(assertion, _keys(Path(trusted.keys)), algorithms=["RS256", "ES256"]).claims
    except (JoseError, ValueError):
        raise bad_assertion(
            "JWT token is invalid or malformed. External ID token from issuer failed signature verification.", 50027
        ) from None
    now: float = world.clock.timestamp()
    begins, ends = verified.get("nbf", verified.get("iat", now)), verified.get("exp", 0)
    if not isinstance(begins, (int, float)) or not isinstance(ends, (int, float)):
        raise outside_its_time(now, begins, ends)
    if not begins - CLOCK_SKEW <= now < ends + CLOCK_SKEW:
        raise outside_its_time(now, begins, ends)


def _matching(world: World, tenant: Tenant, client: Client, claims: dict[str, Any]) -> FederatedConfig:
    issuer, subject = str(claims.get("iss", "")), str(claims.get("sub", ""))
    audiences = claims.get("aud")
    audiences = [str(item) for item in audiences] if isinstance(audiences, list) else [str(audiences)]
    left = list(client.federated)
    expected = CLOUDS[world.config.cloud].exchange_audience
    checks = (
        (700211, "issuer", issuer, lambda entry: entry.issuer == issuer),
        (700213, "subject", subject, lambda entry: entry.subject == subject),
        (700212, "audience", audiences[0], lambda entry: (entry.audience or expected) in audiences),
    )
    for code, what, value, fits in checks:
        left = [entry for entry in left if fits(entry)]
        if not left:
            if tenant.quirks.federation_mismatch == "at_large":
                raise federation_mismatch_at_large(issuer, subject, audiences[0])
            raise federation_mismatch(code, what, value)
    return left[0]


@lru_cache(maxsize=16)
def _keys(path: Path) -> KeySet | RSAKey:
    """The issuer's public keys: a JSON Web Key Set, or one PEM."""
    content = path.read_bytes()
    if content.lstrip().startswith(b"{"):
        return KeySet.import_key_set(json.loads(content))
    return RSAKey.import_key(content)
