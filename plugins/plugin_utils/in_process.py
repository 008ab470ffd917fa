# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Runs a module of this collection inside Ansible's worker process, at the cost of a `debug` task.

An ordinary module run packs the module, starts a Python, imports requests and msal: 0.4 s of CPU for each task and
host. The strategy loads a task's action plugin in Ansible's parent process before it forks, so everything that this
file imports at its top is loaded once and inherited by every worker; the module's function then runs where it is.

Nothing here may raise at import, connect or read the environment: an exception would end the run for every customer.
"""

from __future__ import annotations

import collections.abc
import contextlib
import encodings.ascii  # noqa: F401  # pylint: disable=unused-import
import json
import os
import types
import typing as t

# Not used here, but by nearly every task: loaded here once, for all workers. So are encodings.ascii above and the lookup below.
import ansible.plugins.lookup  # noqa: F401  # pylint: disable=unused-import
from ansible import constants as C
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.common.json import AnsibleJSONEncoder
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.mssp.defender.plugins.lookup import onboard  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.mssp.defender.plugins.module_utils import _deps
from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._graph import _http
from ansible_collections.mssp.defender.plugins.module_utils._runner import TASK_ENDS, execute, mask, tell_end, unexpected
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

# Parsing certifi's bundle costs 15 to 20 ms: here once, for all workers.
_http.preload_trust()

# Below -vvv no arguments are shown, but core before 2.21 carries them from the worker, copies and keeps them: half of what a loop
# returns. Core 2.21 has a setting for it, which is off by default.
_SHOWS_ARGUMENTS = 3
_SETTING = "INJECT_INVOCATION"
_CORE_DECIDES = bool(C.config.get_configuration_definition(_SETTING))
_MASKED = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def action_for(module: types.ModuleType) -> type[ActionBase]:
    """The action plugin of a module: a class that knows its argument spec (`SPEC`) and its function (`run`)."""

    class ActionModule(InProcessAction):
        """The module, in this process where that is possible."""

        module_name = module.__name__.rpartition(".")[2]
        spec: ArgumentSpec = module.SPEC
        body = staticmethod(module.run)

    return ActionModule


class InProcessAction(ActionBase):  # type: ignore[misc]
    """Runs the module's function here, or hands over to the ordinary module where it must run elsewhere."""

    module_name: str
    spec: ArgumentSpec
    body: t.Callable[[Task], dict[str, t.Any]]

    # core refuses async before run() otherwise; the ordinary module does it.
    _supports_async = True
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Called by Ansible for each task and host, and for each item of a loop."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        if not self._belongs_here(task_vars):
            with self._time_limit():
                result.update(
                    self._execute_module(
                        module_name=f"mssp.defender.{self.module_name}",
                        module_args=self._arguments(task_vars),
                        task_vars=task_vars,
                        wrap_async=bool(self._task.async_val),
                    )
                )
            return result
        with self._environment():
            try:
                result.update(self._run_here(task_vars))
            except Exception as exc:  # pylint: disable=broad-except
                # Ansible would print the text of whatever is raised here, and it may hold a secret.
                result.update(unexpected(exc))
        return result

    def _belongs_here(self, task_vars: dict[str, t.Any]) -> bool:
        # The transport is the one thing that is right in every case: connection set by keyword, variable, group or
        # delegation. `become` set in the inventory shows in the connection only.
        if self._connection.transport != "local" or self._connection.become is not None or self._task.async_val:
            return False
        # Libraries missing here, another interpreter chosen: what the operator set up is there.
        return not (_deps.missing and task_vars.get("ansible_python_interpreter"))

    def _run_here(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        validation = ModuleArgumentSpecValidator(**self.spec.to_kwargs()).validate(_plain(self._arguments(task_vars)))
        # core offers no public name for these two.
        hidden = set(getattr(validation, "_no_log_values", ()))
        invocation = {"module_args": self._censored(validation.validated_parameters)}
        if validation.error_messages:
            words = validation.error_messages[0]
            if isinstance(validation.errors[0], UnsupportedError):
                # As AnsibleModule says it.
                words = f"Unsupported parameters for (mssp.defender.{self.module_name}) module: {words}"
            return t.cast("dict[str, t.Any]", mask({"failed": True, "msg": words, "invocation": invocation}, hidden))
        warnings: list[str] = []
        task = Task(
            validation.validated_parameters,
            check_mode=bool(self._task.check_mode),
            diff_mode=bool(self._task.diff),
            warn=warnings.append,
            host=str(task_vars.get("inventory_hostname") or "") or None,
            # The constant: asking the configuration anew makes a new directory each time, which nobody removes.
            run_directory=C.DEFAULT_LOCAL_TMP,
            seconds=self._task.timeout or None,
        )
        result = t.cast("dict[str, t.Any]", _result(execute(self.body, task, hidden)))
        if _arguments_wanted(task_vars):
            result["invocation"] = mask(_plain(invocation), hidden)
        if warnings:
            result["warnings"] = mask(warnings, hidden)
        return result

    def _arguments(self, task_vars: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """What the task states, and beside it what `options` and the variables of `variables_prefix` say; the nearer one wins."""
        arguments = dict(self._task.args)
        together = arguments.get("options")
        if isinstance(together, collections.abc.Mapping):
            del arguments["options"]
            arguments = {**{str(name): value for name, value in together.items()}, **arguments}
        prefix = arguments.pop("variables_prefix", None)
        for name in GRAPH.options if prefix else ():
            variable = task_vars.get(f"{prefix}{name}")
            if name not in arguments and variable not in (None, ""):
                value = self._templar.template(variable)
                # What is empty, or omitted by a template, is not stated.
                if value not in (None, "") and value != task_vars.get("omit") and type(value).__name__ != "Omit":
                    arguments[name] = value
        return arguments

    @contextlib.contextmanager
    def _time_limit(self) -> t.Iterator[None]:
        """Tell the ordinary module when the `timeout` keyword ends the task.

        core reports the time-out and leaves the module running: without this it would go on to write.
        """
        before = self._task.environment
        if self._task.timeout:
            self._task.environment = [*(before or []), {TASK_ENDS: tell_end(float(self._task.timeout))}]
        try:
            yield
        finally:
            self._task.environment = before

    def _censored(self, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        return {
            name: _MASKED if self.spec.options.get(name, {}).get("no_log") and value else value for name, value in params.items()
        }

    @contextlib.contextmanager
    def _environment(self) -> t.Iterator[None]:
        """The task's `environment` keyword, for the time of this item."""
        wanted: dict[str, t.Any] = {}
        self._compute_environment_string(wanted)
        before = dict(os.environ)
        os.environ.update({str(name): str(value) for name, value in wanted.items()})
        try:
            yield
        finally:
            if wanted:
                os.environ.clear()
                os.environ.update(before)


def _arguments_wanted(task_vars: t.Mapping[str, t.Any]) -> bool:
    """Whether a result tells the arguments, as `invocation`."""
    if _CORE_DECIDES:
        return bool(C.config.get_config_value(_SETTING, variables=task_vars))
    return bool(Display().verbosity >= _SHOWS_ARGUMENTS)


def _result(value: t.Any) -> t.Any:
    """A result as an ordinary module's would arrive: through JSON. Ours hold nothing that needs core's own, slower encoder."""
    try:
        return json.loads(json.dumps(value))
    except TypeError:
        return _plain(value)


def _plain(value: t.Any) -> t.Any:
    """The value as an ordinary module would see it: through JSON, with core's own encoder (tags, vaults, times)."""
    try:
        text = json.dumps(value, cls=AnsibleJSONEncoder, vault_to_text=True)
    except TypeError:
        # The encoder of newer cores decrypts by itself and does not know the keyword.
        text = json.dumps(value, cls=AnsibleJSONEncoder)
    return json.loads(text)
