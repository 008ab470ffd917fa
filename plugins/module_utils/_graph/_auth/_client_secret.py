# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The application's secret."""

from __future__ import annotations

import hashlib
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import acquire_for_client

NAME = "client_secret"
NEEDS = ("client_id", "client_secret")
STORED = True
ANY_TENANT = False


def available(options: t.Mapping[str, t.Any]) -> bool:
    """Whether it can be tried."""
    return all(options.get(name) for name in NEEDS)


def fingerprint(identity: Identity) -> str:
    """A digest of the secret."""
    return hashlib.sha256(str(identity.options["client_secret"]).encode()).hexdigest()


def acquire(identity: Identity, http: t.Any) -> t.Mapping[str, t.Any]:
    """A token by the secret."""
    return acquire_for_client(identity, identity.options["client_secret"], http)
