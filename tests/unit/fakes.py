# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doubles that several tests share: a clock, tokens, and HTTP that answers from a script with requests' own answers."""

from __future__ import annotations

import base64
import json
import typing as t
import urllib.parse

import requests

from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph

URL = "https://graph.test"

# Ids that tests use, so that a failing comparison is readable.
A = "aaaaaaaa-0000-4000-8000-000000000001"
B = "bbbbbbbb-0000-4000-8000-000000000002"
C = "cccccccc-0000-4000-8000-000000000003"
D = "dddddddd-0000-4000-8000-000000000004"
TENANT = "11111111-2222-3333-4444-555555555555"


def answer(status: int = 200, body: t.Any = None, **headers: str) -> requests.Response:
    """An answer as requests gives it. A str is sent as it is; header names take _ for -."""
    made = requests.Response()
    made.status_code = status
    if body is not None:
        text = body if isinstance(body, str) else json.dumps(body)
        made._content = text.encode()
    else:
        made._content = b""
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def refusal(status: int, code: str = "", message: str = "", **headers: str) -> requests.Response:
    """An error in Graph's shape."""
    return answer(status, {"error": {"code": code, "message": message, "innerError": {"date": "2026-01-01"}}}, **headers)


def token(**claims: t.Any) -> str:
    """An access token that says this of itself."""

    def part(value: t.Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}.c2lnbmF0dXJl"


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Tokens:
    """Gives token-1, and after each drop the next one."""

    def __init__(self, **claims: t.Any) -> None:
        self.dropped = 0
        self._claims = claims

    def get(self) -> str:
        return f"token-{self.dropped + 1}"

    def drop(self) -> None:
        self.dropped += 1

    def claims(self) -> dict[str, t.Any]:
        return self._claims


class Request(t.NamedTuple):
    """One request as it was sent. `path` and `query` are decoded."""

    method: str
    url: str
    path: str
    query: str
    body: t.Any
    headers: dict[str, str]
    options: dict[str, t.Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (f"?{self.query}" if self.query else "")


class Http:
    """A requests.Session that answers from a script, in order. An exception in it is raised, a function is called."""

    def __init__(self, *script: t.Any) -> None:
        self.script = list(script)
        self.sent: list[Request] = []

    def request(self, method: str, url: str, **options: t.Any) -> requests.Response:
        split = urllib.parse.urlsplit(url)
        prepared = requests.Request(method, url, headers=options.get("headers"), auth=options.get("auth")).prepare()
        sent = Request(
            method,
            url,
            urllib.parse.unquote(split.path),
            urllib.parse.unquote(split.query),
            json.loads(json.dumps(options.get("json"))),
            dict(prepared.headers),
            options,
        )
        self.sent.append(sent)
        return self.respond(sent)

    def respond(self, sent: Request) -> requests.Response:
        assert self.script, f"more requests than the script has answers: {sent}"
        return _play(self.script.pop(0), sent)

    @property
    def lines(self) -> list[str]:
        """What was sent, one line each."""
        return [str(sent) for sent in self.sent]


def _play(step: t.Any, sent: Request) -> requests.Response:
    if isinstance(step, BaseException):
        raise step
    if isinstance(step, requests.Response):
        return step
    if callable(step):
        return _play(step(sent), sent)
    return answer(200, step)


class Routes(Http):
    """HTTP that answers by `METHOD path?query` (decoded, without host and version). A list is an answer each time."""

    def __init__(self, table: t.Mapping[str, t.Any]) -> None:
        super().__init__()
        self.table = dict(table)

    def respond(self, sent: Request) -> requests.Response:
        line = str(sent._replace(path=sent.path.partition("/v1.0/")[2] or sent.path.partition("/beta/")[2]))
        for known in (line, line.partition("?")[0]):
            if known in self.table:
                step = self.table[known]
                if isinstance(step, list):
                    assert step, f"no answer left for {line}"
                    step = step.pop(0)
                return _play(step, sent)
        raise AssertionError(f"unexpected request: {line}")


def writes(http: Http) -> list[Request]:
    """What was sent and is no reading."""
    return [sent for sent in http.sent if sent.method != "GET"]


def page(*items: t.Any, next_link: str | None = None) -> dict[str, t.Any]:
    """One page of a collection."""
    made: dict[str, t.Any] = {"@odata.context": "x", "value": list(items)}
    if next_link is not None:
        made["@odata.nextLink"] = next_link
    return made


def graph(http: t.Any, *, seconds: float = 300, clock: Clock | None = None, tokens: t.Any = None) -> Graph:
    """Graph on a double."""
    budget = Budget(seconds, clock or Clock())
    return Graph(URL, http, tokens or Tokens(), request_timeout=30, budget=budget)
