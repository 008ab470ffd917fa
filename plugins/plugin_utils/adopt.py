# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""A tenant that somebody set up by hand as variables of the role mssp_onboard. Pure.

Each variable that matters is written, so that what is set for all customers elsewhere does not take the place of what is there. A
variable of this file that the role does not have is left out; what onboarding would then change is listed (`adopt_compare.py`).
"""

from __future__ import annotations

import collections
import dataclasses
import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._paths import pick
from ansible_collections.mssp.defender.plugins.module_utils._resources.origin import unique_name
from ansible_collections.mssp.defender.plugins.plugin_utils import adopt_options as options
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_choice import Choice, Chooser, Entry
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_compare import Comparison, Difference
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_rest import rest
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_text import Word, guid, one_of, tenant
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX
from ansible_collections.mssp.defender.plugins.plugin_utils.tenant_objects import Json, deciding_groups, name_of

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_SCOPES = ("Mde", "Mdo", "Mdi", "Mda", "/")

# Names for what is not there yet, as the role has them.
_APPROVERS = "MSSP Analyst Approvers"
# What the role takes where this file says nothing, for the comparison.
_UNSAID: Json = {
    "adopt": False,
    "accept_open_policies": False,
    "scopes": ["Mde"],
    "review_first_after_days": 335,
}


@dataclasses.dataclass
class Adoption:
    """What was read, as variables with their whole names, and what is to be said about them.

    `chosen` are notes about choices, with the path to the variable that they are about.
    """

    variables: dict[str, t.Any]
    comments: dict[tuple[t.Any, ...], list[str]]
    chosen: list[str]
    differs: list[Difference]
    left: list[str]


def adopt(state: Json) -> Adoption:
    """The variables of a tenant.

    :param state: `organizations`, `policies`, `packages`, `catalogs`, `groups`, `roles`, as the `_info` modules return them;
        `tenant`, the customer's tenant as the operator wrote it; `mssp`, the tenant id of the MSSP.
    :raises NothingToAdopt: there is nothing that was made for the MSSP.
    """
    choice = Chooser(state).choose()
    values = _said(_values(choice, state))
    values["tiers"] = [_said(x) for x in values["tiers"]]
    compared = {**_UNSAID, **values, "mssp_tenant_id": state["mssp"]}
    names = _names(choice, state)
    differs = Comparison(choice, compared, state, names).differences()
    variables = {PREFIX + name: value for name, value in values.items()}
    comments = _comments(choice, variables, names)
    chosen = [f"{PREFIX}{name}: {line}" for name, lines in choice.notes.items() for line in lines]
    chosen += [f"{_called(entry)}: {line}" for entry in (*choice.tiers, choice.approvers) for line in entry.notes]
    return Adoption(variables, comments, chosen, differs, rest(choice, state))


def _said(values: Json) -> dict[str, t.Any]:
    return {name: value for name, value in values.items() if value is not None}


def _called(entry: Entry) -> str:
    return f"The package {name_of(entry.package)}" if entry.package else "The approvers"


def _values(choice: Choice, state: Json) -> dict[str, t.Any]:
    tiers, approvers = choice.tiers, choice.approvers
    entries = [x for x in (*tiers, approvers) if x.policy]
    group = approvers.group.get("displayName") or _APPROVERS
    assignable = {bool(x.group.get("isAssignableToRole")) for x in (*tiers, approvers) if x.group}
    skip = not any(x.role for x in tiers)
    return {
        "tenant_id": tenant(state["tenant"]) or str(state["tenant"]),
        "name_prefix": "",
        "role_assignable": assignable.pop() if len(assignable) == 1 else None,
        "connected_org_name": str(choice.organization["displayName"]),
        "connected_org_description": str(choice.organization.get("description") or ""),
        "connected_org_state": one_of(choice.organization.get("state") or "configured", ("configured", "proposed")),
        "catalog": str(choice.catalog["displayName"]),
        "catalog_description": str(choice.catalog.get("description") or ""),
        "skip_defender": skip,
        "tiers": _tiers(tiers, state, skip),
        "approvers_group": str(group),
        "approvers_group_id": guid(approvers.group.get("id")),
        "approvers_package": str(approvers.package.get("displayName") or group),
        "approvers_description": str(approvers.group.get("description") or ""),
        "approvers_package_description": str(approvers.package.get("description") or ""),
        "approvers_policy_description": str(approvers.policy.get("description") or ""),
        "packages_hidden": bool(approvers.package.get("isHidden")),
        "policy": _policy_name(entries, approvers),
        **_decisions(entries, approvers),
        **_reviews(approvers),
        "duration_days": options.access_days(approvers.policy.get("expiration")) or 365,
    }


def _policy_name(entries: list[Entry], approvers: Entry) -> str:
    """That of the approvers, since each tier says its own; where they have none the one that most packages have."""
    if approvers.policy:
        return str(approvers.policy["displayName"])
    return str(_most(str(x.policy["displayName"]) for x in entries))


def _most(values: t.Iterable[t.Any]) -> t.Any:
    counted = collections.Counter(values)
    return min(counted, key=lambda x: (-counted[x], x))


def _tiers(tiers: list[Entry], state: Json, skip: bool) -> list[dict[str, t.Any]]:
    keys = [_held_key(x.group, str(state["mssp"])) for x in tiers]
    free = (f"tier{number}" for number in range(1, 1000) if f"tier{number}" not in keys)
    return [_tier(entry, key or Word(next(free)), skip) for entry, key in zip(tiers, keys, strict=True)]


def _held_key(group: Json, mssp: str) -> str | None:
    """The key that a group of the role's own carries in its unique name."""
    held = same.word(group.get("uniqueName")).removeprefix(unique_name(mssp, ""))
    return held if _KEY.fullmatch(held) and held != "approvers" else None


