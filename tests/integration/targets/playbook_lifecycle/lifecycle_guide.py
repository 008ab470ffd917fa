# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/lifecycle.md, taken apart: the files and commands of each section. What nobody has asked for is known at the end."""

from __future__ import annotations

import re

from harness.paths import REPOSITORY

GUIDE = REPOSITORY / "docs" / "lifecycle.md"


class Guide:
    """The page. `left` are the files and commands that nobody has taken yet."""

    def __init__(self) -> None:
        text = GUIDE.read_text(encoding="utf-8")
        self._files: dict[str, dict[str, str]] = {}
        self._commands: dict[str, list[str]] = {}
        _unused, *parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
        for heading, body in zip(parts[::2], parts[1::2], strict=True):
            blocks = re.findall(r"^```(\w+)\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)
            self._files[heading] = dict(_named(content) for language, content in blocks if language == "yaml")
            said = [content for language, content in blocks if language == "console"]
            self._commands[heading] = [
                command.strip() for each in said for command in re.split(r"^\$ ", each, flags=re.MULTILINE)[1:]
            ]
        self.left = {x for found in (self._files, self._commands) for heading in found for x in found[heading]}
        self.languages = re.findall(r"^```(\w+)$", text, re.MULTILINE)

    def files(self, heading: str) -> dict[str, str]:
        """The files of a section: path -> text."""
        self.left -= set(self._files[heading])
        return self._files[heading]

    def command(self, heading: str, words: str = "", without: str = "") -> list[str]:
        """The commands of a section that have the one words and not the others."""
        found = [x for x in self._commands[heading] if words in x and not (without and without in x)]
        assert found, f"{heading}: no command with '{words}'"
        self.left -= set(found)
        return found


def _named(content: str) -> tuple[str, str]:
    path = re.match(r"# (\S+\.yml)\n", content)
    assert path, f"A file without its name in the first line:\n{content}"
    return path[1], content
