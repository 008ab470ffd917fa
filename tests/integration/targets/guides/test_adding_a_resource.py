# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/adding-a-resource.md, followed in a copy of the repository: its blocks are put where they say, and tests are run there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness.guide import Block, blocks
from harness.paths import REPOSITORY

PAGE = "docs/adding-a-resource.md"
_PLACE = re.compile(
    r"# (?P<path>[\w./]+\.(?:py|yml))(?:, (?P<end>at the end)|, after: (?P<after>[^\n]+))?\n(?P<text>.*)", re.DOTALL
)
# The story that the page adds, told by itself: the others have their own tests.
_STORY = """
import pytest
from harness.ways import directory
from harness.ways.comparing import assert_as_in_the_worker, cases
from harness.ways.telling import tell

CASES, NAMES = cases((directory.UNIT,))


@pytest.fixture(scope="module")
def told(sandbox, tmp_path_factory):
    return tell(sandbox, (directory.UNIT,), tmp_path_factory.mktemp("stories"))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_each_task(told, case):
    assert_as_in_the_worker(told, case)
"""


def put(block: Block, tree: Path) -> str:
    """Put a block where its first line says; the path."""
    place = _PLACE.fullmatch(block.text)
    assert place, f"{block}: its first line says nothing of where it belongs"
    path = tree / place["path"]
    if place["end"] or place["after"]:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        at = len(lines)
        if place["after"]:
            (before,) = [number for number, line in enumerate(lines) if line.strip().rstrip(",") == place["after"].rstrip(",")]
            at = before + 1
        path.write_text("".join([*lines[:at], place["text"], *lines[at:]]), encoding="utf-8")
    else:
        assert not path.exists(), f"{block}: {place['path']} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(place["text"], encoding="utf-8")
    return place["path"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, where Ansible finds it, with the resource of the page in it."""
    copy = tmp_path_factory.mktemp("tree") / "ansible_collections" / "mssp" / "defender"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in listed:
        if name and (REPOSITORY / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, copy / name)
    written = [put(block, copy) for block in blocks(PAGE) if block.language in ("python", "yaml")]
    assert len(written) == 10
    target = copy / "tests" / "integration" / "targets" / "module_administrative_unit"
    for name in ("aliases", "runme.sh"):
        shutil.copy2(target.parent / "module_aad_group" / name, target / name)
    (target.parent / "both_ways" / "test_both_ways_unit.py").write_text(_STORY, encoding="utf-8")
    # Some tests ask git for what there is.
    subprocess.run("git init -q && git add -A", cwd=copy, shell=True, check=True)
    return copy


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A program of Python in the copy."""
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(tree.parents[2]), "PYTHONPATH": ""}
    return subprocess.run([sys.executable, "-m", *command], cwd=tree, env=env, capture_output=True, text=True, check=False)


def test_the_consistency_tests_miss_what_the_page_says(tree: Path) -> None:
    """One sentence of a failure has no row yet; all else is there."""
    consistency = [f"tests/unit/consistency/test_{name}.py" for name in ("consistency", "troubleshooting", "links")]
    done = run(tree, "pytest", "-p", "no:cacheprovider", "-q", *consistency, "-n", "0")
    failed = re.findall(r"^FAILED (.*)", done.stdout, re.MULTILINE)
    assert len(failed) == 1, done.stdout[-3000:]
    assert "::test_every_sentence_has_a_row[" in failed[0]
    assert "administrative units have this name" in failed[0]


def test_the_module_and_its_story(tree: Path) -> None:
    targets = "tests/integration/targets/"
    mine = [f"{targets}module_administrative_unit", f"{targets}both_ways/test_both_ways_unit.py"]
    all_have_one = f"{targets}both_ways/test_both_ways.py::test_every_module_has_a_story_on_every_way"
    done = run(tree, "pytest", "-p", "no:cacheprovider", "-q", *mine, all_have_one, "-n", "0")
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


def test_its_style(tree: Path) -> None:
    paths = {_PLACE.fullmatch(block.text)["path"] for block in blocks(PAGE) if block.language == "python"}  # type: ignore[index]
    done = run(tree, "ruff", "check", *sorted(paths))
    formatted = run(tree, "ruff", "format", "--check", *sorted(paths))
    assert (done.returncode, formatted.returncode) == (0, 0), done.stdout + formatted.stdout
