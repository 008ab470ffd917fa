# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASGI application: hand each request to its area, apply faults around it, log it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .config.faults import Fault
from .consistency import spread_slowly, take_snapshot
from .control import Control
from .exchange import Exchange, Handled, Reply, Requester
from .faulting import FaultSchedule
from .graph.batch import is_batch, parse_batch, run_batch
from .graph.errors import GraphError
from .graph.service import GraphService
from .identity.service import IdentityService
from .journal import WRITES, Journal
from .pages.home import show_home
from .world import World

EXIT_CRASHED = 70
_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Sandbox:
    """One port: ``/v1.0`` and ``/beta`` are Graph, ``/_sandbox`` is control, the rest is identity."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._latency = world.config.latency_ms
        self._graph = GraphService(world)
        self._identity = IdentityService(world)
        self._journal = Journal(world.config.journal.answers, world.config.journal.most)
        self._faults = FaultSchedule(world.config.faults, world.config.throttle, world.clock, world.config.random_faults)
        self._control = Control(world, self._journal, self._faults)
        self._batches = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        exchange = Exchange(
            scope["method"],
            scope["raw_path"].decode("ascii"),
            scope["query_string"].decode("latin-1"),
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            await request.body(),
        )
        first = exchange.raw_path.split("/", 2)[1].lower() if "/" in exchange.raw_path else ""
        if first == "_sandbox":
            await _respond(self._control.handle(exchange), scope, receive, send)
        elif exchange.raw_path == "/" and exchange.method == "GET":
            wanted = parse_qs(exchange.query).get("tenant", [None])[0]
            await _respond(show_home(self._world, self._journal, wanted), scope, receive, send)
        elif self._faults.refusing:
            await _drop(scope, receive)
        elif first in ("v1.0", "beta"):
            await self._serve("graph", exchange, scope, receive, send)
        else:
            await self._serve("identity", exchange, scope, receive, send)

    async def _serve(self, area: str, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        if area == "graph" and is_batch(exchange):
            reply, fault = await self._batch(exchange)
        else:
            reply, fault = await self._perform(area, exchange)
        if fault and fault.crash == "refuse":
            self._faults.refusing = True
        if fault and fault.drop:
            await _drop(scope, receive)
        else:
            await _respond(reply, scope, receive, send)
        if fault and fault.crash == "exit":
            await asyncio.sleep(0)  # the answer goes out first
            os._exit(EXIT_CRASHED)

    async def _perform(self, area: str, exchange: Exchange) -> tuple[Reply, Fault | None]:
        """Carry out one request, or what a fault makes of it, and log it."""
        service: GraphService | IdentityService = self._graph if area == "graph" else self._identity
        who = service.identify(exchange)
        strike = self._faults.judge(area, exchange.method, exchange.target, who.tenant_names)
        fault = strike.fault
        if self._latency or strike.latency_ms:
            await asyncio.sleep((self._latency + strike.latency_ms) / 1000)
        if area == "graph" and fault is None:
            fault = self._faults.throttled(who.tenant_id, who.client_id)
        if fault and (fault.drop == "before" or (fault.status and not fault.after_work)):
            handled = service.refuse(exchange, who, fault)
        else:
            handled = self._handle(service, exchange, who)
            if fault and fault.status:
                handled.reply = service.refuse(exchange, who, fault).reply
        dropped = fault is not None and fault.drop is not None
        self._journal.record(exchange, area, handled, None if dropped else handled.reply.status)
        return handled.reply, fault

    def _handle(self, service: GraphService | IdentityService, exchange: Exchange, who: Requester) -> Handled:
        """Carry out one request; on Graph, let its effects spread as slowly as the tenant's switches say."""
        tenant = self._world.tenants.get(who.tenant_id or "")
        if tenant is None or service is not self._graph or exchange.method not in WRITES:
            return service.handle(exchange, who)
        before = take_snapshot(tenant)
        handled = service.handle(exchange, who)
        if before is not None and handled.reply.status < 400:
            spread_slowly(tenant, before, self._world.clock)
        return handled

    async def _batch(self, exchange: Exchange) -> tuple[Reply, Fault | None]:
        """A batch: its envelope meets only faults of the area ``batch``, each request in it those of Graph."""
        who = self._graph.identify(exchange)
        if who.caller is None:
            return self._graph.handle(exchange, who).reply, None
        strike = self._faults.judge("batch", exchange.method, exchange.target, who.tenant_names)
        fault = strike.fault
        if strike.latency_ms:
            await asyncio.sleep(strike.latency_ms / 1000)
        if fault and (fault.drop == "before" or (fault.status and not fault.after_work)):
            return self._graph.refuse(exchange, who, fault).reply, fault
        reply, crashed = await self._batched(exchange, who)
        if fault and fault.status:
            reply = self._graph.refuse(exchange, who, fault).reply
        return reply, fault or crashed

    async def _batched(self, exchange: Exchange, who: Requester) -> tuple[Reply, Fault | None]:
        """What is in a batch, carried out as if it had come alone; with a crash that one of its requests met."""
        crashed: Fault | None = None
        self._batches += 1
        number = self._batches

        async def perform(inner: Exchange) -> Reply:
            nonlocal crashed
            inner.batch = number
            reply, fault = await self._perform("graph", inner)
            if fault is not None and fault.crash:
                crashed = fault
            # One request of a batch has no connection to cut; a gateway would say that its back-end did not answer.
            lost = fault is not None and fault.drop is not None
            return self._graph.refuse(inner, who, Fault(status=504)).reply if lost else reply

        try:
            responses = await run_batch(parse_batch(exchange), perform)
        except GraphError as error:
            return self._graph.answer_error(exchange, who, error), crashed
        return Reply(200, {"responses": responses}), crashed


async def _respond(reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
    headers = dict(reply.headers)
    if reply.text is not None:
        content, media_type = reply.text, "text/plain; charset=utf-8"
    elif reply.body is not None:
        content, media_type = _ENCODE(reply.body), "application/json; charset=utf-8"
    else:
        content, media_type = "", None
    headers.setdefault("Cache-Control", "no-cache")
    if media_type:
        headers.setdefault("Content-Type", media_type)
    await Response(content, reply.status, headers)(scope, receive, send)


async def _drop(scope: Scope, receive: Receive) -> None:
    """Cut the connection without a word, as a load balancer that dies."""
    abort: Callable[[], Any] = scope["extensions"]["sandbox.abort"]["call"]
    abort()
    while (await receive())["type"] != "http.disconnect":
        pass
