#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_package_info
short_description: Read access packages of Entra entitlement management
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads access packages with what they grant and where they are requested, one by its id, those of a name or of a catalog, or all.
  - Without a filter everything that there is; an empty filter is an error, so that an empty variable does not mean everything.
  - The permission C(EntitlementManagement.Read.All) suffices.
options:
  package_id:
    description: Id of the package.
    type: str
  name:
    description: Display name; names are unique in a catalog only.
    type: str
  catalog:
    description: Only the packages of this catalog, by id, name or as M(mssp.defender.access_package_catalog) returned it. It must be there.
    type: raw
  with_incompatible:
    description: Read the groups and packages that exclude each package as well, with two more requests for each.
    type: bool
    default: false
  directory_hint:
    description:
      - The customer's domain for RV(access_packages[].request_url).
      - Looked up if not given, which needs the permission C(Organization.Read.All). Without it the task warns, and the link is null.
    type: str
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.access_package
"""

EXAMPLES = r"""
- name: What can be requested?
  mssp.defender.access_package_info:
    tenant_id: contoso.onmicrosoft.com
    catalog: MSSP Accesses
  register: found

- name: And where?
  ansible.builtin.debug:
    msg: "{{ found.access_packages | map(attribute='request_url') }}"
"""

RETURN = r"""
access_packages:
  description:
    - The packages in Microsoft Graph's terms, each with its catalog and its C(request_url).
    - Always a list, empty when nothing matches.
  returned: success
  type: list
  elements: dict
  contains:
    request_url:
      description: The My Access page where the package is requested; null where the cloud has no documented page, or the domain is not known.
      type: str
      returned: always
    resourceRoleScopes:
      description: What the package grants, each with its role and its scope.
      type: list
      elements: dict
      returned: always
  sample:
    - catalog:
        displayName: MSSP Accesses
        id: 5a3f1b2c-4d5e-4f60-8a7b-9c0d1e2f3a4b
      displayName: Tier 1 Analyst
      id: 0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d
      isHidden: false
      request_url: https://myaccess.microsoft.com/@contoso.onmicrosoft.com#/access-packages/0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d
      resourceRoleScopes:
        - id: 8c9d0e1f-2a3b-4c4d-9e5f-6a7b8c9d0e1f
          role:
            displayName: Member
          scope:
            originId: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10
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
from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import AccessPackage
from ansible_collections.mssp.defender.plugins.module_utils._resources.tenants import hint_for_links, request_url
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "package_id": {"type": "str"},
            "name": {"type": "str"},
            "catalog": {"type": "raw"},
            "with_incompatible": {"type": "bool", "default": False},
            "directory_hint": {"type": "str"},
        },
        mutually_exclusive=(("package_id", "name"), ("package_id", "catalog")),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Access packages and where they are requested."""
    params = task.params

    def look(graph: Graph) -> list[Entity]:
        catalog = None if params["catalog"] is None else task.references.catalog(params["catalog"], "catalog")
        found = listing.packages(
            graph,
            package_id=params["package_id"],
            catalog=catalog,
            name=params["name"],
            incompatible=params["with_incompatible"],
        )
        hint = hint_for_links(task.graph, task.params["directory_hint"], task.warn) if found else None
        return [{**package, "request_url": request_url(task.cloud, hint, package["id"])} for package in found]

    return task.read(AccessPackage, "access_packages", ("package_id", "name"), look)


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
