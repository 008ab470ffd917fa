#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: aad_user
short_description: Block, let in or delete a user of Microsoft Entra ID
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Blocks a user who is there already, lets the user in again, or deletes the user. It never creates a user and changes nothing else of one.
  - A blocked user cannot sign in any more. Tokens that a guest holds already go on until they expire, about an hour by default.
  - >-
    Blocking needs the permissions C(User.EnableDisableAccount.All) and C(User.Read.All), deleting C(User.DeleteRestore.All) and
    C(EntitlementManagement.Read.All). A user who holds an Entra role can only be blocked or deleted by an application that has a
    role itself.
options:
  user:
    description: The user, by id, user principal name or mail address, or as a task of this collection returned it.
    type: raw
    required: true
  enabled:
    description: Whether the user may sign in. Left as it is unless stated.
    type: bool
  state:
    description:
      - V(present) never creates a user, and fails when there is none. V(absent) deletes the user, who can be restored for 30 days.
      - A user who is no guest of another organization, or who has live assignments of access packages, is only deleted with
        O(force). Assignments of a deleted user block deleting the access package for 30 days.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: With O(state=absent), delete a member of the directory, or a user with live assignments.
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
seealso:
  - module: mssp.defender.aad_user_info
"""

EXAMPLES = r"""
- name: Who belongs to the MSSP?
  mssp.defender.aad_user_info:
    tenant_id: contoso.onmicrosoft.com
    connected_org: Fabrikam Security
  register: analysts

- name: Nobody of them signs in any more
  mssp.defender.aad_user:
    tenant_id: contoso.onmicrosoft.com
    user: "{{ item }}"
    enabled: false
  loop: "{{ analysts.users }}"
  loop_control:
    label: "{{ item.userPrincipalName }}"
"""

RETURN = r"""
user:
  description:
    - The user in Microsoft Graph's terms; null when the user is absent.
    - In check mode as the user would be.
  returned: success
  type: dict
  sample:
    accountEnabled: false
    createdDateTime: '2026-01-05T09:12:44Z'
    displayName: Lea Lead
    externalUserState: Accepted
    id: 6b8f1c2d-3e4a-4b5c-8d6e-7f8091a2b3c4
    mail: lead@fabrikam-security.example
    userPrincipalName: lead_fabrikam-security.example#EXT#@contoso.onmicrosoft.com
    userType: Guest
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
      after: false
      before: true
      object: {id: 6b8f1c2d-3e4a-4b5c-8d6e-7f8091a2b3c4, name: lead@fabrikam-security.example, type: user}
      property: accountEnabled
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

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, STATE, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import stated
from ansible_collections.mssp.defender.plugins.module_utils._resources.user import User, key_of
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(STATE).merge(
    ArgumentSpec(
        options={
            "user": {"type": "raw", "required": True},
            "enabled": {"type": "bool"},
        },
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """One user."""
    params = task.params
    user = User(
        task.graph,
        stated(User.properties, params),
        key=key_of(params["user"], "user"),
        lacking=task.missing_permissions,
    )
    return task.reconcile(user, "user")


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
