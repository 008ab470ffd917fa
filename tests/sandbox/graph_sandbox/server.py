# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listen on loopback, say when ready, stop on SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import signal
import socket
from pathlib import Path
from typing import Any, cast

# uvicorn would silently fall back to a parser without our way to drop a connection: fail here instead.
import httptools  # noqa: F401  pylint: disable=unused-import
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .app import Sandbox
from .config.schema import Config
from .tls import make_server_context
from .world import World


class _Corked:
    """A transport that sends what is written in one go of the event loop at once: uvicorn writes head and body apart."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send soon."""
        if not self._parts:
            asyncio.get_running_loop().call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Close after what was written."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Cut the connection; what was not sent is lost."""
        self._parts.clear()
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _flush(self) -> None:
        if self._parts:
            self._transport.write(b"".join(self._parts))
            self._parts.clear()


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with a way for the application to drop the connection: ASGI has none."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", _Corked(transport))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"sandbox.abort": {"call": self.transport.abort}}


class _Server(uvicorn.Server):
    """A server that writes ``sandbox.json`` once its socket accepts connections."""

    def __init__(self, config: uvicorn.Config, ready_file: Path, ready: dict[str, Any]) -> None:
        super().__init__(config)
        self._ready_file = ready_file
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, then announce."""
        await super().startup(sockets)
        write_private_json(self._ready_file, self._ready)
        # For people; programs wait for the file. Whoever closed our standard output does not want to know.
        with contextlib.suppress(OSError):
            print(f"listening on {self._ready['graph_url']}", flush=True)
            print(f"export MSSP_SANDBOX={shlex.quote(str(self._ready_file.resolve()))}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, without waiting for clients that keep an idle connection open."""
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            transport = getattr(connection, "transport", None)
            if transport is not None and (cycle is None or cycle.response_complete):
                transport.abort()
        await super().shutdown(sockets)


def serve(config: Config, directory: Path, port: int, extra_names: list[str]) -> None:
    """Serve until a signal comes."""
    ready_file = directory / "sandbox.json"
    ready_file.unlink(missing_ok=True)  # a stale one would tell a waiting test to go on too early
    listener = _listen(port)
    base_url = f"https://localhost:{listener.getsockname()[1]}"
    context, ca_path = make_server_context(directory, extra_names)
    world = World(config, base_url)
    settings = uvicorn.Config(
        Sandbox(world),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=2,
        backlog=2048,
        ssl_context_factory=lambda _config, _default: context,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn stops cleanly on these and then raises them again for whoever was there before: that shall be nobody.
        signal.signal(number, lambda *_unused: None)
    try:
        _Server(settings, ready_file, describe(world, ca_path)).run(sockets=[listener])
    finally:
        listener.close()
        ready_file.unlink(missing_ok=True)


def describe(world: World, ca_path: Path) -> dict[str, Any]:
    """What ``sandbox.json`` says."""

    def client_of(client: Any) -> dict[str, Any]:
        return {
            "name": client.name,
            "client_id": client.client_id,
            "client_secret": client.secret,
            "permissions": sorted(client.permissions),
        }

    tenants = []
    for config in world.config.tenants:
        tenant = world.find_known(config.domain)
        assert tenant is not None
        clients = [client_of(client) for client in world.configured_clients(config)]
        tenants.append(
            {
                "tenant_id": tenant.tenant_id,
                "domain": tenant.domain,
                "display_name": tenant.display_name,
                "client_id": clients[0]["client_id"],
                "client_secret": clients[0]["client_secret"],
                "clients": clients,
            }
        )
    return {
        "graph_url": world.base_url,
        "login_url": world.base_url,
        "ca_path": str(ca_path),
        "pid": os.getpid(),
        "tenants": tenants,
    }


def write_private_json(path: Path, value: Any) -> None:
    """Write the file whole or not at all, readable by its owner only: it holds secrets."""
    temporary = path.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(value, stream, indent=1)
    temporary.replace(path)


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio switches Nagle's algorithm off; else each answer could wait 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OverflowError:
        listener.close()
        raise OSError(22, "no such port") from None
    except OSError:
        listener.close()
        raise
    return listener
