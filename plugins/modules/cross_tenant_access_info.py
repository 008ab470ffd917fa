#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: cross_tenant_access_info
short_description: Read a cross-tenant access policy
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads the default of the cross-tenant access policy, and the entries of other tenants, one of them or all.
  - Null in an entry follows the default.
  - The permission C(Policy.Read.All) suffices.
options:
  partner_tenant_id:
    description: Only the entry of this tenant, by its id.
    type: str
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.cross_tenant_access
"""

EXAMPLES = r"""
- name: Does the MSSP get in?
  mssp.defender.cross_tenant_access_info:
    tenant_id: contoso.onmicrosoft.com
    partner_tenant_id: 11111111-2222-3333-4444-555555555555
  register: policy

- name: Its own entry, or else the default
  ansible.builtin.debug:
    msg: "{{ policy.partners | map(attribute='b2bCollaborationInbound') | select | first | default(policy.default.b2bCollaborationInbound) }}"
"""

RETURN = r"""
default:
  description: What is in force for a tenant without an entry, in Microsoft Graph's terms.
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
    isServiceDefault: false
partners:
  description:
    - The entries in Microsoft Graph's terms.
    - Always a list, empty when there is none.
  returned: success
  type: list
  elements: dict
  sample:
    - b2bCollaborationInbound: null
      inboundTrust:
        isCompliantDeviceAccepted: false
        isHybridAzureADJoinedDeviceAccepted: false
        isMfaAccepted: true
      tenantId: 11111111-2222-3333-4444-555555555555
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
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.cross_tenant import (
    DEFAULT,
    CrossTenantPartner,
    listed,
    partner_key,
    without_annotations,
)
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(ArgumentSpec(options={"partner_tenant_id": {"type": "str"}}))


def run(task: Task) -> dict[str, t.Any]:
    """The default and the entries."""
    tenant_id = task.params["partner_tenant_id"]

    def look(graph: Graph) -> list[Entity]:
        return listed(graph, None if tenant_id is None else partner_key(tenant_id, "partner_tenant_id"))

    result = task.read(CrossTenantPartner, "partners", ("partner_tenant_id",), look)
    with doing("read the default of the cross-tenant access policy"):
        return {**result, "default": without_annotations(task.graph.get(DEFAULT))}


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
