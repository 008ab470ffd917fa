#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: aad_membership_info
short_description: Read who is in groups through other groups, and where people are in
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads for groups their direct members and owners, and those who are in them through other groups too.
  - Reads for users the groups, directory roles and administrative units that they are in, through groups too.
  - The permissions C(GroupMember.Read.All) and C(User.Read.All) suffice.
options:
  groups:
    description: Object ids of groups. Those that are not there are told as such.
    type: list
    elements: str
    default: []
  users:
    description: Object ids of users.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.aad_group_info
  - module: mssp.defender.aad_user_info
"""

EXAMPLES = r"""
- name: Who is in the group after all?
  mssp.defender.aad_membership_info:
    tenant_id: contoso.onmicrosoft.com
    groups: [3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10]
  register: found
"""

RETURN = r"""
groups:
  description: The groups of O(groups), in their order.
  returned: success
  type: list
  elements: dict
  contains:
    found:
      description: Whether there is such a group.
      type: bool
      returned: always
    members:
      description: Direct members of every kind, each with its C(type).
      type: list
      elements: dict
      returned: always
    transitive_members:
      description: The same with those who are in it through other groups.
      type: list
      elements: dict
      returned: always
    owners:
      description: Owners of every kind.
      type: list
      elements: dict
      returned: always
  sample:
    - displayName: Tier 1 Analyst
      found: true
      id: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10
      members: []
      owners: []
      transitive_members: []
users:
  description: The users of O(users), in their order, each with C(member_of).
  returned: success
  type: list
  elements: dict
  sample:
    - id: 6a51f9e4-3f1b-4c3c-8f9e-0f5a4a3c2b10
      member_of:
        - displayName: Tier 1 Analyst
          groupTypes: []
          id: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10
          type: group
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
from ansible_collections.mssp.defender.plugins.module_utils._failures import doing
from ansible_collections.mssp.defender.plugins.module_utils._resources import membership
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "groups": {"type": "list", "elements": "str", "default": []},
            "users": {"type": "list", "elements": "str", "default": []},
        },
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Members of groups, and where users are in."""
    task.needs = membership.PERMISSIONS.read
    with doing("read memberships"):
        return {
            "changed": False,
            "groups": [membership.of_group(task.graph, each) for each in task.params["groups"]],
            "users": [membership.of_user(task.graph, each) for each in task.params["users"]],
        }


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
