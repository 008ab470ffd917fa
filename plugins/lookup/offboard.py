# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documented in offboard.yml beside it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.mssp.defender.plugins.plugin_utils import offboard_proof, offboard_run, offboard_told
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_changes import STEPS, predicted
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_values import truth
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX


class LookupModule(LookupBase):  # type: ignore[misc]
    """Entry point for Ansible."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """What each term asks for; a list of one where it is a list by itself."""
        variables = variables or {}
        flags = {name: self._flag(variables, name) for name in ("force", "guests")}
        run = offboard_run.Run(variables, **flags)
        customer = str(variables.get("inventory_hostname") or "")
        found: list[t.Any] = []
        for term in terms:
            value = answer(str(term), run, customer, str(kwargs.get("directory") or ""))
            found.extend(value if isinstance(value, list) else [value])
        return found

    def _flag(self, variables: t.Mapping[str, t.Any], name: str) -> bool:
        return truth(self._templar.template(variables.get(f"{PREFIX}offboard_{name}", False)))


def answer(asked: str, run: offboard_run.Run, customer: str, directory: str) -> t.Any:
    """What one term asks for."""
    if asked in STEPS or asked == "group_filters":
        return run.items(asked)
    files: dict[str, t.Callable[[], t.Any]] = {
        "look": lambda: offboard_run.look(run),
        "begun": lambda: {"ending": dataclasses.asdict(run.ending())},
        "facts": lambda: offboard_told.facts(run, customer),
        "waited": lambda: offboard_run.ended(run),
        "predicted": lambda: predicted(run.variables),
        "still": lambda: [x["name"] for x in offboard_proof.still_there(run)],
        "interrupted": lambda: offboard_proof.interrupted(directory),
        "before": lambda: offboard_proof.before(run, customer),
        "after": lambda: offboard_proof.after(run, customer),
        "proof": lambda: offboard_proof.proof(run, customer, directory),
        "text": lambda: offboard_proof.text(directory),
        "sums": lambda: offboard_proof.sums(directory),
    }
    return files[asked]()
