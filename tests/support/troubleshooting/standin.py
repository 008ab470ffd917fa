# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another host in Microsoft's place, for what the sandbox cannot answer: rubbish, and refusals of the identity platform."""

from __future__ import annotations

import collections.abc
import contextlib
import http.server
import json
import re
import ssl
import threading
import typing as t
from pathlib import Path

import trustme

Answer = t.Mapping[str, t.Any]


class Standin:
    """Answers by what the path begins with: a row's id for Graph, a tenant's id for the identity platform.

    :param url: without a slash at the end.
    :param ca_path: the authority to trust.
    """

    def __init__(self, url: str, ca_path: Path) -> None:
        self.url = url
        self.ca_path = ca_path
        self.graph: dict[str, t.Sequence[Answer]] = {}
        self.identity: dict[str, Answer] = {}

    def answer(self, method: str, path: str) -> tuple[int, str, str]:
        """(status, content type, content)."""
        first, dummy, rest = path.lstrip("/").partition("/")
        if first in self.identity:
            return self._token(first, rest)
        for answer in self.graph.get(first, ()):
            if method == answer.get("method", "GET") and re.search(answer["path"], rest):
                if "html" in answer:
                    return answer.get("status", 200), "text/html", answer["html"]
                # A page may name the next one.
                told = json.dumps(answer.get("json", {})).replace("{standin}", self.url)
                return answer.get("status", 200), "application/json", told
        return 404, "application/json", json.dumps({"error": {"code": "NotFound", "message": f"{method} {path}"}})

    def _token(self, tenant: str, rest: str) -> tuple[int, str, str]:
        # `endpoints`: as a tenant of another cloud has them.
        root = self.identity[tenant].get("endpoints", f"{self.url}/{tenant}")
        if rest.endswith("openid-configuration"):
            document = {name: f"{root}/oauth2/v2.0/{name[:5]}" for name in ("token_endpoint", "authorization_endpoint")}
            return 200, "application/json", json.dumps({**document, "issuer": f"{root}/v2.0"})
        told = self.identity[tenant]
        body = {"error": told["error"], "error_description": told["description"], "trace_id": told["trace"]}
        return told["status"], "application/json", json.dumps(body)


@contextlib.contextmanager
def running(directory: Path, trusted_too: str) -> collections.abc.Iterator[Standin]:
    """A stand-in for the time of the block.

    :param trusted_too: a CA bundle that `ca_path` holds as well.
    """
    authority = trustme.CA(organization_name="Stand-in")
    bundle = directory / "both.pem"
    bundle.write_bytes(Path(trusted_too).read_bytes() + authority.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)

    class Handler(http.server.BaseHTTPRequestHandler):
        def _handle(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, kind, content = standin.answer(self.command, self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

        do_GET = do_POST = do_PATCH = do_DELETE = _handle

        def log_message(self, format: str, *args: t.Any) -> None:
            """Nothing on standard error."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[t.Any, t.Any]:
            connection, address = super().get_request()
            # The handshake belongs to the connection's own thread: one that stays silent must not hold up the others.
            wrapped = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            return wrapped, address

        def handle_error(self, request: t.Any, client_address: t.Any) -> None:
            """A client that hangs up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    standin = Standin(f"https://localhost:{server.server_address[1]}", bundle)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield standin
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
