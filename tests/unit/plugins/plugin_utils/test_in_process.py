# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import types
import typing as t
from unittest import mock

import pytest
from ansible import constants as C

from ansible_collections.mssp.defender.plugins.module_utils import _deps
from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._runner import TASK_ENDS
from ansible_collections.mssp.defender.plugins.plugin_utils import in_process

SECRET = "S3cr3t-client-value"


def module(body, spec=None):
    made = types.ModuleType("ansible_collections.mssp.defender.plugins.modules.toy")
    made.SPEC = spec or GRAPH.merge(
        ArgumentSpec({"name": {"type": "str"}, "count": {"type": "int"}, "names": {"type": "list", "elements": "str"}})
    )
    made.run = body
    return made


def action(body, args=None, *, transport="local", become=None, async_val=0, environment=None, spec=None, **keywords):
    task = mock.MagicMock()
    task.args = dict(args or {})
    task.async_val = async_val
    task.check_mode = keywords.get("check_mode", False)
    task.diff = keywords.get("diff", False)
    task.timeout = keywords.get("timeout", 0)
    task.environment = environment or []
    connection = mock.MagicMock()
    connection.transport = transport
    connection.become = become
    templar = mock.MagicMock()
    templar.template = lambda value, *rest, **options: value
    kind = in_process.action_for(module(body, spec))
    made = kind(
        task=task, connection=connection, play_context=mock.MagicMock(), loader=None, templar=templar, shared_loader_obj=None
    )
    made._execute_module = mock.MagicMock(return_value={"handed": "over"})
    return made


def run(body, args=None, task_vars: dict[str, t.Any] | None = None, **options):
    return action(body, args, **options).run(task_vars=task_vars or {"inventory_hostname": "a"})


# -- here or there ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "here"),
    [
        ({}, True),
        ({"transport": "ssh"}, False),
        ({"transport": "ansible.netcommon.httpapi"}, False),
        ({"become": mock.MagicMock()}, False),
        ({"async_val": 10}, False),
    ],
)
def test_where_it_runs(options, here):
    made = action(lambda task: {"changed": False}, {"name": "n"}, **options)
    result = made.run(task_vars={"inventory_hostname": "a"})
    assert ("handed" in result) is not here
    if not here:
        called = made._execute_module.call_args.kwargs
        assert called["module_name"] == "mssp.defender.toy"
        assert called["task_vars"] == {"inventory_hostname": "a"}
        assert called["wrap_async"] is bool(options.get("async_val"))


@pytest.mark.parametrize(("timeout", "told"), [(60, True), (0, False), (None, False)])
def test_an_ordinary_module_is_told_when_its_task_ends(timeout, told):
    made = action(None, {}, transport="ssh", timeout=timeout, environment=[{"A": "1"}])
    seen = []
    made._execute_module = lambda **options: seen.append(list(made._task.environment)) or {}
    made.run(task_vars={})
    (environment,) = seen
    assert environment[0] == {"A": "1"}
    assert [set(each) for each in environment[1:]] == ([{TASK_ENDS}] if told else [])
    assert made._task.environment == [{"A": "1"}]


@pytest.mark.parametrize(("task_vars", "here"), [({}, True), ({"ansible_python_interpreter": "/opt/python"}, False)])
def test_libraries_that_are_missing_here_may_be_there(monkeypatch, task_vars, here):
    monkeypatch.setattr(_deps, "missing", ["msal"])
    result = run(lambda task: {"changed": False}, task_vars=task_vars)
    assert ("handed" in result) is not here
    if here:
        assert "Failed to import the required Python library (msal)" in result["msg"]


# -- the same as the ordinary way ------------------------------------------------------------------------------------


def test_what_the_body_is_given(monkeypatch):
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", "/the/runs/own")
    seen = []

    def body(task):
        seen.append(task)
        return {"changed": False}

    run(
        body, {"count": "7", "names": "a,b"}, check_mode=True, diff=True, timeout=60, task_vars={"inventory_hostname": "customer"}
    )
    (task,) = seen
    assert (task.params["count"], task.params["names"], task.params["cloud"]) == (7, ["a", "b"], "public")
    assert (task.check_mode, task.diff_mode, task.host, task.run_directory) == (True, True, "customer", "/the/runs/own")
    assert task._new_budget().seconds == pytest.approx(59, abs=0.5)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"count": "many"}, "count"),
        ({"auth_method": "guess"}, "value of auth_method must be one of: auto, access_token, refresh_token, client_secret, "),
        (
            {"nmae": "x", "b": 1},
            "Unsupported parameters for (mssp.defender.toy) module: b, nmae. Supported parameters include: access_token,",
        ),
    ],
)
def test_arguments_that_cannot_be(args, words):
    result = run(lambda task: pytest.fail("the body must not run"), args)
    assert result["failed"] is True
    assert words in result["msg"]


def test_arguments_and_results_go_through_json():
    class Tagged(str):
        """As newer cores pass strings."""

    result = run(
        lambda task: {"changed": False, "kind": type(task.params["name"]).__name__, "back": Tagged("x")}, {"name": Tagged("n")}
    )
    assert result["kind"] == "str"
    assert not isinstance(result["back"], Tagged)


