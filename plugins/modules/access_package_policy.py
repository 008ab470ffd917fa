#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: access_package_policy
short_description: Manage an assignment policy of an access package
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Creates, changes and deletes one policy of an access package. It says who may request the package, who approves, when access
    ends and who reviews it.
  - Microsoft Graph replaces policies as a whole. What is not stated is read, kept and sent again; a stated empty value clears.
  - Needs the permission C(EntitlementManagement.ReadWrite.All); in check mode C(EntitlementManagement.Read.All) suffices. To name people other than by id
    takes C(User.Read.All), groups C(GroupMember.Read.All) as well.
options:
  name:
    description: Display name of the policy, with O(access_package) its key unless O(policy_id) is given.
    type: str
  policy_id:
    description: Id of an existing policy.
    type: str
  access_package:
    description: The policy's package, by id, name or as M(mssp.defender.access_package) returned it. It cannot be changed later.
    type: raw
  catalog:
    description: The catalog of O(access_package), by id, name or as M(mssp.defender.access_package_catalog) returned it, to tell packages of one name apart.
    type: raw
  description:
    description: Description; empty clears it.
    type: str
  requestors:
    description: Who may request. Nobody, if it is given without any name.
    type: dict
    suboptions:
      scope:
        description: Graph's target scope. Follows from the names below if not given.
        type: str
        choices:
          - notSpecified
          - specificDirectoryUsers
          - specificConnectedOrganizationUsers
          - allMemberUsers
          - allDirectoryUsers
          - allConfiguredConnectedOrganizationUsers
          - allExternalUsers
      connected_organizations:
        description: Users of these connected organizations, each by id, name or as M(mssp.defender.connected_org) returned it.
        type: list
        elements: raw
      users:
        description: These users of the directory, each by id, user principal name or mail address.
        type: list
        elements: raw
      groups:
        description: Members of these groups, each by id, name or as the group that M(mssp.defender.aad_group) returned.
        type: list
        elements: raw
  requests:
    description: What those who may request can do.
    type: dict
    suboptions:
      add:
        description: Request access.
        type: bool
      extend:
        description: Request an extension of their access.
        type: bool
      remove:
        description: Give up their access.
        type: bool
      custom_schedule:
        description: Choose when their access begins and ends.
        type: bool
      on_behalf_add:
        description: Whether those of O(requests.on_behalf_requestors) request access for others. Needs Entra ID Governance.
        type: bool
      on_behalf_extend:
        description: Whether they request extensions for others.
        type: bool
      on_behalf_remove:
        description: Whether they give up access for others.
        type: bool
      on_behalf_requestors:
        description: Who requests for others.
        type: list
        elements: dict
        suboptions: &subjects
          user:
            description: A user by id, user principal name or mail address.
            type: raw
          group:
            description: The members of a group, by id, name or as the group that M(mssp.defender.aad_group) returned.
            type: raw
          manager_level:
            description: The requestor's manager, V(1), or the manager's manager, V(2).
            type: int
          sponsors:
            description:
              - The sponsors of the requestor's connected organization on the customer's side, V(internal), or on its own, V(external), or the
                requestor's own sponsors, V(requestor).
              - Takes Microsoft Entra ID Governance, and for guests a linked Azure subscription.
            type: str
            choices: [internal, external, requestor]
  approval:
    description: Who decides requests.
    type: dict
    suboptions:
      for_new:
        description: Whether new requests need approval.
        type: bool
      for_extension:
        description: Whether extensions need approval.
        type: bool
      requestor_justification:
        description: Whether requestors must say why.
        type: bool
      stages:
        description: The stages of approval, at most three. What a stage does not state is kept from the stage that is there at its place.
        type: list
        elements: dict
        suboptions:
          approvers:
            description: Who decides; one of them suffices.
            type: list
            elements: dict
            suboptions: *subjects
          fallback_approvers:
            description: Who decides when a manager or sponsor cannot be found.
            type: list
            elements: dict
            suboptions: *subjects
          escalation_approvers:
            description: Who decides after O(approval.stages[].escalate_after_days).
            type: list
            elements: dict
            suboptions: *subjects
          fallback_escalation_approvers:
            description: Who decides after that time when a manager or sponsor cannot be found.
            type: list
            elements: dict
            suboptions: *subjects
          deny_after_days:
            description: Days after which an undecided request is denied. 14 for a new stage.
            type: int
          escalate_after_days:
            description: Days after which an undecided request goes to O(approval.stages[].escalation_approvers); V(0) for never.
            type: int
          approver_justification:
            description: Whether approvers must say why. True for a new stage.
            type: bool
          approver_visibility:
            description: Whether requestors see who decides.
            type: str
            choices: [default, visible, notVisible]
  duration_days:
    description: Access ends after this many days, 1 to 3660.
    type: int
  expiry:
    description: Access ends at this point in time, such as V(2027-12-31T00:00:00Z).
    type: str
  never_expires:
    description: Access does not end by itself.
    type: bool
  reviews:
    description: Reviews of who still needs access.
    type: dict
    suboptions:
      enabled:
        description: Whether access is reviewed. A policy that is reviewed for the first time is reviewed yearly for 25 days unless stated.
        type: bool
      every:
        description: How often.
        type: str
        choices: [week, month, quarter, half_year, year]
      open_days:
        description: How many days a review is open.
        type: int
      first_after_days:
        description: Days from the day on which reviews begin to be made to the first one, at 00:00 UTC. Computed once and never changed by a later run.
        type: int
        default: 335
      first_on:
        description: The first review's start, instead of O(reviews.first_after_days).
        type: str
      self_review:
        description: Whether people review their own access.
        type: bool
      unanswered:
        description: What becomes of access about which nobody says anything.
        type: str
        choices: [removeAccess, keepAccess, acceptAccessRecommendation]
      recommendations:
        description: Whether reviewers are shown a recommendation.
        type: bool
      justification:
        description: Whether reviewers must say why.
        type: bool
      reviewers:
        description: Who reviews, unless people review themselves.
        type: list
        elements: dict
        suboptions: *subjects
      fallback_reviewers:
        description: Who reviews when a manager cannot be found.
        type: list
        elements: dict
        suboptions: *subjects
  notifications:
    description: Whether people get mails about their assignment.
    type: bool
  questions:
    description: What requestors are asked, in this order. Empty asks nothing. A question that is there already keeps its id and its translations.
    type: list
    elements: dict
    suboptions:
      text:
        description: The question.
        type: str
        required: true
      required:
        description: Whether it must be answered.
        type: bool
        default: false
      answer_editable:
        description: Whether requestors can change their answer later.
        type: bool
        default: true
      single_line:
        description: Whether free text is one line.
        type: bool
        default: true
      pattern:
        description: A regular expression that free text must match.
        type: str
      choices:
        description: The answers to choose from, instead of free text.
        type: list
        elements: str
      multiple:
        description: Whether several choices can be taken.
        type: bool
        default: false
