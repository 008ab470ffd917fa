#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: role_assignment_info
short_description: Read who holds roles of Entra ID or of entitlement management
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads all active role assignments of the directory or of entitlement management, each with its role and its holder.
  - Roles of Microsoft Defender are read by M(mssp.defender.mde_role_info).
  - The permission C(RoleManagement.Read.Directory) suffices for the directory, C(EntitlementManagement.Read.All) for entitlement
    management.
options:
  provider:
    description:
      - Whose roles. V(directory) are those of Entra ID, such as Global Administrator.
      - V(entitlement_management) are those on catalogs, such as Catalog owner.
    type: str
    choices: [directory, entitlement_management]
    required: true
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.mde_role_info
"""

EXAMPLES = r"""
- name: Who may rewrite policies?
  mssp.defender.role_assignment_info:
    tenant_id: contoso.onmicrosoft.com
    provider: entitlement_management
  register: found
"""

RETURN = r"""
assignments:
  description: The role assignments. Always a list.
  returned: success
  type: list
  elements: dict
  contains:
    principal:
      description: Who holds the role; C(type) is C(user), C(group) or C(serviceprincipal), and null for an id that is nobody's any more.
      type: dict
      returned: always
    role:
      description: The role, with its C(id) and C(displayName).
      type: dict
      returned: always
    scope:
      description: On what; C(/) is everything, C(/AccessPackageCatalog/) and an id is one catalog.
      type: str
      returned: always
  sample:
    - id: 0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d
      principal:
        displayName: Anna Ito
        id: 6a51f9e4-3f1b-4c3c-8f9e-0f5a4a3c2b10
        type: user
        userPrincipalName: anna@contoso.onmicrosoft.com
      role:
        displayName: Catalog owner
        id: ae79f266-94d4-4dab-b730-feca7e132178
      scope: /AccessPackageCatalog/5a3f1b2c-4d5e-4f60-8a7b-9c0d1e2f3a4b
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
from ansible_collections.mssp.defender.plugins.module_utils._resources import role_assignment
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(options={"provider": {"type": "str", "choices": list(role_assignment.PROVIDERS), "required": True}})
)


def run(task: Task) -> dict[str, t.Any]:
    """Who holds which role."""
    provider = task.params["provider"]
    task.needs = role_assignment.PERMISSIONS[provider].read
    with doing("read role assignments"):
        return {"changed": False, "assignments": role_assignment.read(task.graph, provider)}


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
