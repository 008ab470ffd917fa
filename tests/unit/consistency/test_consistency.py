# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in several places of the collection stands there alike."""

from __future__ import annotations

import importlib
import pathlib
import re
import subprocess
import sys
import textwrap
import typing as t

import pytest
import yaml

from ansible_collections.mssp.defender.plugins.doc_fragments.graph import ModuleDocFragment
from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import PROPERTIES

ROOT = pathlib.Path(__file__).resolve().parents[3]
PACKAGE = "ansible_collections.mssp.defender.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
FRAGMENTS = {
    "mssp.defender.graph": ModuleDocFragment.DOCUMENTATION,
    "mssp.defender.graph.state": ModuleDocFragment.STATE,
    "mssp.defender.graph.adopt": ModuleDocFragment.ADOPT,
}
SECRETS = {"client_secret", "certificate_password", "refresh_token", "access_token"}

every_module = pytest.mark.parametrize("name", MODULES)


def load(name: str) -> t.Any:
    return importlib.import_module(f"{PACKAGE}.modules.{name}")


def documented(name: str) -> dict[str, t.Any]:
    """The options of a module's documentation, those of its fragments included."""
    documentation = yaml.safe_load(load(name).DOCUMENTATION)
    options: dict[str, t.Any] = {}
    for fragment in documentation.get("extends_documentation_fragment", []):
        options.update(yaml.safe_load(FRAGMENTS[fragment])["options"])
    twice = set(options) & set(documentation["options"])
    assert not twice
    return {**options, **documentation["options"]}


def test_there_are_modules():
    assert {"aad_group", "tenant_info"} <= set(MODULES)


def test_a_module_an_action_and_a_member_of_the_group_each():
    actions = sorted(path.stem for path in (ROOT / "plugins" / "action").glob("*.py") if path.stem != "__init__")
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert MODULES == actions == sorted(runtime["action_groups"]["graph"])


@every_module
def test_the_action_runs_this_module(name):
    action = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule
    assert action.module_name == name
    assert action.spec is load(name).SPEC
    assert action.body is load(name).run


def compare(options: t.Mapping[str, t.Any], spec: t.Mapping[str, t.Any], where: str = "") -> None:
    assert sorted(options) == sorted(spec), where
    for option, said in options.items():
        so, at = spec[option], f"{where}{option}"
        assert said.get("description"), at
        for key in ("type", "elements", "choices", "default"):
            assert said.get(key) == so.get(key), f"{at}: {key}"
        assert bool(said.get("required")) == bool(so.get("required")), f"{at}: required"
        assert said.get("aliases", []) == so.get("aliases", []), f"{at}: aliases"
        unknown = set(said) - {
            "description",
            "type",
            "elements",
            "choices",
            "default",
            "required",
            "aliases",
            "suboptions",
            "version_added",
        }
        assert not unknown, at
        compare(said.get("suboptions") or {}, so.get("options") or {}, f"{at}.")


@every_module
def test_the_documentation_is_the_specification(name):
    compare(documented(name), load(name).SPEC.options)


@every_module
def test_rules_name_options_that_there_are(name):
    spec = load(name).SPEC
    for rule in ("mutually_exclusive", "required_together", "required_one_of"):
        for options in getattr(spec, rule):
            assert set(options) <= set(spec.options), rule


@every_module
def test_secrets_are_not_logged(name):
    def walk(options):
        for option, so in options.items():
            if option in SECRETS:
                assert so.get("no_log") is True, option
            elif re.search("pass|secret|token|key|certificate", option):
                # Ansible warns about such names unless the specification says that they hold no secret.
                assert so.get("no_log") is False, option
            walk(so.get("options") or {})

    walk(load(name).SPEC.options)


def test_the_environment_variables_are_documented():
    said = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    for option, so in GRAPH.options.items():
        names = set(so["fallback"][1]) if "fallback" in so else set()
        found = set(re.findall(r"E\(([A-Z_]+)\)", str(said[option]["description"])))
        assert found - {"REQUESTS_CA_BUNDLE"} == names, option


@every_module
def test_examples_use_options_that_there_are(name):
    tasks = yaml.safe_load(load(name).EXAMPLES)
    spec = load(name).SPEC
    used = [task[f"mssp.defender.{name}"] for task in tasks if f"mssp.defender.{name}" in task]
    assert used
    for args in used:
        assert set(args) <= set(spec.options)
        for options in spec.required_one_of:
            assert set(options) & set(args), options
    for task in tasks:
        assert task["name"]


