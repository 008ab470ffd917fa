# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the site: `python build.py DIRECTORY` writes DIRECTORY/html, and judges its links (`make docs`).

The pages are copied with the folders that they have in the repository, so that their links hold on GitHub and here alike. Beside
them antsibull-docs puts a page for each module, plugin and role.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import guides
import links

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "docs" / "site"
# The pages of ansible-core, to which those of antsibull-docs refer, are elsewhere.
_ELSEWHERE = re.compile(
    r"/collections/\w+\.rst:\d+: WARNING: (undefined label: '(action_plugins|ansible_configuration_settings|callback_plugins"
    r"|common_return_values|filter_plugins|inventory_plugins|lookup_plugins)'|'envvar' reference target not found: ANSIBLE_)"
)


def reference(source: Path) -> None:
    """The pages of modules, plugins and roles."""
    target = source / "collections"
    target.mkdir(mode=0o755, parents=True)
    command = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error"]
    subprocess.run([*command, "--dest-dir", str(target), "mssp.defender"], check=True)
    for page in target.glob("*.rst"):
        text = page.read_text(encoding="utf-8")
        # The theme shows at the side what is on a page, and says so in red where a page does it again.
        text = re.sub(r"^\.\. contents::\n(?: +:\w+:.*\n)*", "", text, flags=re.MULTILINE)
        # At the side there is room for a name, not for the sentence that follows it.
        text = re.sub(r"^    (\w+)_(callback|filter|inventory|lookup|module|role)$", r"    \1 <\1_\2>", text, flags=re.MULTILINE)
        page.write_text(text, encoding="utf-8")


def html(source: Path, target: Path) -> list[str]:
    """Run Sphinx; the warnings that are ours."""
    said = subprocess.run(
        ["sphinx-build", "-q", "-E", "-j", "2", "-b", "html", "-c", str(SITE), str(source), str(target)],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
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
    guides.stage(source)
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
