# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.mssp.defender.plugins.plugin_utils import onboard_run
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_check import onboard_problem
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_plan import plan
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX, VARIABLES

DOCUMENTATION = r"""
---
name: onboard
short_description: Say what the tasks of the role mssp_onboard tell their modules
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Works for the role P(mssp.defender.mssp_onboard#role) and reads its variables and results where they are.
  - Ansible compiles every template anew for each task, item and host. All arguments at once cost less than one task.
options:
  _terms:
    description:
      - C(plan) checks the role's variables and returns what is to be made of them, with C(problem), a sentence, if something is
        wrong.
      - C(groups), C(roles), C(packages) and C(policies) are the items of the plan, each with its C(name) and the C(options) of
        its module; what earlier tasks have returned is put in. C(mssp) is the tenant id of the MSSP.
      - C(unsure) tells whether one of the groups is not known as the role's own yet. C(unclear_groups), C(planned_roles) and
        C(planned_policies) are the items to be planned before the first write, where nothing is there yet.
      - C(refusals) are the plans that failed, C(failure) why the first one did. C(summary) is what a run prints at its end,
        C(changes) what it has changed.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: What is wrong with the variables?
  ansible.builtin.debug:
    msg: "{{ lookup('mssp.defender.onboard', 'plan').problem }}"
"""

RETURN = r"""
_list:
  description: What is asked for.
  type: list
  elements: raw
"""


class LookupModule(LookupBase):  # type: ignore[misc]
    """Entry point for Ansible."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """What each term asks for; a list of one where it is a list by itself."""
        variables = variables or {}
        found: list[t.Any] = []
        for term in terms:
            if term == "plan":
                found.append(self._plan(variables))
            else:
                value = onboard_run.answer(str(term), variables)
                found.extend(value if isinstance(value, list) else [value])
        return found

    def _plan(self, variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        values = {}
        for name in VARIABLES:
            if PREFIX + name in variables:
                # Only who writes templates pays for them.
                values[name] = self._templar.template(variables[PREFIX + name])
        problem = onboard_problem(values, [name for name in variables if str(name).startswith(PREFIX)])
        return {"problem": problem} if problem else {"problem": "", **plan(values)}
