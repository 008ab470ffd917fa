# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Markdown of the repository as pages of the site: copied with its folders, so that links hold on GitHub and here alike."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/mssp-defender/mssp.defender"
# Made for machines or for a folder of its own.
_NOT_PAGES = ("changelogs/", "tests/integration/", "docs/site/")
# What the reader finds in which order. A guide that is not named here is put under Guides, so that none is lost.
_CHAPTERS: dict[str, tuple[str, ...]] = {
    "Start": ("README", "docs/getting-started", "docs/permissions", "docs/customers", "docs/preflight", "docs/playbooks"),
    "Guides": ("docs/lifecycle", "docs/audit", "docs/reports", "docs/offboarding", "docs/customer-runbook"),
    "Running it": ("docs/awx", "docs/scale", "docs/fleet", "docs/secrets", "docs/clouds", "docs/performance", "docs/robustness"),
    "Reference": ("docs/troubleshooting", "collections/index", "roles/mssp_onboard/README", "roles/mssp_audit/README"),
    "How it is built": (
        "CONTRIBUTING",
        "docs/adding-a-resource",
        "docs/decisions/README",
        "docs/sources",
        "docs/sandbox",
        "tests/sandbox/README",
        "CHANGELOG",
    ),
}
_DIAGRAM = re.compile(r"^```mermaid\nstateDiagram-v2\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")


def pages() -> list[str]:
    """The Markdown files of the repository that are pages, new ones that are not committed yet as well."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    return sorted({name for name in listed if name and (ROOT / name).is_file() and not name.startswith(_NOT_PAGES)})


def stage(source: Path) -> None:
    """Copy the pages, and the files that they link to. A link to a folder leads to its README, or else to the repository."""
    names = pages()
    (source / "index.md").write_text(index(names), encoding="utf-8")
    for name in names:
        folder = (ROOT / name).parent

        def there(match: re.Match[str], folder: Path = folder) -> str:
            target = Path(os.path.normpath(folder / match[1]))
            if not target.exists() or ROOT not in target.parents:
                return match[0]  # Sphinx says so
            inside = target.relative_to(ROOT).as_posix()
            if target.is_dir():
                if f"{inside}/README.md" in names:
                    return f"{match[1].rstrip('/')}/README.md{match[2] or ''}"
                return f"{REPOSITORY}/tree/main/{inside}"
            if target.suffix != ".md":
                (source / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(target, source / inside)
            return match[0]

        text = _DIAGRAM.sub(_table, _LINK.sub(there, (ROOT / name).read_text(encoding="utf-8")))
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")


def _table(diagram: re.Match[str]) -> str:
    """A diagram of states as a table: GitHub draws it, and nothing that draws it here would come without another host."""
    lines = [line.strip().replace("<br/>", " ") for line in diagram[1].splitlines()]
    called = dict(line.split(": ", 1) for line in lines if re.match(r"\w+: ", line))
    rows = []
    for line in lines:
        if step := re.match(r"(\S+) --> (\S+): (.*)", line):
            before, after = (called.get(x, f"`{x}`" if x != "[*]" else "") for x in step.groups()[:2])
            rows.append(f"| {before} | {step[3]} | {after} |")
    return "\n".join(["| from | when | to |", "|---|---|---|", *rows])


def index(names: list[str]) -> str:
    """The first page: what there is, in chapters."""
    there = {name.removesuffix(".md") for name in names} | {"collections/index"}
    named = {page for chapter in _CHAPTERS.values() for page in chapter}
    rest = sorted(there - named - {name for name in there if re.match(r"docs/decisions/\d", name)})
    # A line that leads to a page that there is not is left out.
    lines = (ROOT / "docs" / "site" / "index.md").read_text(encoding="utf-8").splitlines()
    parts = ["\n".join(x for x in lines if set(re.findall(r"\]\(([^)]+)\.md\)", x)) <= there) + "\n"]
    for caption, chapter in _CHAPTERS.items():
        entries = [page for page in chapter if page in there] + (rest if caption == "Guides" else [])
        titles = {"README": "Overview <README>", "collections/index": "Modules, plugins and roles <collections/index>"}
        listed = "\n".join(titles.get(page, page) for page in entries)
        parts.append(f"```{{toctree}}\n:caption: {caption}\n:maxdepth: 1\n:hidden:\n\n{listed}\n```\n")
    decisions = "\n".join(sorted(name.removesuffix(".md") for name in names if re.match(r"docs/decisions/\d", name)))
    parts.append(f"```{{toctree}}\n:caption: Decisions\n:maxdepth: 1\n:hidden:\n\n{decisions}\n```\n")
    return "\n".join(parts)
