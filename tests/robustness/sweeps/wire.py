# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox in this process: a requests adapter hands each request to its application, without sockets or TLS."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import types
import typing as t
import urllib.parse
from unittest import mock

import requests
from graph_sandbox import app as sandbox_app
from graph_sandbox import world as sandbox_world
from graph_sandbox.config.schema import Config

from sweeps.timeline import Timeline, clock_of

BASE_URL = "https://sandbox.invalid"


class Killed(BaseException):
    """The process that ran the task is gone. Nothing of the collection may catch it."""

    # The runner turns what foreign libraries raise beside Exception into a failed task; Ansible's own passes through.
    __module__ = "ansible.killed"


@dataclasses.dataclass(frozen=True)
class Sent:
    """One request of the collection, as the client saw it.

    :param at: second of the timeline.
    :param status: of the answer; None when none arrived.
    :param retry_after: what the answer says, where that is a number of seconds.
    """

    at: float
    method: str
    url: str
    body: str
    status: int | None
    retry_after: float | None = None

    @property
    def write(self) -> bool:
        """Whether it changes something in Graph."""
        reading = self.method == "GET" or self.url.endswith("/$batch")
        return not reading and ("/v1.0/" in self.url or "/beta/" in self.url)


class Dropped(Exception):
    """The sandbox cut the connection."""


class Hook(t.Protocol):
    """What a test does around a request: wait for its turn, kill, lose the answer."""

    def before(self, request: requests.PreparedRequest) -> None:
        """Before it reaches the sandbox."""

    def after(self, request: requests.PreparedRequest) -> None:
        """After the sandbox has done its work, before the client sees the answer."""


class Wire(requests.adapters.BaseAdapter):
    """Carries requests to the sandbox's application.

    Handlers are synchronous, and the only thing they wait for is time, which `Timeline` lets pass: so a request is carried
    out by running the application's coroutine to its end, without an event loop.
    """

    def __init__(self, config: dict[str, t.Any], timeline: Timeline) -> None:
        super().__init__()
        self.timeline = timeline
        self.sent: list[Sent] = []
        self.hooks: list[Hook] = []
        with mock.patch.object(sandbox_world, "Clock", clock_of(timeline)):
            self.world = sandbox_world.World(Config.model_validate(config), BASE_URL)
        self._app = sandbox_app.Sandbox(self.world)
        self._waiting = types.SimpleNamespace(sleep=self._pass_time)

    async def _pass_time(self, seconds: float) -> None:
        self.timeline.elapsed += seconds

    def close(self) -> None:
        """Nothing is open."""

    def send(self, request: requests.PreparedRequest, *args: t.Any, **kwargs: t.Any) -> requests.Response:
        """What requests calls."""
        for hook in self.hooks:
            hook.before(request)
        began = self.timeline.elapsed
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        status: int | None = None
        pause = ""
        try:
            answer = self.exchange(str(request.method), str(request.url), dict(request.headers), body)
            for hook in self.hooks:
                hook.after(request)
            limit = kwargs.get("timeout")
            if limit is not None and self.timeline.elapsed - began > limit:
                self.timeline.elapsed = began + limit
                raise requests.exceptions.ReadTimeout("the sandbox was slow", request=request)
            status, pause = answer.status_code, answer.headers.get("Retry-After", "")
        except Dropped:
            raise requests.exceptions.ConnectionError("the sandbox dropped the connection", request=request) from None
        finally:
            seconds = float(pause) if pause.isdecimal() else None
            self.sent.append(Sent(began, str(request.method), str(request.url), body.decode(), status, seconds))
        answer.request = request
        return answer

    def exchange(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> requests.Response:
        """One request, at once; raises Dropped where the sandbox cuts the connection."""
        parts = urllib.parse.urlsplit(url)
        inbox = iter([{"type": "http.request", "body": body, "more_body": False}])
        outbox: list[dict[str, t.Any]] = []
        cut: list[bool] = []

        async def receive() -> dict[str, t.Any]:
            return next(inbox, {"type": "http.disconnect"})

        async def put(message: dict[str, t.Any]) -> None:
            outbox.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": urllib.parse.unquote(parts.path),
            "raw_path": parts.path.encode("ascii"),
            "query_string": parts.query.encode("ascii"),
            "headers": [(name.lower().encode(), str(value).encode()) for name, value in headers.items()],
            "extensions": {"sandbox.abort": {"call": lambda: cut.append(True)}},
        }
        with mock.patch.object(sandbox_app, "asyncio", self._waiting):
            _finish(self._app(scope, receive, put))  # type: ignore[arg-type]
        if cut:
            raise Dropped
        return _response(url, outbox)

    def control(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """A control route of the sandbox."""
        answer = self.exchange(method, f"{BASE_URL}/_sandbox/{path}", {}, b"" if body is None else json.dumps(body).encode())
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


def _finish(coroutine: collections.abc.Coroutine[t.Any, t.Any, None]) -> None:
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("the sandbox waited for something else than time")


def _response(url: str, messages: list[dict[str, t.Any]]) -> requests.Response:
    start, *parts = messages
    answer = requests.Response()
    answer.status_code = start["status"]
    answer.url = url
    answer.encoding = "utf-8"
    answer.headers.update({name.decode(): value.decode() for name, value in start["headers"]})
    answer._content = b"".join(part.get("body", b"") for part in parts)
    return answer
