# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documented in onboard.yml beside it."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.mssp.defender.plugins.plugin_utils import onboard_run
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_check import onboard_problem
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_plan import plan
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX, VARIABLES


class LookupModule(LookupBase):  # type: ignore[misc]
    """Entry point for Ansible."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """What each term asks for; a list of one where it is a list by itself."""
        variables = variables or {}
        found: list[t.Any] = []
        for term in map(str, terms):
            if term == "plan":
                found.append(self._plan(variables))
            elif term in onboard_run.ANSWERS:
                value = onboard_run.answer(term, variables)
                found.extend(value if isinstance(value, list) else [value])
            else:
                raise AnsibleLookupError(f"onboard knows no '{term}'. Use one of {', '.join(['plan', *onboard_run.ANSWERS])}.")
        return found

    def _plan(self, variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        values = {}
        for name in VARIABLES:
            if PREFIX + name in variables:
                # Only who writes templates pays for them.
                values[name] = self._templar.template(variables[PREFIX + name])
        problem = onboard_problem(values, [name for name in variables if str(name).startswith(PREFIX)])
        return {"problem": problem} if problem else {"problem": "", **plan(values)}
