# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML in small pieces. Whatever is not made here is text, and is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from .style import STYLE


class Markup(str):
    """Text that is HTML already."""


def element(name: str, *content: object, **attributes: str) -> Markup:
    """An element. Names of attributes may end in ``_`` where Python keeps the word for itself."""
    given = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{given}>{''.join(map(text, content))}</{name}>")


def text(value: object) -> Markup:
    """A value as HTML: escaped, unless it is HTML already."""
    return value if isinstance(value, Markup) else Markup(escape("" if value is None else str(value)))


def join(parts: Iterable[object]) -> Markup:
    """Pieces one after another."""
    return Markup("".join(map(text, parts)))


def table(headings: Iterable[str], rows: Iterable[Iterable[object]], empty: str) -> Markup:
    """A table, or a word where there is nothing to show."""
    lines = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    if not lines:
        return element("p", empty, class_="none")
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    return element("div", element("table", element("thead", head), element("tbody", *lines)), class_="scroll")


def document(title: str, *content: object) -> str:
    """A whole page, which needs nothing from anywhere."""
    head = element(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    return f"<!doctype html>\n{element('html', head, element('body', element('main', *content)), lang='en')}\n"
