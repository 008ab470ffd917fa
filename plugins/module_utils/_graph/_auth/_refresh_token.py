# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""A person's refresh token, from `playbooks/sign_in.yml` or from a partner's own sign-in (Secure Application Model).

The identity platform answers each use with a new refresh token and leaves the given one valid. The new one goes nowhere: it would
have to be written down, and hundreds of customers would race for the place.
"""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _certificate
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import acquire_by_refresh_token

NAME = "refresh_token"
NEEDS = ("client_id", "refresh_token")
STORED = True
ANY_TENANT = False


def available(options: t.Mapping[str, t.Any]) -> bool:
    """Whether it can be tried."""
    return all(options.get(name) for name in NEEDS)


def fingerprint(identity: Identity) -> str:
    """A digest of the token, and of what the application proves itself by: a wrong secret must not find what a right one gave."""
    options = identity.options
    proof = str(options.get("client_secret") or "")
    if not proof and options.get("certificate_path"):
        proof = _certificate.fingerprint(identity)
    return hashlib.sha256(f"{options['refresh_token']}\0{proof}".encode()).hexdigest()


def acquire(identity: Identity, http: t.Any) -> t.Mapping[str, t.Any]:
    """An access token for the person. A confidential application proves itself as well, by its secret or its certificate."""
    options = identity.options
    credential: t.Any = options.get("client_secret") or None
    if credential is None and options.get("certificate_path"):
        credential = _certificate.credential(identity)
    return acquire_by_refresh_token(identity, credential, str(options["refresh_token"]).strip(), http)
