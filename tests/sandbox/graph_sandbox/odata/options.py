# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""$select, $expand, $orderby, $top, $count and paging: from stored rows to what is answered.

Rules: DC concepts/paging.md, concepts/query-parameters.md and concepts/aad-advanced-queries.md (EM 1.5). The link to
the next page is absolute and opaque, and repeats the options of the first request.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from ..exchange import Reply
from ..graph.errors import GraphError, bad_query
from ..store import Row
from .filtering import matches, parse_filter
from .schema import EntityType

if TYPE_CHECKING:
    from ..graph.call import Call

_TIPS = (
    "Use $select to choose only the properties your app needs, as this can lead to performance improvements. "
    "For example: "
    "GET {path}?$select={example}"
)
_MAXIMUM_TOP = 999


@dataclass(frozen=True, slots=True)
class Expansion:
    """One item of $expand."""

    name: str
    select: tuple[str, ...]
    nested: tuple[Expansion, ...]


def answer_entity(
    call: Call, kind: EntityType, row: Row, context: str, status: int = 200, headers: dict[str, str] | None = None
) -> Reply:
    """An answer with one object; ``context`` is what follows ``$metadata#``."""
    body: Row = {"@odata.context": f"{call.root}/$metadata#{context}/$entity"}
    reading = call.exchange.method == "GET"
    if reading:
        _tip(call, kind, body)
    select = _select(call, kind) if reading else ()
    expand = _expand(call) if reading else ()
    body.update(render(call, kind, row, select, expand))
    return Reply(status, body, dict(headers or {}))


def answer_collection(call: Call, kind: EntityType, rows: Iterable[Row], context: str, *, page_size: int | None = None) -> Reply:
    """An answer with a page of objects, after filter, order and page options."""
    _check_advanced(call, kind)
    select, expand = _select(call, kind), _expand(call)
    found = list(rows)
    if "$filter" in call.query:
        tree = parse_filter(call.query["$filter"], kind).tree
        found = [row for row in found if matches(call, row, kind, tree)]
    found = _ordered(call, kind, found)
    start, size = _page(call, kind, page_size or call.world.config.page_size)
    body: Row = {"@odata.context": f"{call.root}/$metadata#{context}"}
    # Of directory objects it is silently ignored without the header (aad-advanced-queries, error handling).
    counted = not kind.advanced_only or call.header("consistencylevel").lower() == "eventual"
    if call.query.get("$count", "").lower() == "true" and start == 0 and counted:
        body["@odata.count"] = len(found)
    _tip(call, kind, body)
    page, following = found[start : start + size], start + size
    if call.tenant.quirks.empty_pages and start == 0 and found and "$skiptoken" not in call.query:
        page, following = [], 0
    body["value"] = [render(call, kind, row, select, expand) for row in page]
    if following < len(found):
        body["@odata.nextLink"] = _next_link(call, following)
    return Reply(200, body)


def render(call: Call, kind: EntityType, row: Row, select: tuple[str, ...] = (), expand: tuple[Expansion, ...] = ()) -> Row:
    """One object as it is answered."""
    shown = kind.present(call, row) if kind.present else row
    if select:
        result = {name: shown.get(name) for name in kind.actual(shown).properties if name in select}
    else:
        result = {
            name: shown.get(name) for name, declared in kind.properties.items() if not declared.on_request and (name in shown)
        }
    if "@odata.type" in shown:
        result = {"@odata.type": shown["@odata.type"], **result}
    for item in expand:
        navigation = kind.navigation.get(item.name)
        if navigation is None:
            raise GraphError(
                400,
                "BadRequest",
                f"Parsing OData Select and Expand failed: Could not find a property named "
                f"'{item.name}' on type 'microsoft.graph.{kind.name}'.",
            )
        related = navigation.resolve(call, row)
        target = navigation.target()
        if navigation.many:
            result[item.name] = [render(call, target, entry, item.select, item.nested) for entry in related or []]
        else:
            result[item.name] = None if related is None else render(call, target, related, item.select, item.nested)
    return result


