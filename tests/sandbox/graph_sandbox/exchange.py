# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request and its answer, free of any web framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .identity.tokens import Caller


@dataclass(slots=True)
class Exchange:
    """A request as it came in."""

    method: str
    raw_path: str
    """The path, still percent-encoded."""
    query: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    batch: int | None = None
    """The number of the batch that it came in."""

    @property
    def target(self) -> str:
        """Path and query as sent."""
        return f"{self.raw_path}?{self.query}" if self.query else self.raw_path


@dataclass(slots=True)
class Reply:
    """What is answered: a JSON value, a text, or nothing."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks, as far as it is known before the request is served."""

    tenant_id: str | None = None
    client_id: str | None = None
    tenant_names: tuple[str, ...] = ()
    """What faults may call the tenant by."""
    caller: Caller | None = None
    """On Graph: what the verified token says."""
    refusal: str = ""
    """On Graph: why there is no caller."""


@dataclass(slots=True)
class Handled:
    """A reply, with what the request log wants to know of the request."""

    reply: Reply
    tenant_id: str | None = None
    client_id: str | None = None
    request_id: str = ""
    body: Any = None
    user_id: str | None = None
    """The person who called, if any did."""
