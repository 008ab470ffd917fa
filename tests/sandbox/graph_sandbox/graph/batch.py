# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``POST /$batch``: up to 20 requests in one (DC concepts/json-batching.md).

Each inner request is a request of its own: it meets faults and throttling, and stands in the request log.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ..exchange import Exchange, Reply
from .errors import GraphError

MAXIMUM_REQUESTS = 20
_ENTITY_HEADERS = ("content-type", "content-length", "transfer-encoding")


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One inner request."""

    id: str
    exchange: Exchange
    depends_on: tuple[str, ...]


def is_batch(exchange: Exchange) -> bool:
    """Whether a request is a batch."""
    segments = exchange.raw_path.strip("/").lower().replace("%24", "$").split("/")
    return exchange.method == "POST" and segments[1:] == ["$batch"]


def parse_batch(exchange: Exchange) -> list[BatchItem]:
    """The inner requests; a 400 for the whole batch when the envelope is wrong."""
    try:
        requests = json.loads(exchange.body)["requests"]
    except (ValueError, TypeError, KeyError):
        raise _invalid("Invalid batch payload format.") from None
    if not isinstance(requests, list) or not 0 < len(requests) <= MAXIMUM_REQUESTS:
        raise _invalid(f"Number of batch request steps must be between 1 and {MAXIMUM_REQUESTS}.")
    items = [_item(exchange, request) for request in requests]
    ids = [item.id.lower() for item in items]
    if len(set(ids)) < len(ids):
        raise _invalid("Request Id duplicates: each id must be unique, without regard to case.")
    if any(needed.lower() not in ids for item in items for needed in item.depends_on):
        raise _invalid("A dependsOn names an id that is not in the batch.")
    return items


async def run_batch(items: list[BatchItem], perform: Callable[[Exchange], Awaitable[Reply]]) -> list[dict[str, Any]]:
    """The inner answers, in no helpful order. What depends on a failed request is not sent: 424."""
    replies: dict[str, Reply] = {}
    waiting = list(items)
    while waiting:
        ready = [item for item in waiting if all(needed.lower() in replies for needed in item.depends_on)]
        if not ready:
            raise _invalid("The dependsOn of the batch go round in a circle.")
        for item in ready:
            failed = any(replies[needed.lower()].status >= 400 for needed in item.depends_on)
            replies[item.id.lower()] = _failed_dependency() if failed else await perform(item.exchange)
        waiting = [item for item in waiting if item.id.lower() not in replies]
    return [_answer(item.id, replies[item.id.lower()]) for item in reversed(items)]


def _item(outer: Exchange, request: Any) -> BatchItem:
    if not isinstance(request, dict) or not all(isinstance(request.get(name), str) for name in ("id", "method", "url")):
        raise _invalid("Each request of a batch needs id, method and url.")
    headers = {str(name).lower(): str(value) for name, value in (request.get("headers") or {}).items()}
    if "body" in request and "content-type" not in headers:
        raise _invalid(f"Write request id : {request['id']} does not contain Content-Type header or body.")
    # The version is the outer request's; the token too, unless an inner request brings its own.
    inherited = {name: value for name, value in outer.headers.items() if name not in _ENTITY_HEADERS}
    path, _unused, query = request["url"].partition("?")
    version = outer.raw_path.split("/", 2)[1]
    body = json.dumps(request["body"]).encode() if request.get("body") is not None else b""
    inner = Exchange(request["method"].upper(), f"/{version}/{path.lstrip('/')}", query, {**inherited, **headers}, body)
    return BatchItem(request["id"], inner, tuple(str(needed) for needed in request.get("dependsOn") or ()))


def _answer(item_id: str, reply: Reply) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": item_id, "status": reply.status, "headers": reply.headers}
    body = reply.text if reply.text is not None else reply.body
    return answer if body is None else {**answer, "body": body}


def _failed_dependency() -> Reply:
    return Reply(424, {"error": {"code": "FailedDependency", "message": "A request that this one depends on failed."}})


def _invalid(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)
