#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_package_catalog
short_description: Manage a catalog of Entra entitlement management
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Creates, changes and deletes one catalog, with the groups that are its resources.
  - What is not stated is left alone; a stated empty value clears.
  - Needs the permissions C(EntitlementManagement.ReadWrite.All) and C(Group.ReadWrite.All); in check mode C(EntitlementManagement.Read.All) suffices
    and, to name groups other than by id, C(GroupMember.Read.All).
options:
  name:
    description: Display name of the catalog, and its key unless O(catalog_id) is given.
    type: str
  catalog_id:
    description: Id of an existing catalog.
    type: str
  description:
    description: Description; empty clears it.
    type: str
  published:
    description: Whether packages of the catalog can be requested. A new catalog is published unless stated.
    type: bool
  externally_visible:
    description: Whether users of other organizations can request packages of the catalog. A new catalog is visible unless stated.
    type: bool
  groups:
    description: The groups in the catalog, each by id, name or as the group that M(mssp.defender.aad_group) returned. Other kinds of resources are left alone.
    type: list
    elements: raw
  append:
    description: Only add O(groups), and leave other groups in the catalog.
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
  - mssp.defender.graph.state
seealso:
  - module: mssp.defender.access_package
"""

EXAMPLES = r"""
- name: The catalog for the MSSP's access
  mssp.defender.access_package_catalog:
    tenant_id: contoso.onmicrosoft.com
    name: MSSP Accesses
    description: Access of our managed security service provider
    groups:
      - Tier 1 Analyst
      - Tier 2 Analyst
      - MSSP Analyst Approvers
"""

RETURN = r"""
catalog:
  description:
    - The catalog in Microsoft Graph's terms, with its groups if they are managed; null when it is absent.
    - In check mode as it would be, with C((known after apply)) where the server decides.
  returned: success
  type: dict
  sample:
    displayName: MSSP Accesses
    id: 5a3f1b2c-4d5e-4f60-8a7b-9c0d1e2f3a4b
    isExternallyVisible: true
    state: published
resources:
  description: The groups in the catalog, if O(groups) is given.
  returned: success
  type: list
  elements: dict
  sample:
    - displayName: Tier 1 Analyst
      id: 7b8c9d0e-1f2a-4b3c-8d4e-5f6a7b8c9d0e
      originId: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10
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
      after: true
      before: false
      object: {id: 5a3f1b2c-4d5e-4f60-8a7b-9c0d1e2f3a4b, name: MSSP Accesses, type: catalog}
      property: isExternallyVisible
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
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(STATE).merge(
    ArgumentSpec(
        options={
            "name": {"type": "str"},
            "catalog_id": {"type": "str"},
            "description": {"type": "str"},
            "published": {"type": "bool"},
            "externally_visible": {"type": "bool"},
            "groups": {"type": "list", "elements": "raw"},
            "append": {"type": "bool", "default": False},
        },
        required_one_of=(("name", "catalog_id"),),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """One catalog and the groups in it."""
    params = task.params
    desired = stated(Catalog.properties, params)
    if params["published"] is not None:
        desired["state"] = "published" if params["published"] else "unpublished"
    catalog = Catalog(
        task.graph,
        desired,
        catalog_id=params["catalog_id"],
        groups=task.references.groups(params["groups"], "groups"),
        append=params["append"],
    )
    result = task.reconcile(catalog, "catalog")
    result["resources"] = (result["catalog"] or {}).get("resources", [])
    return result


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
