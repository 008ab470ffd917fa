# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/permissions.md and the manifests are what the preflight's table of permissions says."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._resources.features import needed
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions_table import CORE, rows
from ansible_collections.mssp.defender.tests.unit.consistency import permissions_reference as reference

STALE = "run python tests/unit/consistency/permissions_reference.py"


def test_the_page_is_what_the_table_says():
    text = reference.PAGE.read_text(encoding="utf-8")
    assert reference.with_tables(text, rows()) == text, STALE


def test_every_permission_is_on_the_page():
    text = reference.PAGE.read_text(encoding="utf-8")
    for row in rows():
        assert f"| `{row.name}` |" in text, row.name
        assert row.guid in text, row.name


def test_every_choice_says_what_it_is_for():
    for application in reference.APPLICATIONS:
        for line in reference.chosen_table(rows(), application).splitlines()[2:]:
            assert not line.endswith("|  |"), line


@pytest.mark.parametrize("application", reference.APPLICATIONS)
def test_a_manifest_asks_for_all_that_its_application_cannot_do_without(application):
    text = (reference.MANIFESTS / f"{application}.json").read_text(encoding="utf-8")
    assert text == reference.manifest(rows(), application), STALE
    [asked] = json.loads(text)
    assert asked["resourceAppId"] == "00000003-0000-0000-c000-000000000000"
    by_id = {(row.guid, row.kind): row.name for row in rows()}
    names = [by_id[each["id"], each["type"]] for each in asked["resourceAccess"]]
    assert set(needed([CORE[application]])) <= set(names)
    assert len(names) == len(set(names))
    kinds = {each["type"] for each in asked["resourceAccess"]}
    assert kinds == {"Scope" if application == "approve" else "Role"}


def test_the_audit_asks_for_nothing_that_writes():
    [asked] = json.loads((reference.MANIFESTS / "audit.json").read_text(encoding="utf-8"))
    writers = {row.guid for row in rows() if re.search("Write|EnableDisable|Delete", row.name)}
    assert writers
    assert not writers & {each["id"] for each in asked["resourceAccess"]}
