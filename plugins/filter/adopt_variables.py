# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

DOCUMENTATION = r"""
---
name: adopt_variables
short_description: Make inventory variables of a tenant that somebody set up by hand
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Returns the variables of the role C(mssp.defender.mssp_onboard) with which onboarding finds the tenant as it is, as YAML.
  - Every text of the tenant is written C(!unsafe), so that no name is ever a template. Where one of several had to be chosen, a
    comment says by which rule.
  - What the variables cannot say is listed, in what onboarding would change and what it would leave alone.
  - Made for the playbook C(mssp.defender.adopt).
positional: host
options:
  _input:
    description:
      - C(organizations), C(policies), C(packages), C(catalogs), C(groups) and C(roles), as the modules that read return them,
        with owners, sponsors and incompatible packages.
      - C(tenant), the customer's tenant as it stands in the inventory, and C(mssp), the tenant id of the MSSP.
    type: dict
    required: true
  host:
    description: How the customer is called in the inventory.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: What would the file say?
  ansible.builtin.debug:
    msg: "{{ (read | mssp.defender.adopt_variables(inventory_hostname)).text }}"
"""

RETURN = r"""
_value:
  description:
    - C(problem), why there is nothing to adopt, else empty; C(text), the file; C(chosen) and C(left), lists of sentences;
      C(differs), what onboarding would change, each with C(type), C(id), C(property) and C(text); C(told), all for the screen.
  type: dict
"""

_NOTHING: dict[str, t.Any] = {"problem": "", "text": "", "chosen": [], "differs": [], "left": [], "told": []}


def adopt_variables(state: t.Mapping[str, t.Any], host: str) -> dict[str, t.Any]:
    """The variables of a customer as text, and what is to be said about them."""
    # Only who adopts pays for these imports: they bring all of Graph with them.
    from ansible_collections.mssp.defender.plugins.plugin_utils.adopt import adopt
    from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_choice import NothingToAdopt
    from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_text import document, printable

    try:
        found = adopt({**state, **{kind: _once(state[kind]) for kind in ("policies", "packages", "catalogs", "groups")}})
    except NothingToAdopt as nothing:
        return {**_NOTHING, "problem": str(nothing)}
    differs = [x.text for x in found.differs]
    return {
        **_NOTHING,
        "text": document(head(str(host), found.chosen, differs, found.left), found.variables, found.comments),
        "chosen": found.chosen,
        "differs": [x.as_result() for x in found.differs],
        "left": found.left,
        "told": [
            *(printable(f"Chosen: {x}") for x in found.chosen),
            *(printable(f"Onboarding would change: {x}") for x in differs),
            *(printable(f"Left alone: {x}") for x in found.left),
        ],
    }


def _once(things: t.Iterable[t.Mapping[str, t.Any]]) -> list[t.Mapping[str, t.Any]]:
    """Each object once, as it was read first."""
    found: dict[str, t.Mapping[str, t.Any]] = {}
    for thing in things:
        found.setdefault(str(thing["id"]).lower(), thing)
    return list(found.values())


def head(host: str, chosen: list[str], differs: list[str], left: list[str]) -> list[str]:
    """The lines above the variables."""
    return [
        f"Customer {host}, as read from its tenant by mssp.defender.adopt. Review it, then move it to the inventory's host_vars.",
        "Who the MSSP is (mssp_onboard_mssp_tenant_id or mssp_onboard_mssp_domain) and credentials are set elsewhere, for all.",
        "Whose access it is (assignments, members of groups) is no configuration: it stays as it is.",
        *_part("Chosen by rule, each marked below", chosen, "nothing, everything was clear"),
        *_part("What these variables cannot say, and the next onboarding would change", differs, "nothing"),
        *_part("What is there as well, and onboarding leaves alone", left, "nothing"),
        "",
    ]


def _part(title: str, lines: list[str], none: str) -> list[str]:
    return ["", f"{title}: {none}."] if not lines else ["", f"{title}:", *(f"- {line}" for line in lines)]


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters of this file."""
        return {"adopt_variables": adopt_variables}
