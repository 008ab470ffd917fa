# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/preflight.md and the code name the same findings, variables and permissions."""

from __future__ import annotations

import re

from ansible_collections.mssp.defender.plugins.module_utils._resources.features import FEATURES
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import KINDS
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX, VARIABLES
from ansible_collections.mssp.defender.tests.unit.consistency import preflight_reference as reference

TEXT = reference.PAGE.read_text(encoding="utf-8")


def test_the_page_has_the_table_of_the_code():
    assert reference.made(TEXT) == TEXT, "run: python tests/unit/consistency/preflight_reference.py"
    assert re.findall(r"^\| `(\w+)` \|", TEXT.partition("## What can be found")[2], re.MULTILINE) == list(KINDS)


def test_variables_in_the_page_and_in_remedies_are_those_of_the_role():
    said = TEXT + "".join(kind.remedy for kind in KINDS.values())
    named = set(re.findall(rf"{PREFIX}(\w+)", said))
    assert named
    assert named <= set(VARIABLES)


def test_the_page_names_the_permissions_that_the_gates_take():
    optional = set(re.findall(r"^\| `(\w+(?:\.\w+)+)` \|", TEXT, re.MULTILINE))
    assert optional == set(FEATURES["preflight"])
