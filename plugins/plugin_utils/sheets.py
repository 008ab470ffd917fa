# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Tables as text, Markdown and CSV, and text for HTML.

What stands in a cell may come from a customer's directory, where others choose the names. It must neither become a formula, a tag
or a link, nor break out of its row, nor move the cursor of a terminal. A link is only what the caller says is one: a cell that is
a `Link`.

A cell is text, a number, a flag (yes or no), None (empty) or a `Link`. A row with too few cells is filled up; one with too many
is a mistake of the caller and raises ValueError.
"""

from __future__ import annotations

import csv
import html
import io
import re
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils import terminal_text


class Link(t.NamedTuple):
    """A cell that leads somewhere.

    :param url: an https address, encoded already.
    :param text: what is shown for it where the format can; the address itself when empty.
    """

    url: str
    text: str = ""


Cell = str | int | float | bool | Link | None
Row = t.Sequence[Cell]

# What spreadsheets take for the start of a formula, also in full width, and what they skip before it.
_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
# Whatever starts something within a line of Markdown. < > & become entities, which older dialects know as well.
_MARKDOWN = re.compile(r"([\\`*_\[\]|~$])")
# What GitHub's dialect makes a link without being asked.
_AUTOLINK = re.compile(r"(?i)(?<=www)(?=\.)|(?<=:)(?=//)")


def one_line(value: t.Any) -> str:
    """A cell as one line: line breaks and control characters become spaces, marks of direction vanish."""
    if isinstance(value, Link):
        value = value.url
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return terminal_text.one_line(value)


def html_escape(value: t.Any) -> str:
    """A value as one line for HTML, in text and in a quoted attribute."""
    return html.escape(one_line(value), quote=True)


def csv_text(header: t.Sequence[str], rows: t.Iterable[Row]) -> str:
    """A table as CSV, one line a row. What a spreadsheet would take for a formula gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in _filled(header, rows):
        writer.writerow([_defused(cell) for cell in row])
    return text.getvalue()


def _defused(cell: Cell) -> str:
    line = one_line(cell)
    # Numbers of ours may be negative.
    if isinstance(cell, str) and cell and (cell[0] in _FORMULA or line[:1] in _FORMULA):
        return f"'{line}"
    return line


def markdown_table(header: t.Sequence[str], rows: t.Iterable[Row]) -> str:
    """A table as GitHub and GitLab read it."""
    lines = [f"| {' | '.join(map(_markdown, row))} |" for row in _filled(header, rows)]
    lines.insert(1, f"|{' --- |' * len(header)}")
    return "\n".join(lines) + "\n"


def markdown_escape(value: t.Any) -> str:
    """A value as one line that Markdown shows as it is."""
    escaped = html.escape(one_line(value), quote=False)
    return _AUTOLINK.sub(r"\\", _MARKDOWN.sub(r"\\\1", escaped))


def _markdown(cell: Cell) -> str:
    if isinstance(cell, Link):
        # Between < and > an address holds what it wants but these two and a bar, which would end the cell.
        url = one_line(cell.url).replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
        return f"[{markdown_escape(cell.text)}](<{url}>)" if cell.text else f"<{url}>"
    return markdown_escape(cell)


def text_table(header: t.Sequence[str], rows: t.Iterable[Row]) -> str:
    """A table for a terminal: columns of equal width, two spaces apart, a line of hyphens below the header."""
    lines = [[one_line(cell) for cell in row] for row in _filled(header, rows)]
    widths = [max(map(terminal_text.width, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "".join(_padded(line, widths).rstrip() + "\n" for line in lines)


def _padded(line: t.Sequence[str], widths: t.Sequence[int]) -> str:
    return "  ".join(terminal_text.pad(text, width) for text, width in zip(line, widths, strict=True))


def _filled(header: t.Sequence[str], rows: t.Iterable[Row]) -> list[Row]:
    filled: list[Row] = [header]
    for row in rows:
        if len(row) > len(header):
            raise ValueError(f"{len(row)} cells under {len(header)} headings")
        filled.append([*row, *[None] * (len(header) - len(row))])
    return filled
