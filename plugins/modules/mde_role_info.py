#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: mde_role_info
short_description: Read roles of Microsoft Defender's unified role-based access control
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads Defender roles with all their assignments, one by its id, those of a name, or all, the built-in ones included.
  - Without a filter everything that there is; an empty filter is an error, so that an empty variable does not mean everything.
  - The permission C(RoleManagement.Read.Defender) suffices.
options:
  role_id:
    description: Id of the role.
    type: str
  name:
    description: Display name; several roles may have it.
    type: str
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.mde_role
"""

EXAMPLES = r"""
- name: Which roles are there?
  mssp.defender.mde_role_info:
    tenant_id: contoso.onmicrosoft.com
  register: found

- name: Roles that nobody holds
  ansible.builtin.debug:
    msg: "{{ found.roles | selectattr('assignments', 'equalto', []) | map(attribute='displayName') }}"
"""

RETURN = r"""
roles:
  description:
    - The roles in Microsoft Graph's terms, each with its assignments.
    - Always a list, empty when nothing matches.
  returned: success
  type: list
  elements: dict
  contains:
    assignments:
      description: Who holds the role on which data sources, whoever assigned it.
      type: list
      elements: dict
      returned: always
  sample:
    - assignments:
        - appScopeIds: [Mde]
          id: 6a7e5c5b-1d6f-4b8e-8a32-5a0b1c2d3e4f
          principalIds: [3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10]
      displayName: Tier 1 Analysts
      id: 1c9f2a4e-9b1a-4a55-8f0e-2f6c7d8e9a0b
      isBuiltIn: false
      rolePermissions:
        - allowedResourceActions: [microsoft.xdr/secops/securitydata/basics/read]
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
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import DefenderRole
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "role_id": {"type": "str"},
            "name": {"type": "str"},
        },
        mutually_exclusive=(("role_id", "name"),),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Roles and who holds them."""
    keys = ("role_id", "name")
    wanted = {key: task.params[key] for key in keys}
    return task.read(DefenderRole, "roles", keys, lambda graph: listing.roles(graph, **wanted))


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
