#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: aad_group
short_description: Manage a security group of Microsoft Entra ID
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Creates, changes and deletes one security group, with its owners and members.
  - What is not stated is left alone; a stated empty value clears.
  - Needs the permission C(Group.ReadWrite.All); in check mode C(GroupMember.Read.All) suffices. To name people other than by id takes
    C(User.Read.All) as well.
options:
  name:
    description:
      - Display name of the group, and its key when neither O(group_id) nor O(unique_name) finds it.
      - With O(group_id), a differing name is changed.
    type: str
  group_id:
    description: Object id of an existing group.
    type: str
  unique_name:
    description:
      - A name of its own for the group in the directory, which Microsoft Graph guards as a key and which can be set only once.
      - It is looked for before the name, so that a group can be told from another one of the same name.
    type: str
  description:
    description: Description of the group; empty clears it.
    type: str
  mail_nickname:
    description: Mail nickname. When a group is created without it, it is made from the name.
    type: str
  role_assignable:
    description:
      - Whether Entra roles can be assigned to the group. Decided when the group is created.
      - Needs the permission C(RoleManagement.ReadWrite.Directory).
    type: bool
  owners:
    description: The group's owners, each by object id, user principal name or mail address.
    type: list
    elements: raw
  members:
    description:
      - The group's direct members, each by object id, user principal name or mail address.
      - With O(state=absent), they may still be in the group when it is deleted; anybody else in it stands in the way.
    type: list
    elements: raw
  append:
    description: Only add O(owners) and O(members), and leave others in the group.
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
  - mssp.defender.graph.state
  - mssp.defender.graph.adopt
seealso:
  - module: mssp.defender.mde_role
  - module: mssp.defender.access_package_catalog
"""

EXAMPLES = r"""
- name: The analysts' group
  mssp.defender.aad_group:
    tenant_id: contoso.onmicrosoft.com
    name: Tier 1 Analyst
    description: Analysts of the MSSP, tier 1
    unique_name: mssp-11111111-2222-3333-4444-555555555555-tier1
  register: tier1

- name: What would be changed?
  mssp.defender.aad_group:
    tenant_id: contoso.onmicrosoft.com
    group_id: "{{ tier1.group.id }}"
    description: ""
  check_mode: true
  diff: true

- name: A group that nobody needs any more
  mssp.defender.aad_group:
    tenant_id: contoso.onmicrosoft.com
    name: Tier 3 Analyst
    state: absent
"""

RETURN = r"""
group:
  description:
    - The group in Microsoft Graph's terms; null when it is absent.
    - In check mode the group as it would be, with C((known after apply)) where the server decides.
  returned: success
  type: dict
  sample:
    description: Analysts of the MSSP, tier 1
    displayName: Tier 1 Analyst
    id: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10
    mailNickname: tier-1-analyst
    securityEnabled: true
changes:
  description:
    - What was changed or, in check mode, what would be changed, one entry for each object or property.
    - Always returned; empty when nothing differs.
  returned: success
  type: list
  elements: dict
  contains:
    object:
      description: The object, with its C(type), C(name) and C(id). A new object has no id.
      type: dict
      returned: always
    action:
      description: V(create), V(update) or V(delete).
      type: str
      returned: always
    property:
      description: Path of the property in Graph's terms; null when the whole object comes or goes.
      type: str
      returned: always
    before:
      description: The value before.
      type: raw
      returned: always
    after:
      description: The value after.
      type: raw
      returned: always
  sample:
    - action: update
      after: Analysts of the MSSP, tier 1
      before: Old words
      object: {id: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10, name: Tier 1 Analyst, type: group}
      property: description
check_mode:
  description: Whether this result is a prediction. Roles read this instead of C(ansible_check_mode).
  returned: success
  type: bool
  sample: false
failure:
  description: What failed, for playbooks to test.
  returned: failure
  type: dict
  contains:
    status:
      description: HTTP status, if an answer is the cause.
      type: int
      returned: always
    code:
      description: Code of Microsoft Graph or of the identity platform, or one of this collection's own.
      type: str
      returned: always
    message:
      description: The message that belongs to the code.
      type: str
      returned: always
    request_id:
      description: The request-id, which Microsoft's support asks for.
      type: str
      returned: always
  sample:
    code: Authorization_RequestDenied
    message: Insufficient privileges to complete the operation.
    request_id: 0b2a9e8e-6a6a-4c5e-8f6b-7c2d5a1f0e3d
    status: 403
"""

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._argspec import ADOPT, GRAPH, STATE, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import stated
from ansible_collections.mssp.defender.plugins.module_utils._resources.group import Group
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = (
    GRAPH.merge(STATE)
    .merge(ADOPT)
    .merge(
        ArgumentSpec(
            options={
                "name": {"type": "str"},
                "group_id": {"type": "str"},
                "unique_name": {"type": "str"},
                "description": {"type": "str"},
                "mail_nickname": {"type": "str"},
                "role_assignable": {"type": "bool"},
                "owners": {"type": "list", "elements": "raw"},
                "members": {"type": "list", "elements": "raw"},
                "append": {"type": "bool", "default": False},
            },
            required_one_of=(("name", "group_id"),),
        )
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """One group."""
    params = task.params
    group = Group(
        task.graph,
        stated(Group.properties, params),
        group_id=params["group_id"],
        adopt=params["adopt"],
        owners=task.references.users(params["owners"], "owners"),
        members=task.references.users(params["members"], "members"),
        append=params["append"],
    )
    return task.reconcile(group, "group")


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
