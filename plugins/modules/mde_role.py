#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: mde_role
short_description: Manage a role of Microsoft Defender's unified RBAC and its assignment
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Creates, changes and deletes one custom role of Microsoft Defender XDR's unified role-based access control, and the
    assignment that links it to groups.
  - What is not stated is left alone; a stated empty value clears.
  - Uses Microsoft Graph beta, where alone these roles exist. That a role exists does not mean that it is enforced; no API
    tells whether the workload is activated under unified RBAC.
  - Needs the permission C(RoleManagement.ReadWrite.Defender); in check mode C(RoleManagement.Read.Defender) suffices. To name groups other
    than by id takes C(GroupMember.Read.All) as well.
options:
  name:
    description: Display name of the role, and its key unless O(role_id) is given. Names are not unique in Defender; several matches are an error.
    type: str
  role_id:
    description: Id of an existing role.
    type: str
  description:
    description: Description of the role; empty clears it.
    type: str
  permissions:
    description:
      - What the role allows, each as an action such as C(microsoft.xdr/secops/securitydata/alerts/manage), as the same without
        C(microsoft.xdr/), or as the name of a classic Defender for Endpoint permission such as V(alerts_investigation).
      - The classic names are V(view_data_security_operations), V(view_data_vulnerability_management), V(alerts_investigation),
        V(active_remediation_security_operations), V(active_remediation_exception_handling), V(active_remediation_remediation_handling),
        V(active_remediation_application_handling), V(manage_security_baselines), V(live_response_basic), V(live_response_advanced),
        V(manage_security_settings) (core security settings; no source publishes the action of detection tuning) and
        V(manage_portal_system_settings).
      - Compared by what they grant. An action that another one includes makes no difference.
    type: list
    elements: str
  append:
    description:
      - Only add O(permissions), O(assigned_groups) and O(scopes), and leave others in the role and in its assignments.
      - An assignment that gives the groups these scopes, and perhaps more to more groups, is left as it is.
    type: bool
    default: false
  assigned_groups:
    description:
      - The groups that get the role, each by id, name or as the group that M(mssp.defender.aad_group) returned.
      - Not stated, assignments are left alone.
    type: list
    elements: raw
  scopes:
    description: The data sources on which the groups get the role, such as V(Mde), V(Mdo), V(Mdi), V(Mda), or V(/) for all.
    type: list
    elements: str
    default: [Mde]
  unassigned_groups:
    description:
      - The groups that lose the role, written as O(assigned_groups). Assignments to nobody but them are removed, others are left.
      - Built-in roles can be taken away as well, though they are neither changed nor deleted.
      - With O(state=absent), assignments to them do not stand in the way.
    type: list
    elements: raw
  purge_assignments:
    description: Remove assignments of the role to others than O(assigned_groups).
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
  - mssp.defender.graph.state
  - mssp.defender.graph.adopt
seealso:
  - module: mssp.defender.aad_group
"""

EXAMPLES = r"""
- name: What tier 1 may do
  mssp.defender.mde_role:
    tenant_id: contoso.onmicrosoft.com
    name: Tier 1 Analysts
    permissions:
      - microsoft.xdr/secops/securitydata/basics/read
      - secops/securitydata/alerts/manage
      - active_remediation_security_operations
    assigned_groups:
      - Tier 1 Analyst
"""

RETURN = r"""
role:
  description:
    - The role in Microsoft Graph's terms, with its assignments if they are managed; null when it is absent.
    - In check mode as it would be, with C((known after apply)) where the server decides.
  returned: success
  type: dict
  sample:
    assignments:
      - appScopeIds: [Mde]
        id: 6a7e5c5b-1d6f-4b8e-8a32-5a0b1c2d3e4f
        principalIds: [3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10]
    displayName: Tier 1 Analysts
    id: 1c9f2a4e-9b1a-4a55-8f0e-2f6c7d8e9a0b
    rolePermissions:
      - allowedResourceActions: [microsoft.xdr/secops/securitydata/basics/read]
assignments:
  description: The role's assignments, if O(assigned_groups) is given.
  returned: success
  type: list
  elements: dict
  sample:
    - appScopeIds: [Mde]
      id: 6a7e5c5b-1d6f-4b8e-8a32-5a0b1c2d3e4f
      principalIds: [3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10]
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
      after:
        - allowedResourceActions: [microsoft.xdr/secops/securitydata/basics/read]
      before:
        - allowedResourceActions: [microsoft.xdr/secops/securitydata/basics/read, microsoft.xdr/secops/securitydata/alerts/manage]
      object: {id: 1c9f2a4e-9b1a-4a55-8f0e-2f6c7d8e9a0b, name: Tier 1 Analysts, type: Defender role}
      property: rolePermissions
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
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_actions import actions
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import DefenderRole
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = (
    GRAPH.merge(STATE)
    .merge(ADOPT)
    .merge(
        ArgumentSpec(
            options={
                "name": {"type": "str"},
                "role_id": {"type": "str"},
                "description": {"type": "str"},
                "permissions": {"type": "list", "elements": "str"},
                "append": {"type": "bool", "default": False},
                "assigned_groups": {"type": "list", "elements": "raw"},
                "scopes": {"type": "list", "elements": "str", "default": ["Mde"]},
                "unassigned_groups": {"type": "list", "elements": "raw"},
                "purge_assignments": {"type": "bool", "default": False},
            },
            required_one_of=(("name", "role_id"),),
            mutually_exclusive=(("assigned_groups", "unassigned_groups"),),
        )
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """One role and its assignment."""
    params = task.params
    desired = stated(DefenderRole.properties, params)
    if params["permissions"] is not None:
        desired["rolePermissions"] = [{"allowedResourceActions": actions(params["permissions"])}]
    option = "assigned_groups" if params["unassigned_groups"] is None else "unassigned_groups"
    role = DefenderRole(
        task.graph,
        desired,
        role_id=params["role_id"],
        groups=task.references.groups(params[option], option),
        scopes=params["scopes"],
        adopt=params["adopt"],
        purge_foreign=params["purge_assignments"],
        append=params["append"],
        unassign=option == "unassigned_groups",
    )
    result = task.reconcile(role, "role")
    result["assignments"] = (result["role"] or {}).get("assignments", [])
    return result


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
