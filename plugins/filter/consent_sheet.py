# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mssp.defender.plugins.plugin_utils.consent_page import as_html
from ansible_collections.mssp.defender.plugins.plugin_utils.consent_sheet import as_csv, as_lines, as_markdown, as_problems

DOCUMENTATION = r"""
---
name: consent_sheet
short_description: Make the sheet of consent of all customers
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Where the administrator of each customer consents to each application, and what has been consented to so far.
  - Names from a tenant stay names; they become neither formulas, nor tags, nor links.
positional: form
options:
  _input:
    description:
      - What the playbook C(mssp.defender.consent) leaves of each customer, the fact C(mssp_consent_result).
      - Of a customer that could not be read C(customer) and C(problem), a sentence.
    type: list
    elements: dict
    required: true
  form:
    description:
      - What is wanted. V(lines) are sentences for a terminal, V(problems) those of what went wrong.
    type: str
    choices: [md, csv, html, lines, problems]
    required: true
  made:
    description: When it was made, as people read it.
    type: str
    default: ""
  verify:
    description: With V(problems), whether consent that is missing is a problem as well.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: A page for consent
  ansible.builtin.copy:
    content: "{{ records | mssp.defender.consent_sheet('html', made='2026-11-23') }}"
    dest: consent.html
    mode: "0600"
  vars:
    records: "{{ ansible_play_hosts_all | map('extract', hostvars, 'mssp_consent_result') | list }}"
"""

RETURN = r"""
_value:
  description:
    - The sheet, as Markdown, as CSV with a line for each application of each customer, or as one HTML page by itself.
    - For a terminal and of problems it is a list of sentences.
  type: raw
"""

Records = t.Sequence[t.Mapping[str, t.Any]]

_FORMS: t.Mapping[str, t.Callable[[Records, str], t.Any]] = {
    "md": as_markdown,
    "csv": as_csv,
    "html": as_html,
    "lines": as_lines,
    "problems": as_problems,
}


def consent_sheet(records: Records, form: str, made: str = "", verify: bool = False) -> t.Any:
    """The sheet in one of its forms."""
    if form not in _FORMS:
        raise AnsibleFilterError(f"consent_sheet knows no '{form}'. Use one of {', '.join(_FORMS)}.")
    if form == "problems":
        return as_problems(list(records), made, verify)
    return _FORMS[form](list(records), made)


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters of this file."""
        return {"consent_sheet": consent_sheet}
