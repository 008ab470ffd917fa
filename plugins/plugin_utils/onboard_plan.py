# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""From the variables of the role mssp_onboard to what its tasks tell the modules, at once for a customer.

Ansible compiles each template anew in each task's process: hundreds of small ones for a customer would cost more than all
requests to Graph. So a task's loop goes over items of a plan: `name`, and `options` for the module. What only an earlier task
knows, such as the id of a group that was made a moment ago, is put in by `onboard_run.py`.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils import onboard_preflight
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_values import truth

Values = t.Mapping[str, t.Any]
Item = dict[str, t.Any]
Plan = dict[str, t.Any]

APPROVERS = "approvers"


def plan(values: Values) -> Plan:
    """What each task is to tell its module.

    :param values: the role's variables without their prefix, checked; what is not set is left out, null or empty.
    :return: `groups`, `roles`, `packages` and `policies`, lists of items in the order in which they are made, each with the
        `number` of its group; `organization` and `catalog`, the options of one; `preflight`, those of tenant_info, and `let_in`,
        those of cross_tenant_access; what concerns all of them. Nothing of the connection, since Ansible shows facts.
    """
    entries = [*values["tiers"], _approvers(values)]
    prefix = str(values.get("name_prefix") or "")
    opened = bool(values.get("customer_approvers")) or truth(values["approvers_approve_approvers"])
    skip_defender = truth(values["skip_defender"])
    tiers = list(enumerate(values["tiers"]))
    state = str(values.get("state") or "present")
    let_in = _let_in(values)
    owner = truth(values.get("catalog_owner") or False)
    groups = [_group(number, entry, prefix, values) for number, entry in enumerate(entries)]
    accepted = _accepted(values)
    policies = [
        *(_tier_policy(number, tier, prefix, values) for number, tier in tiers),
        _approvers_policy(len(tiers), entries[-1], prefix, values, opened=opened),
        *([_initial_policy(len(tiers), entries[-1], prefix, values)] if values.get("initial_approvers") else []),
    ]
    return {
        "mssp": str(values.get("mssp_tenant_id") or "").strip(),
        "steps": _steps(state, values, let_in),
        "look_up": str(values.get("mssp_domain") or "").strip(),
        "tenant": str(values["tenant_id"]).strip(),
        "directory_hint": values.get("domain") or None,
        "features": [*_features(skip_defender, owner=owner), *(["cross_tenant"] if let_in else [])],
        "catalog_owner": owner,
        "preflight": onboard_preflight.options(values, groups, policies, accepted, let_in),
        "let_in": let_in,
        "groups": groups,
        "roles": [] if skip_defender else [_role(number, tier, prefix, values) for number, tier in tiers],
        "organization": {
            # What is the customer's to make is the customer's to describe.
            **({} if owner else _organization(values)),
            "accept_open_policies": "opens_policies" in accepted,
        },
        "catalog": {
            "name": f"{prefix}{values['catalog']}",
            "description": str(values.get("catalog_description") or ""),
            # Without both nobody of the MSSP could request anything.
            "published": True,
            "externally_visible": True,
            # What else the customer puts into it is not ours to remove.
            "append": True,
        },
        "packages": [_package(number, entry, prefix, values) for number, entry in enumerate(entries)],
        "policies": policies,
        "initial_approvers": list(values.get("initial_approvers") or []),
        "approvers_open": opened,
    }


def _features(skip_defender: bool, *, owner: bool) -> list[str]:
    if owner:
        return ["catalog_owner"] if skip_defender else ["catalog_owner", "defender"]
    return ["entitlement", "groups"] if skip_defender else ["onboard"]


def _organization(values: Values) -> Plan:
    return {
        **_stated(name=values.get("connected_org_name"), org_state=values.get("connected_org_state")),
        "description": str(values.get("connected_org_description") or ""),
    }


def _steps(state: str, values: Values, let_in: Plan) -> str:
    """The file of tasks: who wants no more than the usual pays for no task more."""
    if state != "present":
        return state
    if let_in:
        return "present_let_in"
    return "present_with_approvers" if values.get("initial_approvers") else "present"


def _let_in(values: Values) -> Plan:
    """What is set of the MSSP's entry in the cross-tenant access policy; never anything by default (practice M7)."""
    trust = values.get("trust_mfa")
    return _stated(inbound=values.get("cross_tenant_inbound"), trust_mfa=None if trust in (None, "") else truth(trust))


def _accepted(values: Values) -> list[str]:
    """The findings that stop nothing. Packages of others that are opened can be accepted by a variable of their own, too."""
    named = [str(name) for name in values.get("accept") or []]
    return [*named, *(["opens_policies"] if truth(values["accept_open_policies"]) and "opens_policies" not in named else [])]


def _approvers(values: Values) -> Values:
    return {
        "key": APPROVERS,
        "group": values["approvers_group"],
        "group_id": values.get("approvers_group_id"),
        "package": values["approvers_package"],
        "description": values.get("approvers_description"),
        "package_description": values.get("approvers_package_description"),
    }


def _stated(**options: t.Any) -> Plan:
    """The options that have a value: the others are left to the module."""
    return {name: value for name, value in options.items() if value not in (None, "")}


def _text(entry: Values, *names: str) -> str:
    """The first of these texts that is set, empty or not."""
    return next((str(entry[name]) for name in names if entry.get(name) is not None), "")


def _package_name(entry: Values) -> str:
    return str(entry.get("package") or entry["group"])


