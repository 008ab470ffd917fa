# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every block of README and of every guide is run by a test, or checked as far as it can be without running it."""

from __future__ import annotations

import re
import subprocess

import pytest
from guides_checks import OUR_PROGRAMS, problems
from harness.guide import Block, blocks
from harness.paths import REPOSITORY

# Commands of ours that no test types: why.
NOT_RUN = {
    "docs/awx.md": "make awx runs its playbook against a stand-in: here is no controller, no registry and no root",
    "CONTRIBUTING.md": "these are the tests themselves",
    "docs/robustness.md": "these are the tests themselves; make gates runs the sweep in full",
    "docs/reports.md": "playbook_report runs them with other paths: nobody may write to /srv here",
}


def pages() -> list[str]:
    """README, the guides and the roles' READMEs; new ones that are not committed yet as well."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "README.md", "CONTRIBUTING.md", "docs", "roles"]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.split("\n")
    return sorted({x for x in listed if x.endswith(".md") and (REPOSITORY / x).is_file() and not x.startswith("docs/site/")})


BLOCKS = [block for page in pages() for block in blocks(page)]


@pytest.mark.parametrize("block", [pytest.param(x, id=str(x)) for x in BLOCKS])
def test_a_block_says_what_is_there(block: Block) -> None:
    assert problems(block) == []


def test_there_are_many_blocks() -> None:
    assert len([x for x in BLOCKS if x.language in ("console", "yaml", "bash")]) > 60


@pytest.mark.parametrize(
    ("language", "text", "problem"),
    [
        ("console", "$ ansible-playbook mssp.defender.onbord -i inventory\n", "there is no playbook mssp.defender.onbord"),
        ("console", "$ ansible-playbook mssp.defender.onboard --chek\n", "ansible-playbook has no option --chek"),
        (
            "console",
            "$ cd x && ansible-playbook mssp.defender.audit -e mssp_audit_grace=3\n",
            "nothing reads the variable mssp_audit_grace",
        ),
        ("console", "$ make everything\n", "make has no goal 'everything'"),
        ("console", "$ python -m pytest tests/nowhere\n", "there is no tests/nowhere"),
        ("console", "$ FOO=1 frobnicate | cat\n", "nobody knows the program 'frobnicate': say in FOREIGN what it is for"),
        ("console", "ansible-doc mssp.defender.aad_group\n", "has no line that begins with a dollar, or with root's hash"),
        ("yaml", "- mssp.defender.aad_grp:\n    name: x\n", "there is no module mssp.defender.aad_grp"),
        ("yaml", "- mssp.defender.aad_group:\n    nam: x\n", "mssp.defender.aad_group has no option nam"),
        ("yaml", "all: {hosts: {a: {mssp_onboard_tenant: x}}}\n", "nothing reads the variable mssp_onboard_tenant"),
        ("yaml", "plugin: mssp.defender.customers\nnamee: x\n", "mssp.defender.customers has no option namee"),
        ("json", "{,}\n", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("cobol", "MOVE A TO B\n", "nobody knows how to check a block of 'cobol'"),
    ],
)
def test_what_is_wrong_is_seen(language: str, text: str, problem: str) -> None:
    assert problems(Block("README.md", 1, "", language, text)) == [problem]


def test_yaml_that_does_not_parse_is_seen() -> None:
    assert "mapping values are not allowed here" in problems(Block("README.md", 1, "", "yaml", "a: b: c\n"))[0]


def runners(page: str) -> list[str]:
    """The tests that name a page, and so take its blocks from it."""
    folders = [REPOSITORY / "tests" / "integration" / "targets", REPOSITORY / "tests" / "sandbox" / "tests"]
    found = [path for folder in folders for path in folder.rglob("*.py") if path.name != "test_every_snippet.py"]
    quoted = re.compile(rf'"{re.escape(page)}"|"{re.escape(page.rpartition("/")[2])}"')
    return [x.name for x in found if quoted.search(x.read_text(encoding="utf-8"))]


def with_commands() -> list[str]:
    """The pages with commands of ours."""
    ours = re.compile(rf"\b({'|'.join(OUR_PROGRAMS)}|make|python)\b")
    return sorted({block.page for block in BLOCKS for command in block.commands if ours.search(command)})


@pytest.mark.parametrize("page", with_commands())
def test_a_page_with_commands_is_followed_or_excused(page: str) -> None:
    assert bool(runners(page)) != (page in NOT_RUN), f"{page}: no test types its commands, and NOT_RUN does not say why"


def test_few_are_excused() -> None:
    assert set(NOT_RUN) <= set(with_commands())
    assert len(NOT_RUN) <= 4
