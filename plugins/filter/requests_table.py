# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mssp.defender.plugins.plugin_utils.request_table import as_csv, as_json, as_markdown, failures, lines

DOCUMENTATION = r"""
---
name: requests_table
short_description: Make the table of what waits for approval at all customers
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Customer, tier, who asks, from which tenant, why, since when, until when, and what was decided.
  - What somebody wrote becomes neither a formula, nor a tag, nor a link, nor does it move a terminal's cursor.
positional: form
options:
  _input:
    description:
      - What C(mssp_onboard) leaves of each customer when its steps are C(requests), the fact C(mssp_onboard_result_requests).
      - Of a customer that could not be read C(customer) and C(problem), a sentence.
    type: list
    elements: dict
    required: true
  form:
    description: What is wanted; V(failures) are the sentences of what went wrong.
    type: str
    choices: [lines, md, csv, json, failures]
    required: true
  decision:
    description: V(approve) or V(deny) where requests were to be decided.
    type: str
    default: ""
  made:
    description: When it was made, as people read it.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: What waits?
  ansible.builtin.debug:
    msg: "{{ records | mssp.defender.requests_table('lines') }}"
  vars:
    records: "{{ ansible_play_hosts_all | map('extract', hostvars) | map(attribute='mssp_onboard_result_requests') | list }}"
"""

RETURN = r"""
_value:
  description: The table. Markdown, CSV and JSON are text; for a terminal and of failures it is a list of lines.
  type: raw
"""

Records = t.Sequence[t.Mapping[str, t.Any]]

_FORMS: t.Mapping[str, t.Callable[[Records, str, str], t.Any]] = {
    "lines": lambda records, decision, made: lines(records, decision),
    "md": as_markdown,
    "csv": lambda records, decision, made: as_csv(records, decision),
    "json": as_json,
    "failures": lambda records, decision, made: [sentence for record in records for sentence in failures(record)],
}


def requests_table(records: Records, form: str, decision: str = "", made: str = "") -> t.Any:
    """The table in one of its forms."""
    if form not in _FORMS:
        raise AnsibleFilterError(f"requests_table knows no '{form}'. Use one of {', '.join(_FORMS)}.")
    return _FORMS[form](list(records), decision, made)


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters of this file."""
        return {"requests_table": requests_table}
