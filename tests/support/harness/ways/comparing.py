# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be equal on two ways, and what cannot be."""

from __future__ import annotations

import re
import typing as t

from harness.log import Entry
from harness.playbook import TaskResult
from harness.tenants import Tenant
from harness.ways.telling import ASYNC, WORKER, Step, Story, Told

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Moments of the run. The first review's is a day at 00:00, and is compared.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT(?!00:00:00)\d\d:\d\d:\d\d(\.\d+)?Z")
# What core adds to the result of an async task: the number and the file of the job, how far it is, and what it printed: nothing.
_OF_ASYNC = {
    "ansible_job_id": str,
    "results_file": str,
    "started": (int, bool),
    "finished": (int, bool),
    "stdout": str,
    "stdout_lines": list,
    "stderr": str,
    "stderr_lines": list,
}

# What core notes of an ordinary module that failed, where `failed_when` says that it did not: that it knows no traceback.
_OF_FAILED_WHEN = "failed_when_suppressed_exception"

_HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

# Cores before 2.17 refuse this themselves, before the module is asked.
_CHECK_AND_ASYNC = "check mode and async cannot be used on same task"

Case = tuple[Story, str, Step]
TellAll = dict[tuple[str, str], Told]


def cases(stories: t.Sequence[Story]) -> tuple[list[Case], list[str]]:
    """Each step on each way, and what to call them in a parametrized test."""
    found = [(story, way, step) for story in stories for way in story.ways for step in story.steps]
    return found, [f"{story.name}: {step.name} ({way})" for story, way, step in found]


def pairs(stories: t.Sequence[Story]) -> list[tuple[str, str]]:
    """Each story with each of its ways other than the worker, by their names."""
    return [(story.name, way) for story in stories for way in story.ways if way != WORKER]


def assert_as_in_the_worker(told: TellAll, case: Case) -> None:
    """In the worker the step does what its story says; on another way it does the same."""
    story, way, step = case
    here, there = told[story.name, WORKER], told[story.name, way]
    assert step.name in there.tasks, there.run
    if way == WORKER:
        task = here.tasks[step.name]
        assert meets(task, step.expected), task
        assert here.tenant.client_secret not in str(task.result)
        assert arguments(here, step.name)["client_secret"] == _HIDDEN
        assert ("diff" in task.result) is (not step.module.endswith("_info") and not task.failed)
        return
    if step in refused_by_core(there, story):
        assert step.keywords["check_mode"]
        return
    assert outcome(there, step.name) == outcome(here, step.name)
    assert arguments(there, step.name) == arguments(here, step.name)
    assert arguments(here, step.name), "no arguments were shown"
    assert there.tenant.client_secret not in str(there.tasks[step.name].result)
    if way == ASYNC:
        result = there.tasks[step.name].result
        assert "ansible_job_id" in result
        assert all(isinstance(result[key], kind) for key, kind in _OF_ASYNC.items() if key in result)
        assert not any(result.get(key) for key in ("stdout", "stderr"))


def refused_by_core(told: Told, story: Story) -> list[Step]:
    """The steps that this version of core does not run at all on this way: check mode with async."""
    return [step for step in story.steps if _CHECK_AND_ASYNC in str(told.tasks[step.name].result.get("msg"))]


def assert_the_same_requests(told: TellAll, story: str, way: str) -> None:
    """Reads and writes, in the same order, with the same bodies."""
    here, there = told[story, WORKER], told[story, way]
    if any(_CHECK_AND_ASYNC in str(task.result.get("msg")) for task in there.tasks.values()):
        # What those steps would have read is missing.
        assert requests(there, _writes(there)) == requests(here, _writes(here))
        return
    assert requests(there, there.graph) == requests(here, here.graph)
    assert here.requests


def _writes(told: Told) -> list[Entry]:
    return [entry for entry in told.graph if entry["write"]]


def plain(tenant: Tenant, value: t.Any) -> t.Any:
    """A value without what differs from tenant to tenant and from request to request, and without core's own keys."""
    if isinstance(value, dict):
        # Arguments are compared by themselves; the items of a loop have them inside.
        kept = {key: item for key, item in value.items() if key != "invocation" and not key.startswith("_ansible")}
        return {key: plain(tenant, item) for key, item in kept.items()}
    if isinstance(value, list):
        return [plain(tenant, item) for item in value]
    if isinstance(value, str):
        for one, placeholder in (
            (tenant.domain, "(domain)"),
            (tenant.data["display_name"], "(name)"),
            (tenant.tenant_id, "(tenant)"),
            *((client["client_id"], f"(client {client['name']})") for client in tenant.data["clients"]),
        ):
            value = value.replace(one, placeholder)
        return _MOMENT.sub("(moment)", _GUID.sub("(guid)", value))
    return value


def outcome(told: Told, name: str) -> dict[str, t.Any]:
    """A task's result with its status, diff and warnings, without the arguments and what core adds."""
    task = told.tasks[name]
    kept = {key: value for key, value in task.result.items() if key not in {*_OF_ASYNC, _OF_FAILED_WHEN}}
    return {"status": task.status, **t.cast("dict[str, t.Any]", plain(told.tenant, kept))}


def arguments(told: Told, name: str) -> t.Any:
    """The arguments as they are shown at -vvv."""
    return plain(told.tenant, told.tasks[name].result.get("invocation", {}).get("module_args"))


def requests(told: Told, entries: t.Sequence[Entry]) -> list[str]:
    """Requests as lines: method, path, body."""
    return [plain(told.tenant, f"{entry['method']} {entry['path']} {entry['body']}") for entry in entries]


def meets(task: TaskResult, expected: str) -> bool:
    """Whether a step came out as its story says."""
    if expected in ("ok", "changed"):
        return task.status == "ok" and bool(task.result["changed"]) is (expected == "changed")
    if not task.failed:
        return False
    if " " in expected:
        return expected in str(task.result["msg"])
    return bool((task.result.get("failure") or {}).get("code") == expected)
