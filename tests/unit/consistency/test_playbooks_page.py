# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/playbooks.md has a row for each playbook, and leads to where it is told."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "playbooks.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| \[`(\w+)`\]\((\S+)\) \|.*\[[^]]+\]\((\S+)\) \|$", PAGE, re.MULTILINE)


def test_each_playbook_has_a_row():
    assert sorted(name for name, dummy, dummy2 in ROWS) == sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


@pytest.mark.parametrize(("name", "file", "guide"), ROWS)
def test_a_row_leads_to_the_playbook_and_to_its_guide(name, file, guide):
    assert file == f"../playbooks/{name}.yml"
    page, dummy, anchor = guide.partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert not anchor or anchor in anchors
