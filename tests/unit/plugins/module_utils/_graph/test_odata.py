# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import urllib.parse

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._graph import _odata
from ansible_collections.mssp.defender.tests.unit.fakes import A, Http, graph, page

HOSTILE = [
    "O'Brien",
    "' or displayName ne '",
    "''",
    "a&$select=id",
    "a#b",
    "a+b",
    "50%",
    "%27",
    "a/b",
    "../users",
    "a?b",
    "a;b",
    "{{ 7 * 7 }}",
    "Größe",
    "名前",
    "a\nb",
]


@pytest.mark.parametrize(
    ("value", "so"),
    [(A, True), (A.upper(), True), (A[:-1], False), (A + "0", False), (f" {A}", False), ("", False), (None, False), (7, False)],
)
def test_is_guid(value, so):
    assert _odata.is_guid(value) is so


def test_a_quote_is_doubled():
    assert _odata.literal("O'Brien") == "'O''Brien'"
    assert _odata.literal("") == "''"


@pytest.mark.parametrize("value", HOSTILE)
def test_a_segment_stays_one_segment(value):
    made = _odata.segment(value)
    assert re.fullmatch(r"[A-Za-z0-9._~%-]*", made)
    assert urllib.parse.unquote(made) == value


@pytest.mark.parametrize("value", HOSTILE)
def test_an_alternate_key_stays_one_key(value):
    made = _odata.key_segment("uniqueName", value)
    assert "/" not in made
    assert "?" not in made
    assert urllib.parse.unquote(made) == f"(uniqueName={_odata.literal(value)})"


def _read_literal(text):
    """The one string literal that an OData parser reads from the start of text, and what follows it."""
    assert text.startswith("'")
    found = re.match(r"'((?:[^']|'')*)'(?!')", text, re.DOTALL)
    return found[1].replace("''", "'"), text[found.end() :]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_name_in_a_filter_reaches_graph_as_data(value):
    http = Http(page())
    graph(http).list("groups", {"$filter": f"displayName eq {_odata.literal(value)} and x", "$select": "id"})
    raw = urllib.parse.urlsplit(http.sent[0].url).query
    assert "+" not in raw  # OData reads + as a plus sign, not as a space
    query = dict(part.split("=", 1) for part in raw.split("&"))
    assert sorted(query) == ["$filter", "$select"]
    condition = urllib.parse.unquote(query["$filter"]).removeprefix("displayName eq ")
    assert _read_literal(condition) == (value, " and x")
