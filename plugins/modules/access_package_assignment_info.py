#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_package_assignment_info
short_description: Read assignments to access packages of Entra entitlement management
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads who is assigned to which access package, under which policy and until when.
  - Without a filter everything that there is; an empty filter is an error, so that an empty variable does not mean everything.
  - The permission C(EntitlementManagement.Read.All) suffices; to name people other than by id takes C(User.Read.All) as well.
options:
  assignment_id:
    description: Id of the assignment, whatever its state.
    type: str
  access_package:
    description: Only assignments to this package, by id, name or as M(mssp.defender.access_package) returned it.
    type: raw
  catalog:
    description: The catalog of O(access_package), by id, name or as M(mssp.defender.access_package_catalog) returned it, to tell packages of one name apart.
    type: raw
  policy:
    description: Only assignments under this policy, by id or as M(mssp.defender.access_package_policy) returned it or, beside O(access_package), by name.
    type: raw
  target:
    description: Only assignments of this person, by id, user principal name or mail address, of an invited person too.
    type: raw
  connected_org:
    description: Only assignments of people of this connected organization, by id, name or as M(mssp.defender.connected_org) returned it.
    type: raw
  states:
    description: Only assignments in these states; V(all) for every state, those that have ended included.
    type: list
    elements: str
    choices: [delivering, delivered, partiallyDelivered, deliveryFailed, expired, all]
    default: [delivering, delivered, partiallyDelivered]
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.access_package_assignment
"""

EXAMPLES = r"""
- name: Who of the MSSP can do what?
  mssp.defender.access_package_assignment_info:
    tenant_id: contoso.onmicrosoft.com
    connected_org: Fabrikam Security
  register: found

- name: By name
  ansible.builtin.debug:
    msg: "{{ found.assignments | map(attribute='target.displayName') }}"
"""

RETURN = r"""
assignments:
  description:
    - The assignments in Microsoft Graph's terms, with the names of what they belong to.
    - Always a list, empty when nothing matches.
  returned: success
  type: list
  elements: dict
  contains:
    connectedOrganization:
      description: The connected organization that the person belongs to, with C(id) and C(displayName); null when it is not known.
      type: dict
      returned: always
    target:
      description:
        - The person. C(id) is that of the user in the directory, null while somebody who is invited is not there yet.
        - C(subjectLifecycle) is V(governed) where the tenant's settings decide what becomes of a guest whose last access ends.
      type: dict
      returned: always
  sample:
    - accessPackage: {displayName: Tier 1 Analyst, id: 0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d}
      assignmentPolicy: {displayName: MSSP SOC users, id: 2e4f6a8b-0c1d-4e2f-8a3b-4c5d6e7f8091}
      connectedOrganization: {displayName: Fabrikam Security, id: 9f1d7c53-5f3c-4a63-8f6d-0a1b2c3d4e5f}
      expiredDateTime: null
      id: 7c1e2d3f-4a5b-4c6d-8e9f-0a1b2c3d4e5f
      schedule:
        expiration: {duration: null, endDateTime: "2027-11-23T10:00:00Z", type: afterDateTime}
        recurrence: null
        startDateTime: "2026-11-23T10:00:00Z"
      state: delivered
      status: Delivered
      target:
        displayName: Ana Analyst
        email: ana@fabrikam.com
        id: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10
        principalName: ana_fabrikam.com#EXT#@contoso.onmicrosoft.com
        subjectLifecycle: governed
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
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_listing
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment import Assignment
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment_reading import LIVE, STATES
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment_references import People
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "assignment_id": {"type": "str"},
            "access_package": {"type": "raw"},
            "catalog": {"type": "raw"},
            "policy": {"type": "raw"},
            "target": {"type": "raw"},
            "connected_org": {"type": "raw"},
            "states": {"type": "list", "elements": "str", "choices": [*STATES, "all"], "default": list(LIVE)},
        },
        mutually_exclusive=tuple(("assignment_id", x) for x in ("access_package", "policy", "target", "connected_org")),
        required_by={"catalog": ("access_package",)},
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Assignments."""
    params = task.params

    def look(graph: Graph) -> list[Entity]:
        if params["assignment_id"]:
            return assignment_listing.by_id(graph, params["assignment_id"])
        states = STATES if "all" in params["states"] else params["states"]
        return assignment_listing.found(graph, People(graph, task.check_mode), params, states)

    return task.read(Assignment, "assignments", ("assignment_id",), look)


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
