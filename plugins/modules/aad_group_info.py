#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: aad_group_info
short_description: Read groups of Microsoft Entra ID
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads groups, one by its id or its unique name, those of a name, or all of the directory.
  - Without a filter everything that there is; an empty filter is an error, so that an empty variable does not mean everything.
  - The permission C(GroupMember.Read.All) suffices.
options:
  group_id:
    description: Object id of the group.
    type: str
  unique_name:
    description: The group's unique name.
    type: str
  name:
    description: Display name; several groups may have it.
    type: str
  with_members:
    description: Read the members and owners of each group as well, with two more requests for each.
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.aad_group
"""

EXAMPLES = r"""
- name: The analysts and who is in their group
  mssp.defender.aad_group_info:
    tenant_id: contoso.onmicrosoft.com
    name: Tier 1 Analyst
    with_members: true
  register: found

- name: Who may handle incidents?
  ansible.builtin.debug:
    msg: "{{ found.groups | map(attribute='members') | flatten | map(attribute='displayName') }}"
"""

RETURN = r"""
groups:
  description:
    - The groups in Microsoft Graph's terms, of every kind; C(securityEnabled) and C(mailEnabled) tell which.
    - Always a list, empty when nothing matches.
  returned: success
  type: list
  elements: dict
  contains:
    members:
      description: Direct members, each with C(id) and C(displayName).
      type: list
      elements: dict
      returned: with O(with_members=true)
    owners:
      description: Owners, each with C(id) and C(displayName).
      type: list
      elements: dict
      returned: with O(with_members=true)
  sample:
    - description: Analysts of the MSSP, tier 1
      displayName: Tier 1 Analyst
      id: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10
      mailNickname: tier-1-analyst
      securityEnabled: true
      uniqueName: mssp-11111111-2222-3333-4444-555555555555-tier1
failure:
  description: What failed, for playbooks to test.
  returned: failure
  type: dict
  sample:
    code: Authorization_RequestDenied
    message: Insufficient privileges to complete the operation.
    request_id: 0b2a9e8e-6a6a-4c5e-8f6b-7c2d5a1f0e3d
    status: 403
"""

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._resources import listing
from ansible_collections.mssp.defender.plugins.module_utils._resources.group import Group
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "group_id": {"type": "str"},
            "unique_name": {"type": "str"},
            "name": {"type": "str"},
            "with_members": {"type": "bool", "default": False},
        },
        mutually_exclusive=(("group_id", "unique_name", "name"),),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Groups, with their members if wanted."""
    params = task.params
    keys = ("group_id", "unique_name", "name")
    wanted = {key: params[key] for key in keys}
    return task.read(Group, "groups", keys, lambda graph: listing.groups(graph, **wanted, links=params["with_members"]))


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