def _check_advanced(call: Call, kind: EntityType) -> None:
    if not kind.advanced_only:
        if "$search" in call.query:
            raise bad_query(kind.area, "$search is not supported here.")
        return
    eventual = call.header("consistencylevel").lower() == "eventual"
    counted = call.query.get("$count", "").lower() == "true"
    if "$skip" in call.query:
        raise GraphError(400, "Request_BadRequest", "'$skip' is not supported by the service.")
    if "$search" in call.query and not eventual:
        raise bad_query(
            kind.area,
            "Request with $search query parameter only works through MSGraph with a special request "
            "header: 'ConsistencyLevel: eventual'",
        )
    if "$filter" in call.query and parse_filter(call.query["$filter"], kind).advanced and not (eventual and counted):
        raise bad_query(
            kind.area,
            "Operator 'not' or 'ne' or function 'endsWith' is not supported because the required parameters "
            "might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to "
            "https://aka.ms/graph-docs/advanced-queries for more information",
        )


def _select(call: Call, kind: EntityType) -> tuple[str, ...]:
    names = tuple(name.strip() for name in call.query.get("$select", "").split(",") if name.strip())
    for name in names:
        if name not in kind.properties and name not in kind.navigation and name != "*":
            raise GraphError(
                400,
                "BadRequest",
                f"Parsing OData Select and Expand failed: Could not find a property named '{name}' "
                f"on type 'microsoft.graph.{kind.name}'.",
            )
    return () if "*" in names else names


def _expand(call: Call) -> tuple[Expansion, ...]:
    text = call.query.get("$expand", "")
    return _parse_expand(text, ",") if text else ()


def _parse_expand(text: str, separator: str) -> tuple[Expansion, ...]:
    result = []
    for part in _split(text, separator):
        name, _unused, options = part.partition("(")
        select: tuple[str, ...] = ()
        nested: tuple[Expansion, ...] = ()
        for option in _split(options.removesuffix(")"), ";"):
            key, _unused, value = option.partition("=")
            if key.strip().lower() == "$select":
                select = tuple(item.strip() for item in value.split(","))
            elif key.strip().lower() == "$expand":
                nested = _parse_expand(value, ",")
        result.append(Expansion(name.strip(), select, nested))
    return tuple(result)


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that stands outside parentheses."""
    parts, depth, current = [], 0, ""
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == separator and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part for part in [*parts, current] if part.strip()]


def _ordered(call: Call, kind: EntityType, rows: list[Row]) -> list[Row]:
    for item in reversed([part.strip() for part in call.query.get("$orderby", "").split(",") if part.strip()]):
        match = re.match(r"^(\w+)(?:\s+(asc|desc))?$", item, re.IGNORECASE)
        if match is None or match[1] not in kind.properties:
            raise bad_query(kind.area, f"Sorting by '{item}' is not supported.")
        name = match[1]
        rows = sorted(
            rows,
            key=lambda row: (row.get(name) is not None, str(row.get(name)).lower()),
            reverse=(match[2] or "").lower() == "desc",
        )
    return rows


def _page(call: Call, kind: EntityType, default: int) -> tuple[int, int]:
    top = _number(call, "$top", default)
    if top < 1 or (top > _MAXIMUM_TOP and kind.advanced_only):
        raise GraphError(400, "Request_BadRequest", f"Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive.")
    start = _number(call, "$skip", 0)
    token = call.query.get("$skiptoken")
    if token is not None:
        try:
            start = int(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().removeprefix("page:"))
        except (ValueError, binascii.Error):
            raise GraphError(400, "BadRequest", "The skip token is invalid or has expired.") from None
    return start, min(top, _MAXIMUM_TOP)


def _number(call: Call, option: str, default: int) -> int:
    text = call.query.get(option)
    if text is None:
        return default
    if not text.isdigit():
        raise GraphError(
            400,
            "BadRequest",
            f"Invalid value '{text}' for {option} query option found. The {option} query option "
            "requires a non-negative integer value.",
        )
    return int(text)


def _next_link(call: Call, following: int) -> str:
    token = base64.urlsafe_b64encode(f"page:{following}".encode()).decode().rstrip("=")
    options = {name: value for name, value in call.query.items() if name not in ("$skiptoken", "$skip")}
    query = urlencode({**options, "$skiptoken": token}, quote_via=quote, safe="$")
    return f"{call.world.base_url}{call.exchange.raw_path}?{query}"


def _tip(call: Call, kind: EntityType, body: Row) -> None:
    if call.tenant.quirks.tips and "$select" not in call.query:
        example = ",".join(list(kind.properties)[1:3])
        body["@microsoft.graph.tips"] = _TIPS.format(path=call.exchange.raw_path.split("/", 2)[-1], example=example)
