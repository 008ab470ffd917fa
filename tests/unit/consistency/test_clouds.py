# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/clouds.md says what the code says."""

from __future__ import annotations

from ansible_collections.mssp.defender.plugins.module_utils._graph._cloud_features import FEATURES
from ansible_collections.mssp.defender.tests.unit.consistency import cloud_reference as reference


def test_the_page_has_the_tables_of_the_code():
    text = reference.PAGE.read_text(encoding="utf-8")
    assert reference.made(text) == text, "run: python tests/unit/consistency/cloud_reference.py"
    assert all(f"| {feature.what} |" in text for feature in FEATURES.values())