def _group(number: int, entry: Values, prefix: str, values: Values) -> Item:
    assignable = values.get("role_assignable")
    owner = truth(values.get("catalog_owner") or False)
    options = {
        **({} if owner else {"description": str(entry.get("description") or "")}),
        "adopt": truth(values["adopt"]),
        **_stated(group_id=entry.get("group_id"), role_assignable=None if assignable in (None, "") else truth(assignable)),
    }
    return {"kind": "group", "number": number, "key": entry["key"], "name": f"{prefix}{entry['group']}", "options": options}


def _role(number: int, tier: Values, prefix: str, values: Values) -> Item:
    options = {
        "description": _text(tier, "role_description", "description"),
        "permissions": list(tier["permissions"]),
        "scopes": list(tier.get("scopes") or values["scopes"]),
        "adopt": truth(values["adopt"]),
        **_stated(role_id=tier.get("role_id")),
    }
    return {"kind": "role", "number": number, "name": f"{prefix}{tier['role']}", "options": options}


def _package(number: int, entry: Values, prefix: str, values: Values) -> Item:
    hidden = entry.get("hidden")
    options = {
        "description": _text(entry, "package_description", "description"),
        "hidden": truth(values["packages_hidden"] if hidden in (None, "") else hidden),
    }
    if truth(values.get("separate_duties") or False):
        # What else the customer excludes is not ours to remove.
        options["append_incompatible"] = True
    return {"kind": "package", "number": number, "name": f"{prefix}{_package_name(entry)}", "options": options}


def _tier_policy(number: int, tier: Values, prefix: str, values: Values) -> Item:
    name = _package_name(tier)
    told = tier.get("policy_description")
    stages = tier.get("approval_stages") or values.get("approval_stages") or _stages(values["tier_approvers"], prefix, values)
    own = {
        "description": f"Users of the MSSP SOC tenant may request {name}" if told is None else str(told),
        "duration_days": int(tier.get("duration_days") or values["duration_days"]),
        "reviews": tier.get("reviews") or _tier_reviews(prefix, values),
    }
    # What a tier says for itself comes first.
    said = {
        key: tier[key] for key in ("policy", "approval_for_extension", "requestor_justification") if tier.get(key) is not None
    }
    return _policy(number, f"{prefix}{name}", {**values, **said}, stages, own, opened=True)


def _approvers_policy(number: int, entry: Values, prefix: str, values: Values, *, opened: bool) -> Item:
    people = list(values.get("customer_approvers") or [])
    own = {
        "description": str(values.get("approvers_policy_description") or ""),
        "duration_days": int(values["duration_days"]),
        "reviews": _reviews(people, values),
    }
    stages = _stages("customer" if people else APPROVERS, prefix, values)
    # While nobody of the customer decides, nobody can ask: else the first approver could admit all the others.
    return _policy(number, f"{prefix}{_package_name(entry)}", values, stages, own, opened=opened)


def _initial_policy(number: int, entry: Values, prefix: str, values: Values) -> Item:
    """For direct assignments only: nobody requests, so nobody approves; the customer reviews."""
    own = {
        "requestors": {"scope": "notSpecified"},
        "description": "People of the customer who approve from the first day",
        "duration_days": int(values["duration_days"]),
        "reviews": _reviews(list(values.get("customer_approvers") or []), values),
    }
    item = _policy(number, f"{prefix}{_package_name(entry)}", values, [], own, opened=False)
    nobody = {"for_new": False, "for_extension": False, "requestor_justification": False, "stages": []}
    return {**item, "name": str(values["initial_policy"]), "options": {**item["options"], "approval": nobody}}


def _policy(number: int, package: str, values: Values, stages: t.Any, own: Values, *, opened: bool) -> Item:
    options = {
        **own,
        "requests": {
            "add": opened,
            "extend": opened,
            "remove": True,
            "custom_schedule": False,
            "on_behalf_add": False,
            "on_behalf_extend": False,
            "on_behalf_remove": False,
            "on_behalf_requestors": [],
        },
        "approval": {
            "for_new": True,
            "for_extension": truth(values["approval_for_extension"]),
            "requestor_justification": truth(values["requestor_justification"]),
            "stages": stages,
        },
        "notifications": True,
    }
    return {"kind": "policy", "number": number, "name": str(values["policy"]), "package": package, "options": options}


def _subjects(word: str, prefix: str, values: Values) -> list[t.Any]:
    """Who is meant by the words that the variables use: `approvers` and `customer`."""
    if word == APPROVERS:
        return [{"group": f"{prefix}{values['approvers_group']}"}]
    return list(values.get("customer_approvers") or [])


def _stages(word: str, prefix: str, values: Values) -> list[Plan]:
    """One stage, or for `both` one after the other."""
    return [
        {
            "approvers": _subjects(each, prefix, values),
            "deny_after_days": int(values["approval_days"]),
            "approver_justification": truth(values["approver_justification"]),
            "approver_visibility": "default",
            "escalate_after_days": 0,
            "fallback_approvers": [],
            "escalation_approvers": [],
            "fallback_escalation_approvers": [],
        }
        for each in ((APPROVERS, "customer") if word == "both" else (word,))
    ]


def _tier_reviews(prefix: str, values: Values) -> Plan:
    who = values["reviewers"]
    if not isinstance(who, str):
        return _reviews(list(who), values)
    return _reviews([] if who == "self" else _subjects(who, prefix, values), values)


def _reviews(reviewers: list[t.Any], values: Values) -> Plan:
    """Reviews by these people; by those who have the access when there are none."""
    return {
        "enabled": truth(values["reviews"]),
        "every": values["review_every"],
        "open_days": int(values["review_open_days"]),
        "first_after_days": int(values["review_first_after_days"]),
        "unanswered": values["review_unanswered"],
        "recommendations": True,
        "justification": True,
        "self_review": not reviewers,
        "reviewers": reviewers,
        "fallback_reviewers": [],
    }
