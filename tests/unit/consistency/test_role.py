# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's variables, the modules' options and the documents name the same things."""

from __future__ import annotations

import pathlib
import re
import typing as t

import yaml

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH
from ansible_collections.mssp.defender.plugins.module_utils._resources.features import needed
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import INTERNAL, VARIABLES
from ansible_collections.mssp.defender.tests.unit.consistency import role_reference
from ansible_collections.mssp.defender.tests.unit.consistency.role_reference import first_words

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles" / "mssp_onboard"
PREFIX = "mssp_onboard_"


def load(path: pathlib.Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


SPEC = load(ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
DEFAULTS = load(ROLE / "defaults" / "main.yml")
COMPUTED = load(ROLE / "vars" / "main.yml")


def test_every_default_is_documented_and_the_same():
    assert set(DEFAULTS) <= set(SPEC)
    computed = {name for name, value in DEFAULTS.items() if "{{" in str(value)}
    shown = set(DEFAULTS) - computed - {"mssp_onboard_tenant_id"}
    for name in shown:
        assert SPEC[name]["default"] == DEFAULTS[name], name
    for name, option in SPEC.items():
        assert ("default" in option) == (name in shown), name


def test_the_tenant_is_required_and_never_taken_from_the_environment():
    assert SPEC["mssp_onboard_tenant_id"]["required"] is True
    # Core finds it and says nothing; the role refuses it.
    assert DEFAULTS["mssp_onboard_tenant_id"] == ""
    assert "AZURE_TENANT" not in SPEC["mssp_onboard_tenant_id"]["description"]


def test_core_finds_nothing_to_complain_about():
    # Where it does, it prints the whole specification.
    for name, option in SPEC.items():
        assert option["type"] in ("str", "path", "raw"), name
        assert not {"choices", "elements"} & set(option), name
        for field in option.get("options", {}).values():
            assert field["type"] == "raw", name


def test_the_check_knows_the_variables_that_are_documented():
    assert list(VARIABLES) == [name[len(PREFIX) :] for name in SPEC]
    assert list(VARIABLES["tiers"]["options"]) == list(SPEC["mssp_onboard_tiers"]["options"])


def test_the_check_knows_what_the_role_sets_itself():
    tasks = "".join(path.read_text(encoding="utf-8") for path in sorted(ROLE.glob("tasks/*.yml")))
    set_there = set(re.findall(r"^\s+mssp_onboard_(\w+):", tasks, re.MULTILINE)) | {name[len(PREFIX) :] for name in COMPUTED}
    registered = set(re.findall(r"register: mssp_onboard_(\w+)", tasks))
    assert all(name.startswith("result_") for name in registered)
    # Which part of the role is wanted is said by the playbook.
    assert {name for name in set_there if not name.startswith("result_")} | {"steps"} == set(INTERNAL)
    assert len(set(INTERNAL)) == len(INTERNAL)


def test_the_first_words_of_a_description_are_what_is_checked():
    def compare(where, said, checked):
        kind, meaning = first_words(said)
        assert meaning, where
        if "or" in checked:
            wanted = f"{checked['type']} or {checked['or']['type']}"
        elif "choices" in checked and said["type"] == "raw":
            wanted = ", ".join(f"V({choice})" for choice in checked["choices"])
        elif checked["type"] == "list":
            wanted = f"list of {checked['elements']}"
        else:
            wanted = checked["type"]
        assert kind == wanted, where

    for name, option in SPEC.items():
        compare(name, option, VARIABLES[name[len(PREFIX) :]])
    for name, option in SPEC["mssp_onboard_tiers"]["options"].items():
        checked = VARIABLES["tiers"]["options"][name]
        compare(name, option, checked)
        required = checked.get("required") or name == "permissions"
        assert ("Required" in " ".join([*first_words(option)])) == bool(required), name


def test_the_tables_in_the_roles_readme_are_made_from_its_specification():
    text = role_reference.README.read_text(encoding="utf-8")
    assert role_reference.with_tables(text) == text, "run python tests/unit/consistency/role_reference.py"


def test_every_shared_option_has_its_variable():
    (block,) = load(ROLE / "tasks" / "main.yml")
    # Not one template for each: the action takes them from the variables of this prefix.
    assert block["module_defaults"] == {"group/mssp.defender.graph": {"variables_prefix": PREFIX}}
    for option, spec in GRAPH.options.items():
        if option not in ("options", "variables_prefix"):
            assert bool(SPEC[PREFIX + option].get("no_log")) == bool(spec.get("no_log")), option


def test_the_block_overrules_whatever_the_inventory_says_about_connections():
    (block,) = load(ROLE / "tasks" / "main.yml")
    assert block["vars"] == {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "ansible_become": False,
    }


def test_the_role_can_be_run_in_check_mode_by_another():
    # Inside include_role with apply, ansible_check_mode says False; and nothing may write although check mode is on.
    for path in ROLE.glob("tasks/*.yml"):
        text = path.read_text(encoding="utf-8")
        assert "ansible_check_mode" not in text
        assert not re.search(r"check_mode:\s*(false|no)\b", text, re.IGNORECASE)


def test_the_readme_asks_for_the_permissions_that_are_needed():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"`(\w+(?:\.\w+)+\.(?:All|Defender))`", readme)
    assert set(listed) == set(needed(["onboard"]))


def test_the_demos_application_has_exactly_the_permissions_that_are_needed():
    path = ROOT / "tests" / "sandbox" / "three_customers.yml"
    (application,) = load(path)["applications"]
    assert set(application["permissions"]) == set(needed(["onboard"]))
