# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds secrets in what a run has written, whole or in part, however the text was wrapped or escaped."""

from __future__ import annotations

import functools
import re
import typing as t
from pathlib import Path

# What begins each token and assertion, and what stands around each private key.
ALWAYS = ("eyJ", "PRIVATEKEY")
_ESCAPES = re.compile(r"\\+[nrt\"'\\]?|\s+")
_PART = 12


@functools.lru_cache(maxsize=1000)
def parts(secret: str) -> frozenset[str]:
    """Pieces that betray a secret: its halves, and for a text of lines every line; without blanks and escapes."""
    found: set[str] = set()
    for line in secret.splitlines():
        plain = _plain(line)
        if "-----" in line or len(plain) < _PART:
            continue  # public, or too short to tell from innocent text
        found |= {plain[: len(plain) // 2], plain[len(plain) // 2 :]}
    assert found, "no piece of the secret is long enough to be looked for"
    return frozenset(found)


def leaks(text: str, secrets: t.Iterable[str], also: t.Collection[str] = ALWAYS) -> list[str]:
    """Where a secret shows: some text around each place. Empty when none does.

    :param also: what else may not show, as it is.
    """
    plain = _plain(text)
    wanted = {piece for secret in set(secrets) for piece in parts(secret)} | set(also)
    found = []
    for piece in sorted(wanted):
        at = plain.find(piece)
        if at >= 0:
            found.append(f"{piece!r} in ...{plain[max(0, at - 200) : at + 100]}...")
    return found


def leaks_in_files(directory: Path, secrets: t.Sequence[str]) -> list[str]:
    """The same for the names and the contents of all files below a directory."""
    found = []
    for path in sorted(directory.rglob("*")):
        found += [f"the name {path}: {x}" for x in leaks(path.name, secrets)]
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes().decode("utf-8", "replace")
            found += [f"{path}: {x}" for x in leaks(content, secrets)]
    return found


def _plain(text: str) -> str:
    # Ansible wraps long lines, also at a hyphen; JSON and repr escape quotes, backslashes and ends of lines.
    return _ESCAPES.sub("", text).replace('"', "").replace("'", "")
