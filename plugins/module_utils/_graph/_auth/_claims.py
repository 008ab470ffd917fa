# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What an access token says of itself. Never verified: it is Graph's to judge, ours to report."""

from __future__ import annotations

import base64
import binascii
import json
import typing as t

Claims = t.Mapping[str, t.Any]

# The end of the year 9999.
_LATEST = 253402300799.0


def read(token: str) -> dict[str, t.Any]:
    """The claims; empty for what is no token of Entra ID."""
    parts = token.split(".")
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        found = json.loads(base64.urlsafe_b64decode(padded))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}


def is_delegated(claims: Claims) -> bool:
    """Whether the application acts for a person: such a token has `scp`, an application's own has `roles`."""
    return bool(claims.get("scp"))


def permissions(claims: Claims) -> list[str]:
    """What the token may do: delegated permissions where a person signed in, else those of the application."""
    if is_delegated(claims):
        return sorted(str(claims["scp"]).split())
    return sorted(str(role) for role in claims.get("roles") or [])


def client_id(claims: Claims) -> str | None:
    """The application, as tokens of version 1 and of version 2 name it."""
    found = claims.get("appid") or claims.get("azp")
    return str(found) if found else None


def ends(claims: Claims) -> float:
    """When the token expires, in seconds since 1970; 0 where it does not say."""
    try:
        found = float(claims.get("exp") or 0)
    except (TypeError, ValueError):
        return 0.0
    # A time that no calendar has, not a number among them, is none.
    return found if 0 <= found <= _LATEST else 0.0
