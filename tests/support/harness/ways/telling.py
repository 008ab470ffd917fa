# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stories told on every way at once: each story on each way is a host with a tenant of its own, all in one run."""

from __future__ import annotations

import dataclasses
import json
import os
import typing as t
from pathlib import Path

from harness.log import Entry
from harness.paths import SUPPORT
from harness.playbook import Result, TaskResult, local, run_playbook
from harness.server import Sandbox
from harness.tenants import Tenant

WORKER = "worker"
# Another connection, of the tests' own: the local one under another name.
NEARBY = "nearby"
# become by a plugin of the tests' own, which runs the command as it is.
BECOME = "become"
ASYNC = "async"
ORDINARY = (NEARBY, BECOME, ASYNC)
WAYS = (WORKER, *ORDINARY)
# All ordinary ways run the same module, and a task costs ten times as much there: stories that do not say otherwise are told on
# one of them, and in `make gates` (MSSP_SWEEP=full) on all.
USUAL = WAYS if os.environ.get("MSSP_SWEEP") == "full" else (WORKER, NEARBY)

_VARIABLES: dict[str, dict[str, t.Any]] = {
    WORKER: {},
    NEARBY: {"ansible_connection": "nearby"},
    BECOME: {"ansible_become": True, "ansible_become_method": "as_it_is"},
    ASYNC: {"async_seconds": 120},
}
# Of the connection options, so that a task can be given others.
_OPTIONS = ("tenant_id", "client_id", "client_secret", "graph_url", "login_url", "ca_path")
# The steps of a failing story tell nothing of later ones: more than this many at a time only makes the machine slower.
_FORKS = 6


@dataclasses.dataclass(frozen=True)
class Step:
    """One task of a story.

    :param keywords: the task as in a playbook, without its name.
    :param expected: `ok`, `changed`, the code of a failure, or, with a space in it, words of a failure's sentence.
    """

    name: str
    keywords: dict[str, t.Any]
    expected: str

    @property
    def module(self) -> str:
        """The module, without the collection's name."""
        return next(key for key in self.keywords if key.startswith("mssp.defender.")).rpartition(".")[2]


@dataclasses.dataclass(frozen=True)
class Story:
    """Tasks for one tenant, in this order.

    :param prepare: makes by hand what has to be there; gives variables for the tasks.
    :param ways: those on which it is told.
    """

    name: str
    prepare: t.Callable[[Tenant], dict[str, t.Any]]
    steps: t.Sequence[Step]
    ways: t.Sequence[str] = USUAL


@dataclasses.dataclass(frozen=True)
class Told:
    """A story on one way."""

    tenant: Tenant
    tasks: dict[str, TaskResult]
    # Of this tenant, to Graph and for tokens, in order.
    requests: list[Entry]
    run: Result

    @property
    def graph(self) -> list[Entry]:
        """The requests to Graph."""
        return [entry for entry in self.requests if entry["area"] == "graph"]

    @property
    def tokens(self) -> int:
        """How often a token was asked for."""
        return len([entry for entry in self.requests if entry["path"].endswith("/token")])


def step(title: str, module: str, expected: str, /, *, client: str | None = None, **arguments: t.Any) -> Step:
    """A step of a story.

    :param title: its name; modules have an option `name`.
    :param client: another application than the default one; `wrong` has a secret that is not its own.
    """
    if client == "wrong":
        arguments["client_secret"] = "Wr0ngS3cretWr0ngS3cret"
    elif client:
        arguments.update({key: "{{ clients." + client + "." + key + " }}" for key in ("client_id", "client_secret")})
    keywords: dict[str, t.Any] = {f"mssp.defender.{module}": arguments}
    return Step(title, keywords, expected)


def predicted(title: str, module: str, expected: str, /, **arguments: t.Any) -> Step:
    """A step in check mode."""
    made = step(title, module, expected, **arguments)
    return Step(title, {**made.keywords, "check_mode": True}, expected)


def registered(made: Step, variable: str) -> Step:
    """The same step, whose result later ones can name."""
    return Step(made.name, {**made.keywords, "register": variable}, made.expected)


def failures(name: str, prepare: t.Callable[[Tenant], dict[str, t.Any]], steps: t.Sequence[Step]) -> Story:
    """A story of failures, which is told on two ways only, to save time.

    All ordinary ways run the same module, and what core makes of one that fails does not depend on which it is: one story of
    failures on all ways shows it.
    """
    return Story(name, prepare, steps, (WORKER, NEARBY))


def tell(sandbox: Sandbox, stories: t.Sequence[Story], directory: Path, **more: t.Any) -> dict[tuple[str, str], Told]:
    """Tell the stories on the ways; by story and way what came of it."""
    directory.mkdir(parents=True, exist_ok=True)
    hosts: dict[str, t.Any] = {}
    tenants: dict[tuple[str, str], Tenant] = {}
    for story in stories:
        file = directory / f"{story.name}.json"
        file.write_text(json.dumps([_task(made) for made in story.steps]), encoding="utf-8")
        for way in story.ways:
            tenant = tenants[story.name, way] = sandbox.fresh_tenant()
            hosts[f"{story.name}-{way}"] = local(
                story_file=str(file),
                options=tenant.options(),
                clients={client["name"]: client for client in tenant.data["clients"]},
                tenant=tenant.data,
                **story.prepare(tenant),
                **_VARIABLES[way],
            )
    sandbox.log.clear()
    play = {
        "name": "All stories on all ways",
        "hosts": "all",
        "gather_facts": False,
        "strategy": "host_pinned",
        "ignore_errors": True,
        "module_defaults": {"group/mssp.defender.graph": {name: "{{ options." + name + " }}" for name in _OPTIONS}},
        "tasks": [{"name": "Tell", "ansible.builtin.include_tasks": "{{ story_file }}"}],
    }
    result = run_playbook(
        [play],
        directory,
        hosts={"all": {"hosts": hosts}},
        diff=True,
        # Arguments are compared as well: told from here on, on ansible-core 2.21 and later where its setting says so.
        verbosity=3,
        env={
            "ANSIBLE_INJECT_INVOCATION": "true",
            "ANSIBLE_BECOME_PLUGINS": str(SUPPORT / "become"),
            "ANSIBLE_FORKS": str(_FORKS),
            "ANSIBLE_PIPELINING": "1",
            **more.pop("env", {}),
        },
        **more,
    )
    found = {}
    for (name, way), tenant in tenants.items():
        tasks = {task.task: task for task in result.tasks if task.host == f"{name}-{way}"}
        found[name, way] = Told(tenant, tasks, sandbox.log.all(tenant.tenant_id), result)
    return found


def _task(made: Step) -> dict[str, t.Any]:
    # 0 is not async at all. Ansible looks after the task for the first time when `poll` seconds are over: one is the least.
    return {"name": made.name, **made.keywords, "async": "{{ async_seconds | default(0) }}", "poll": 1}
