# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve Graph: authenticate, find the route, check the permission, call the handler, wrap the answer."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from ..audit.watching import AuditLog
from ..config.faults import Fault
from ..entitlement.catalog_access import catalog_role_allows
from ..entitlement.passing_time import pass_time
from ..exchange import Exchange, Handled, Reply, Requester
from ..faulting import fault_code, fault_message
from ..identity.tokens import Caller, TokenRefused
from ..ids import IdSource, derive_guid
from ..reviews.common import CATEGORY
from ..reviews.lifecycle import advance
from ..reviews.policies import keep_start
from .call import Call
from .errors import Area, GraphError, forbidden, not_found, unauthenticated
from .routes import all_routes
from .routing import Route, RouteTable

if TYPE_CHECKING:
    from ..world import World

_LOG = logging.getLogger("graph_sandbox")
_CONTENT_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_DIAGNOSTIC = json.dumps(
    {
        "ServerInfo": {
            "DataCenter": "Sandbox",
            "Slice": "E",
            "Ring": "0",
            "ScaleUnit": "000",
            "RoleInstance": "SANDBOX0000",
        }
    }
)
_OPTIONS = frozenset({"$filter", "$select", "$expand", "$top", "$skip", "$skiptoken", "$orderby", "$count", "$search", "$format"})


class GraphService:
    """Answers ``/v1.0`` and ``/beta``."""

    def __init__(self, world: World) -> None:
        self._world = world
        routers = all_routes()
        self._routes = RouteTable(routers)
        self._audit = AuditLog(routers)
        self._request_ids = IdSource(derive_guid(world.config.seed, "request ids"))

    def identify(self, exchange: Exchange) -> Requester:
        """The caller behind the token, without judging yet."""
        try:
            caller = self._world.authority.verify(exchange.headers.get("authorization", ""))
        except TokenRefused as refused:
            return Requester(refusal=str(refused))
        return Requester(caller.tenant_id, caller.client_id, self._world.tenants[caller.tenant_id].names, caller)

    def refuse(self, exchange: Exchange, who: Requester, fault: Fault) -> Handled:
        """An injected failure."""
        status = fault.status or 503
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        message = fault_message(status, fault.message).replace("{app}", who.client_id or "")
        if "/accessreviews" in exchange.raw_path.lower():  # their back-end names a category of its own (EM 1.3)
            message = message.replace("category:sandbox", f"category:{CATEGORY}")
        error = GraphError(status, fault_code(status, fault.code), message, headers=headers)
        return self._finish(exchange, who, self._request_ids.next(), None, error)

    def handle(self, exchange: Exchange, who: Requester) -> Handled:
        """Answer one request."""
        request_id = self._request_ids.next()
        call: Call | None = None
        try:
            if who.caller is None:
                raise unauthenticated(who.refusal)
            route, values = self._routes.match(exchange)
            call = self._call(exchange, who.caller, route)
            if not _allowed(call, route):
                raise forbidden(route.area)
            self._check_consistency(call, route)
            if route.before:
                route.before(call)
            return self._finish(exchange, who, request_id, self._perform(call, route, values, request_id), None)
        except GraphError as error:
            return self._finish(exchange, who, request_id, None, error)
        except Exception:  # a fault of the sandbox itself: say so, and where, but go on serving
            _LOG.exception("%s %s failed", exchange.method, exchange.raw_path)
            broken = GraphError(500, "InternalServerError", "The sandbox itself failed; see its standard error.")
            return self._finish(exchange, who, request_id, None, broken)

    def _perform(self, call: Call, route: Route, values: dict[str, str], request_id: str) -> Reply:
        """Let happen what is due, carry out the request, and write the audit log."""
        self._audit.begin(call, request_id)
        advance(call)
        pass_time(call)
        keep_start(call, self._audit.path_of(route), values)
        self._audit.before(call, route, values)
        reply = route.handler(call, **values)
        self._audit.after(call, route, values, reply)
        call.tenant.reviews.touched |= call.exchange.method != "GET" and route.area in (Area.ENTITLEMENT, Area.GOVERNANCE)
        return reply

    def answer_error(self, exchange: Exchange, who: Requester, error: GraphError) -> Reply:
        """An error in Graph's envelope."""
        return self._finish(exchange, who, self._request_ids.next(), None, error).reply

    def _check_consistency(self, call: Call, route: Route) -> None:
        """Refuse what comes before a permission, or an object that it names, is known everywhere."""
        consistency, lag = call.tenant.consistency, call.tenant.quirks.grant_lag
        if (
            lag
            and route.permissions
            and consistency.grant_is_late(call.caller.client_id, call.caller.roles, route.area.value, lag)
        ):
            raise forbidden(route.area)
        too_new = consistency.names_what_is_too_new(call.exchange) if call.exchange.method != "GET" else None
        if too_new is not None:
            raise not_found(route.area, too_new)

    def _call(self, exchange: Exchange, caller: Caller, route: Route) -> Call:
        query: dict[str, str] = {}
        for name, value in parse_qsl(exchange.query, keep_blank_values=True):
            option = name.lower() if name.startswith("$") else f"${name.lower()}"
            if option in _OPTIONS:
                query[option] = value
            elif name.startswith("$"):
                raise GraphError(400, "BadRequest", f"The query parameter '{name}' is not supported.")
        version = exchange.raw_path.split("/", 2)[1].lower()
        return Call(self._world, self._world.tenants[caller.tenant_id], caller, exchange, version, route.area, query)

    def _finish(
        self, exchange: Exchange, who: Requester, request_id: str, reply: Reply | None, error: GraphError | None
    ) -> Handled:
        client_request_id = exchange.headers.get("client-request-id") or request_id
        if error is not None:
            reply = self._error_reply(error, request_id, client_request_id)
        assert reply is not None
        reply.headers.update(
            {
                "request-id": request_id,
                "client-request-id": client_request_id,
                "x-ms-ags-diagnostic": _DIAGNOSTIC,
                "Strict-Transport-Security": "max-age=31536000",
            }
        )
        if reply.body is not None:
            reply.headers["Content-Type"] = _CONTENT_TYPE
            reply.headers["OData-Version"] = "4.0"
        user_id = who.caller.user_id if who.caller else None
        return Handled(reply, who.tenant_id, who.client_id, request_id, _loggable(exchange), user_id)

    def _error_reply(self, error: GraphError, request_id: str, client_request_id: str) -> Reply:
        content: dict[str, object] = {"code": error.code, "message": error.message}
        if error.details is not None:
            content["details"] = error.details
        content["innerError"] = {
            "date": self._world.clock.now().strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
        return Reply(error.status, {"error": content}, dict(error.headers))


def _allowed(call: Call, route: Route) -> bool:
    """A person may come in by a scope that asks for no role; the handler then says to whom the object belongs."""
    if call.user_id is None and not route.application:
        return False
    if call.has_scope(*route.delegated):
        return True
    if route.application:
        if not route.permissions or call.holds(*route.permissions):
            return True
        return route.area is Area.ENTITLEMENT and catalog_role_allows(call)
    return False


def _loggable(exchange: Exchange) -> object:
    """The JSON that was sent, for the request log; a new user's password is not kept."""
    if not exchange.body:
        return None
    try:
        body = json.loads(exchange.body)
    except ValueError:
        return None
    if isinstance(body, dict) and "passwordProfile" in body:
        return {**body, "passwordProfile": "(not kept)"}
    return body
