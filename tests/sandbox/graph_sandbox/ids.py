# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids and secrets that are the same whenever the seed and the configuration are the same."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import NAMESPACE_URL, UUID, uuid5


def derive_guid(seed: object, *parts: object) -> str:
    """A GUID derived from the seed and what it is for."""
    return str(uuid5(NAMESPACE_URL, "/".join(str(part) for part in ("graph-sandbox", seed, *parts))))


def derive_secret(seed: object, *parts: object) -> str:
    """A client secret derived from the seed; it looks like one of Entra's."""
    key = f"graph-sandbox/{seed}".encode()
    digest = hmac.new(key, "/".join(str(part) for part in parts).encode(), hashlib.sha256).digest()
    text = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return f"{text[:3]}8Q~{text[3:37]}"


class IdSource:
    """An endless, repeatable series of GUIDs: the n-th object of a tenant always gets the same id."""

    def __init__(self, namespace: str) -> None:
        self._namespace = UUID(namespace)
        self._count = 0

    def next(self) -> str:
        """The next GUID."""
        self._count += 1
        return str(uuid5(self._namespace, str(self._count)))
