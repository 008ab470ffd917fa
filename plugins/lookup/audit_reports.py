# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
name: audit_reports
short_description: Write the reports of an audit from the documents of its customers
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Works for the playbook C(mssp.defender.report). It reads C(customers/*.json) in a directory and writes the reports beside it,
    on the controller, in check mode as well.
  - Every file is replaced in one step and readable by its owner only. Asks no tenant.
options:
  _terms:
    description: The directory of the audit, one path.
    type: list
    elements: path
    required: true
  fail_on:
    description:
      - Findings of this severity and graver ones count.
      - One of V(grave), V(warning), V(notice) and V(info), or V(never), by which none counts.
    type: str
    default: grave
  fail_count:
    description: So many of them are too many.
    type: int
    default: 1
  fail_unread:
    description: Whether a customer that could not be audited, or that is O(expected) and has no document, is one too many.
    type: bool
    default: true
  expected:
    description: Names of customers that should have a document.
    type: list
    elements: str
    default: []
  evidence:
    description: Whether an evidence pack is written for each customer and audit.
    type: bool
    default: true
  each:
    description: Whether the same reports are written of each customer alone as well, into C(by_customer/NAME).
    type: bool
    default: true
  since:
    description:
      - The first day of the period that the evidence packs are of, such as V(2026-07-01), in UTC.
      - Without it, and without O(until), a pack has all that the audit has read.
    type: str
  until:
    description: The last day of that period.
    type: str
"""

EXAMPLES = r"""
- name: Write the reports
  ansible.builtin.set_fact:
    report: "{{ lookup('mssp.defender.audit_reports', '/srv/reports/audit', fail_on='warning') }}"
"""

RETURN = r"""
_list:
  description:
    - One dictionary. C(problem) is a sentence if nothing could be reported, C(verdict) are sentences that say why the threshold
      is reached; otherwise both are empty. C(summary) are lines for a person, C(counts) numbers, C(files) the paths written.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ansible_collections.mssp.defender.plugins.plugin_utils.report_run import run


class LookupModule(LookupBase):  # type: ignore[misc]
    """Entry point for Ansible."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> list[t.Any]:
        """Writes the reports and says what they say."""
        self.set_options(var_options=variables, direct=kwargs)
        if len(terms) != 1:
            raise AnsibleError("audit_reports wants one directory.")
        names = ("fail_on", "fail_count", "fail_unread", "expected", "evidence", "each", "since", "until")
        return [run(str(terms[0]), **{name: self.get_option(name) for name in names})]
