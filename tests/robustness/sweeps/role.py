# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role mssp_onboard without Ansible: its tasks in their order, by the modules' own functions, in this process."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import typing as t

from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.mssp.defender.plugins.module_utils import _task
from ansible_collections.mssp.defender.plugins.module_utils._runner import execute
from ansible_collections.mssp.defender.plugins.modules import (
    aad_group,
    access_package,
    access_package_catalog,
    access_package_policy,
    connected_org,
    mde_role,
    tenant_info,
)
from ansible_collections.mssp.defender.plugins.plugin_utils import onboard_facts, onboard_run
from sweeps.customer import Customer
from sweeps.wanted import MSSP, Wanted
from sweeps.wire import BASE_URL

CA = "/nowhere/ca.pem"

Result = dict[str, t.Any]
_MODULES = {
    module.__name__.rpartition(".")[2]: (ModuleArgumentSpecValidator(**module.SPEC.to_kwargs()), module.run)
    for module in (
        aad_group,
        access_package,
        access_package_catalog,
        access_package_policy,
        connected_org,
        mde_role,
        tenant_info,
    )
}


class Stopped(Exception):
    """The customer's host has failed; what Ansible shows of it is in `results`."""

    def __init__(self, results: list[Result]) -> None:
        super().__init__(str(results[0]["msg"]))
        self.results = results


@dataclasses.dataclass(frozen=True)
class Ending:
    """How a run ended: nothing failed, or what Ansible shows of the task that did."""

    failures: list[Result]
    changes: list[Result]

    @property
    def failed(self) -> bool:
        """Whether the host failed."""
        return bool(self.failures)

    @property
    def sentences(self) -> list[str]:
        """The message of each item that failed."""
        return [str(result["msg"]) for result in self.failures]


class Run:
    """One run of the role for one customer: a directory for its token, a process for each task.

    :param wait_timeout: seconds, as the option of that name; so is `request_timeout`.
    :param task_seconds: the `timeout` keyword of each task.
    """

    def __init__(
        self,
        customer: Customer,
        wanted: Wanted,
        *,
        wait_timeout: int = 300,
        request_timeout: int = 30,
        task_seconds: float | None = None,
    ) -> None:
        self._task_seconds = task_seconds
        self._customer = customer
        self._wanted = wanted
        self._timeouts = {"wait_timeout": wait_timeout, "request_timeout": request_timeout}
        self._directory = tempfile.TemporaryDirectory(prefix="mssp-sweep-")
        self._changes: list[Result] = []
        self.warnings: list[str] = []
        # What each task waited, in seconds of the timeline.
        self.waited: list[float] = []

    def play(self) -> Ending:
        """The whole role. A `Killed` of the wire ends it where it is."""
        try:
            self._present()
        except Stopped as stopped:
            return Ending(stopped.results, self._changes)
        finally:
            self._forget()
            self._directory.cleanup()
        return Ending([], self._changes)

    def _present(self) -> None:
        plan = self._wanted.plan
        preflight = self._task("tenant_info", [{"features": plan["features"], **plan["preflight"]}])[0]
        seen = onboard_run.seen(plan["groups"], preflight["groups"], MSSP)
        if not seen["sure"]:
            self._guard(plan, preflight["groups"], seen["unclear"])
        (organization,) = self._task("connected_org", [{"org_tenant_id": MSSP, **plan["organization"]}])
        made = self._loop_of("aad_group", onboard_run.groups(plan["groups"], MSSP))
        whole = [result["group"] for result in made]
        groups = [onboard_facts.reference(group) for group in whole]
        self._loop_of("mde_role", onboard_run.roles(plan["roles"], groups))
        (catalog,) = self._task("access_package_catalog", [{**plan["catalog"], "groups": whole}])
        whence = onboard_facts.referred(catalog, "catalog")
        items = onboard_run.packages(plan["packages"], groups, whence, preflight["tenant"]["domain"])
        packages = [onboard_facts.referred(result, "access_package") for result in self._loop_of("access_package", items)]
        policies = onboard_run.policies(plan["policies"], groups, packages, organization["connected_org"])
        self._loop_of("access_package_policy", policies)

    def _guard(self, plan: Result, found: list[Result], unclear: list[Result]) -> None:
        planned = self._look("aad_group", onboard_run.groups(unclear, MSSP))
        groups = onboard_run.seen(plan["groups"], found, MSSP, planned)["groups"]
        self._look("mde_role", onboard_run.roles(plan["roles"], groups))
        self._look("access_package_policy", onboard_run.policies(plan["policies"], groups))

    def _look(self, module: str, items: list[Result]) -> list[Result]:
        """A task in check mode; the first plan that fails is the last one."""
        looked = self._loop(module, [item["options"] for item in items], check=True)
        refusals = [result for result in looked if result.get("failed")]
        if refusals:
            raise Stopped(refusals[:1])
        return looked

    def _loop_of(self, module: str, items: list[Result]) -> list[Result]:
        return self._task(module, [item["options"] for item in items])

    def _task(self, module: str, items: list[Result]) -> list[Result]:
        """A task, with its loop: an item that fails does not keep the others from their turn."""
        results = self._loop(module, items, check=False)
        failed = [result for result in results if result.get("failed")]
        self._changes += [change for result in results for change in result.get("changes", [])]
        if failed:
            raise Stopped(failed)
        return results

    def _loop(self, module: str, items: list[Result], *, check: bool) -> list[Result]:
        # Ansible runs each task in a process of its own, and the items of its loop in the same one.
        self._forget()
        return [self._item(module, item, check) for item in items]

    def _item(self, module: str, arguments: Result, check: bool) -> Result:
        validator, body = _MODULES[module]
        connection = {
            "tenant_id": self._customer.domain,
            **self._customer.credentials("onboard"),
            "graph_url": BASE_URL,
            "login_url": BASE_URL,
            "ca_path": CA,
            **self._timeouts,
        }
        validated = validator.validate(json.loads(json.dumps({**connection, **arguments})))
        assert not validated.error_messages, validated.error_messages
        task = _task.Task(
            validated.validated_parameters,
            check_mode=check,
            diff_mode=False,
            warn=self.warnings.append,
            host=self._customer.domain,
            run_directory=self._directory.name,
            seconds=self._task_seconds,
        )
        pauses = self._customer.wire.timeline.pauses
        before = len(pauses)
        result = execute(body, task)
        self.waited.append(sum(pauses[before:]))
        return t.cast("Result", json.loads(json.dumps(result)))

    def _forget(self) -> None:
        """What a process remembers ends with it; another run in this process keeps its own."""
        for key in [key for key in _task._graphs if key[-1] == self._directory.name]:
            del _task._graphs[key]
        for asked in [asked for asked in _task._asked if asked[0][-1] == self._directory.name]:
            _task._asked.remove(asked)


def session_key() -> tuple[int, str]:
    """Where the collection keeps this process's session for the sandbox."""
    return (os.getpid(), CA)
