# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit's rules, their page, its role and its schema say the same."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from ansible_collections.mssp.defender.plugins.lookup.audit import _OPTIONS
from ansible_collections.mssp.defender.plugins.module_utils._resources.features import needed
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_document import SCHEMA, findings, unread
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_read import _READS
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_rules import RULES, SEVERITIES
from ansible_collections.mssp.defender.tests.unit.consistency import audit_reference as reference
from ansible_collections.mssp.defender.tests.unit.plugins.plugin_utils.audit_building import change, facts

SCHEMA_FILE = reference.REPOSITORY / "docs" / "schemas" / "audit-1.json"


def test_rules_are_well_formed():
    assert all(key == rule.id and re.fullmatch("MSSP[0-9]{3}", key) for key, rule in RULES.items())
    assert len({rule.slug for rule in RULES.values()}) == len(RULES)
    assert {rule.severity for rule in RULES.values()} <= set(SEVERITIES)
    assert list(RULES) == sorted(RULES)


def test_the_page_explains_every_rule():
    text = reference.PAGE.read_text(encoding="utf-8")
    assert reference.with_table(text, reference.findings_table(RULES.values())) == text, "run python " + reference.BEGIN[13:-5]
    assert re.findall(r"^\| (MSSP\d{3}) \|", text, re.MULTILINE) == list(RULES)


def test_the_page_asks_for_the_permissions_that_are_needed():
    text = reference.PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^- `([\w.]+)`", text, re.MULTILINE)) == set(needed(["audit"]))


def test_every_rule_can_be_found():
    """No rule is only in the table."""
    code = "".join(
        path.read_text(encoding="utf-8") for path in (reference.REPOSITORY / "plugins/plugin_utils").glob("audit_*.py")
    )
    assert all(code.count(f'"{rule}"') >= 2 for rule in RULES)


def test_the_roles_readme_and_defaults():
    text = reference.README.read_text(encoding="utf-8")
    assert reference.with_table(text, reference.variables_table()) == text, "run python " + reference.BEGIN[13:-5]
    defaults = reference.load("defaults/main.yml")
    assert {name: option["default"] for name, option in reference.options().items()} == defaults
    assert {f"mssp_audit_{name}" for name in _OPTIONS} | {"mssp_audit_directory"} == set(defaults)


def test_every_read_is_registered_and_forgotten():
    tasks = reference.ROLE / "tasks"
    registered = set(re.findall(r"register: mssp_audit_result_(\w+)", (tasks / "read.yml").read_text(encoding="utf-8")))
    forgotten = set(re.findall(r"mssp_audit_result_(\w+): \{\}", (tasks / "main.yml").read_text(encoding="utf-8")))
    assert registered == {*_READS, "users_only"}
    assert forgotten == {*registered, "tenant"}


def test_no_task_of_the_role_can_write():
    """What mssp_onboard does runs in check mode; of its own modules the role uses those that read."""
    tasks = "".join(path.read_text(encoding="utf-8") for path in sorted((reference.ROLE / "tasks").glob("*.yml")))
    found = re.findall(r"^ +mssp\.defender\.(\w+):", tasks, re.MULTILINE)
    assert found
    assert all(name.endswith("_info") for name in found)
    (block,) = reference.load("tasks/main.yml")
    drift = next(x for x in block["block"] if "rescue" in x)["block"][0]
    assert drift["ansible.builtin.include_role"]["apply"] == {"check_mode": True}


@pytest.mark.parametrize("spoilt", [False, True])
def test_documents_follow_the_schema(spoilt):
    jsonschema = pytest.importorskip("jsonschema")
    raw = facts()
    if spoilt:
        raw["drift"]["changes"] = [change("group", "x", property="description", before="a", after={"b": [1]})]
        raw["problems"] = [{"what": "x", "message": "y"}]
    checker = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
    checker.validate(findings(raw))
    checker.validate(unread(raw, "no", {"code": "x"}))


def test_the_schema_has_its_name():
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    assert schema["$id"] == SCHEMA == schema["properties"]["schema"]["const"]
    assert schema["$defs"]["finding"]["properties"]["severity"]["enum"] == list(SEVERITIES)


def test_the_playbook_ends_with_the_reports():
    plays = yaml.safe_load((reference.REPOSITORY / "playbooks" / "audit.yml").read_text(encoding="utf-8"))
    assert plays[0]["strategy"].endswith("host_pinned")
    assert plays[-1]["ansible.builtin.import_playbook"] == "report.yml"
