#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_package_catalog_info
short_description: Read catalogs of Entra entitlement management
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads catalogs with the groups in them, one by its id, those of a name, or all.
  - Without a filter everything that there is; an empty filter is an error, so that an empty variable does not mean everything.
  - The permission C(EntitlementManagement.Read.All) suffices.
options:
  catalog_id:
    description: Id of the catalog.
    type: str
  name:
    description: Display name.
    type: str
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.access_package_catalog
"""

EXAMPLES = r"""
- name: Which groups can packages of this catalog grant?
  mssp.defender.access_package_catalog_info:
    tenant_id: contoso.onmicrosoft.com
    name: MSSP Accesses
  register: found

- name: Their names
  ansible.builtin.debug:
    msg: "{{ found.catalogs | map(attribute='resources') | flatten | map(attribute='displayName') }}"
"""

RETURN = r"""
catalogs:
  description:
    - The catalogs in Microsoft Graph's terms, each with its groups.
    - Always a list, empty when nothing matches.
  returned: success
  type: list
  elements: dict
  contains:
    resources:
      description: The groups in the catalog; C(originId) is the group's object id.
      type: list
      elements: dict
      returned: always
  sample:
    - displayName: MSSP Accesses
      id: 5a3f1b2c-4d5e-4f60-8a7b-9c0d1e2f3a4b
      isExternallyVisible: true
      resources:
        - displayName: Tier 1 Analyst
          id: 7b8c9d0e-1f2a-4b3c-8d4e-5f6a7b8c9d0e
          originId: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10
      state: published
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
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "catalog_id": {"type": "str"},
            "name": {"type": "str"},
        },
        mutually_exclusive=(("catalog_id", "name"),),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Catalogs and the groups in them."""
    keys = ("catalog_id", "name")
    wanted = {key: task.params[key] for key in keys}
    return task.read(Catalog, "catalogs", keys, lambda graph: listing.catalogs(graph, **wanted))


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
