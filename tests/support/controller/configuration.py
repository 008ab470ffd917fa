# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What extensions/awx/configure.yml would ask a controller for: variables as Ansible sees them, tasks as they are written."""

from __future__ import annotations

import dataclasses
import inspect
import json
import typing as t
from pathlib import Path

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

ROOT = Path(__file__).resolve().parents[3]
EXTENSION = ROOT / "extensions" / "awx"
PREFIX = "awx.awx."
# From 2.19 on a text is only a template if whoever loads it says so.
_TRUST = {"trusted_as_template": True} if "trusted_as_template" in inspect.signature(DataLoader.load_from_file).parameters else {}

Json = t.Any


@dataclasses.dataclass(frozen=True)
class Task:
    """One task that talks to the controller.

    :param arguments: as they are written, templates and all.
    :param keywords: everything else of the task.
    """

    file: str
    name: str
    module: str
    arguments: dict[str, Json]
    keywords: dict[str, Json]


def files() -> list[Path]:
    """Every YAML file of the extension."""
    return sorted(EXTENSION.rglob("*.yml"))


def play() -> dict[str, Json]:
    """The only play of configure.yml."""
    (found,) = DataLoader().load_from_file(str(EXTENSION / "configure.yml"))
    return t.cast("dict[str, Json]", found)


def variables(**overrides: Json) -> dict[str, Json]:
    """All variables, templates filled in; `overrides` as with -e."""
    loader = DataLoader()
    raw: dict[str, Json] = {}
    for name in play()["vars_files"]:
        raw.update(loader.load_from_file(str(EXTENSION / name), **_TRUST))
    raw.update(overrides)
    filled = {name: Templar(loader=loader, variables=raw).template(value) for name, value in raw.items()}
    return t.cast("dict[str, Json]", json.loads(json.dumps(filled, default=str)))


def tasks() -> list[Task]:
    """The tasks of all files, in the order of the files' names."""
    found: list[Task] = []
    for path in sorted((EXTENSION / "tasks").glob("*.yml")):
        found += _of_controller(path.name, DataLoader().load_from_file(str(path)))
    return found


def of_module(module: str, *, state: str | None = None) -> list[Task]:
    """The tasks of one module; those of a state only, where it is said plainly."""
    return [x for x in tasks() if x.module == module and state in (None, x.arguments.get("state", "present"))]


def _of_controller(file: str, found: t.Iterable[dict[str, Json]]) -> t.Iterator[Task]:
    for task in found:
        for part in ("block", "rescue", "always"):
            yield from _of_controller(file, task.get(part, []))
        for key, arguments in task.items():
            if key.startswith(PREFIX):
                rest = {x: y for x, y in task.items() if x != key}
                yield Task(file, str(task["name"]), key.removeprefix(PREFIX), dict(arguments), rest)
