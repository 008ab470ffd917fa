#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: audit_log_info
short_description: Read the audit log of Microsoft Entra ID
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads entries of the directory's audit log (directoryAudits), which say who changed what and when.
  - Microsoft keeps them for 30 days, and for 7 in a tenant without Entra ID P1.
  - The permission C(AuditLog.Read.All) suffices.
options:
  target:
    description: Only entries about the object with this id, such as a group to which somebody was added.
    type: str
  service:
    description: Only entries that this service has logged, such as V(Entitlement Management).
    type: str
  activities:
    description: Only entries of these activities, such as V(Add member to group).
    type: list
    elements: str
  days:
    description: Only entries of so many days back from now.
    type: int
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.aad_membership_info
"""

EXAMPLES = r"""
- name: Who was put into the group, and by whom?
  mssp.defender.audit_log_info:
    tenant_id: contoso.onmicrosoft.com
    target: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10
    activities: [Add member to group]
  register: found
"""

RETURN = r"""
entries:
  description: The entries in Microsoft Graph's terms, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    initiatedBy:
      description: The C(user) or the C(app) that did it; the other one is null.
      type: dict
      returned: always
    targetResources:
      description: What it was done to, each with its C(id), C(displayName), C(type) and C(userPrincipalName).
      type: list
      elements: dict
      returned: always
  sample:
    - activityDateTime: "2026-11-02T09:14:00Z"
      activityDisplayName: Add member to group
      category: GroupManagement
      initiatedBy:
        app: null
        user:
          id: 6a51f9e4-3f1b-4c3c-8f9e-0f5a4a3c2b10
          userPrincipalName: admin@contoso.onmicrosoft.com
      loggedByService: Core Directory
      result: success
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
from ansible_collections.mssp.defender.plugins.module_utils._resources import audit_log
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "target": {"type": "str"},
            "service": {"type": "str"},
            "activities": {"type": "list", "elements": "str"},
            "days": {"type": "int"},
        },
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Entries of the log."""
    task.needs = audit_log.PERMISSIONS.read
    wanted = {name: task.params[name] for name in ("target", "service", "activities", "days")}
    with doing("read the audit log"):
        task.cloud.require("audit_log")
        return {"changed": False, "entries": audit_log.read(task.graph, **wanted)}


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
