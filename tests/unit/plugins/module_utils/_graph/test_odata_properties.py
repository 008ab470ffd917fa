# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import urllib.parse

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._graph import _odata

hypothesis = pytest.importorskip("hypothesis")
texts = hypothesis.strategies.text(hypothesis.strategies.characters(exclude_categories=["Cs"]))


@hypothesis.given(texts, texts)
def test_a_literal_ends_where_it_is_meant_to_end(value, rest):
    text = _odata.literal(value) + " " + rest
    found = re.match(r"'((?:[^']|'')*)'(?!')", text, re.DOTALL)
    assert found is not None
    assert found[1].replace("''", "'") == value
    assert text[found.end() :] == " " + rest


@hypothesis.given(texts)
def test_a_segment_is_one_segment_and_comes_back(value):
    split = urllib.parse.urlsplit("https://h/a/" + _odata.segment(value) + "/b")
    assert split.path.count("/") == 3
    assert (split.query, split.fragment) == ("", "")
    assert urllib.parse.unquote(split.path.split("/")[2]) == value
