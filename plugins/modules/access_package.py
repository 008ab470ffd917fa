#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_package
short_description: Manage an access package of Entra entitlement management
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Creates, changes and deletes one access package, and what it grants.
  - What is not stated is left alone; a stated empty value clears.
  - Who may request it and for how long is decided by its policies, see M(mssp.defender.access_package_policy).
  - Needs the permission C(EntitlementManagement.ReadWrite.All); in check mode C(EntitlementManagement.Read.All) suffices. To name groups other than by id
    takes C(GroupMember.Read.All) as well.
options:
  name:
    description: Display name of the package, with O(catalog) its key unless O(package_id) is given.
    type: str
  package_id:
    description: Id of an existing package.
    type: str
  catalog:
    description: The package's catalog, by id, name or as M(mssp.defender.access_package_catalog) returned it. It cannot be changed later.
    type: raw
  description:
    description: Description; empty clears it.
    type: str
  hidden:
    description: Whether only those who have the link can find the package. It does not limit who may request. A new package is visible unless stated.
    type: bool
  resource_roles:
    description: What the package grants. Not stated, it is left alone.
    type: list
    elements: dict
    suboptions:
      group:
        description: A group of the catalog, by id, name or as the group that M(mssp.defender.aad_group) returned.
        type: raw
        required: true
      role:
        description: The group's role that the package grants.
        type: str
        choices: [Member, Owner]
        default: Member
  incompatible_groups:
    description: Whoever is in one of these groups cannot get the package. Each by id, name or as the group that M(mssp.defender.aad_group) returned it.
    type: list
    elements: raw
  incompatible_packages:
    description:
      - Whoever has one of these packages cannot get this one. Each by id, by a name that only one catalog has, or as this module returned it.
      - Entitlement management looks at this for requests only, not for members that come another way.
    type: list
    elements: raw
  append:
    description:
      - Only add O(resource_roles), O(incompatible_groups) and O(incompatible_packages), and leave what else the package grants or excludes.
    type: bool
    default: false
  append_incompatible:
    description: Only add O(incompatible_groups) and O(incompatible_packages), and leave what else the package excludes.
    type: bool
    default: false
  directory_hint:
    description:
      - The customer's domain for RV(access_package.request_url).
      - Looked up if not given, which needs the permission C(Organization.Read.All). Without it the task warns, and the link is null.
    type: str
extends_documentation_fragment:
  - mssp.defender.graph
  - mssp.defender.graph.state
seealso:
  - module: mssp.defender.access_package_policy
"""

EXAMPLES = r"""
- name: What an analyst of tier 1 gets
  mssp.defender.access_package:
    tenant_id: contoso.onmicrosoft.com
    catalog: MSSP Accesses
    name: Tier 1 Analyst
    description: Membership in Tier 1 Analyst
    resource_roles:
      - group: Tier 1 Analyst
  register: package

- name: Where to request it
  ansible.builtin.debug:
    var: package.access_package.request_url
"""

RETURN = r"""
access_package:
  description:
    - The package in Microsoft Graph's terms, with its C(request_url); null when it is absent.
    - In check mode as it would be, with C((known after apply)) where the server decides.
  returned: success
  type: dict
  contains:
    request_url:
      description: The My Access page where the package is requested; null where the cloud has no documented page, or the domain is not known.
      type: str
      returned: when the package is present
  sample:
    displayName: Tier 1 Analyst
    id: 0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d
    isHidden: false
    request_url: https://myaccess.microsoft.com/@contoso.onmicrosoft.com#/access-packages/0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d
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
      object: {id: 0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d, name: Tier 1 Analyst, type: access package}
      property: isHidden
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
from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import AccessPackage, GroupRole
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import stated
from ansible_collections.mssp.defender.plugins.module_utils._resources.tenants import hint_for_links, request_url
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(STATE).merge(
    ArgumentSpec(
        options={
            "name": {"type": "str"},
            "package_id": {"type": "str"},
            "catalog": {"type": "raw"},
            "description": {"type": "str"},
            "hidden": {"type": "bool"},
            "resource_roles": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "group": {"type": "raw", "required": True},
                    "role": {"type": "str", "choices": ["Member", "Owner"], "default": "Member"},
                },
            },
            "incompatible_groups": {"type": "list", "elements": "raw"},
            "incompatible_packages": {"type": "list", "elements": "raw"},
            "append": {"type": "bool", "default": False},
            "append_incompatible": {"type": "bool", "default": False},
            "directory_hint": {"type": "str"},
        },
        required_one_of=(("name", "package_id"), ("catalog", "package_id")),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """One access package and what it grants."""
    params = task.params
    roles = params["resource_roles"]
    package = AccessPackage(
        task.graph,
        stated(AccessPackage.properties, params),
        package_id=params["package_id"],
        catalog=None if params["catalog"] is None else task.references.catalog(params["catalog"], "catalog"),
        roles=None
        if roles is None
        else [GroupRole(task.references.group(x["group"], "resource_roles.group"), x["role"]) for x in roles],
        append=params["append"],
        append_incompatible=params["append"] or params["append_incompatible"],
        incompatible_groups=task.references.groups(params["incompatible_groups"], "incompatible_groups"),
        incompatible_packages=task.references.access_packages(params["incompatible_packages"], "incompatible_packages"),
    )
    result = task.reconcile(package, "access_package")
    if result["access_package"] is not None:
        identifier = result["access_package"]["id"]
        result["access_package"]["request_url"] = request_url(
            task.cloud, hint_for_links(task.graph, task.params["directory_hint"], task.warn), identifier
        )
    return result


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
