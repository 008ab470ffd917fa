# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drift of a whole resource, told in few playbooks.

Each trial has an object of its own, so that no trial can hide or spoil another. The tasks of all objects are items of
three loops: what check mode says, what a run does, and what the next run finds left to do. The request log is read
after each loop, and a request belongs to the object whose id is in it.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

from harness.drift import Body, Case, Fixed, Kind, Spelled
from harness.log import Entry
from harness.playbook import run_playbook
from harness.server import Sandbox

CHECK, RUN, AGAIN = "check", "run", "again"
LOOPS = (CHECK, RUN, AGAIN)
# Objects in one playbook: Ansible carries a loop's results about, and a long loop takes more than its share of time.
_TOGETHER = 40


@dataclasses.dataclass(frozen=True)
class Table:
    """The cases of one resource.

    :param options: every property and set of the resource, as the product names them, with the option that states it.
    """

    kind: type[Kind]
    options: t.Mapping[str, str]
    cases: t.Mapping[str, Case]
    fixed: t.Mapping[str, Fixed] = dataclasses.field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """What can drift; a property of the product without a case is among them, and fails."""
        return [path for path in self.options if path not in self.fixed]

    @property
    def spellings(self) -> list[tuple[str, str]]:
        """(path, name of the spelling)."""
        cases = self.cases.items()
        return [(path, name) for path, case in cases if not isinstance(case.spellings, str) for name in case.spellings]

    @property
    def empties(self) -> list[str]:
        """What can be stated empty."""
        return [path for path, case in self.cases.items() if not isinstance(case.empty, str)]


@dataclasses.dataclass
class Trial:
    """One object and what becomes of it.

    :param base: all that Graph says of it before a hand changed it.
    :param before: the same after the hand.
    :param after: the same at the end.
    """

    identifier: str
    tasks: dict[str, Body]
    base: Body
    before: Body
    owned: set[str]
    results: dict[str, Body] = dataclasses.field(default_factory=dict)
    writes: dict[str, list[Entry]] = dataclasses.field(default_factory=dict)
    after: Body = dataclasses.field(default_factory=dict)

    def silent(self, loop: str) -> bool:
        """Whether a task reports no change and sends no write."""
        result = self.results[loop]
        return (result["changed"], result["changes"], self.writes[loop]) == (False, [], [])

    def paths(self, loop: str) -> set[str]:
        """The properties that a task reports as changed, sets of links by the type of the link."""
        return {change["property"] or change["object"]["type"] for change in self.results[loop]["changes"]}


class Story:
    """All trials of a table: by the kind of trial, then the path."""

    def __init__(self, table: Table, sandbox: Sandbox, directory: Path) -> None:
        self.table = table
        self._tenant = sandbox.fresh_tenant()
        self.kind = table.kind(sandbox, self._tenant)
        self.drifts: dict[str, Trial] = {}
        self.unstated: dict[str, Trial] = {}
        self.empties: dict[str, Trial] = {}
        self.spellings: dict[tuple[str, str], Trial] = {}
        self.fixed: dict[str, Trial] = {}
        self._trials: list[Trial] = []
        for path, case in table.cases.items():
            self._plan(path, case)
        for path, fixed in table.fixed.items():
            self.fixed[path] = self._trial({}, {RUN: {**self.kind.options, **fixed.options}})
        for start in range(0, len(self._trials), _TOGETHER):
            self._run(self._trials[start : start + _TOGETHER], directory / str(start))
        for trial in self._trials:
            trial.after = self.kind.raw(trial.identifier)

    def _plan(self, path: str, case: Case) -> None:
        everything = self.kind.options
        self.drifts[path] = self._trial({path: case.drifted}, dict.fromkeys(LOOPS, everything))
        others = without(everything, *(case.without or (self.table.options[path],)))
        beside = self.kind.beside(path)
        self.unstated[path] = self._trial({path: case.drifted}, {RUN: {**others, **(beside[1] if beside else {})}})
        if not isinstance(case.empty, str):
            self.empties[path] = self._trial(case.empty.beside, dict.fromkeys(LOOPS, case.empty.options))
        if not isinstance(case.spellings, str):
            for name, spelling in case.spellings.items():
                spelled = spelling if isinstance(spelling, Spelled) else Spelled({path: spelling}, everything, None)
                self.spellings[path, name] = self._trial(spelled.put, {RUN: spelled.options})

    def _trial(self, by_hand: Body, tasks: dict[str, Body]) -> Trial:
        identifier = self.kind.make(len(self._trials))
        base = self.kind.raw(identifier)
        for path, value in by_hand.items():
            self.kind.write(identifier, path, self.kind.filled(value, identifier))
        before = self.kind.raw(identifier)
        filled = {loop: {**self.kind.filled(task, identifier), **self.kind.key(identifier)} for loop, task in tasks.items()}
        made = Trial(identifier, filled, base, before, {identifier, *self.kind.owned(before)})
        self._trials.append(made)
        return made

    def _run(self, trials: list[Trial], directory: Path) -> None:
        directory.mkdir()
        saved = directory / "tenant.json"
        self._tenant.save(saved)
        tasks: list[Body] = [{"name": "begin", "probe": {"steps": []}}]
        for loop in LOOPS:
            items = [{"args": trial.tasks[loop]} for trial in trials if loop in trial.tasks]
            options = sorted({option for item in items for option in item["args"]})
            tasks.append(
                {
                    "name": loop,
                    f"mssp.defender.{self.kind.module}": {
                        option: "{{ item['args']['" + option + "'] | default(omit) }}" for option in options
                    },
                    "loop": items,
                    "loop_control": {"label": "an object"},
                    "check_mode": loop == CHECK,
                    "ignore_errors": True,
                }
            )
            tasks.append({"name": f"log of {loop}", "probe": {"steps": [{"do": "log"}]}})
        play = {
            "name": "Drift",
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {"group/mssp.defender.graph": self._tenant.options()},
            "tasks": tasks,
        }
        done = run_playbook([play], directory, diff=True, env={"MSSP_TEST_TENANT": str(saved)})
        for loop in LOOPS:
            tried = [trial for trial in trials if loop in trial.tasks]
            results = done.task(loop).result["results"]
            (log,) = done.task(f"log of {loop}").result["found"]
            writes = [entry for entry in log if entry["write"]]
            for trial, result in zip(tried, results, strict=True):
                trial.results[loop] = result
                trial.writes[loop] = [entry for entry in writes if _names(entry, trial.owned)]
            nobodys = [entry for entry in writes if not any(_names(entry, trial.owned) for trial in tried)]
            assert not nobodys, f"writes that belong to no object: {nobodys}"


def _names(entry: Entry, ids: set[str]) -> bool:
    text = entry["path"] + json.dumps(entry["body"])
    return any(identifier in text for identifier in ids)


def without(options: Body, *paths: str) -> Body:
    """Options with some left out, each by its dotted path; numbers index lists."""
    made = json.loads(json.dumps(options))
    for path in paths:
        *way, last = path.split(".")
        inner = made
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        del inner[last]
    return t.cast(Body, made)
