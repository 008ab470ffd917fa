#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_package_policy_info
short_description: Read assignment policies of Entra entitlement management
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads whole assignment policies with their access package, one by its id, those of a name or of a package, or all.
  - Without a filter everything that there is; an empty filter is an error, so that an empty variable does not mean everything.
  - The permission C(EntitlementManagement.Read.All) suffices.
options:
  policy_id:
    description: Id of the policy. Only so its stages of custom extensions are read as well.
    type: str
  name:
    description: Display name; names are unique in a package only.
    type: str
  access_package:
    description: Only the policies of this package, by id, name or as M(mssp.defender.access_package) returned it. It must be there.
    type: raw
  catalog:
    description: The catalog of O(access_package), by id, name or as M(mssp.defender.access_package_catalog) returned it, to tell packages of one name apart.
    type: raw
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.access_package_policy
"""

EXAMPLES = r"""
- name: Who may request this package?
  mssp.defender.access_package_policy_info:
    tenant_id: contoso.onmicrosoft.com
    catalog: MSSP Accesses
    access_package: Tier 1 Analyst
  register: found

- name: In its policies' words
  ansible.builtin.debug:
    msg: "{{ found.policies | map(attribute='allowedTargetScope') }}"
"""

RETURN = r"""
policies:
  description:
    - The whole policies in Microsoft Graph's terms.
    - Always a list, empty when nothing matches.
  returned: success
  type: list
  elements: dict
  contains:
    accessPackage:
      description: The package that the policy belongs to, with its C(id) and C(displayName).
      type: dict
      returned: always
  sample:
    - accessPackage:
        displayName: Tier 1 Analyst
        id: 0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d
      allowedTargetScope: specificConnectedOrganizationUsers
      displayName: MSSP SOC users
      expiration: {duration: P365D, endDateTime: null, type: afterDuration}
      id: 2e4f6a8b-0c1d-4e2f-8a3b-4c5d6e7f8091
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
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources import listing
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import Policy
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "policy_id": {"type": "str"},
            "name": {"type": "str"},
            "access_package": {"type": "raw"},
            "catalog": {"type": "raw"},
        },
        mutually_exclusive=(("policy_id", "name"), ("policy_id", "access_package")),
        required_by={"catalog": ("access_package",)},
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Assignment policies."""
    params = task.params

    def look(graph: Graph) -> list[Entity]:
        references, package = task.references, None
        if params["access_package"] is not None:
            catalog = None if params["catalog"] is None else references.catalog(params["catalog"], "catalog")
            package = references.access_package(params["access_package"], "access_package", catalog)
        return listing.policies(graph, policy_id=params["policy_id"], package=package, name=params["name"])

    return task.read(Policy, "policies", ("policy_id", "name"), look)


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
