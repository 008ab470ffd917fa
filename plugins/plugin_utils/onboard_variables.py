# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The variables of the role mssp_onboard, in one table; `onboard_values.py` says what its entries mean."""

from __future__ import annotations

import collections.abc
import difflib
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_values import Spec, is_list, problem, shown

PREFIX = "mssp_onboard_"


def tier_label(number: int, tier: t.Any) -> str:
    """How a tier is called: by its place, and by its key where it has one."""
    key = tier.get("key") if isinstance(tier, collections.abc.Mapping) else None
    return f"tier {number} of {PREFIX}tiers" + (f" ({shown(key)})" if key and not is_list(key) else "")


_TEXT: Spec = {"type": "str"}
_ANY_TEXT: Spec = {"type": "str", "empty": True}
_FLAG: Spec = {"type": "bool"}
_TEXTS: Spec = {"type": "list", "elements": "str", "least": 1}
_ACCESS_DAYS: Spec = {"type": "int", "least": 1, "most": 3660, "example": 365}
_PEOPLE: Spec = {"type": "list", "elements": "dict", "options": {"user": {"type": "raw"}, "group": {"type": "raw"}}}
_STAGES: Spec = {
    "type": "list",
    "elements": "dict",
    "like": "approval.stages",
    "least": 1,
    "most": 3,
    "write": "List one to three stages, or leave it out.",
}

_TIER: Spec = {
    "key": {**_TEXT, "required": True},
    "group": {**_TEXT, "required": True},
    "role": {**_TEXT, "required": True},
    "permissions": _TEXTS,
    "group_id": _TEXT,
    "role_id": _TEXT,
    "description": _ANY_TEXT,
    "role_description": _ANY_TEXT,
    "package_description": _ANY_TEXT,
    "policy_description": _ANY_TEXT,
    "scopes": _TEXTS,
    "package": _TEXT,
    "policy": _TEXT,
    "hidden": _FLAG,
    "duration_days": _ACCESS_DAYS,
    "approval_for_extension": _FLAG,
    "requestor_justification": _FLAG,
    "approval_stages": _STAGES,
    "reviews": {"type": "dict", "like": "reviews"},
}

# In the order in which they are documented. The connection is the modules' own.
VARIABLES: Spec = {
    "tenant_id": _ANY_TEXT,
    "mssp_tenant_id": _ANY_TEXT,
    "mssp_domain": _ANY_TEXT,
    "domain": _TEXT,
    "state": {"type": "str", "choices": ["present", "absent"]},
    "offboard_force": _FLAG,
    "offboard_guests": _FLAG,
    "name_prefix": _ANY_TEXT,
    "adopt": _FLAG,
    "role_assignable": _FLAG,
    "skip_defender": _FLAG,
    "catalog_owner": _FLAG,
    "tier1_permissions": _TEXTS,
    "live_response_permissions": {**_TEXTS, "least": 0},
    "tier2_permissions": _TEXTS,
    "tiers": {
        "type": "list",
        "elements": "dict",
        "options": _TIER,
        "least": 1,
        "label": tier_label,
        "write": "Leave it out for the published two, or list at least one tier.",
    },
    "scopes": _TEXTS,
    "approvers_group": _TEXT,
    "approvers_group_id": _TEXT,
    "approvers_package": _TEXT,
    "approvers_description": _ANY_TEXT,
    "approvers_package_description": _ANY_TEXT,
    "approvers_policy_description": _ANY_TEXT,
    "customer_approvers": _PEOPLE,
    "approvers_approve_approvers": _FLAG,
    "initial_approvers": {"type": "list", "elements": "str"},
    "initial_policy": _TEXT,
    "separate_duties": _FLAG,
    "connected_org_name": _TEXT,
    "connected_org_description": _ANY_TEXT,
    "connected_org_state": {"type": "str", "choices": ["configured", "proposed"]},
    "accept_open_policies": _FLAG,
    "preflight": _FLAG,
    "accept": {"type": "list", "elements": "str"},
    "cross_tenant_inbound": {"type": "str", "choices": ["allow", "default"]},
    "trust_mfa": _FLAG,
    "catalog": _TEXT,
    "catalog_description": _ANY_TEXT,
    "policy": _TEXT,
    "packages_hidden": _FLAG,
    "duration_days": _ACCESS_DAYS,
    "tier_approvers": {"type": "str", "choices": ["approvers", "customer", "both"]},
    "approval_stages": _STAGES,
    "approval_days": {"type": "int", "least": 1},
    "approval_for_extension": _FLAG,
    "requestor_justification": _FLAG,
    "approver_justification": _FLAG,
    "reviews": _FLAG,
    "reviewers": {
        "type": "str",
        "choices": ["self", "approvers", "customer"],
        "or": {**_PEOPLE, "least": 1},
        "write": "Set it to self, approvers, customer, or a list of entries such as user: anna@customer.com.",
    },
    "review_every": {"type": "str", "choices": ["week", "month", "quarter", "half_year", "year"]},
    "review_first_after_days": {"type": "int", "least": 0, "example": 335},
    "review_open_days": {"type": "int", "least": 1, "example": 25},
    "review_unanswered": {"type": "str", "choices": ["removeAccess", "keepAccess", "acceptAccessRecommendation"]},
    **{name: spec for name, spec in GRAPH.options.items() if name not in ("options", "variables_prefix", "tenant_id")},
}

# What the role computes (vars/main.yml), registers and leaves behind: set, but not by the operator.
INTERNAL = (
    "steps",
    "plan",
    "mssp",
    "refusal",
    "refusals",
    "remedies",
    "check_by_hand",
    "changes",
    "failure",
    "objects",
    # tasks/adopt.yml
    "adopt_directory",
    "adopt_file",
    "adopt_mssp",
    "adopt_wanted",
    "adopt_state",
    # tasks/offboard_*.yml
    "offboard",
    "offboard_customer",
    "offboard_directory",
    "offboard_failure",
)


def unknown_name(names: t.Iterable[str]) -> str:
    """The first variable that begins as the role's do and is none of them: most likely a typing error."""
    for name in sorted(map(str, names)):
        own = name[len(PREFIX) :]
        if not name.startswith(PREFIX) or own in VARIABLES or own in INTERNAL or own.startswith("result_"):
            continue
        near = difflib.get_close_matches(own, VARIABLES, n=1)
        remedy = f"Write {PREFIX}{near[0]} instead." if near else f"Give it another name: {PREFIX} is for the role's own."
        return f"{name} is no variable of the role mssp_onboard. {remedy}"
    return ""


def wrong_value(name: str, value: t.Any) -> str:
    """What is wrong with the value of one variable, named without its prefix."""
    return problem(value, VARIABLES[name], PREFIX + name, name)
