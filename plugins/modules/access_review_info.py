#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_review_info
short_description: Read the access reviews of access packages
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Reads the reviews that the policies of access packages have brought about, with their instances and what was decided in them.
  - Such a review is made by its policy. Microsoft Graph lets nobody make, change or delete one.
  - The permissions C(AccessReview.Read.All) and C(EntitlementManagement.Read.All) suffice.
options:
  access_package:
    description: Only reviews of this access package, by id, name or as M(mssp.defender.access_package) returned it. It must be there.
    type: raw
  catalog:
    description: The catalog of O(access_package) or, alone, only reviews of its packages. By id, name or as
      M(mssp.defender.access_package_catalog) returned it. It must be there.
    type: raw
  policy:
    description: Only the review of this assignment policy, by id or as M(mssp.defender.access_package_policy) returned it.
    type: raw
  states:
    description:
      - Only instances in one of these states, and no reviews that have none.
      - Without this all reviews and instances.
    type: list
    elements: str
    choices:
      - Initializing
      - NotStarted
      - Starting
      - InProgress
      - Completing
      - Completed
      - AutoReviewing
      - AutoReviewed
      - Applying
      - Applied
  with_decisions:
    description: Read what was decided about each assignment as well, with one more request for each instance.
    type: bool
    default: false
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
- name: What is to be reviewed now?
  mssp.defender.access_review_info:
    tenant_id: contoso.onmicrosoft.com
    catalog: MSSP Accesses
    states: [InProgress]
    with_decisions: true
  register: open_reviews
"""

RETURN = r"""
reviews:
  description:
    - The definitions in Microsoft Graph's terms, with their instances.
    - Always a list, empty when nothing matches.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the definition.
      type: str
      returned: always
    accessPackage:
      description: The package, by its C(id).
      type: dict
      returned: always
    assignmentPolicy:
      description: The policy, by its C(id); null where the service names none.
      type: dict
      returned: always
    instances:
      description: Each time that the review takes place, with C(id), C(status), C(startDateTime), C(endDateTime) and C(reviewers).
      type: list
      elements: dict
      returned: always
      contains:
        decisions:
          description:
            - With O(with_decisions), what was decided, otherwise null. Each has C(principal), C(decision), C(reviewedBy),
              C(reviewedDateTime), C(justification), C(recommendation), C(appliedDateTime) and C(applyResult).
            - C(reviewedBy) is null where no person has decided.
          type: list
          elements: dict
          returned: always
  sample:
    - accessPackage: {id: 0d5c7ae0-7a4b-4f6a-8f55-6e7f8a9b0c1d}
      assignmentPolicy: {id: 6a7b8c9d-0e1f-4a2b-8c3d-4e5f6a7b8c9d}
      createdDateTime: "2026-11-23T08:00:00Z"
      displayName: Tier 1 Analyst - MSSP users
      id: 2b3c4d5e-6f70-4182-93a4-b5c6d7e8f901
      instances:
        - decisions: null
          endDateTime: "2027-11-18T00:00:00Z"
          id: 3c4d5e6f-7081-4293-a4b5-c6d7e8f90112
          reviewers: []
          startDateTime: "2027-10-24T00:00:00Z"
          status: NotStarted
      reviewers: []
      status: NotStarted
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
from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput, doing
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid
from ansible_collections.mssp.defender.plugins.module_utils._resources import listing, review
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "access_package": {"type": "raw"},
            "catalog": {"type": "raw"},
            "policy": {"type": "raw"},
            "states": {"type": "list", "elements": "str", "choices": list(review.STATES)},
            "with_decisions": {"type": "bool", "default": False},
        },
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Reviews of access packages."""
    task.needs = review.PERMISSIONS.read
    with doing("read access reviews"):
        wanted = _wanted(task)
        found = [] if wanted is None else review.read(task.graph, wanted, decisions=task.params["with_decisions"])
        return {"changed": False, "reviews": found}


def _wanted(task: Task) -> review.Wanted | None:
    """Which reviews; None for those of what an earlier task of a check-mode run would make."""
    params, references = task.params, task.references
    catalog = None if params["catalog"] is None else references.catalog(params["catalog"], "catalog")
    package = None
    if params["access_package"] is not None:
        package = references.access_package(params["access_package"], "access_package", catalog)
    policy = _policy(params["policy"], task.check_mode)
    if policy == KNOWN_AFTER_APPLY or not all(ref is None or ref.known for ref in (catalog, package)):
        return None
    packages = None
    if package is not None:
        packages = frozenset({package.id})
    elif catalog is not None:
        listed = listing.packages(task.graph, package_id=None, catalog=catalog, name=None, incompatible=False)
        packages = frozenset(str(x["id"]) for x in listed)
    states = None if params["states"] is None else frozenset(params["states"])
    return review.Wanted(packages, policy, states)


def _policy(value: t.Any, check_mode: bool) -> str | None:
    """The id of a policy; names of policies are unique only within a package."""
    if value is None:
        return None
    identifier = value.get("id") if isinstance(value, dict) else value
    if is_guid(identifier) or (identifier == KNOWN_AFTER_APPLY and check_mode):
        return str(identifier)
    raise InvalidInput(
        f"policy is '{identifier}', which is no id",
        remedy="Give the id of the policy, or what access_package_policy or its _info twin returned.",
    )


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
