# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site that `make docs` builds: no page is lost, diagrams can be read, and links to nowhere or to another host are seen."""

from __future__ import annotations

import importlib.util
import pathlib
import sys
import typing as t

import pytest

SITE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "site"


def load(name: str) -> t.Any:
    spec = importlib.util.spec_from_file_location(f"site_{name}", SITE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks for its module by name.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    return module


guides, links = load("guides"), load("links")


def test_each_page_is_in_the_index_once():
    names = guides.pages()
    listed = [line.rpartition("<")[2].rstrip(">") for line in guides.index(names).splitlines()]
    for name in names:
        assert listed.count(name.removesuffix(".md")) == 1, name


def test_a_new_guide_is_a_page():
    assert "docs/brand-new" in guides.index([*guides.pages(), "docs/brand-new.md"]).splitlines()


def test_the_first_page_leads_to_no_page_that_is_not_there():
    shown = guides.index([x for x in guides.pages() if x != "docs/audit.md"])
    assert "docs/audit" not in shown
    assert "docs/offboarding.md" in shown


def test_a_diagram_becomes_a_table():
    diagram = (
        "```mermaid\nstateDiagram-v2\n    direction TB\n    [*] --> a: asks<br/>once\n    a --> b: ends\n    b: the end\n```\n"
    )
    assert guides._DIAGRAM.sub(guides._table, diagram) == (
        "| from | when | to |\n|---|---|---|\n|  | asks once | `a` |\n| `a` | ends | the end |\n"
    )


def test_what_is_wrong_with_links(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "style.css").touch()
    (tmp_path / "index.html").write_text(
        '<link rel="stylesheet" href="style.css"><link rel="next" href="a/b.html"><h1 id="top">x</h1>'
        '<a href="a/b.html#there">1</a><a href="a/b.html#nowhere">2</a><a href="c.html">3</a><a href="#top">4</a>'
        '<a href="https://example.com/">5</a><img src="https://example.com/x.png">',
        encoding="utf-8",
    )
    (tmp_path / "a" / "b.html").write_text('<p id="there"><a href="../index.html">up</a></p>', encoding="utf-8")
    found = links.judge(tmp_path)
    assert (found.pages, found.links) == (2, 7)
    assert found.elsewhere == {"https://example.com/", "https://example.com/x.png"}
    assert found.wrong == [
        "index.html links to a/b.html#nowhere, where that anchor is not",
        "index.html links to c.html, which is not there",
        "index.html loads https://example.com/x.png",
    ]
