# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/sandbox.md: its table is what the code says, its recipes work as they stand."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from sandbox_harness import PROGRAM, Start

sys.path.insert(0, str(PROGRAM))

import behaviours

ROOT = PROGRAM.parent.parent
PAGE = behaviours.PAGE.read_text(encoding="utf-8")


def test_the_table_is_fresh() -> None:
    assert behaviours.current(PAGE) == PAGE, "the table is stale: run python tests/sandbox/behaviours.py"


def test_every_switch_has_a_test_a_meaning_and_a_source() -> None:
    from graph_sandbox.config.quirks import Quirks

    tests, switches = behaviours.read_tests(), behaviours.read_switches()
    assert [switch.name for switch in switches] == list(Quirks.model_fields)
    assert [switch.name for switch in switches if not behaviours.tests_of(switch, tests)] == []
    assert [switch.name for switch in switches if not switch.meaning or not switch.source] == []


def test_a_switch_without_a_test_is_found() -> None:
    lonely = behaviours.Switch("nobody_turns_" + "this", "False", "x", "EM 1")
    assert behaviours.tests_of(lonely, behaviours.read_tests()) == []


def test_a_changed_table_is_found() -> None:
    assert behaviours.current(PAGE.replace("| `tips: True`", "| `tips: False`")) == PAGE
    assert "`tips: True`" in PAGE


@pytest.mark.skipif(not shutil.which("ansible-playbook"), reason="no ansible-playbook here: the recipes call it")
def test_the_recipes_as_they_stand() -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    script = "set -euo pipefail\ntrap '[ -z \"${sandbox:-}\" ] || kill $sandbox 2>/dev/null || true' EXIT\n" + "\n".join(blocks)
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    assert "listening on https://localhost:" in done.stdout
    assert "201 PATCH /v1.0/groups" in done.stdout
    assert '"schedule":[{"request":' in done.stdout
    assert done.stdout.count("failed=0") == 2
    assert "'Tier 1 Analyst'" in done.stdout


def test_the_configuration_of_the_page(start: Start) -> None:
    import yaml

    for example in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        assert len(start(yaml.safe_load(example)).info["tenants"]) == 1000