@pytest.mark.parametrize(
    ("args", "variables", "given"),
    [
        ({"options": {"name": "n", "count": 2}}, {}, {"name": "n", "count": 2}),
        # What is stated beside it wins.
        ({"options": {"name": "n", "count": 2}, "name": "beside"}, {}, {"name": "beside", "count": 2}),
        ({"variables_prefix": "my_"}, {"my_client_id": "c", "my_name": "no shared option"}, {"client_id": "c", "name": None}),
        ({"variables_prefix": "my_", "client_id": "stated"}, {"my_client_id": "c"}, {"client_id": "stated"}),
        # Empty and omitted are not stated, and what is not stated keeps its default.
        (
            {"variables_prefix": "my_"},
            {"my_cloud": "", "my_client_id": None, "my_ca_path": "__omit"},
            {"cloud": "public", "ca_path": None},
        ),
        ({"options": {"name": "n"}, "variables_prefix": "my_"}, {"my_wait_timeout": "7"}, {"name": "n", "wait_timeout": 7}),
        ({}, {"my_client_id": "c"}, {"client_id": None}),
    ],
)
@pytest.mark.parametrize("transport", ["local", "ssh"])
def test_options_together_and_options_from_variables(monkeypatch, transport, args, variables, given):
    for name in [name for name in os.environ if name.startswith(("AZURE_", "MSSP_"))]:
        monkeypatch.delenv(name)
    task_vars = {"inventory_hostname": "a", "omit": "__omit", **variables}
    seen: dict[str, t.Any] = {}

    def body(task):
        seen.update(task.params)
        return {"changed": False}

    made = action(body, args, transport=transport)
    made.run(task_vars=task_vars)
    if transport == "ssh":
        # The ordinary module is handed the same, and fills in its defaults itself.
        handed = made._execute_module.call_args.kwargs["module_args"]
        assert {"options", "variables_prefix"} & set(handed) == set()
        assert {name: str(handed[name]) for name in given if name in handed} == {
            name: str(value) for name, value in given.items() if name in handed
        }
        assert {name for name, value in given.items() if value not in (None, "public")} <= set(handed)
    else:
        assert {name: seen[name] for name in given} == given


def test_options_that_are_no_dictionary_are_refused():
    assert "options" in run(lambda task: {"changed": False}, {"options": ["name"]})["msg"]
    unknown = run(lambda task: {"changed": False}, {"options": {"nam": "x"}})["msg"]
    assert unknown.startswith("Unsupported parameters for (mssp.defender.toy) module: nam.")


def test_a_secret_from_a_variable_is_masked():
    def fail(task):
        raise Failure(f"no {SECRET}")

    result = run(fail, {"variables_prefix": "my_"}, {"my_client_secret": SECRET})
    assert SECRET not in json.dumps(result)


def test_warnings_are_the_tasks():
    def body(task):
        task.warn("careful")
        return {"changed": False}

    assert run(body)["warnings"] == ["careful"]
    assert "warnings" not in run(lambda task: {"changed": False})


# -- secrets ---------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[(0, None), (2, None), (3, None), (0, True), (3, False)])
def shown(request, monkeypatch):
    """Whether arguments are told: from three -v on, or as the setting of ansible-core 2.21 says."""
    verbosity, setting = request.param
    monkeypatch.setattr(in_process.Display(), "verbosity", verbosity)
    monkeypatch.setattr(in_process, "_CORE_DECIDES", setting is not None)
    values = {"INJECT_INVOCATION": setting}
    monkeypatch.setattr(C.config, "get_config_value", lambda name, variables=None: values[name])
    return verbosity >= 3 if setting is None else setting


@pytest.mark.parametrize("secret", [SECRET, "short"])
def test_no_result_quotes_a_secret(secret, shown):
    def leak(task):
        return {"changed": False, "x": f"the {task.params['client_secret']}"}

    def fail(task):
        raise Failure(f"boom with {task.params['client_secret']}")

    def crash(task):
        raise RuntimeError(f"boom with {task.params['client_secret']}")

    for body in (leak, fail, crash):
        result = run(body, {"client_secret": secret, "name": "n"})
        assert secret not in json.dumps(result)
        # Arguments are there for those who asked to see them.
        assert ("invocation" in result) is shown
        if shown:
            assert result["invocation"]["module_args"]["client_secret"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
            assert result["invocation"]["module_args"]["name"] == "n"


@pytest.mark.parametrize("args", [{"count": SECRET}, {"unknown": "x"}, {"cloud": ["x", SECRET]}])
def test_no_refused_argument_quotes_a_secret(args):
    result = run(lambda task: {}, {"client_secret": SECRET, **args})
    assert SECRET not in json.dumps(result)


def test_a_secret_from_the_environment_is_masked_too(monkeypatch):
    monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRET)
    result = run(lambda task: {"changed": False, "x": f"the {task.params['client_secret']}"})
    assert result["x"] == "the ********"
    assert SECRET not in json.dumps(result)


# -- the environment keyword -----------------------------------------------------------------------------------------


def test_the_environment_keyword_lasts_for_the_task(monkeypatch):
    monkeypatch.setenv("AZURE_CLIENT_ID", "outer")
    seen = []

    def body(task):
        seen.append((task.params["client_id"], os.environ.get("X_NEW")))
        os.environ["X_LEFT"] = "behind"
        return {"changed": False}

    before = dict(os.environ)
    run(body, environment=[{"AZURE_CLIENT_ID": "inner", "X_NEW": 1}])
    assert seen == [("inner", "1")]
    assert dict(os.environ) == before


def test_the_environment_is_restored_after_a_crash():
    def body(task):
        raise KeyboardInterrupt

    before = dict(os.environ)
    with pytest.raises(KeyboardInterrupt):
        run(body, environment=[{"X_NEW": "1"}])
    assert dict(os.environ) == before


def test_the_class_knows_its_module():
    kind = in_process.action_for(module(lambda task: {}))
    assert kind.module_name == "toy"
    assert issubclass(kind, in_process.InProcessAction)
    assert "client_secret" in kind.spec.options
