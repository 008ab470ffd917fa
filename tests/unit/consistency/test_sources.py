# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/sources.md says what each label stands for by which code and pages name the source of a fact, such as EM F.2."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "sources.md"
ROWS = dict(re.findall(r"^\| ((?:EM|Defender|practice) \S+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
FOLDERS = ("docs", "playbooks", "plugins", "roles", "tests")
SUFFIXES = (".md", ".py", ".yml")
_PART = r"(?:[A-Z]\d*(?:\.\d+)*|\d(?:\.\d+)?)\b"
_CITATION = re.compile(rf"\b(EM|Defender|practice) ({_PART}(?:(?:,| and| to)\s+{_PART})*)")


def labels(text: str) -> t.Iterator[str]:
    """The labels that a text names; after the first of a list the others stand alone."""
    for kind, parts in _CITATION.findall(" ".join(text.replace("\n#", "\n").split())):
        yield from (f"{kind} {part}" for part in re.findall(_PART, parts))


def explained(label: str) -> bool:
    """By a row of its own, by those of its parts, or by its name in the row of what it is a part of."""
    kind, dummy, part = label.partition(" ")
    whole = re.split(r"\.", part)[0]
    return (
        label in ROWS
        or any(row.startswith(f"{label}.") for row in ROWS)
        or any(
            re.search(rf"(?<![\w.]){re.escape(part)}(?![\w.]\w)", ROWS[row]) for row in ROWS if row.startswith(f"{kind} {whole}")
        )
    )


def test_all_that_is_cited_is_explained():
    files = [
        x
        for folder in FOLDERS
        for x in sorted((ROOT / folder).rglob("*"))
        if x.suffix in SUFFIXES and x not in (PAGE, pathlib.Path(__file__))
    ]
    cited = {(label, str(x.relative_to(ROOT))) for x in files for label in labels(x.read_text(encoding="utf-8"))}
    # Fewer than there were would mean that they are not found any more.
    assert len({label for label, dummy in cited}) > 60
    assert sorted((label, file) for label, file in cited if not explained(label)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Facts: EM F.2 (what a PUT\ndoes) and F.3", ["EM F.2"]),
        ("(EM 1.3, F.2 and Defender 1.8)", ["EM 1.3", "EM F.2", "Defender 1.8"]),
        ("# practice M7 to\n# M9, M4.5", ["practice M7", "practice M9", "practice M4.5"]),
        ("Defender for Endpoint, Defender 365, in practice a role", []),
    ],
)
def test_what_a_citation_is(text, found):
    assert list(labels(text)) == found


@pytest.mark.parametrize(
    ("label", "is_it"),
    [
        ("EM F.2", True),
        ("Defender 1", True),
        ("practice M5.4", True),
        ("EM F.9", False),
        ("practice M14", False),
        ("EM Z", False),
    ],
)
def test_what_is_explained(label, is_it):
    assert explained(label) is is_it
