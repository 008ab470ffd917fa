# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log that tests read. It never holds a secret or a token."""

from __future__ import annotations

import copy
from collections import deque
from itertools import islice
from typing import Any

from .exchange import Exchange, Handled

WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
_SECRETS = frozenset({"secretText", "passwordProfile"})


class Journal:
    """What was asked, in the order in which it was answered.

    :param most: of more entries the oldest are forgotten.
    """

    def __init__(self, answers: bool = False, most: int = 100_000) -> None:
        self._answers = answers
        self._entries: deque[dict[str, Any]] = deque(maxlen=most)
        self._count = 0

    def record(self, exchange: Exchange, area: str, handled: Handled, status: int | None) -> None:
        """Add one request; ``status`` is None when the connection was dropped."""
        self._count += 1
        graph = area == "graph"
        kept = {"answer": _without_secrets(copy.deepcopy(handled.reply.body))} if self._answers and graph else {}
        self._entries.append(
            {
                "n": self._count,
                "tenant_id": handled.tenant_id,
                "client_id": handled.client_id,
                "user_id": handled.user_id,
                "method": exchange.method,
                # A token request has no business having a query; if someone puts a secret there, it is not kept.
                "path": exchange.target if graph else exchange.raw_path,
                "status": status,
                "request_id": handled.request_id,
                "write": graph and exchange.method in WRITES,
                "area": area,
                # Requests of one batch came over the wire as one.
                "batch": exchange.batch,
                "body": handled.body if graph else None,
                **kept,
            }
        )

    def entries(self, tenant_id: str | None = None) -> list[dict[str, Any]]:
        """All entries, or those of one tenant."""
        return [entry for entry in self._entries if tenant_id is None or entry["tenant_id"] == tenant_id]

    def last(self, count: int, tenant_id: str | None = None) -> list[dict[str, Any]]:
        """The newest entries, of all or of one tenant, newest first."""
        wanted = (entry for entry in reversed(self._entries) if tenant_id is None or entry["tenant_id"] == tenant_id)
        return list(islice(wanted, count))

    def clear(self) -> None:
        """Forget all; numbers go on."""
        self._entries.clear()


def _without_secrets(value: Any) -> Any:
    """The same JSON, with what no log may hold replaced."""
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if isinstance(value, dict):
        return {name: "(not kept)" if name in _SECRETS and part else _without_secrets(part) for name, part in value.items()}
    return value
