#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: connected_org_info
short_description: Read connected organizations of Entra entitlement management
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads connected organizations, by id, by the other organization's tenant or domain, by name, or all.
  - Without a filter everything that there is; an empty filter is an error, so that an empty variable does not mean everything.
  - The permission C(EntitlementManagement.Read.All) suffices.
options:
  org_id:
    description: Id of the connected organization.
    type: str
  org_tenant_id:
    description: Tenant id of the other organization.
    type: str
  domain:
    description:
      - A domain of the other organization.
      - Its tenant is looked up, which needs the permission C(CrossTenantInformation.ReadBasic.All).
    type: str
  name:
    description: Display name; several may have it.
    type: str
  with_sponsors:
    description: Read the sponsors on both sides as well, with two more requests for each organization.
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.connected_org
"""

EXAMPLES = r"""
- name: Is the MSSP connected?
  mssp.defender.connected_org_info:
    tenant_id: contoso.onmicrosoft.com
    domain: fabrikam-soc.onmicrosoft.com
  register: found

- name: In which state?
  ansible.builtin.debug:
    msg: "{{ found.connected_orgs | map(attribute='state') }}"
"""

RETURN = r"""
connected_orgs:
  description:
    - The connected organizations in Microsoft Graph's terms.
    - Always a list, empty when nothing matches.
  returned: success
  type: list
  elements: dict
  sample:
    - description: Our managed security service provider
      displayName: Fabrikam Security
      id: 9f1d7c53-5f3c-4a63-8f6d-0a1b2c3d4e5f
      identitySources:
        - "@odata.type": "#microsoft.graph.azureActiveDirectoryTenant"
          displayName: Fabrikam Security
          tenantId: 11111111-2222-3333-4444-555555555555
      state: configured
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
from ansible_collections.mssp.defender.plugins.module_utils._resources.connected_organization import ConnectedOrganization
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "org_id": {"type": "str"},
            "org_tenant_id": {"type": "str"},
            "domain": {"type": "str"},
            "name": {"type": "str"},
            "with_sponsors": {"type": "bool", "default": False},
        },
        mutually_exclusive=(("org_id", "org_tenant_id", "domain", "name"),),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Connected organizations."""
    keys = ("org_id", "org_tenant_id", "domain", "name")
    wanted = {key: task.params[key] for key in keys}
    sponsors = task.params["with_sponsors"]
    return task.read(
        ConnectedOrganization, "connected_orgs", keys, lambda graph: listing.organizations(graph, sponsors=sponsors, **wanted)
    )


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
