# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page of the documentation, taken apart: the blocks, files and commands of each section, and what nobody has asked for."""

from __future__ import annotations

import re
import textwrap
import typing as t

from harness.paths import REPOSITORY

_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^##+ (.+)\n", re.MULTILINE)
_FILE = re.compile(r"# ([\w./-]+\.(?:ya?ml|cfg))\n")


class Block(t.NamedTuple):
    """What stands between two fences. `line` is that of the first fence, `heading` that of the section ("" before the first)."""

    page: str
    line: int
    heading: str
    language: str
    text: str

    @property
    def path(self) -> str | None:
        """The file that its first line says it is."""
        named = _FILE.match(self.text)
        return named[1] if named else None

    @property
    def commands(self) -> list[str]:
        """What is typed: after a dollar, or root's hash, to the end of what a backslash goes on with. The rest is output."""
        if self.language != "console":
            return []
        return [x.rstrip("\n") for x in re.findall(r"^[$#] ((?:.*\\\n)*.*\n?)", self.text, re.MULTILINE)]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page of the repository, wherever they stand in a list."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        headings = [x for x in _HEADING.finditer(text) if x.start() < match.start() and not _inside(text, x.start())]
        heading = headings[-1][1] if headings else ""
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(page, line, heading, match["language"], textwrap.dedent(match["text"])))
    return found


def _inside(text: str, position: int) -> bool:
    """Whether a place of a page is within a block, where a hash begins a comment."""
    return any(x.start() < position < x.end() for x in _BLOCK.finditer(text))


class Guide:
    """A page whose files are written and whose commands are typed. `left` are those that nobody has taken yet."""

    def __init__(self, page: str, headings: t.Collection[str] = ()) -> None:
        """:param headings: the sections that this reader follows; none: all of them."""
        self.blocks = [x for x in blocks(page) if not headings or x.heading in headings]
        self.left = {x.path for x in self.blocks if x.path} | {x for block in self.blocks for x in block.commands}
        self.languages = {x.language for x in self.blocks}

    def files(self, heading: str) -> dict[str, str]:
        """The files of a section: path -> text."""
        found = {x.path: x.text for x in self.blocks if x.heading == heading and x.path}
        self.left -= set(found)
        return found

    def command(self, heading: str, words: str = "", without: str = "") -> list[str]:
        """The commands of a section that have the one words and not the others."""
        said = [command for block in self.blocks if block.heading == heading for command in block.commands]
        found = [x for x in said if words in x and not (without and without in x)]
        assert found, f"{heading}: no command with '{words}'"
        self.left -= set(found)
        return found
