#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: aad_user_info
short_description: Read users of Microsoft Entra ID, and find those of a connected organization
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads users, those that are named, those of a group, or all who belong to a connected organization.
  - Without a filter everybody; an empty filter is an error, so that an empty variable does not mean everybody. An empty list of
    O(users) is nobody.
  - The permission C(User.Read.All) suffices, with C(GroupMember.Read.All) for O(group), and with
    C(EntitlementManagement.Read.All) and C(CrossTenantInformation.ReadBasic.All) for O(connected_org).
options:
  user:
    description: One user, by id, user principal name or mail address, or as a task of this collection returned it.
    type: raw
  users:
    description: Several users, each written as O(user). Those that are not there are left out.
    type: list
    elements: raw
  group:
    description: The users who are direct members of this group, by id, name or as the group that M(mssp.defender.aad_group) returned. It must be there.
    type: raw
  connected_org:
    description:
      - All users who belong to this connected organization, by id, name or as M(mssp.defender.connected_org) returned it. It must be there.
      - Guests, and members as well, since cross-tenant synchronization makes members.
      - Microsoft Graph does not know where a user comes from. RV(users[].determined_by) says what tells it of each.
      - Reads all users of the directory, and looks up each domain of their mail addresses once.
    type: raw
  org_tenant_id:
    description: The same for a tenant that need not be a connected organization any more, told by sign-in and domain alone.
    type: str
  with_sign_in:
    description:
      - Read C(signInActivity) as well, with one more request for each user who was found.
      - Needs the permission C(AuditLog.Read.All), and Entra ID P1 in the tenant.
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.aad_user
"""

EXAMPLES = r"""
- name: Everybody of the MSSP
  mssp.defender.aad_user_info:
    tenant_id: contoso.onmicrosoft.com
    connected_org: Fabrikam Security
    with_sign_in: true
  register: found

- name: Since when, and how do we know?
  ansible.builtin.debug:
    msg: "{{ item.userPrincipalName }} since {{ item.createdDateTime }}, by {{ item.determined_by | join(' and ') }}"
  loop: "{{ found.users }}"
"""

RETURN = r"""
users:
  description:
    - The users in Microsoft Graph's terms.
    - Always a list, empty when nobody matches.
  returned: success
  type: list
  elements: dict
  contains:
    determined_by:
      description:
        - What tells that the user belongs to the connected organization, one or several of V(assignment), V(identity) and V(domain).
        - V(assignment) - entitlement management counts the target of an assignment, in any state, to the organization.
        - V(identity) - the user signs in at a domain of the organization.
        - >-
          V(domain) - the mail address, or the part before C(#EXT#) of the user principal name, has a domain that is among the
          verified ones of the organization's tenant.
      type: list
      elements: str
      returned: with O(connected_org)
    signInActivity:
      description: When the user last signed in; null for somebody who never did.
      type: dict
      returned: with O(with_sign_in)
  sample:
    - determined_by: [assignment, domain]
      accountEnabled: false
      createdDateTime: '2026-01-05T09:12:44Z'
      displayName: Lea Lead
      externalUserState: Accepted
      id: 6b8f1c2d-3e4a-4b5c-8d6e-7f8091a2b3c4
      mail: lead@fabrikam-security.example
      userPrincipalName: lead_fabrikam-security.example#EXT#@contoso.onmicrosoft.com
      userType: Guest
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
from ansible_collections.mssp.defender.plugins.module_utils._resources import user_listing
from ansible_collections.mssp.defender.plugins.module_utils._resources.user import User, everybody, key_of
from ansible_collections.mssp.defender.plugins.module_utils._resources.user_origin import users_of, users_of_tenant
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

_FILTERS = ("user", "users", "group", "connected_org", "org_tenant_id")
SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "user": {"type": "raw"},
            "users": {"type": "list", "elements": "raw"},
            "group": {"type": "raw"},
            "connected_org": {"type": "raw"},
            "org_tenant_id": {"type": "str"},
            "with_sign_in": {"type": "bool", "default": False},
        },
        mutually_exclusive=(_FILTERS,),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Users."""
    params = task.params

    def find(graph: Graph) -> list[Entity]:
        if params["connected_org"] is not None:
            organization = task.references.connected_organization(params["connected_org"], "connected_org")
            return users_of(graph, organization) if organization.known else []
        if params["org_tenant_id"] is not None:
            return users_of_tenant(graph, params["org_tenant_id"].strip())
        if params["group"] is not None:
            group = task.references.group(params["group"], "group")
            return user_listing.members(graph, group) if group.known else []
        if params["users"] is not None:
            return user_listing.named(graph, [key_of(value, "users") for value in params["users"]])
        if params["user"] is not None:
            return user_listing.named(graph, [key_of(params["user"], "user")])
        return everybody(graph)

    def look(graph: Graph) -> list[Entity]:
        return user_listing.shown_with(find(graph), graph, sign_in=params["with_sign_in"])

    return task.read(User, "users", ("user", "org_tenant_id"), look)


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
