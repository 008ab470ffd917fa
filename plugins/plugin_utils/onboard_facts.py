# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The facts of one run of the role mssp_onboard, and how its objects refer to each other.

Read from the role's facts and registered results as they are, which Ansible has no templates in.
"""

from __future__ import annotations

import collections.abc
import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX

Values = t.Mapping[str, t.Any]
Item = dict[str, t.Any]

# The mark of an object that this run has made and nobody has used yet, as modules know it.
_NOTHING_IN_IT = "nothing_in_it"
# What modules need of an object that another one refers to. The whole of it would be carried through every template.
_REFERENCE = ("id", "displayName", "resources")


class Run:
    """The facts of one customer."""

    def __init__(self, variables: Values) -> None:
        self._variables = variables

    @property
    def variables(self) -> Values:
        """All of them."""
        return self._variables

    @property
    def plan(self) -> Values:
        """What `onboard_plan.py` has made of the role's variables."""
        return t.cast(Values, self._variables[f"{PREFIX}plan"])

    def result(self, name: str) -> Values:
        """What a task has registered; empty where it has not run."""
        found = self._variables.get(f"{PREFIX}result_{name}")
        # Inside the very loop that registers it, ansible-core 2.21 has something of its own there.
        return found if isinstance(found, collections.abc.Mapping) else {}

    def results(self, name: str) -> list[Values]:
        """The results of a loop."""
        return list(self.result(name).get("results") or [])

    def made(self, name: str, returned: str) -> list[Item]:
        """The objects that a loop has returned, as references."""
        return [referred(result, returned) for result in self.results(name)]

    def text(self, name: str) -> t.Any:
        """A constant of the role's vars."""
        return self._variables[PREFIX + name]

    @property
    def mssp(self) -> str:
        """Tenant id of the MSSP, stated or looked up; empty when Microsoft knows none of its domain."""
        return str(self.plan["mssp"] or (self.result("preflight").get("looked_up") or {}).get("id") or "")


def reference(entity: Values) -> Item:
    """An object as other tasks refer to it."""
    return {key: entity[key] for key in _REFERENCE if entity.get(key) is not None}


def referred(result: Values, returned: str) -> Item:
    """The object that a task of this run has returned, as later tasks of it refer to it.

    What the task has made is used by the next task of this run first: that need not ask what is in it.
    """
    made = any(change["action"] == "create" and change["property"] is None for change in result.get("changes") or ())
    return {**reference(result[returned]), **({_NOTHING_IN_IT: True} if made else {})}
