# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a route handler gets: the tenant, the caller, the request's parts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..exchange import Exchange
from .errors import Area, GraphError, bad_request, forbidden
from .people import may

if TYPE_CHECKING:
    from ..identity.tokens import Caller
    from ..store import Row
    from ..world import Tenant, World

_NOTHING: Any = object()


@dataclass(slots=True)
class Call:
    """One authenticated Graph request."""

    world: World
    tenant: Tenant
    caller: Caller
    exchange: Exchange
    version: str
    area: Area = Area.DIRECTORY
    query: dict[str, str] = field(default_factory=dict)
    """Query options, their names as Graph writes them (``$filter``)."""
    _body: Any = _NOTHING

    @property
    def root(self) -> str:
        """The version's root URL."""
        return f"{self.world.base_url}/{self.version}"

    @property
    def body(self) -> Any:
        """The parsed JSON body, or None when there is none."""
        if self._body is _NOTHING:
            self._body = self._parse()
        return self._body

    def body_object(self) -> dict[str, Any]:
        """The body, which must be a JSON object."""
        if not isinstance(self.body, dict):
            raise GraphError(
                400,
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set "
                "and payload is of valid JSON format.",
            )
        return self.body

    def header(self, name: str) -> str:
        """A request header, or an empty string."""
        return self.exchange.headers.get(name.lower(), "")

    def prefers(self, preference: str) -> bool:
        """Whether the Prefer header asks for something."""
        return preference in (part.strip().lower() for part in self.header("prefer").split(","))

    @property
    def user_id(self) -> str | None:
        """The object id of the person who signed in, or None when an application calls for itself."""
        return self.caller.user_id

    @property
    def user(self) -> Row | None:
        """The person who signed in, as the directory knows them."""
        return self.tenant.directory.users.get(self.caller.user_id) if self.caller.user_id else None

    def holds(self, *permissions: str) -> bool:
        """Whether the call may use any of these permissions: a person needs the scope, and may do its work."""
        if self.caller.user_id is None:
            return not self.caller.roles.isdisjoint(permissions)
        return any(may(self.user, scope) for scope in self.caller.scopes.intersection(permissions))

    def has_scope(self, *scopes: str) -> bool:
        """Whether a person calls with any of these scopes, whatever their directory roles."""
        return self.caller.user_id is not None and not self.caller.scopes.isdisjoint(scopes)

    def require(self, *permissions: str) -> None:
        """Refuse unless the token holds any of these permissions."""
        if not self.holds(*permissions):
            raise forbidden(self.area)

    def reference(self) -> str:
        """The id that the ``@odata.id`` of a ``$ref`` body points to."""
        return reference_id(self.body_object().get("@odata.id"), self.area)

    def _parse(self) -> Any:
        if not self.exchange.body:
            return None
        try:
            return json.loads(self.exchange.body)
        except ValueError:
            raise GraphError(
                400,
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set "
                "and payload is of valid JSON format.",
            ) from None


def reference_id(url: object, area: Area) -> str:
    """The id at the end of a reference such as ``https://.../v1.0/users/<id>`` or ``.../users('<id>')``."""
    last = str(url).rstrip("/").rsplit("/", 1)[-1] if isinstance(url, str) else ""
    if "('" in last:
        last = last.partition("('")[2].removesuffix("')")
    if not last:
        raise bad_request(area, "Invalid URL format specified for @odata.id in payload.")
    return last
