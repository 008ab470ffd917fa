# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Values inside an entity by dotted paths: `requestApprovalSettings.stages.0.primaryApprovers`. Numbers index lists."""

from __future__ import annotations

import copy
import typing as t

Entity = dict[str, t.Any]


def pick(entity: t.Any, path: str) -> t.Any:
    """The value at a dotted path, or None. Numbers index lists: `stages.0.primaryApprovers`."""
    for step in path.split("."):
        if isinstance(entity, list):
            entity = entity[int(step)] if int(step) < len(entity) else None
        elif isinstance(entity, dict):
            entity = entity.get(step)
        else:
            return None
    return entity


def has(entity: t.Any, path: str) -> bool:
    """Whether there is a value at a dotted path, null included: in what the user wants, whether it is stated."""
    for step in path.split("."):
        if isinstance(entity, list):
            if int(step) >= len(entity):
                return False
            entity = entity[int(step)]
        elif isinstance(entity, dict) and step in entity:
            entity = entity[step]
        else:
            return False
    return True


def put(entity: Entity, path: str, value: t.Any) -> None:
    """Set the value at a dotted path, making the objects and lists on the way."""
    steps = path.split(".")
    at: t.Any = entity
    for step, following in zip(steps, [*steps[1:], ""], strict=True):
        made: t.Any = ([] if following.isdigit() else {}) if following else value
        if isinstance(at, list):
            at.extend({} for dummy in range(int(step) + 1 - len(at)))
            key: t.Any = int(step)
            there = at[key]
        else:
            key = step
            there = at.get(step)
        if not following or not isinstance(there, type(made)):
            at[key] = made
        at = at[key]


def overlay(current: t.Any, changed: t.Any) -> t.Any:
    """`current` with the values of `changed` put over it, objects by key; both stay as they are."""
    if not isinstance(current, dict) or not isinstance(changed, dict):
        return copy.deepcopy(changed)
    merged = copy.deepcopy(current)
    for key, value in changed.items():
        merged[key] = overlay(merged.get(key), value)
    return merged
