# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``$search`` and ``$count`` segments of directory objects (DC concepts/aad-advanced-queries, EM 1.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, bad_query, bad_request
from ..odata.filtering import matches, parse_filter
from ..odata.options import answer_collection
from ..odata.schema import EntityType
from ..store import Row

_TERM = re.compile(r'\s*"(?P<name>\w+):(?P<text>[^"]*)"\s*(?P<join>AND|OR)?')
_TOKENIZED = ("displayName", "description")
_SEARCHABLE = {*_TOKENIZED, "mail", "mailNickname", "userPrincipalName", "givenName", "surname"}


def answer(call: Call, kind: EntityType, rows: Iterable[Row], context: str) -> Reply:
    """A page of directory objects, after ``$search`` and all other options."""
    return answer_collection(call, kind, _searched(call, kind, list(rows)), context)


def count(call: Call, kind: EntityType, rows: Iterable[Row]) -> Reply:
    """The number of objects that pass ``$filter`` and ``$search``, as plain text; needs ConsistencyLevel: eventual."""
    if call.header("consistencylevel").lower() != "eventual":
        raise bad_request(Area.DIRECTORY, "$count is not currently supported.")
    found = _searched(call, kind, list(rows))
    if "$filter" in call.query:
        tree = parse_filter(call.query["$filter"], kind).tree
        found = [row for row in found if matches(call, row, kind, tree)]
    return Reply(200, text=str(len(found)))


def _searched(call: Call, kind: EntityType, rows: list[Row]) -> list[Row]:
    text = call.query.get("$search")
    if text is None or call.header("consistencylevel").lower() != "eventual":
        return rows  # without the header the request is refused where the other options are checked
    terms, position, joins = [], 0, []
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise GraphError(400, "Request_BadRequest", f"Syntax error: invalid $search clause '{text}'.")
        if match["name"] not in _SEARCHABLE or match["name"] not in kind.properties:
            raise bad_query(Area.DIRECTORY, f"Property '{match['name']}' does not support $search.")
        terms.append((match["name"], match["text"].lower()))
        joins.append(match["join"])
        position = match.end()
    if not terms:
        raise GraphError(400, "Request_BadRequest", f"Syntax error: invalid $search clause '{text}'.")

    def wanted(row: Row) -> bool:
        result = _holds(row, *terms[0])
        for join, term in zip(joins, terms[1:], strict=False):
            result = (result or _holds(row, *term)) if join == "OR" else (result and _holds(row, *term))
        return result

    return [row for row in rows if wanted(row)]


def _holds(row: Row, name: str, text: str) -> bool:
    """Names and descriptions are cut into words, of which one must begin so; other properties must begin so."""
    value = str(row.get(name) or "").lower()
    if name not in _TOKENIZED:
        return value.startswith(text)
    return re.search(rf"(?:^|[^a-z0-9]){re.escape(text)}", value) is not None
