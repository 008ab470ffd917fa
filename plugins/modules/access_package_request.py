#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_package_request
short_description: Approve, deny or cancel a request for an access package
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Decides one request for an access package, or cancels it.
  - Only a person can approve and deny. Microsoft Graph offers that to no application, so the task needs a token of somebody who has
    signed in to the customer's tenant, with O(refresh_token) or O(access_token), and with the delegated permission
    C(EntitlementManagement.ReadWrite.All). No directory role is needed. The person must be an approver of the stage that is open, and
    not the one who asked.
  - Cancelling works with the application's token as well.
  - A request that is decided or cancelled that way already is left alone; one that was decided otherwise is an error.
options:
  request_id:
    description: Id of the request.
    type: str
  access_package:
    description:
      - Instead of O(request_id), the access package that was asked for, by id, name or as M(mssp.defender.access_package) returned it.
      - With a person's token a name is compared with the names that the requests tell, since approvers need not be able to read packages.
    type: raw
  catalog:
    description: The catalog of O(access_package), by id, name or as M(mssp.defender.access_package_catalog) returned it.
    type: raw
  target:
    description: With O(access_package), who asked for it, by user id, user principal name or mail address.
    type: str
  decision:
    description:
      - V(approve) and V(deny) decide the stage that is open and assigned to the person. A request with more stages waits for the next
        one's approvers then.
      - V(cancel) withdraws a request that has not led to access yet; one that is being delivered, where the service
        still lets it. With O(target), only requests that give or prolong access are meant; one that takes it away is
        cancelled by O(request_id).
    type: str
    choices: [approve, deny, cancel]
    required: true
  justification:
    description: Why, for whoever looks later. Required to approve and to deny.
    type: str
extends_documentation_fragment:
  - mssp.defender.graph
notes:
  - A repeated decision is recognised by O(request_id). An approver without a directory role sees only what waits, so O(target) finds
    nothing any more once it is decided.
seealso:
  - module: mssp.defender.access_package_request_info
  - module: mssp.defender.access_package_assignment
"""

EXAMPLES = r"""
- name: Let her in
  mssp.defender.access_package_request:
    tenant_id: contoso.onmicrosoft.com
    client_id: 0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d
    refresh_token: "{{ vault_refresh_token_of_the_approver }}"
    access_package: Tier 1 Analyst
    catalog: MSSP Accesses
    target: ana@fabrikam-security.example
    decision: approve
    justification: On call from December, ticket 4711

- name: The application withdraws what nobody should decide any more
  mssp.defender.access_package_request:
    tenant_id: contoso.onmicrosoft.com
    request_id: 4d1c6f0e-5b2a-4c3d-8e9f-0a1b2c3d4e5f
    decision: cancel
"""

RETURN = r"""
request:
  description: The request in Microsoft Graph's terms as it is after the decision or, in check mode, as it would be.
  returned: success
  type: dict
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
    accessPackage:
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
    state: delivering
    status: Delivering
    target: null
    timed_out: false
changes:
  description: What was decided or, in check mode, what would be. Empty when nothing differs.
  returned: success
  type: list
  elements: dict
  contains:
    object:
      description: The request, with its C(type), C(name) and C(id).
      type: dict
      returned: always
    action:
      description: V(update).
      type: str
      returned: always
    property:
      description: V(reviewResult), or V(state) when it is cancelled.
      type: str
      returned: always
    before:
      description: The value before.
      type: str
      returned: always
    after:
      description: The value after.
      type: str
      returned: always
  sample:
    - action: update
      after: Approved
      before: NotReviewed
      object: {id: 4d1c6f0e-5b2a-4c3d-8e9f-0a1b2c3d4e5f, name: "Ana Analyst: Tier 1 Analyst", type: request}
      property: reviewResult
check_mode:
  description: Whether this result is a prediction.
  returned: success
  type: bool
  sample: false
failure:
  description: What failed, for playbooks to test.
  returned: failure
  type: dict
  sample:
    code: NotAPerson
    message: the token is an application's, and Microsoft Graph lets only people see and decide approvals
    request_id: null
    status: null
"""

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._failures import doing
from ansible_collections.mssp.defender.plugins.module_utils._resources.request import PERMISSIONS
from ansible_collections.mssp.defender.plugins.module_utils._resources.request_decision import Decision, Done
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "request_id": {"type": "str"},
            "access_package": {"type": "raw"},
            "catalog": {"type": "raw"},
            "target": {"type": "str"},
            "decision": {"type": "str", "choices": ["approve", "deny", "cancel"], "required": True},
            "justification": {"type": "str"},
        },
        required_one_of=(("request_id", "access_package"),),
        mutually_exclusive=(("request_id", "access_package"), ("request_id", "target"), ("request_id", "catalog")),
        required_by={"access_package": ("target",), "catalog": ("access_package",), "target": ("access_package",)},
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """One decision."""
    params = task.params
    task.needs = PERMISSIONS.write
    label = f"request {params['request_id']}" if params["request_id"] else f"request of '{params['target']}'"
    with doing(f"{params['decision']} the {label}"):
        decision = Decision(task.graph, task.tokens.claims(), params["decision"], params["justification"])
        decision.check()
        done = decision.make(decision.find(params, task.references), dry=task.check_mode)
    return _result(task, done)


def _result(task: Task, done: Done) -> dict[str, t.Any]:
    changes = [
        {
            "object": {"type": "request", "name": done.name, "id": done.request["id"]},
            "action": "update",
            "property": done.property,
            "before": done.before,
            "after": done.after,
        }
    ]
    result: dict[str, t.Any] = {
        "changed": done.changed,
        "changes": changes if done.changed else [],
        "check_mode": task.check_mode,
        "request": done.request,
    }
    if task.diff_mode:
        header = f"request '{done.name}' in tenant {task.tenant}"
        result["diff"] = {
            "before": {done.property: done.before} if done.changed else {},
            "after": {done.property: done.after} if done.changed else {},
            "before_header": header,
            "after_header": header,
        }
    return result


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
