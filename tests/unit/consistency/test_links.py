# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links between the pages of the repository lead somewhere, as GitHub shows them: files, folders and headings."""

from __future__ import annotations

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
_FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]*))?\)")


def pages() -> list[str]:
    """The Markdown files of the repository, new ones that are not committed yet as well."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    # The site's first page stands elsewhere than it lies: `make docs` judges it.
    return sorted({x for x in listed if x and (ROOT / x).is_file() and x != "docs/site/index.md"})


def anchors(path: pathlib.Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings; those of a repeated heading are numbered."""
    text = _FENCED.sub("", path.read_text(encoding="utf-8"))
    found: dict[str, int] = {}
    result = set(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    for heading in re.findall(r"^#+ +(.+?) *#* *$", text, re.MULTILINE):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        result.add(f"{slug}-{found[slug]}" if slug in found else slug)
        found[slug] = found.get(slug, 0) + 1
    return result


def astray(path: pathlib.Path) -> list[str]:
    """The links of a page that lead nowhere."""
    wrong = []
    for target, anchor in _LINK.findall(_FENCED.sub("", path.read_text(encoding="utf-8"))):
        there = path.parent / target if target else path
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            wrong.append(f"{target}#{anchor}" if anchor else target)
    return wrong


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page: str) -> None:
    assert astray(ROOT / page) == []


def test_a_link_to_nowhere_is_seen(tmp_path: pathlib.Path) -> None:
    (tmp_path / "b.md").write_text("# A heading: `here`\n\n```\n# No heading\n```\n", encoding="utf-8")
    page = tmp_path / "a.md"
    links = "[x](b.md#a-heading-here) [y](b.md#no-heading) [z](c.md) [w](#nowhere) [v](https://example.com/)"
    page.write_text(links, encoding="utf-8")
    assert astray(page) == ["b.md#no-heading", "c.md", "#nowhere"]
