# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Workload identity: a token of another issuer (Kubernetes, a CI system) that the application trusts, in a file."""

from __future__ import annotations

import hashlib
import os
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import acquire_for_client

NAME = "federated"
NEEDS = ("client_id", "federated_token_file")
STORED = True
ANY_TENANT = False

# The issuer's tokens are a few kilobytes; what is much larger is another file.
_LARGEST = 65536


def available(options: t.Mapping[str, t.Any]) -> bool:
    """Whether it can be tried."""
    return all(options.get(name) for name in NEEDS)


def fingerprint(identity: Identity) -> str:
    """A digest of the file's name: its content changes every hour, and stays the same credential."""
    return hashlib.sha256(str(identity.options["federated_token_file"]).encode()).hexdigest()


def acquire(identity: Identity, http: t.Any) -> t.Mapping[str, t.Any]:
    """A token by the file's content, read anew each time, since its writer replaces it before it expires."""
    path = str(identity.options["federated_token_file"])
    try:
        with open(path, encoding="ascii") as file:
            assertion = file.read(_LARGEST).strip()
    except OSError as exc:
        raise InvalidInput(
            f"the federated token file {path} cannot be read ({os.strerror(exc.errno or 0)})",
            remedy="Set federated_token_file (AZURE_FEDERATED_TOKEN_FILE) to the file that the workload's platform writes.",
        ) from exc
    except ValueError:
        assertion = ""
    if assertion.count(".") != 2:
        raise InvalidInput(
            f"the federated token file {path} holds no token",
            remedy="It holds one token of the trusted issuer, three parts with a dot between them, and nothing else.",
        )
    _secrets.remember(assertion)
    # MSAL takes a callable, and warns of a text, which could be kept for too long. This one is used once.
    return acquire_for_client(identity, {"client_assertion": lambda: assertion}, http)
