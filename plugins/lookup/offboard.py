# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documented in offboard.yml beside it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.mssp.defender.plugins.plugin_utils import offboard_proof, offboard_run, offboard_told
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_changes import STEPS
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_values import truth
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX

# By term, of the run, the customer's name and the directory of the customer's files.
_ANSWERS: t.Mapping[str, t.Callable[[offboard_run.Offboarding, str, str], t.Any]] = {
    "look": lambda run, customer, directory: offboard_run.look(run),
    "begun": lambda run, customer, directory: {"ending": dataclasses.asdict(run.ending())},
    "facts": lambda run, customer, directory: offboard_told.facts(run, customer),
    "waited": lambda run, customer, directory: offboard_run.ended(run),
    "still": lambda run, customer, directory: [x["name"] for x in offboard_proof.still_there(run)],
    "interrupted": lambda run, customer, directory: offboard_proof.interrupted(directory),
    "before": lambda run, customer, directory: offboard_proof.before(run, customer),
    "after": lambda run, customer, directory: offboard_proof.after(run, customer),
    "proof": offboard_proof.proof,
    "text": lambda run, customer, directory: offboard_proof.text(directory),
    "sums": lambda run, customer, directory: offboard_proof.sums(directory),
}
# The items of a task's loop: how each group of the plan is found, and what each step removes.
_ITEMS = ("group_filters", *STEPS)


class LookupModule(LookupBase):  # type: ignore[misc]
    """Entry point for Ansible."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """What each term asks for; a list of one where it is a list by itself."""
        variables = variables or {}
        flags = {name: self._flag(variables, name) for name in ("force", "guests")}
        run = offboard_run.Offboarding(variables, **flags)
        customer = str(variables.get("inventory_hostname") or "")
        found: list[t.Any] = []
        for term in map(str, terms):
            value = _answer(term, run, customer, str(kwargs.get("directory") or ""))
            found.extend(value if isinstance(value, list) else [value])
        return found

    def _flag(self, variables: t.Mapping[str, t.Any], name: str) -> bool:
        return truth(self._templar.template(variables.get(f"{PREFIX}offboard_{name}", False)))


def _answer(term: str, run: offboard_run.Offboarding, customer: str, directory: str) -> t.Any:
    if term in _ITEMS:
        return run.items(term)
    if term in _ANSWERS:
        return _ANSWERS[term](run, customer, directory)
    raise AnsibleLookupError(f"offboard knows no '{term}'. Use one of {', '.join([*_ANSWERS, *_ITEMS])}.")