@every_module
def test_what_is_returned_is_described(name):
    returned = yaml.safe_load(load(name).RETURN)

    def walk(values):
        for key, said in values.items():
            assert said.get("description"), key
            assert said.get("type"), key
            assert said.get("returned"), key
            walk(said.get("contains") or {})

    walk(returned)
    assert "failure" in returned
    if "state" in load(name).SPEC.options:
        assert {"changes", "check_mode"} <= set(returned)


@every_module
def test_the_header(name):
    documentation = yaml.safe_load(load(name).DOCUMENTATION)
    assert documentation["module"] == name
    assert "mssp.defender.graph" in documentation["extends_documentation_fragment"]
    for key in ("short_description", "description", "author", "version_added"):
        assert documentation[key], key


def test_what_the_options_of_a_policy_are_called():
    """The options that properties name are the module's own."""
    options = load("access_package_policy").SPEC.options
    for prop in PROPERTIES:
        first, dummy, second = prop.option.partition(".")
        assert first in options, prop.option
        if second:
            assert second in options[first]["options"], prop.option


@pytest.mark.parametrize("name", ["aad_group", "mde_role", "connected_org", "access_package_catalog", "access_package"])
def test_what_the_options_of_other_resources_are_called(name):
    module = load(name)
    resources = {
        "aad_group": "Group",
        "mde_role": "DefenderRole",
        "connected_org": "ConnectedOrganization",
        "access_package_catalog": "Catalog",
        "access_package": "AccessPackage",
    }
    resource = getattr(module, resources[name])
    assert {prop.option for prop in resource.properties} <= set(module.SPEC.options)


# -- what Ansible's parent process imports ---------------------------------------------------------------------------

BLOCKED = """
import builtins, os, socket, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ImportError(name + " is hidden")
        return None

sys.meta_path.insert(0, Blocker())
sys.path[:0] = {path!r}

import ansible.plugins.action  # what Ansible itself does there is its own business

def refuse(*args, **kwargs):
    raise AssertionError("connected at import")

socket.socket.connect = refuse
real = os.environ

class Environment(dict):
    def __getattribute__(self, name):
        frame = sys._getframe(1)
        if "mssp" in frame.f_code.co_filename:
            raise AssertionError("read the environment at import: " + frame.f_code.co_filename)
        return object.__getattribute__(real, name) if name != "__class__" else dict

import importlib
os.environ = Environment()
for name in {modules!r}:
    action = importlib.import_module("{package}.action." + name).ActionModule
    assert action.module_name == name
os.environ = real
from {package}.module_utils import _deps
print(sorted(_deps.missing))
"""


@pytest.mark.parametrize(
    ("hidden", "missing"),
    [({"requests", "msal"}, ["msal", "requests"]), ({"msal"}, ["msal"]), ({"requests"}, ["msal", "requests"]), (set(), [])],
    ids=["both", "msal", "requests", "none"],
)
def test_nothing_that_an_action_pulls_in_raises_connects_or_reads_the_environment(hidden, missing):
    program = BLOCKED.format(hidden=hidden, path=list(sys.path), modules=MODULES, package=PACKAGE)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    # msal itself needs requests.
    assert done.stdout.strip() == str(missing)


@pytest.mark.parametrize("folder", ["module_utils", "plugin_utils", "modules", "action", "inventory"])
def test_third_party_imports_are_guarded(folder):
    for path in (ROOT / "plugins" / folder).rglob("*.py"):
        if path.name == "_deps.py":
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (requests|msal|urllib3|certifi)\b", text, re.MULTILINE), path


@pytest.mark.parametrize("folder", ["plugins", "tests/unit"])
def test_every_file_carries_its_licence(folder):
    for path in (ROOT / folder).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if text.strip():
            assert "# SPDX-License-Identifier: GPL-3.0-or-later" in text[:400], path


def test_every_place_of_reports_may_begin_with_a_tilde():
    """What somebody writes as mssp_reports is one directory for all playbooks."""
    lines = [
        line
        for path in [*(ROOT / "roles").rglob("*.yml"), *(ROOT / "playbooks").glob("*.yml")]
        for line in path.read_text(encoding="utf-8").splitlines()
        if "mssp_reports | default(" in line and " when:" not in line
    ]
    assert len(lines) > 5
    assert [line for line in lines if "| expanduser" not in line] == []
