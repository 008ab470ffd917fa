# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the site: `python build.py DIRECTORY` writes DIRECTORY/html, and judges its links (`make docs`).

The pages are copied with the folders that they have in the repository, so that their links hold on GitHub and here alike. Beside
them antsibull-docs puts a page for each module, plugin and role.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import links

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "docs" / "site"
REPOSITORY = "https://github.com/mssp-defender/mssp.defender"
# Made for machines or for a folder of its own.
_NOT_PAGES = ("changelogs/", "tests/integration/", "docs/site/")
# What the reader finds in which order. A guide that is not named here is put under Guides, so that none is lost.
_CHAPTERS: dict[str, tuple[str, ...]] = {
    "Start": ("README", "docs/getting-started", "docs/permissions", "docs/preflight", "docs/customers"),
    "Guides": ("docs/lifecycle", "docs/audit", "docs/reports", "docs/offboarding", "docs/customer-runbook"),
    "Running it": ("docs/awx", "docs/scale", "docs/fleet", "docs/secrets", "docs/clouds", "docs/performance", "docs/robustness"),
    "Reference": ("docs/troubleshooting", "collections/index", "roles/mssp_onboard/README", "roles/mssp_audit/README"),
    "How it is built": ("CONTRIBUTING", "docs/decisions/README", "docs/sandbox", "tests/sandbox/README", "CHANGELOG"),
}
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
# The pages of ansible-core, to which those of antsibull-docs refer, are elsewhere.
_ELSEWHERE = re.compile(
    r"/collections/\w+\.rst:\d+: WARNING: (undefined label: '(action_plugins|ansible_configuration_settings|callback_plugins"
    r"|common_return_values|filter_plugins|inventory_plugins|lookup_plugins)'|'envvar' reference target not found: ANSIBLE_)"
)


def pages() -> list[str]:
    """The Markdown files of the repository that are pages, new ones that are not committed yet as well."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    return sorted({name for name in listed if name and (ROOT / name).is_file() and not name.startswith(_NOT_PAGES)})


def stage(source: Path, names: list[str]) -> None:
    """Copy the pages, and the files that they link to.

    A link to a folder leads to its README, or else to the repository; so does one to a file that nobody can read in a browser.
    """
    for name in names:
        folder = (ROOT / name).parent

        def there(match: re.Match[str], folder: Path = folder) -> str:
            target = Path(os.path.normpath(folder / match[1]))
            inside = target.relative_to(ROOT).as_posix()
            if target.is_dir():
                if f"{inside}/README.md" in names:
                    return f"{match[1].rstrip('/')}/README.md{match[2] or ''}"
                return f"{REPOSITORY}/tree/main/{inside}"
            if target.suffix != ".md":
                (source / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(target, source / inside)
            return match[0]

        text = _LINK.sub(there, (ROOT / name).read_text(encoding="utf-8"))
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")


def index(names: list[str]) -> str:
    """The first page: what there is, in chapters."""
    there = {name.removesuffix(".md") for name in names} | {"collections/index"}
    named = {page for chapter in _CHAPTERS.values() for page in chapter}
    rest = sorted(there - named - {name for name in there if re.match(r"docs/decisions/\d", name)})
    parts = [(SITE / "index.md").read_text(encoding="utf-8")]
    for caption, chapter in _CHAPTERS.items():
        entries = [page for page in chapter if page in there] + (rest if caption == "Guides" else [])
        titles = {"README": "Overview <README>", "collections/index": "Modules, plugins and roles <collections/index>"}
        listed = "\n".join(titles.get(page, page) for page in entries)
        parts.append(f"```{{toctree}}\n:caption: {caption}\n:maxdepth: 1\n\n{listed}\n```\n")
    decisions = "\n".join(sorted(name.removesuffix(".md") for name in names if re.match(r"docs/decisions/\d", name)))
    parts.append(f"```{{toctree}}\n:caption: Decisions\n:maxdepth: 1\n:hidden:\n\n{decisions}\n```\n")
    return "\n".join(parts)


def reference(source: Path) -> None:
    """The pages of modules, plugins and roles."""
    target = source / "collections"
    target.mkdir(mode=0o755, parents=True)
    command = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error"]
    subprocess.run([*command, "--dest-dir", str(target), "mssp.defender"], check=True)


def html(source: Path, target: Path) -> list[str]:
    """Run Sphinx; the warnings that are ours."""
    said = subprocess.run(
        ["sphinx-build", "-q", "-E", "-j", "2", "-b", "html", "-c", str(SITE), str(source), str(target)],
        stderr=subprocess.PIPE,
        text=True,
    )
    if said.returncode:
        raise SystemExit(f"docs: sphinx-build failed:\n{said.stderr}")
    return [line for line in said.stderr.splitlines() if line.strip() and not _ELSEWHERE.search(line)]


def main(directory: str) -> int:
    """0 when the site is there, without a warning and without a link to nowhere."""
    work = Path(directory).absolute()
    shutil.rmtree(work, ignore_errors=True)
    source, target = work / "src", work / "html"
    source.mkdir(parents=True)
    names = pages()
    stage(source, names)
    (source / "index.md").write_text(index(names), encoding="utf-8")
    reference(source)
    wrong = html(source, target)
    found = links.judge(target)
    (work / "external-links.txt").write_text("\n".join(sorted(found.elsewhere)) + "\n", encoding="utf-8")
    for line in [*wrong, *found.wrong]:
        print(f"docs: {line}")
    print(f"{target}/index.html: {found.pages} pages, {found.links} links within")
    print(f"{work}/external-links.txt: {len(found.elsewhere)} links to elsewhere, which nobody has followed")
    return 1 if wrong or found.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
