#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: connected_org
short_description: Manage a connected organization of Entra entitlement management
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Creates, changes and deletes one connected organization, whose users can then be allowed to request access packages.
  - What is not stated is left alone; a stated empty value clears.
  - The organization is identified by its tenant. A domain that belongs to a tenant stands for that tenant.
  - Needs the permission C(EntitlementManagement.ReadWrite.All); in check mode C(EntitlementManagement.Read.All) suffices. To look up
    O(domain), or a name that is not stated, takes C(CrossTenantInformation.ReadBasic.All) as well; to name people other than by id
    C(User.Read.All), groups C(GroupMember.Read.All).
options:
  name:
    description: Display name. When an organization is created without it, its tenant's name is taken.
    type: str
  org_tenant_id:
    description: Tenant id of the other organization.
    type: str
  domain:
    description: A domain of the other organization.
    type: str
  description:
    description: Description; empty clears it.
    type: str
  org_state:
    description:
      - V(configured) organizations are in scope of every policy for all configured connected organizations; V(proposed) ones
        only where a policy names them.
      - A new organization is V(configured) unless stated, as in the portal; an existing one keeps its state.
    type: str
    choices: [configured, proposed]
  internal_sponsors:
    description:
      - Sponsors on the customer's side, users by id, user principal name or mail address.
      - "A group is written as a dictionary with the key C(group), such as C({group: Security Leads})."
      - Others are removed unless O(append) is true. An empty list removes all.
    type: list
    elements: raw
  external_sponsors:
    description: Sponsors on the other side, who must be guests of the directory already; written as O(internal_sponsors).
    type: list
    elements: raw
  append:
    description: Only add sponsors, and leave others.
    type: bool
    default: false
  accept_open_policies:
    description:
      - Let the organization become V(configured) although packages that need no approval are then open to all its users.
      - Without this, the task stops and lists them.
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
  - mssp.defender.graph.state
seealso:
  - module: mssp.defender.access_package_policy
"""

EXAMPLES = r"""
- name: The MSSP as connected organization
  mssp.defender.connected_org:
    tenant_id: contoso.onmicrosoft.com
    org_tenant_id: 11111111-2222-3333-4444-555555555555
    name: Fabrikam Security
    description: Our managed security service provider
"""

RETURN = r"""
connected_org:
  description:
    - The connected organization in Microsoft Graph's terms; null when it is absent.
    - In check mode as it would be, with C((known after apply)) where the server decides.
  returned: success
  type: dict
  sample:
    description: Our managed security service provider
    displayName: Fabrikam Security
    id: 9f1d7c53-5f3c-4a63-8f6d-0a1b2c3d4e5f
    state: configured
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
      after: proposed
      before: configured
      object: {id: 9f1d7c53-5f3c-4a63-8f6d-0a1b2c3d4e5f, name: Fabrikam Security, type: connected organization}
      property: state
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
from ansible_collections.mssp.defender.plugins.module_utils._resources.connected_organization import ConnectedOrganization
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(STATE).merge(
    ArgumentSpec(
        options={
            "name": {"type": "str"},
            "org_tenant_id": {"type": "str"},
            "domain": {"type": "str"},
            "description": {"type": "str"},
            "org_state": {"type": "str", "choices": ["configured", "proposed"]},
            "internal_sponsors": {"type": "list", "elements": "raw"},
            "external_sponsors": {"type": "list", "elements": "raw"},
            "append": {"type": "bool", "default": False},
            "accept_open_policies": {"type": "bool", "default": False},
        },
        mutually_exclusive=(("org_tenant_id", "domain"),),
        required_one_of=(("org_tenant_id", "domain"),),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """One connected organization."""
    params = task.params
    organization = ConnectedOrganization(
        task.graph,
        stated(ConnectedOrganization.properties, params),
        tenant_id=params["org_tenant_id"],
        domain=params["domain"],
        own_tenant_id=task.tokens.claims().get("tid"),
        internal_sponsors=task.references.sponsors(params["internal_sponsors"], "internal_sponsors"),
        external_sponsors=task.references.sponsors(params["external_sponsors"], "external_sponsors"),
        append=params["append"],
        accept_open_policies=params["accept_open_policies"],
    )
    return task.reconcile(organization, "connected_org")


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