extends_documentation_fragment:
  - mssp.defender.graph
  - mssp.defender.graph.state
seealso:
  - module: mssp.defender.access_package
  - module: mssp.defender.connected_org
"""

EXAMPLES = r"""
- name: The MSSP's analysts request tier 1, the approvers decide
  mssp.defender.access_package_policy:
    tenant_id: contoso.onmicrosoft.com
    access_package: Tier 1 Analyst
    name: MSSP SOC users
    requestors:
      connected_organizations: [Fabrikam Security]
    requests:
      add: true
      extend: true
      remove: true
    approval:
      for_new: true
      for_extension: true
      stages:
        - approvers:
            - group: MSSP Analyst Approvers
    duration_days: 365
    reviews:
      enabled: true
      self_review: true
      unanswered: removeAccess
"""

RETURN = r"""
policy:
  description:
    - The policy in Microsoft Graph's terms; null when it is absent.
    - In check mode as it would be, with C((known after apply)) where the server decides.
  returned: success
  type: dict
  sample:
    allowedTargetScope: specificConnectedOrganizationUsers
    displayName: MSSP SOC users
    expiration: {duration: P365D, endDateTime: null, type: afterDuration}
    id: 2e4f6a8b-0c1d-4e2f-8a3b-4c5d6e7f8091
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
      object: {id: 2e4f6a8b-0c1d-4e2f-8a3b-4c5d6e7f8091, name: "Tier 1 Analyst: MSSP SOC users", type: assignment policy}
      property: requestApprovalSettings.isApprovalRequiredForAdd
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
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import Policy
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_options import EVERY, Translator
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

