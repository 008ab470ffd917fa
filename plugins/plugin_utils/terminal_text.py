# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Words for a terminal: harmless, measured in columns, and times that people read. Pure."""

from __future__ import annotations

import re
import typing as t
import unicodedata

# What Ansible's own colours are made of. Nothing else that starts with an escape may reach a terminal.
_COLOUR = re.compile(r"(\x1b\[(?:0|[01];3[0-7]|38;5;[0-9]{1,3})m)")
# Marks that turn the direction of what follows: a name could show another text than it is.
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What nearly every text consists of, so that it need not be looked at character by character.
_PLAIN = re.compile(r"[\x20-\x7e\n\t]*")


def tame(text: str, *, colours: bool = False) -> str:
    """The text without anything that moves a cursor, hides or turns what follows. Lines and tabs stay.

    :param colours: whether the escapes of Ansible's own colours stay as well.
    """
    if _PLAIN.fullmatch(text):
        return text
    if colours:
        # Every second piece is a colour, since the expression has one group.
        pieces = _COLOUR.split(text)
        return "".join(piece if at % 2 else tame(piece) for at, piece in enumerate(pieces))
    return "".join(map(_harmless, text.replace("\r\n", "\n")))


def one_line(value: t.Any) -> str:
    """Whatever it is, as one harmless line."""
    return " ".join(tame(str(value)).split())


def _harmless(character: str) -> str:
    if character in "\n\t":
        return character
    if character in _TURNS:
        return ""
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    # A lone surrogate cannot be written as UTF-8.
    return "\ufffd" if category == "Cs" else character


def width(text: str) -> int:
    """How many columns of a terminal a line takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def clip(text: str, columns: int) -> str:
    """The line, shortened to so many columns; what is cut ends in two dots."""
    if width(text) <= columns:
        return text
    dots = ".."[: max(columns, 0)]
    kept, used = [], len(dots)
    for character in text:
        used += _columns(character)
        if used > columns:
            break
        kept.append(character)
    return "".join(kept) + dots


def pad(text: str, columns: int) -> str:
    """The line, filled up with spaces to so many columns; never shortened."""
    return text + " " * (columns - width(text))


def duration(seconds: float) -> str:
    """`4.2 s`, `2 min 05 s`, `1 h 02 min`."""
    # Rounded first: no minute has sixty seconds.
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def roughly(seconds: float) -> str:
    """As an estimate deserves: `about 20 s`, `about 3 min`, `about 1 h 10 min`."""
    if seconds < 50:
        return f"about {max(1, round(seconds / 5)) * 5} s"
    minutes = max(1, round(seconds / 60))
    return f"about {minutes} min" if minutes < 60 else f"about {minutes // 60} h {minutes % 60:02} min"


def counted(number: int, noun: str, several: str | None = None) -> str:
    """`1 customer`, `3 customers`."""
    return f"{number} {noun if number == 1 else several or noun + 's'}"
