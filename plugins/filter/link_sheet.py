# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mssp.defender.plugins.plugin_utils.link_sheet import as_csv, as_markdown
from ansible_collections.mssp.defender.plugins.plugin_utils.link_sheet_page import as_html

DOCUMENTATION = r"""
---
name: link_sheet
short_description: Make the link sheet of all customers
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Where analysts request access, where approvers decide, and the Defender portal of each tenant, for every customer and tier.
  - Names from a tenant stay names; they become neither formulas, nor tags, nor links.
positional: form
options:
  _input:
    description:
      - What C(mssp_onboard) leaves of each customer when its steps are C(links), the fact C(mssp_onboard_result_links).
      - Of a customer that could not be read C(customer) and C(problem), a sentence.
    type: list
    elements: dict
    required: true
  form:
    description: What is wanted.
    type: str
    choices: [md, csv, html]
    required: true
  made:
    description: When it was made, as people read it.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: A page of links
  ansible.builtin.copy:
    content: "{{ records | mssp.defender.link_sheet('html', made='2026-11-23') }}"
    dest: links.html
    mode: "0600"
  vars:
    records: "{{ ansible_play_hosts_all | map('extract', hostvars) | map(attribute='mssp_onboard_result_links') | list }}"
"""

RETURN = r"""
_value:
  description: The sheet, as Markdown, as CSV with a line for each package, or as one HTML page that needs nothing else.
  type: str
"""

_FORMS = {"md": as_markdown, "csv": as_csv, "html": as_html}


def link_sheet(records: t.Iterable[t.Mapping[str, t.Any]], form: str, made: str = "") -> str:
    """The sheet in one of its forms."""
    if form not in _FORMS:
        raise AnsibleFilterError(f"link_sheet knows no '{form}'. Use one of {', '.join(_FORMS)}.")
    return _FORMS[form](list(records), made)


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters of this file."""
        return {"link_sheet": link_sheet}
