# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mssp.defender.plugins.plugin_utils.terminal_text import (
    clip,
    duration,
    one_line,
    pad,
    roughly,
    tame,
    width,
)

ANYTHING = st.text(st.characters(codec=None))
RED = "\x1b[0;31mred\x1b[0m"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("日本", 4), ("e\u0301", 1), ("\u200d", 0), ("müller", 6), ("", 0)],
)
def test_width(text, columns):
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "clipped"),
    [("contoso", 7, "contoso"), ("contoso", 6, "cont.."), ("日本株式", 7, "日本.."), ("日本", 1, "."), ("x", 0, "")],
)
def test_clip(text, columns, clipped):
    assert clip(text, columns) == clipped


@given(ANYTHING, st.integers(0, 40))
def test_what_is_clipped_fits_and_what_is_padded_fills(text, columns):
    line = one_line(text)
    assert width(clip(line, columns)) <= columns
    assert width(pad(clip(line, columns), columns)) == columns


@given(ANYTHING)
def test_no_text_moves_a_cursor(text):
    for told in (tame(text), tame(text, colours=True), one_line(text)):
        controls = [x for x in told if unicodedata.category(x) in ("Cc", "Cs", "Zl", "Zp") and x not in "\n\t\x1b"]
        assert controls == []
        assert not set(told) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
        told.encode()
    assert "\x1b" not in tame(text)
    assert "\n" not in one_line(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (RED, RED),
        ("\x1b[38;5;208mx\x1b[0m", "\x1b[38;5;208mx\x1b[0m"),
        ("\x1b[8mhidden", " [8mhidden"),
        ("\x1b[2J", " [2J"),
        ("\x1b]0;title\x07", " ]0;title "),
        ("\x9b2J", " 2J"),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
    ],
)
def test_only_colours_of_ansible_stay(text, kept):
    assert tame(text, colours=True) == kept


def test_without_colours_none_stays():
    assert tame(RED) == " [0;31mred [0m"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (4.26, "4.3 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (125, "2 min 05 s"), (3720, "1 h 02 min")],
)
def test_duration(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "about 5 s"), (22, "about 20 s"), (170, "about 3 min"), (4200, "about 1 h 10 min")]
)
def test_roughly(seconds, words):
    assert roughly(seconds) == words
