# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The steps of an offboarding in their order, and what each has changed."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX

Values = t.Mapping[str, t.Any]
Item = dict[str, t.Any]

# Decisions M5: the door first, access in Defender second, guests last. Each is a task of tasks/offboard_remove.yml.
STEPS: t.Mapping[str, str] = {
    "door_catalog": "the catalog is closed",
    "door_policies": "policies are closed",
    "requests": "open requests are cancelled",
    "defender_assignments": "Defender role assignments end",
    "defender_roles": "Defender roles are deleted",
    "assignments": "assignments end",
    "policies": "policies are deleted",
    "role_scopes": "packages grant nothing any more",
    "packages": "access packages are deleted",
    "resources": "groups leave the catalog",
    "catalog": "the catalog is deleted",
    "groups": "groups are deleted",
    "organization": "the connected organization is deleted",
    "guests": "guests are deleted",
}


def results(variables: Values, step: str) -> list[Values]:
    """What the task of a step has given for each of its items; empty where it has not run."""
    registered = variables.get(f"{PREFIX}result_offboard_did_{step}") or {}
    return list(registered.get("results") or [])


def all_changes(variables: Values) -> list[Item]:
    """Every change in order, each with `step`, `began` (when its step did, in UTC) and `request_id` where one is known."""
    return [
        {
            **change,
            "object": _named(change["object"], result.get("item") or {}),
            "step": step,
            "began": (result.get("item") or {}).get("began"),
            "request_id": _request_id(result),
        }
        for step in STEPS
        for result in results(variables, step)
        for change in result.get("changes") or []
    ]


def changes(variables: Values) -> list[Item]:
    """The same as modules return them, for the fact mssp_onboard_changes."""
    own = ("step", "began", "request_id")
    return [{key: value for key, value in change.items() if key not in own} for change in all_changes(variables)]


def _named(thing: Item, item: Values) -> Item:
    # People and assignments are told to the modules by their ids.
    return {**thing, "name": item.get("name")} if thing.get("name") == thing.get("id") and item.get("name") else dict(thing)


def _request_id(result: Values) -> t.Any:
    request = result.get("request")
    return request.get("id") if isinstance(request, dict) else None


def predicted(variables: Values) -> bool:
    """Whether a step has run in check mode. Before anything was removed nobody knows, and nobody needs to."""
    return any(result.get("check_mode") for step in STEPS for result in results(variables, step))
