#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_package_request_info
short_description: Read requests for access packages
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads requests for access packages, by default those that wait for approval.
  - With an application's token, or that of an administrator, all requests of the tenant; with that of a person who may not list
    them, such as a guest who approves, those that wait for that person.
  - The permission C(EntitlementManagement.Read.All) suffices.
options:
  request_id:
    description: Id of one request, whatever its state.
    type: str
  access_package:
    description:
      - Only requests for this access package, by id, name or as M(mssp.defender.access_package) returned it.
      - With a person's token names of packages and catalogs are compared with the names that the requests tell; a misspelt one finds
        nothing. With an application's token it is an error.
    type: raw
  catalog:
    description: Only requests for packages of this catalog, by id, name or as M(mssp.defender.access_package_catalog) returned it.
    type: raw
  target:
    description: Only those of this person, by user id, user principal name or mail address.
    type: str
  states:
    description: Only those in one of these states. V(all) is any, with the history of the tenant.
    type: list
    elements: str
    choices:
      - submitted
      - pendingApproval
      - scheduled
      - delivering
      - delivered
      - partiallyDelivered
      - deliveryFailed
      - denied
      - canceled
      - expired
      - all
    default: [pendingApproval]
  with_approvals:
    description:
      - Read the stages of each request's approval as well, that is who has decided and who is to.
      - Needs the token of a person, with O(refresh_token) or O(access_token), and one more request for each. What this person may
        not see is null.
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: mssp.defender.access_package_request
"""

EXAMPLES = r"""
- name: Who waits?
  mssp.defender.access_package_request_info:
    tenant_id: contoso.onmicrosoft.com
    catalog: MSSP Accesses
  register: waiting

- name: Since when?
  ansible.builtin.debug:
    msg: "{{ waiting.requests | map(attribute='createdDateTime') }}"
"""

RETURN = r"""
requests:
  description:
    - The requests in Microsoft Graph's terms, oldest first.
    - Always a list, empty when nothing matches.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the request; its approval has the same.
      type: str
      returned: always
    requestType:
      description: What was asked for, such as V(userAdd) or V(userUpdate).
      type: str
      returned: always
    state:
      description: State of the request in Microsoft Graph's words.
      type: str
      returned: always
    status:
      description: The service's free text beside the state.
      type: str
      returned: always
    timed_out:
      description: Whether it ended because nobody decided in time. Its state may say V(denied) all the same.
      type: bool
      returned: always
    requestor:
      description:
        - Who asked, with C(id), C(objectId), C(displayName), C(email), C(principalName), C(connectedOrganization) and C(tenant).
        - C(tenant) is where the person comes from, with C(id), C(domain), C(displayName) and C(known_from), which is
          V(connectedOrganization) or, where that is not known, V(email); null when nothing is known.
      type: dict
      returned: always
    target:
      description: Who gets the access, as C(requestor); null where Microsoft Graph does not tell it apart yet.
      type: dict
      returned: always
    accessPackage:
      description: The package with C(id), C(displayName) and C(catalog).
      type: dict
      returned: always
    assignmentPolicy:
      description: The policy with C(id) and C(displayName), both null while Microsoft Graph does not tell it.
      type: dict
      returned: always
    justification:
      description: Why the person asks.
      type: str
      returned: always
    createdDateTime:
      description: Since when.
      type: str
      returned: always
    approval:
      description:
        - Who decides and until when, as far as that can be read; null otherwise.
        - C(stages) are read with a person's token only and are null otherwise; each has C(status), C(reviewResult), C(assignedToMe),
          C(reviewedBy), C(reviewedDateTime), C(justification) and C(deadline).
        - C(deadline) is when the open stage ends by itself; null when it is not known by which policy.
      type: dict
      returned: always
  sample:
    - accessPackage:
        catalog: {displayName: MSSP Accesses, id: 5a3f1b2c-4d5e-4f60-8a7b-9c0d1e2f3a4b}
        displayName: Tier 1 Analyst
        id: 0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d
      approval:
        deadline: "2026-12-07T08:00:00Z"
        id: 4d1c6f0e-5b2a-4c3d-8e9f-0a1b2c3d4e5f
        stages: null
      assignmentPolicy: {displayName: null, id: null}
      completedDateTime: null
      createdDateTime: "2026-11-23T08:00:00Z"
      id: 4d1c6f0e-5b2a-4c3d-8e9f-0a1b2c3d4e5f
      justification: On call from December
      requestType: userAdd
      requestor:
        connectedOrganization: {displayName: Fabrikam Security, id: 9f1d7c53-5f3c-4a63-8f6d-0a1b2c3d4e5f}
        displayName: Ana Analyst
        email: ana@fabrikam-security.example
        id: 7c6b5a49-3827-4615-9043-21f0e9d8c7b6
        objectId: null
        principalName: null
        subjectType: user
        tenant:
          displayName: Fabrikam Security
          domain: null
          id: 11111111-2222-3333-4444-555555555555
          known_from: connectedOrganization
      schedule: null
      state: pendingApproval
      status: PendingApproval
      target: null
      timed_out: false
failure:
  description: What failed, for playbooks to test.
  returned: failure
  type: dict
  sample:
    code: UnAuthorized
    message: "User is not authorized to perform the operation. Reason: Unauthorized"
    request_id: 0b2a9e8e-6a6a-4c5e-8f6b-7c2d5a1f0e3d
    status: 403
"""

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._failures import doing
from ansible_collections.mssp.defender.plugins.module_utils._resources import approval
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import can_exist
from ansible_collections.mssp.defender.plugins.module_utils._resources.request import (
    PENDING,
    PERMISSIONS,
    STATES,
    find,
    read,
    shown,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.request_decision import wanted_by
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "request_id": {"type": "str"},
            "access_package": {"type": "raw"},
            "catalog": {"type": "raw"},
            "target": {"type": "str"},
            "states": {"type": "list", "elements": "str", "choices": [*STATES, "all"], "default": [PENDING]},
            "with_approvals": {"type": "bool", "default": False},
        },
        mutually_exclusive=(("request_id", "access_package"), ("request_id", "catalog"), ("request_id", "target")),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Requests, and who decides them."""
    params = task.params
    task.needs = PERMISSIONS.read
    with doing("read requests"):
        answerable = can_exist(params, ("request_id", "target"), task.check_mode)
        return {"changed": False, "requests": _look(task) if answerable else []}


def _look(task: Task) -> list[dict[str, t.Any]]:
    params, graph, claims = task.params, task.graph, task.tokens.claims()
    if params["with_approvals"]:
        approval.require_person(claims)
    if params["request_id"]:
        one = find(graph, params["request_id"])
        found = [one] if one else []
    else:
        wanted = wanted_by(params, task.references, claims)
        states = None if "all" in params["states"] else params["states"]
        found = [] if wanted is None else read(graph, wanted, states, person=approval.is_person(claims))
    told = []
    for request in found:
        stages = approval.read_stages(graph, request["id"], claims) if params["with_approvals"] else None
        told.append(shown(request, approval.shown(request, stages, approval.read_policies(graph, request))))
    return told


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
