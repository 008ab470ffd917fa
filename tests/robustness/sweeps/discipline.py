# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run may send, and what it may say."""

from __future__ import annotations

import collections
import json
import re
import typing as t

from sweeps.role import Ending, Result
from sweeps.wire import BASE_URL, Sent

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# A write whose outcome is unknown is sent so often at most, where sending it again does no harm.
_TRIES = 6
_OTHER = "<other>"

Write = tuple[str, str, str]

# What stops a run in the middle: Graph's and the identity platform's own codes as the lots draw them, and the client's own.
CODES = frozenset(
    {
        "TooManyRequests",
        "InternalServerError",
        "BadGateway",
        "ServiceUnavailable",
        "GatewayTimeout",
        "Authorization_RequestDenied",
        "Forbidden",
        # Defender refused both of its lists, as it does where it is not there.
        "PreflightFindings",
        "UnAuthorized",
        "ResourceNotFound",
        "Request_ResourceNotFound",
        "InvalidAuthenticationToken",
        "Conflict",
        "ConnectionError",
        "RequestTimeout",
        "Timeout",
        "IdentityUnavailable",
    }
)


def repeated(sent: t.Sequence[Sent]) -> list[str]:
    """What one run has sent more often than it may.

    A POST goes out again only when it was refused: 429, or not yet ready. Of the others the outcome may be unknown, at most
    `_TRIES` times.
    """
    found = []
    unknown: collections.Counter[Write] = collections.Counter()
    before: dict[Write, int | None] = {}
    for one in sent:
        if not one.write:
            continue
        key = (one.method, one.url, one.body)
        last = before.get(key, 429)
        if one.method == "POST" and (last is None or not 400 <= last < 500):
            found.append(f"sent again after {last}: POST {one.url} {one.body[:200]}")
        before[key] = one.status
        if one.status is None or one.status >= 500:
            unknown[key] += 1
            if unknown[key] > _TRIES:
                found.append(f"tried {unknown[key]} times: {one.method} {one.url}")
    return found


def hasty(sent: t.Sequence[Sent]) -> list[str]:
    """What one run has sent again before Graph's Retry-After was over."""
    found = []
    until: dict[Write, float] = {}
    for one in sent:
        key = (one.method, one.url, one.body)
        if one.at < until.pop(key, 0.0) - 0.001:
            found.append(f"sent again too early: {one.method} {one.url}")
        if one.retry_after is not None:
            until[key] = one.at + one.retry_after
    return found


def writes(sent: t.Iterable[Sent], names: dict[str, str]) -> set[Write]:
    """The different writes, with names in place of ids."""
    return {(x.method, _named(x.url, names), _without_others(_named(x.body, names))) for x in sent if x.write}


def _without_others(body: str) -> str:
    """Sorted; without the ids of roles and scopes, which are sent where the service has told them."""

    def kept(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {key: kept(item) for key, item in value.items() if (key, item) != ("id", _OTHER)}
        return [kept(item) for item in value] if isinstance(value, list) else value

    return json.dumps(kept(json.loads(body)), sort_keys=True) if body else ""


def _named(text: str, names: dict[str, str]) -> str:
    for identifier, name in names.items():
        text = text.replace(identifier, name)
    return _GUID.sub(_OTHER, text.removeprefix(BASE_URL))


def told_badly(ending: Ending, codes: t.Collection[str] = CODES) -> list[str]:
    """Failures that are no clear sentence, or that nobody foresaw."""
    return [words for result in ending.failures for words in _badly(result, codes)]


def _badly(result: Result, codes: t.Collection[str]) -> list[str]:
    said, code = str(result["msg"]), result["failure"]["code"]
    found = []
    if "\n" in said or "Traceback" in said or len(said) > 900:
        found.append(f"no sentence: {said}")
    if code not in codes:
        found.append(f"unforeseen ({code}): {said}")
    return found
