# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import collections.abc
import re
import typing as t

DOCUMENTATION = r"""
---
name: onboard_problem
short_description: Say what is wrong with the variables of the role mssp_onboard
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Looks at the role's variables together and returns the first problem as one sentence with its remedy, or an empty string.
  - Ansible's own check of role arguments knows types, but neither how variables belong together nor whose customer they are.
options:
  _input:
    description: The variables by their names without C(mssp_onboard_).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Check the variables
  ansible.builtin.assert:
    that: problem == ''
    fail_msg: "{{ problem }}"
  vars:
    problem: "{{ {'tenant_id': 'contoso.onmicrosoft.com', 'tiers': []} | mssp.defender.onboard_problem }}"
"""

RETURN = r"""
_value:
  description: The problem and its remedy; empty when there is none.
  type: str
"""

_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")

_TIER_NEEDS = ("key", "group", "role")
_TIER_MAY = (
    "description",
    "policy_description",
    "permissions",
    "scopes",
    "package",
    "hidden",
    "duration_days",
    "approval_stages",
    "reviews",
)


def onboard_problem(variables: t.Mapping[str, t.Any]) -> str:
    """The first problem of the variables as one sentence with its remedy, or an empty string."""
    for check in (_parties, _tiers, _deciders):
        problem = check(variables)
        if problem:
            return problem
    return ""


def _is_list(value: t.Any) -> bool:
    return isinstance(value, collections.abc.Sequence) and not isinstance(value, (str, bytes))


def _parties(variables: t.Mapping[str, t.Any]) -> str:
    tenant = str(variables.get("tenant_id") or "").strip()
    if not _TENANT.fullmatch(tenant):
        return f"mssp_onboard_tenant_id is '{tenant}'. Set it to the customer's tenant id or to one of its verified domains."
    mssp_id, mssp_domain = variables.get("mssp_tenant_id"), variables.get("mssp_domain")
    if bool(mssp_id) == bool(mssp_domain):
        how = "both are" if mssp_id else "neither is"
        return (
            f"mssp_onboard_mssp_tenant_id or mssp_onboard_mssp_domain names the MSSP, and {how} set. "
            "Set exactly one of them, for all customers."
        )
    mssp = str(mssp_id or mssp_domain).strip()
    if not _TENANT.fullmatch(mssp):
        return (
            f"the MSSP's tenant is '{mssp}'. Set mssp_onboard_mssp_tenant_id to its id, or mssp_onboard_mssp_domain to a domain."
        )
    if mssp.lower() == tenant.lower():
        return (
            f"the customer's tenant and the MSSP's tenant are the same ({tenant}). "
            "Correct mssp_onboard_tenant_id: nothing is ever built in the MSSP's own tenant."
        )
    return ""


def _tiers(variables: t.Mapping[str, t.Any]) -> str:
    tiers = variables.get("tiers")
    if not _is_list(tiers) or not tiers:
        return "mssp_onboard_tiers is no list of tiers. Leave it out for the published two, or list at least one."
    seen: dict[tuple[str, str], int] = {("group", str(variables.get("approvers_group"))): 0}
    for number, tier in enumerate(tiers, start=1):
        if not isinstance(tier, collections.abc.Mapping):
            return f"entry {number} of mssp_onboard_tiers is no dictionary. Give it key, group, role and permissions."
        lacking = [name for name in _TIER_NEEDS if not tier.get(name)]
        if not tier.get("permissions") and not variables.get("skip_defender"):
            lacking.append("permissions")
        if lacking:
            return f"entry {number} of mssp_onboard_tiers has no {' and no '.join(lacking)}. Add what is missing."
        unknown = sorted(set(map(str, tier)) - set(_TIER_NEEDS) - set(_TIER_MAY))
        if unknown:
            return (
                f"entry {number} of mssp_onboard_tiers has {', '.join(unknown)}, which means nothing. "
                f"Use {', '.join((*_TIER_NEEDS, *_TIER_MAY))}."
            )
        if not _KEY.fullmatch(str(tier["key"])) or tier["key"] == "approvers":
            return (
                f"entry {number} of mssp_onboard_tiers has the key '{tier['key']}'. "
                "Use up to 32 small letters, digits and hyphens, and not 'approvers'."
            )
        for name in ("key", "group", "role", "package"):
            value = tier.get(name) or (tier["group"] if name == "package" else None)
            first = seen.setdefault((name, str(value)), number)
            if first != number:
                whose = f"entry {first}" if first else "the approvers"
                return f"entry {number} of mssp_onboard_tiers has the same {name} as {whose} ('{value}'). Give each its own."
    return ""


def _deciders(variables: t.Mapping[str, t.Any]) -> str:
    people = variables.get("customer_approvers")
    if not _is_list(people or []) or not all(_is_subject(entry) for entry in people or []):
        return (
            "mssp_onboard_customer_approvers is no list of people. Write entries such as user: anna@customer.com, or group: IT."
        )
    approvers = variables.get("tier_approvers")
    if approvers not in ("approvers", "customer", "both"):
        return f"mssp_onboard_tier_approvers is '{approvers}'. Set it to approvers, customer or both."
    reviewers = variables.get("reviewers")
    listed = _is_list(reviewers) and all(map(_is_subject, reviewers))
    if not listed and reviewers not in ("self", "approvers", "customer"):
        return (
            f"mssp_onboard_reviewers is '{reviewers}'. "
            "Set it to self, approvers, customer, or a list of entries such as user: anna@customer.com."
        )
    if not people:
        for name, value in (("tier_approvers", approvers), ("reviewers", reviewers)):
            if value in ("customer", "both"):
                return (
                    f"mssp_onboard_{name} is '{value}', but mssp_onboard_customer_approvers names nobody. "
                    "Name at least one person or group of the customer."
                )
    return ""


def _is_subject(entry: t.Any) -> bool:
    return (
        isinstance(entry, collections.abc.Mapping) and len(entry) == 1 and set(entry) <= {"user", "group"} and all(entry.values())
    )


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters of this file."""
        return {"onboard_problem": onboard_problem}
