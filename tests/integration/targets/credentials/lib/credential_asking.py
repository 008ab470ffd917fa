# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many credentials in one run: each case is a host that asks tenant_info who it is, at the highest verbosity."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

from harness.leaking import leaks, leaks_in_files
from harness.playbook import Result, TaskResult, local, run_playbook


@dataclasses.dataclass(frozen=True)
class Case:
    """A credential.

    :param options: of tenant_info.
    :param surroundings: the task's environment.
    :param ordinary: run it as an ordinary module.
    """

    options: t.Mapping[str, t.Any]
    surroundings: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    ordinary: bool = False


class Asked(t.NamedTuple):
    """The run, and where it was."""

    run: Result
    directory: Path

    def of(self, name: str) -> TaskResult:
        """The result of one case."""
        return self.run.task("ask", name)

    def application(self, name: str) -> dict[str, t.Any]:
        """What a case that succeeded says of its token."""
        task = self.of(name)
        assert task.status == "ok", task.result
        return task.result

    def said(self, name: str) -> str:
        """The sentence of a case that failed, without the tenant in front."""
        task = self.of(name)
        assert task.failed, task.result
        assert "\n" not in task.result["msg"]
        return str(task.result["msg"]).partition(": ")[2]

    def assert_no_secret(self, secrets: t.Iterable[str]) -> None:
        """Neither in the output nor in the results, and in no file that is left."""
        secrets = list(secrets)
        results = "\n".join(json.dumps(task.result, ensure_ascii=False) for task in self.run.tasks)
        for text in (self.run.stdout, self.run.stderr, results):
            assert leaks(text, secrets) == []
            assert "Traceback" not in text
        assert leaks_in_files(self.directory / "home", secrets) == []


def ask(directory: Path, cases: t.Mapping[str, Case], *, env: t.Mapping[str, str] | None = None, tasks: int = 1) -> Asked:
    """One run for all cases.

    :param tasks: how often each case asks; only the last answer is called `ask`.
    """
    hosts = {
        name: local(
            options={option: value for option, value in case.options.items() if value is not None},
            surroundings=dict(case.surroundings),
            **({"ansible_connection": "nearby"} if case.ordinary else {}),
        )
        for name, case in cases.items()
    }
    names = [f"ask before {number}" for number in range(1, tasks)] + ["ask"]
    asking = [
        {
            "name": name,
            "mssp.defender.tenant_info": {},
            "args": "{{ options }}",
            "environment": "{{ surroundings }}",
            "ignore_errors": True,
        }
        for name in names
    ]
    play = {"name": "Ask", "hosts": "all", "gather_facts": False, "tasks": asking}
    run = run_playbook([play], directory, hosts={"all": {"hosts": hosts}}, verbosity=5, env=env, arguments=["--forks", "4"])
    return Asked(run, directory)
