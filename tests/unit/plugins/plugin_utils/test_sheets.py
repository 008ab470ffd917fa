# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import html
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import (
    Link,
    csv_text,
    html_escape,
    markdown_escape,
    markdown_table,
    one_line,
    text_table,
)

URL = "https://myaccess.microsoft.com/@contoso.com#/access-packages/1"
ANYTHING = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (-3, "-3"),
        ("  two\r\n lines\t", "two lines"),
        ("a\u2028b\x85c", "a b c"),
        ("\x1b[31mred\x07\x00", "[31mred"),
        ("innocent\u202egnp.exe", "innocentgnp.exe"),
        ("\ud800", "\ufffd"),
        ("Größe 漢字", "Größe 漢字"),
        (Link(URL, "here"), URL),
    ],
)
def test_one_line(value, line):
    assert one_line(value) == line


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(start):
    text = csv_text(["name"], [[f"{start}cmd|'/c calc'!A1"]])
    [_header, [cell]] = csv.reader(io.StringIO(text))
    assert cell[0] == "'"
    assert cell.endswith("cmd|'/c calc'!A1")


def test_csv_keeps_everything_else():
    rows = [['Smith, "J"; x\'y', 5, -5, None, Link(URL)], ["short"]]
    text = csv_text(["a", "b", "c", "d", "e"], rows)
    assert list(csv.reader(io.StringIO(text))) == [
        ["a", "b", "c", "d", "e"],
        ['Smith, "J"; x\'y', "5", "-5", "", URL],
        ["short", "", "", "", ""],
    ]


def test_markdown():
    rows = [["a|b", "<script>", "[x](http://evil)"], ["two\nlines", "`*_~$\\", "www.evil.com & co"]]
    assert markdown_table(["One", "Two", "Three"], rows).splitlines() == [
        "| One | Two | Three |",
        "| --- | --- | --- |",
        r"| a\|b | &lt;script&gt; | \[x\](http:\//evil) |",
        r"| two lines | \`\*\_\~\$\\ | www\.evil.com &amp; co |",
    ]


def test_markdown_links_are_what_the_caller_says():
    table = markdown_table(["Link"], [[Link(URL)], [Link(URL, "a|b")], [Link("https://x/|>")], [URL]])
    assert table.splitlines()[2:] == [
        f"| <{URL}> |",
        rf"| [a\|b](<{URL}>) |",
        "| <https://x/%7C%3E> |",
        "| https:\\" + URL[len("https:") :] + " |",
    ]


def test_text():
    assert text_table(["Name", "Days"], [["漢字", 5], ["e\u0301", None], ["two\nlines", 10]]) == (
        "Name       Days\n---------  ----\n漢字       5\ne\u0301\ntwo lines  10\n"
    )


def test_no_rows_are_a_header():
    assert csv_text(["a", "b"], []) == "a,b\n"
    assert markdown_table(["a", "b"], []) == "| a | b |\n| --- | --- |\n"
    assert text_table(["a", "bc"], []) == "a  bc\n-  --\n"


@pytest.mark.parametrize("table", [csv_text, markdown_table, text_table])
def test_too_many_cells_are_a_mistake(table):
    with pytest.raises(ValueError):
        table(["one"], [["one", "two"]])


def test_html():
    assert html_escape("<script>\n'\"&") == "&lt;script&gt; &#x27;&quot;&amp;"


@given(ANYTHING)
@example("=\n\x00")
def test_whatever_the_name_a_row_is_one_line_that_can_be_written(name):
    for table in (csv_text, markdown_table, text_table):
        lines = table(["name", "n"], [[name, 1]]).encode("utf-8").split(b"\n")
        assert len(lines) == (3 if table is csv_text else 4)
    [_header, [cell, _number]] = csv.reader(io.StringIO(csv_text(["name", "n"], [[name, 1]])))
    assert cell.removeprefix("'") == one_line(name).removeprefix("'")
    assert not re.match(r"[=+\-@\t\r\n＝＋－＠]", cell)


@given(ANYTHING)
def test_whatever_the_name_html_shows_it_and_nothing_else(name):
    escaped = html_escape(name)
    assert not set("<>\"'") & set(escaped)
    assert html.unescape(escaped) == html.unescape(html.escape(one_line(name)))


@given(ANYTHING)
def test_whatever_the_name_markdown_shows_it(name):
    escaped = markdown_escape(name)
    assert re.search(r"(?<!\\)(\\\\)*[|`*_\[\]<>~$]", escaped) is None
    assert html.unescape(re.sub(r"\\([\\`*_\[\]|~$./])", r"\1", escaped)) == one_line(name)