_SUBJECTS: dict[str, t.Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "user": {"type": "raw"},
        "group": {"type": "raw"},
        "manager_level": {"type": "int"},
        "sponsors": {"type": "str", "choices": ["internal", "external", "requestor"]},
    },
}

_STAGE: dict[str, t.Any] = {
    "approvers": _SUBJECTS,
    "fallback_approvers": _SUBJECTS,
    "escalation_approvers": _SUBJECTS,
    "fallback_escalation_approvers": _SUBJECTS,
    "deny_after_days": {"type": "int"},
    "escalate_after_days": {"type": "int"},
    "approver_justification": {"type": "bool"},
    "approver_visibility": {"type": "str", "choices": ["default", "visible", "notVisible"]},
}

_QUESTION: dict[str, t.Any] = {
    "text": {"type": "str", "required": True},
    "required": {"type": "bool", "default": False},
    "answer_editable": {"type": "bool", "default": True},
    "single_line": {"type": "bool", "default": True},
    "pattern": {"type": "str"},
    "choices": {"type": "list", "elements": "str"},
    "multiple": {"type": "bool", "default": False},
}

_SCOPES = [
    "notSpecified",
    "specificDirectoryUsers",
    "specificConnectedOrganizationUsers",
    "allMemberUsers",
    "allDirectoryUsers",
    "allConfiguredConnectedOrganizationUsers",
    "allExternalUsers",
]


def _flags(*names: str) -> dict[str, t.Any]:
    return {name: {"type": "bool"} for name in names}


SPEC = GRAPH.merge(STATE).merge(
    ArgumentSpec(
        options={
            "name": {"type": "str"},
            "policy_id": {"type": "str"},
            "access_package": {"type": "raw"},
            "catalog": {"type": "raw"},
            "description": {"type": "str"},
            "requestors": {
                "type": "dict",
                "options": {
                    "scope": {"type": "str", "choices": _SCOPES},
                    "connected_organizations": {"type": "list", "elements": "raw"},
                    "users": {"type": "list", "elements": "raw"},
                    "groups": {"type": "list", "elements": "raw"},
                },
            },
            "requests": {
                "type": "dict",
                "options": {
                    **_flags("add", "extend", "remove", "custom_schedule"),
                    **_flags("on_behalf_add", "on_behalf_extend", "on_behalf_remove"),
                    "on_behalf_requestors": _SUBJECTS,
                },
            },
            "approval": {
                "type": "dict",
                "options": {
                    **_flags("for_new", "for_extension", "requestor_justification"),
                    "stages": {"type": "list", "elements": "dict", "options": _STAGE},
                },
            },
            "duration_days": {"type": "int"},
            "expiry": {"type": "str"},
            "never_expires": {"type": "bool"},
            "reviews": {
                "type": "dict",
                "options": {
                    **_flags("enabled", "self_review", "recommendations", "justification"),
                    "every": {"type": "str", "choices": list(EVERY)},
                    "open_days": {"type": "int"},
                    "first_after_days": {"type": "int", "default": 335},
                    "first_on": {"type": "str"},
                    "unanswered": {
                        "type": "str",
                        "choices": ["removeAccess", "keepAccess", "acceptAccessRecommendation"],
                    },
                    "reviewers": _SUBJECTS,
                    "fallback_reviewers": _SUBJECTS,
                },
            },
            "notifications": {"type": "bool"},
            "questions": {"type": "list", "elements": "dict", "options": _QUESTION},
        },
        required_one_of=(("name", "policy_id"), ("access_package", "policy_id")),
        mutually_exclusive=(("duration_days", "expiry", "never_expires"),),
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """One assignment policy."""
    params = task.params
    references = task.references
    catalog = None if params["catalog"] is None else references.catalog(params["catalog"], "catalog")
    package = params["access_package"]
    policy = Policy(
        task.graph,
        Translator(params, references).policy(),
        package=None if package is None else references.access_package(package, "access_package", catalog),
        policy_id=params["policy_id"],
        first_review_after_days=(params["reviews"] or {}).get("first_after_days", 335),
    )
    return task.reconcile(policy, "policy")


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
