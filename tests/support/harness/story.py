# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A story told in steps, run as one playbook, and then asserted step by step.

A step is a task of the collection or an act of the test's own hand between two tasks. Each step knows afterwards what
it gave and exactly which requests it sent: after every task the sandbox's log is read and emptied, within the play.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from harness.log import Entry
from harness.playbook import Result, run_playbook
from harness.tenants import Tenant

KNOWN_AFTER_APPLY = "(known after apply)"


class Step:
    """One step; its properties can be read after the run."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._result: dict[str, t.Any] | None = None
        self._requests: list[Entry] | None = None
        self._at = ""

    def ref(self, path: str) -> str:
        """What a later step writes to mean a value of this one: `group.id`."""
        return "{{ " + f"{self._at}.{path}".replace(".[", "[") + " }}"

    @property
    def result(self) -> t.Any:
        """The task's result, or what the hand saw."""
        assert self._result is not None, f"{self._name} was not run"
        return self._result["value"]

    @property
    def requests(self) -> list[Entry]:
        """The requests that the task sent to Graph and to the identity platform."""
        assert self._requests is not None, f"{self._name} sends nothing of its own"
        return self._requests

    @property
    def writes(self) -> list[str]:
        """The requests that change something, as `POST /v1.0/groups`."""
        return [f"{entry['method']} {entry['path']}" for entry in self.requests if entry["write"]]

    @property
    def changed(self) -> bool:
        """Whether the task reports a change."""
        return bool(self.result["changed"])

    @property
    def changes(self) -> list[dict[str, t.Any]]:
        """The task's `changes`."""
        return t.cast("list[dict[str, t.Any]]", self.result["changes"])

    @property
    def paths(self) -> list[tuple[str, str | None]]:
        """The changes as (action, property)."""
        return [(change["action"], change["property"]) for change in self.changes]

    @property
    def msg(self) -> str:
        """The sentence of a task that failed."""
        return str(self.result["msg"])

    @property
    def code(self) -> str | None:
        """The code of the failure."""
        return t.cast("str | None", self.result["failure"]["code"])

    def __repr__(self) -> str:
        return f"<{self._name}: {self._result}, {self._requests}>"