def _tier(entry: Entry, key: str, skip: bool) -> dict[str, t.Any]:
    policy = entry.policy
    approval = policy.get("requestApprovalSettings") or {}
    return {
        "key": Word(key) if re.fullmatch(r"tier\d+", key) else key,
        "group": str(entry.group["displayName"]),
        "group_id": guid(entry.group["id"]),
        "role": str(entry.role.get("displayName") or entry.group["displayName"]),
        "role_id": guid(entry.role.get("id")),
        "package": str(entry.package["displayName"]),
        "description": str(entry.group.get("description") or ""),
        "role_description": str(entry.role.get("description") or ""),
        "package_description": str(entry.package.get("description") or ""),
        "permissions": None if skip else sorted(entry.actions),
        "scopes": None if skip else [one_of(x, _SCOPES) or str(x) for x in sorted(entry.scopes)] or None,
        "hidden": bool(entry.package.get("isHidden")),
        "policy": str(policy["displayName"]),
        "policy_description": str(policy.get("description") or ""),
        "duration_days": options.access_days(policy.get("expiration")) or 365,
        "approval_for_extension": bool(approval.get("isApprovalRequiredForUpdate")),
        "requestor_justification": bool(approval.get("isRequestorJustificationRequired")),
        "approval_stages": options.stages(policy) or None,
        "reviews": options.reviews(policy),
    }


def _decisions(entries: list[Entry], approvers: Entry) -> dict[str, t.Any]:
    """Who decides about approvers, and what is said once for all policies."""
    stage = (options.stages(approvers.policy) or [{}])[0]
    own = same.word(approvers.group.get("id"))
    # While the package is closed nobody is named: naming somebody would open it.
    opened = bool(pick(approvers.policy, "requestorSettings.enableTargetsToSelfAddAccess"))
    named = [x for x in stage.get("approvers", ()) if {"user", "group"} & set(x)]
    by_themselves = bool(own) and own in deciding_groups(approvers.policy)
    whose = [approvers] if approvers.policy else entries

    def flag(name: str) -> bool:
        return bool(_most(bool(pick(x.policy, f"requestApprovalSettings.{name}")) for x in whose))

    return {
        "customer_approvers": named if opened and not by_themselves else [],
        "approvers_approve_approvers": opened and by_themselves,
        "tier_approvers": Word("approvers"),
        "approval_days": stage.get("deny_after_days") or 14,
        "approver_justification": stage.get("approver_justification", True),
        "approval_for_extension": flag("isApprovalRequiredForUpdate"),
        "requestor_justification": flag("isRequestorJustificationRequired"),
    }


def _reviews(approvers: Entry) -> dict[str, t.Any]:
    """The reviews of the approvers; each tier says its own."""
    there: dict[str, t.Any] = options.reviews(approvers.policy) if approvers.policy else {"enabled": True}
    often = there.get("every") or Word("year")
    return {
        "reviews": there["enabled"],
        "reviewers": Word("self"),
        "review_every": often,
        "review_open_days": there.get("open_days") or min(25, options.most_open_days(often)),
        "review_unanswered": there.get("unanswered") or Word("removeAccess"),
    }


def _names(choice: Choice, state: Json) -> dict[str, str]:
    """By id in small letters, how people call who is meant, as far as the tenant's answers tell."""
    found = {same.word(x["id"]): str(x.get("displayName") or "") for x in state["groups"]}

    def look(value: t.Any) -> None:
        if isinstance(value, list):
            for item in value:
                look(item)
        elif isinstance(value, dict):
            who = next((value[key] for key in ("userId", "groupId", "connectedOrganizationId") if value.get(key)), None)
            if who and value.get("description"):
                found.setdefault(same.word(who), str(value["description"]))
            for item in value.values():
                look(item)

    for entry in (*choice.tiers, choice.approvers):
        look(entry.policy)
    return found


def _comments(choice: Choice, variables: Json, names: t.Mapping[str, str]) -> dict[tuple[t.Any, ...], list[str]]:
    comments: dict[tuple[t.Any, ...], list[str]] = {(PREFIX + name,): list(lines) for name, lines in choice.notes.items()}
    for number, entry in enumerate(choice.tiers):
        if entry.notes:
            comments[(f"{PREFIX}tiers", number)] = list(entry.notes)
    if choice.approvers.notes:
        comments[(f"{PREFIX}approvers_group",)] = list(choice.approvers.notes)

    def look(value: t.Any, path: tuple[t.Any, ...]) -> None:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
            if key in ("user", "group") and isinstance(item, Word) and names.get(same.word(item)):
                comments[path] = [names[same.word(item)]]
            look(item, (*path, key))

    look(dict(variables), ())
    return comments
