#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_package_assignment
short_description: Assign one person to an access package of Entra entitlement management
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Assigns a person to an access package directly, changes when that ends, or ends it.
  - A live assignment, under whatever policy, is left as it is unless another end is stated. While a request for the person and
    the package is open, whoever sent it, no second one is sent, and the result says how far it is.
  - Whether a direct assignment passes by the approvers is not settled at Microsoft. One that waits for them is a result, no failure.
  - When a guest's last assignment ends, the tenant's own settings may block the guest from signing in and delete the guest later.
  - Needs the permission C(EntitlementManagement.ReadWrite.All); in check mode C(EntitlementManagement.Read.All) suffices. To name people other than by id
    takes C(User.Read.All) as well.
options:
  access_package:
    description: The access package by id, name or as M(mssp.defender.access_package) returned it.
    type: raw
  catalog:
    description: The catalog of O(access_package), by id, name or as M(mssp.defender.access_package_catalog) returned it, to tell packages of one name apart.
    type: raw
  policy:
    description:
      - The policy of the package to assign under, by id, name or as M(mssp.defender.access_package_policy) returned it.
      - Can be left out when the package has one only. A live assignment keeps the policy that it has, with a warning.
    type: raw
  target:
    description: The person, by id, user principal name or mail address. Who is not in the directory yet takes O(invite).
    type: raw
  invite:
    description:
      - Send the mail address of a person who is not in the directory yet, who is then invited.
      - Microsoft bills this as a feature of Entra ID Governance, and the address must belong to an organization that the policy names.
    type: bool
    default: false
  assignment_id:
    description: Id of an assignment, in the place of O(access_package) and O(target), to end it or to change when it ends.
    type: str
  duration_days:
    description:
      - How many days it lasts, counted from its delivery or from its last change.
      - Without this and O(ends) it lasts as long as its policy says, and what is there stays.
    type: int
  ends:
    description: When it ends, as ISO 8601 such as V(2027-01-31T18:00:00Z). Without a zone it is UTC.
    type: str
  justification:
    description: Why, for whoever reads the request.
    type: str
  bypass_approval:
    description:
      - Ask the service not to ask the approvers, where the policy needs an approval. Some tenants' services skip them in any case.
      - A service that does not know this is asked without it, with a warning.
    type: bool
    default: false
  wait:
    description:
      - Wait until the access is delivered or, with O(state=absent), ended, for O(wait_timeout) seconds at most.
      - A request that waits for approval is not waited for, nor a guest who has not accepted the invitation.
    type: bool
    default: true
  state:
    description:
      - Whether the assignment shall be there.
      - With V(absent) an open request for it is cancelled as well.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - mssp.defender.graph
seealso:
  - module: mssp.defender.access_package_assignment_info
  - module: mssp.defender.access_package_policy
"""

EXAMPLES = r"""
- name: A first approver
  mssp.defender.access_package_assignment:
    tenant_id: contoso.onmicrosoft.com
    catalog: MSSP Accesses
    access_package: MSSP Analyst Approvers
    policy: Customer approvers (direct assignment)
    target: lead@fabrikam.com
    justification: Contract 4711

- name: An analyst leaves
  mssp.defender.access_package_assignment:
    tenant_id: contoso.onmicrosoft.com
    catalog: MSSP Accesses
    access_package: Tier 1 Analyst
    target: ana@fabrikam.com
    state: absent
"""

RETURN = r"""
assignment:
  description:
    - The assignment in Microsoft Graph's terms, with the names of what it belongs to.
    - Null when it has ended, and while there is none yet because its request is open.
  returned: success
  type: dict
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
    accessPackage: {displayName: Tier 1 Analyst, id: 0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d}
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
request:
  description:
    - The request that this task sent or found open, with its C(id), C(requestType), C(state) and C(status).
    - Null when there is none. With O(wait=false) it is the answer to the request, and in check mode only what is open already.
  returned: success
  type: dict
  sample:
    completedDateTime: null
    createdDateTime: "2026-11-23T10:00:00Z"
    id: 5b6c7d8e-9f0a-4b1c-8d2e-3f4a5b6c7d8e
    requestType: adminAdd
    state: pendingApproval
    status: PendingApproval
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
      after: P90D
      before: P30D
      object: {id: 7c1e2d3f-4a5b-4c6d-8e9f-0a1b2c3d4e5f, name: "Tier 1 Analyst: ana@fabrikam.com", type: assignment}
      property: schedule.expiration.duration
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

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput, doing
from ansible_collections.mssp.defender.plugins.module_utils._resources import assignment_schedule
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment import Assignment
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment_reading import shown_request
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment_references import People
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "access_package": {"type": "raw"},
            "catalog": {"type": "raw"},
            "policy": {"type": "raw"},
            "target": {"type": "raw"},
            "invite": {"type": "bool", "default": False},
            "assignment_id": {"type": "str"},
            "duration_days": {"type": "int"},
            "ends": {"type": "str"},
            "justification": {"type": "str"},
            "bypass_approval": {"type": "bool", "default": False, "no_log": False},
            "wait": {"type": "bool", "default": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        mutually_exclusive=(
            ("duration_days", "ends"),
            ("assignment_id", "access_package"),
            ("assignment_id", "target"),
            ("assignment_id", "policy"),
        ),
        required_one_of=(("access_package", "assignment_id"), ("target", "assignment_id")),
        required_by={"catalog": ("access_package",)},
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """One assignment."""
    params = task.params
    ending = params["state"] == "absent"
    assignment = Assignment(
        task.graph,
        {} if ending else assignment_schedule.stated(params["duration_days"], params["ends"]),
        **({} if params["assignment_id"] else _of_whom(task, ending)),
        assignment_id=params["assignment_id"],
        justification=params["justification"],
        bypass_approval=params["bypass_approval"],
        ending=ending,
    )
    result = task.reconcile(assignment, "assignment")
    told = len(assignment.notes)
    there = result["assignment"]
    # What is only asked for is no assignment yet.
    there = there if there and there["id"] else None
    if params["wait"] and not task.check_mode:
        with doing(f"complete the assignment '{assignment.name}'"):
            there = assignment.settle(there)
        for note in assignment.notes[told:]:
            task.warn(f"{note} (tenant {task.tenant})")
    return {**result, "assignment": there, "request": shown_request(assignment.request)}


def _of_whom(task: Task, ending: bool) -> dict[str, t.Any]:
    """The package, the person and the policy."""
    params = task.params
    references = People(task.graph, task.check_mode)
    catalog = None if params["catalog"] is None else references.catalog(params["catalog"], "catalog")
    package = references.access_package(params["access_package"], "access_package", catalog)
    person = references.person(params["target"], "target")
    if person is None and not params["invite"] and not ending:
        raise InvalidInput(
            f"target: nobody in the directory has the user principal name or mail address '{params['target']}'",
            remedy="Check it. With invite: true the assignment invites the person, which Microsoft bills as a feature of Entra ID "
            "Governance.",
        )
    address = params["target"] if isinstance(params["target"], str) else None
    return {"package": package, "person": person, "address": address, "policy": params["policy"]}


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
