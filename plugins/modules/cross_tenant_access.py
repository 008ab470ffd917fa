#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: cross_tenant_access
short_description: Manage the entry of one tenant in a cross-tenant access policy
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Creates, changes and deletes the entry of one other tenant in the customer's cross-tenant access policy, with what is stated of it.
  - What an entry does not say follows the policy's default. What the task does not state is left alone.
  - Needs the permission C(Policy.ReadWrite.CrossTenantAccess); in check mode C(Policy.Read.All) suffices.
options:
  partner_tenant_id:
    description: Tenant id of the other organization.
    type: str
    required: true
  inbound:
    description:
      - Whether users of the other organization get in by B2B collaboration, all of them and to all applications.
      - V(default) follows the policy's default.
    type: str
    choices: [allow, block, default]
  trust_mfa:
    description:
      - Whether multifactor authentication in the other tenant counts here.
      - An entry that says nothing of trust takes over from the policy's default what the task does not state, because it then
        has to say all of it.
    type: bool
  trust_compliant_device:
    description: Whether a device that is compliant in the other tenant is compliant here; as O(trust_mfa).
    type: bool
  state:
    description: Whether the entry is to be there. Without it the policy's default is in force.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: With O(state=absent), delete the entry although it holds settings that this module does not manage.
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
seealso:
  - module: mssp.defender.cross_tenant_access_info
"""

EXAMPLES = r"""
- name: Analysts do not register for multifactor authentication once more
  mssp.defender.cross_tenant_access:
    tenant_id: contoso.onmicrosoft.com
    partner_tenant_id: 11111111-2222-3333-4444-555555555555
    inbound: allow
    trust_mfa: true

- name: Nobody of them comes in
  mssp.defender.cross_tenant_access:
    tenant_id: contoso.onmicrosoft.com
    partner_tenant_id: 11111111-2222-3333-4444-555555555555
    inbound: block
"""

RETURN = r"""
partner:
  description:
    - The entry in Microsoft Graph's terms; null when it is absent.
    - In check mode as it would be.
  returned: success
  type: dict
  sample:
    b2bCollaborationInbound:
      applications:
        accessType: blocked
        targets: [{target: AllApplications, targetType: application}]
      usersAndGroups:
        accessType: blocked
        targets: [{target: AllUsers, targetType: user}]
    inboundTrust:
      isCompliantDeviceAccepted: false
      isHybridAzureADJoinedDeviceAccepted: false
      isMfaAccepted: true
    tenantId: 11111111-2222-3333-4444-555555555555
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
      after: true
      before: false
      object:
        id: 11111111-2222-3333-4444-555555555555
        name: 11111111-2222-3333-4444-555555555555
        type: cross-tenant access entry
      property: inboundTrust.isMfaAccepted
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
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity, put
from ansible_collections.mssp.defender.plugins.module_utils._resources.cross_tenant import (
    CrossTenantPartner,
    inbound_setting,
    partner_key,
)
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(STATE).merge(
    ArgumentSpec(
        options={
            "partner_tenant_id": {"type": "str", "required": True},
            "inbound": {"type": "str", "choices": ["allow", "block", "default"]},
            "trust_mfa": {"type": "bool"},
            "trust_compliant_device": {"type": "bool"},
        },
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """The entry of one tenant."""
    params = task.params
    desired: Entity = {}
    for prop in CrossTenantPartner.properties:
        value = params[prop.option]
        if value is not None:
            put(desired, prop.path, inbound_setting(value) if prop.option == "inbound" else value)
    partner = CrossTenantPartner(
        task.graph,
        desired,
        tenant_id=partner_key(params["partner_tenant_id"], "partner_tenant_id"),
        own_tenant_id=task.tokens.claims().get("tid"),
    )
    return task.reconcile(partner, "partner")


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
