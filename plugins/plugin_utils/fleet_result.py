# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What a result says: how much was changed or found, and a failure in sentences. Pure."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.terminal_text import one_line, tame

Result = t.Mapping[str, t.Any]

_OURS = "mssp.defender."
# Looks at the tenant itself, and lists nothing that anybody is looking for.
_PREFLIGHT = "tenant_info"
# What a failed task of others says beside its message.
_BESIDE = ("reason", "module_stderr", "module_stdout", "stderr", "stdout")


def changes(result: Result) -> collections.Counter[str]:
    """Objects by `create`, `update` and `delete`; a task that changed something and says nothing more is one `task`."""
    counts: collections.Counter[str] = collections.Counter()
    for each in _each(result):
        if each.get("changed"):
            counts.update(action for dummy, action in _objects(each))
    if not counts and result.get("changed"):
        counts["task"] = 1
    return counts


def _objects(result: Result) -> t.Iterable[tuple[t.Any, str]]:
    """Several properties of an object that is updated are one update."""
    listed = result.get("changes")
    seen = set()
    for number, change in enumerate(listed if isinstance(listed, list) else []):
        action = change.get("action") if isinstance(change, dict) else None
        if action not in ("create", "update", "delete"):
            continue
        entity = change.get("object")
        named = isinstance(entity, dict) and action == "update"
        seen.add(((str(entity.get("type")), str(entity.get("id") or entity.get("name"))) if named else number, action))
    return seen


def found(result: Result, action: str) -> collections.Counter[str]:
    """How many of what a module of ours has found: `access packages`, `requests`."""
    counts: collections.Counter[str] = collections.Counter()
    module = action.removeprefix(_OURS)
    if action.startswith(_OURS) and module.endswith("_info") and module != _PREFLIGHT:
        for each in _each(result):
            for name, value in each.items():
                if isinstance(value, list) and value and all(isinstance(one, dict) for one in value) and name != "results":
                    counts[one_line(name).replace("_", " ")] += len(value)
    return counts


def sentence(result: Result) -> str:
    """A failure in full, as harmless lines. What core has censored says so."""
    text = str(result.get("msg") or result.get("censored") or result.get("reason") or "It failed and does not say why.")
    lines = [text.strip()]
    # Sentences of this collection's modules are whole.
    if "failure" not in result:
        more = ((name, result.get(name)) for name in _BESIDE)
        lines += [f"{name}: {value.strip()}" for name, value in more if _says(value) and value.strip() not in text]
    return tame("\n".join(lines))


def _says(value: t.Any) -> t.TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())


def message(result: Result) -> list[str] | None:
    """The lines of a `debug` message; None when it is no text."""
    said = result.get("msg")
    lines = said if isinstance(said, list) else [said]
    if not all(isinstance(line, str) for line in lines):
        return None
    return [part for line in lines for part in tame(line).split("\n")]


def rescued(task: t.Any) -> bool:
    """Whether a block catches the failure of this task, by Ansible's own tree of blocks and tasks."""
    child, parent = task, getattr(task, "_parent", None)
    while parent is not None:
        if getattr(parent, "rescue", None) and any(one._uuid == child._uuid for one in parent.block):
            return True
        child, parent = parent, getattr(parent, "_parent", None)
    return False


def _each(result: Result) -> list[Result]:
    items = result.get("results")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else [result]
