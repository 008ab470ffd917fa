# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""An access token that somebody else has acquired. It is judged before it is used, and never written anywhere."""

from __future__ import annotations

import hashlib
import time
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _claims
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity

NAME = "access_token"
NEEDS = ("access_token",)
# Given for this run, and no file may hold it.
STORED = False
# It says itself for which tenant it is.
ANY_TENANT = True


def available(options: t.Mapping[str, t.Any]) -> bool:
    """Whether it can be tried."""
    return bool(options.get("access_token"))


def fingerprint(identity: Identity) -> str:
    """A digest of the token."""
    return hashlib.sha256(str(identity.options["access_token"]).encode()).hexdigest()


def acquire(identity: Identity, http: t.Any) -> t.Mapping[str, t.Any]:
    """The token as it was given, unless it cannot be used."""
    token = str(identity.options["access_token"]).strip()
    claims = _claims.read(token)
    if token.count(".") != 2 or not claims:
        raise InvalidInput(
            "the given access token is none of Entra ID",
            remedy="Set access_token (MSSP_ACCESS_TOKEN) to the whole token, three parts with a dot between them, "
            "without 'Bearer'.",
        )
    left = _claims.ends(claims) - time.time()
    if left <= 0:
        ended = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(_claims.ends(claims)))
        raise Failure(
            f"the given access token expired on {ended}",
            remedy="Acquire a new one, and set access_token (MSSP_ACCESS_TOKEN) to it.",
            code="TokenExpired",
        )
    return {"access_token": token, "expires_in": left}