class Play:
    """The story of one tenant.

    :param directory: a private directory of the test.
    """

    def __init__(self, tenant: Tenant, directory: Path) -> None:
        self.tenant = tenant
        self._directory = directory
        self._tasks: list[dict[str, t.Any]] = []
        self._hand: list[dict[str, t.Any]] = []
        self._hand_steps: list[list[tuple[Step, bool]]] = []
        self._steps: dict[str, tuple[Step, bool]] = {}
        self._pending: list[tuple[Step, bool]] = []

    # -- steps ---------------------------------------------------------------------------------------------------

    def task(self, module: str, *, check: bool = False, fails: bool = False, **arguments: t.Any) -> Step:
        """A task of the collection. When it `fails`, the story goes on."""
        self._flush()
        number = len(self._steps)
        name = f"step {number}: {module}"
        step = Step(name)
        step._at = f"step_{number}"
        self._steps[name] = (step, fails)
        keywords: dict[str, t.Any] = {"name": name, f"mssp.defender.{module}": arguments, "register": step._at}
        if check:
            keywords["check_mode"] = True
        if fails:
            keywords["ignore_errors"] = True
        self._tasks.append(keywords)
        self._by_hand(step, {"do": "log"}, is_log=True)
        return step

    def check(self, module: str, **arguments: t.Any) -> Step:
        """A task in check mode."""
        return self.task(module, check=True, **arguments)

    def refused(self, module: str, **arguments: t.Any) -> Step:
        """A task that must fail."""
        return self.task(module, fails=True, **arguments)

    def get(self, path: str, *, beta: bool = False) -> Step:
        """Look at one object."""
        return self.send("GET", path, beta=beta)

    def list(self, path: str, *, beta: bool = False) -> Step:
        """Look at a collection."""
        return self._by_hand(Step(f"list {path}"), {"do": "list", "path": path, "beta": beta})

    def send(self, method: str, path: str, body: t.Any = None, *, beta: bool = False) -> Step:
        """Change something by hand."""
        return self._by_hand(Step(f"{method} {path}"), {"do": "send", "method": method, "path": path, "body": body, "beta": beta})

    def patch(self, path: str, body: t.Any, *, beta: bool = False) -> Step:
        """Change properties by hand."""
        return self.send("PATCH", path, body, beta=beta)

    def link(self, path: str, object_id: str) -> Step:
        """Add a reference by hand: `groups/<id>/members`."""
        return self._by_hand(Step(f"link {path}"), {"do": "link", "path": path, "id": object_id})

    def quirks(self, **switches: t.Any) -> Step:
        """Switch the sandbox's behaviour for this tenant."""
        return self._by_hand(Step("quirks"), {"do": "quirks", "switches": switches})

    def faults(self, *faults: t.Mapping[str, t.Any]) -> Step:
        """Let requests of this tenant go wrong from here on; none: no more."""
        mine = [{"tenant": self.tenant.tenant_id, **fault} for fault in faults]
        return self._by_hand(Step("faults"), {"do": "faults", "faults": mine})

    # -- the run -------------------------------------------------------------------------------------------------

    def run(self, *, client: str | None = None, **options: t.Any) -> Result:
        """Run all steps as one playbook, with --diff; assert that those fail, and only those, that are to fail."""
        self._flush()
        saved = self._directory / "tenant.json"
        self.tenant.save(saved)
        playbook = [
            {
                "name": "A story",
                "hosts": "all",
                "gather_facts": False,
                "module_defaults": {"group/mssp.defender.graph": {**self.tenant.options(client), **options}},
                # The log begins with the first task's requests.
                "tasks": [{"name": "begin", "probe": {"steps": []}}, *self._tasks],
            }
        ]
        env = {"MSSP_TEST_TENANT": str(saved)}
        result = run_playbook(playbook, self._directory, diff=True, env=env)
        by_name = {task.task: task for task in result.tasks}
        for name, (step, fails) in self._steps.items():
            assert name in by_name, f"'{name}' was not reached:\n{result}"
            assert by_name[name].failed == fails, f"'{name}' {'succeeded' if fails else 'failed'}:\n{result}"
            step._result = {"value": by_name[name].result}
        for number, hand in enumerate(self._hand_steps):
            done = by_name.get(f"hand {number}")
            assert done is not None, f"the hand's turn {number} was not reached:\n{result}"
            assert not done.failed, f"the hand failed:\n{result}"
            for (step, is_log), value in zip(hand, done.result["found"], strict=True):
                if is_log:
                    step._requests = value
                else:
                    step._result = {"value": value}
        assert result.rc == 0, str(result)
        return result

    def _by_hand(self, step: Step, what: dict[str, t.Any], *, is_log: bool = False) -> Step:
        if f"hand_{len(self._hand_steps)}." in json.dumps(what):
            self._flush()
        if not is_log:
            step._at = f"hand_{len(self._hand_steps)}.found[{len(self._pending)}]"
        self._pending.append((step, is_log))
        self._hand.append(what)
        return step

    def _flush(self) -> None:
        if not self._pending:
            return
        number = len(self._hand_steps)
        self._tasks.append({"name": f"hand {number}", "probe": {"steps": self._hand}, "register": f"hand_{number}"})
        self._hand_steps.append(self._pending)
        self._hand, self._pending = [], []


def same_changes(predicted: Step, made: Step) -> None:
    """Assert that check mode predicted exactly what a run then did; what only the run can know equals anything."""
    assert _alike(predicted.changes, made.changes), f"\npredicted {predicted.changes}\nmade      {made.changes}"


def _alike(predicted: t.Any, made: t.Any) -> bool:
    if isinstance(predicted, str) and predicted in (KNOWN_AFTER_APPLY, "(computed at creation)"):
        return True
    if isinstance(predicted, dict) and isinstance(made, dict):
        return predicted.keys() == made.keys() and all(_alike(predicted[key], made[key]) for key in predicted)
    if isinstance(predicted, list) and isinstance(made, list):
        return len(predicted) == len(made) and all(map(_alike, predicted, made))
    return bool(predicted == made)
