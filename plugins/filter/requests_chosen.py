# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.request_table import chosen

DOCUMENTATION = r"""
---
name: requests_chosen
short_description: Choose which requests are to be decided
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Of the requests for access packages, those that fit everything that is stated. None when nothing is stated.
positional: wanted, tiers, prefix
options:
  _input:
    description: Requests as M(mssp.defender.access_package_request_info) returns them.
    type: list
    elements: dict
    required: true
  wanted:
    description:
      - C(request_id), C(requestor), which is a user id, a user principal name or a mail address, and C(tier).
      - What is empty is not stated.
    type: dict
    required: true
  tiers:
    description: The customer's tiers, each with C(key), C(group) and C(package); a tier can be called by any of these.
    type: list
    elements: dict
    default: []
  prefix:
    description: What stands before the names of the customer's packages.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Who asks for tier 1?
  ansible.builtin.debug:
    msg: "{{ found.requests | mssp.defender.requests_chosen({'tier': 'tier1'}, mssp_onboard_tiers) }}"
"""

RETURN = r"""
_value:
  description: The requests, unchanged.
  type: list
  elements: dict
"""


def requests_chosen(
    requests: t.Iterable[t.Mapping[str, t.Any]],
    wanted: t.Mapping[str, t.Any],
    tiers: t.Iterable[t.Mapping[str, t.Any]] = (),
    prefix: str = "",
) -> list[t.Mapping[str, t.Any]]:
    """The requests that are meant."""
    return chosen(requests, wanted, tiers, prefix)


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters of this file."""
        return {"requests_chosen": requests_chosen}
