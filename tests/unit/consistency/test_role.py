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

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles" / "mssp_onboard"
PREFIX = "mssp_onboard_"


def load(path: pathlib.Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


SPEC = load(ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
DEFAULTS = load(ROLE / "defaults" / "main.yml")


def test_every_default_is_documented_and_the_same():
    assert set(DEFAULTS) <= set(SPEC)
    computed = {name for name, value in DEFAULTS.items() if "{{" in str(value)}
    for name in set(DEFAULTS) - computed:
        assert SPEC[name]["default"] == DEFAULTS[name], name
    for name, option in SPEC.items():
        assert ("default" in option) == (name in DEFAULTS and name not in computed), name


def test_the_tenant_is_required_and_never_taken_from_the_environment():
    assert SPEC["mssp_onboard_tenant_id"]["required"] is True
    play = (ROOT / "playbooks" / "onboard.yml").read_text(encoding="utf-8")
    assert "mssp_onboard_tenant_id | default('', true)" in play
    assert "AZURE_TENANT" not in SPEC["mssp_onboard_tenant_id"]["description"]


def test_every_shared_option_has_its_variable():
    (block,) = load(ROLE / "tasks" / "main.yml")
    passed = block["module_defaults"]["group/mssp.defender.graph"]
    assert set(passed) == set(GRAPH.options)
    for option, value in passed.items():
        assert PREFIX + option in SPEC, option
        wanted = f"{{{{ {PREFIX}{option} }}}}" if option == "tenant_id" else f"{{{{ {PREFIX}{option} | default(omit) }}}}"
        assert value == wanted
        assert bool(SPEC[PREFIX + option].get("no_log")) == bool(GRAPH.options[option].get("no_log"))


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
