# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The route table: which handler serves a path, and which permission it asks for.

A template is written as Graph's documentation writes the path: ``/groups/{id}/members/$ref``, or with a key by name
``/groups(uniqueName={name})``. Literal segments match in any case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ..exchange import Exchange, Reply
from .call import Call
from .errors import Area, GraphError, method_not_allowed, no_http_resource

Handler = Callable[..., Reply]

# The namespace has a short name, and the official SDKs write casts with it: ``members/graph.user``.
# A cast by its short name, as the official SDKs write it; no id and no user principal name looks like this.
_CAST = re.compile(r"^graph\.(?=\w+$)")

_KEYED = re.compile(r"^(?P<name>[^(]+)\((?P<keys>\w+=.*)\)$")
_KEY = re.compile(r"(?P<key>\w+)=(?:'(?P<text>(?:[^']|'')*)'|(?P<bare>[^',]*))(?:,\s*|$)")
_BY_ID = re.compile(r"^(?P<name>[^(]+)\('(?P<id>[^']*)'\)$")


@dataclass(frozen=True, slots=True)
class Route:
    """A handler with what it needs."""

    handler: Handler
    area: Area
    permissions: tuple[str, ...]
    """Any of these permissions will do, for an application or for a person who may do its work; empty: any valid token."""
    names: tuple[str, ...]
    before: Callable[[Call], None] | None = None
    """What the whole area checks after the permission, such as a licence."""
    delegated: tuple[str, ...] = ()
    """Scopes by which a person may call whatever their directory roles; the handler looks at whose object it is."""
    application: bool = True
    """False: "Application: Not supported", whatever the token holds."""


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    wildcard: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """Collects routes of one area; modules register theirs with the decorators."""

    def __init__(
        self,
        area: Area,
        prefix: str = "",
        versions: tuple[str, ...] = ("v1.0", "beta"),
        before: Callable[[Call], None] | None = None,
    ) -> None:
        self.area = area
        self.entries: list[tuple[str, str, Route]] = []
        self._prefix = prefix
        self._versions = versions
        self._before = before

    def route(
        self,
        method: str,
        template: str,
        permissions: tuple[str, ...] = (),
        *,
        delegated: tuple[str, ...] = (),
        application: bool = True,
    ) -> Callable[[Handler], Handler]:
        """Register a handler; its parameters after the call are the template's variables."""

        def register(handler: Handler) -> Handler:
            names = tuple(re.findall(r"\{(\w+)\}", template))
            route = Route(handler, self.area, permissions, names, self._before, delegated, application)
            for version in self._versions:
                self.entries.append((method, f"/{version}{self._prefix}{template}", route))
            return handler

        return register

    def get(self, template: str, permissions: tuple[str, ...] = (), **who: Any) -> Callable[[Handler], Handler]:
        """Register a GET."""
        return self.route("GET", template, permissions, **who)

    def post(self, template: str, permissions: tuple[str, ...] = (), **who: Any) -> Callable[[Handler], Handler]:
        """Register a POST."""
        return self.route("POST", template, permissions, **who)

    def patch(self, template: str, permissions: tuple[str, ...] = (), **who: Any) -> Callable[[Handler], Handler]:
        """Register a PATCH."""
        return self.route("PATCH", template, permissions, **who)

    def put(self, template: str, permissions: tuple[str, ...] = (), **who: Any) -> Callable[[Handler], Handler]:
        """Register a PUT."""
        return self.route("PUT", template, permissions, **who)

    def delete(self, template: str, permissions: tuple[str, ...] = (), **who: Any) -> Callable[[Handler], Handler]:
        """Register a DELETE."""
        return self.route("DELETE", template, permissions, **who)

    def absent(self, method: str, template: str) -> None:
        """Register a route that exists only in Graph's metadata: it answers 404 with an empty code."""

        def refuse(call: Call, **_unused: Any) -> Reply:
            raise no_http_resource(call.world.base_url + call.exchange.raw_path)

        self.route(method, template)(refuse)


class RouteTable:
    """All routes, in a tree of path segments."""

    def __init__(self, routers: list[Router]) -> None:
        self._root = _Node()
        for router in routers:
            for method, template, route in router.entries:
                self._add(method, template, route)

    def match(self, exchange: Exchange) -> tuple[Route, dict[str, str]]:
        """The route of a request, and the values of its template's variables."""
        values: list[str] = []
        node = self._root
        for segment, keys in _segments(exchange.raw_path):
            values.extend(keys)
            segment = _CAST.sub("microsoft.graph.", segment)
            following = node.literals.get(segment.lower())
            if following is None:
                following = node.wildcard
                values.append(segment)
            if following is None:
                raise self._unknown(exchange, segment)
            node = following
        if not node.routes:
            raise self._unknown(exchange, exchange.raw_path.rsplit("/", 1)[-1])
        route = node.routes.get(exchange.method)
        if route is None:
            raise method_not_allowed(next(iter(node.routes.values())).area)
        return route, dict(zip(route.names, values, strict=True))

    def _add(self, method: str, template: str, route: Route) -> None:
        node = self._root
        for segment in template.strip("/").split("/"):
            if segment.startswith("{"):
                node.wildcard = node.wildcard or _Node()
                node = node.wildcard
            else:
                # A keyed segment's literal is its name and key; the value is the variable.
                literal = re.sub(r"=\{\w+\}", "=", segment).lower()
                node = node.literals.setdefault(literal, _Node())
        if method in node.routes:
            raise ValueError(f"two handlers for {method} {template}")
        node.routes[method] = route

    @staticmethod
    def _unknown(exchange: Exchange, segment: str) -> GraphError:
        path = exchange.raw_path.lower()
        if path.startswith("/v1.0/rolemanagement/defender"):
            # Defender roles exist in beta only; v1.0 was seen to answer 400 (Defender 1).
            return GraphError(400, "BadRequest", "Resource not found for the segment 'defender'.")
        if "/identitygovernance/entitlementmanagement" in path:
            return no_http_resource(f"https://localhost{exchange.raw_path}")
        if "/rolemanagement/defender" in path:
            return GraphError(404, "NotFound", "The requested resource was not found.")
        return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def _segments(raw_path: str) -> Iterator[tuple[str, list[str]]]:
    """The path's segments. A keyed one comes as its name and keys, with the values: ``groups(uniqueName=)``, ``[x]``.

    Empty ones count for nothing: azure_rm_adgroup 3.12 asks for ``/v1.0//groups``, by msgraph's client with a host of its own.
    """
    for raw in filter(None, raw_path.split("/")):
        segment = unquote(raw)
        by_id, keyed = (_BY_ID.match(segment), _KEYED.match(segment)) if "(" in segment else (None, None)
        if by_id:
            yield by_id["name"], []
            yield by_id["id"], []
        elif keyed:
            keys = list(_KEY.finditer(keyed["keys"]))
            values = [key["bare"] if key["text"] is None else key["text"].replace("''", "'") for key in keys]
            yield f"{keyed['name']}({','.join(key['key'] + '=' for key in keys)})", values
        else:
            yield segment, []
