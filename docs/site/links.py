# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links of a built site: those within must lead somewhere, and nothing may be loaded from another host."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself, by element and attribute.
_LOADED = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src")}
# Links to a page, not loaded.
_RELATIONS = {"canonical", "next", "prev", "search", "index", "author", "genindex", "license"}


@dataclasses.dataclass
class Found:
    """What was seen: `wrong` are sentences, `elsewhere` addresses that nobody has followed."""

    pages: int = 0
    links: int = 0
    wrong: list[str] = dataclasses.field(default_factory=list)
    elsewhere: set[str] = dataclasses.field(default_factory=set)


class _Page(HTMLParser):
    """One page's anchors, links and loaded files."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        self.anchors |= {of[name] for name in ("id", "name") if of.get(name)}
        for name in ("href", "src"):
            if of.get(name):
                is_link = tag == "a" or bool(set(of.get("rel", "").split()) & _RELATIONS)
                (self.loaded if (tag, name) in _LOADED and not is_link else self.links).add(of[name])


def judge(site: Path) -> Found:
    """Read all pages below a directory."""
    pages: dict[Path, _Page] = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    found = Found(pages=len(pages))
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        for address in sorted(page.links | page.loaded):
            parts = urlsplit(address)
            if parts.scheme in ("mailto", "data", "javascript"):
                continue
            if parts.scheme or parts.netloc:
                found.elsewhere.add(address)
                if address in page.loaded:
                    found.wrong.append(f"{name} loads {address}")
                continue
            found.links += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.is_file():
                found.wrong.append(f"{name} links to {address}, which is not there")
            elif anchor and target in pages and anchor not in pages[target].anchors:
                found.wrong.append(f"{name} links to {address}, where that anchor is not")
    return found
