# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What of a tenant is ours to end, what is left and why, and for whom it ends. Pure; practice M5 and M6.

Ours is what the plan of the role names: groups by unique name or stated id, packages by name in our catalog, Defender roles by
name whose assignments are to our groups only, the organization by its tenant. Whatever the customer uses otherwise is left,
unless forced.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._normalise import word, words
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_use import (
    assigned_otherwise,
    explained,
    group_uses,
    is_live,
    organization_uses,
)

Entity = dict[str, t.Any]
Values = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Seen:
    """What a look at the tenant has found, as the modules that read return it.

    :param groups: those of each entry of the plan, in its order.
    :param catalogs: those that have our name.
    :param users: those of the organization; empty when nobody is to be deleted.
    """

    groups: t.Sequence[t.Sequence[Entity]] = ()
    catalogs: t.Sequence[Entity] = ()
    packages: t.Sequence[Entity] = ()
    policies: t.Sequence[Entity] = ()
    roles: t.Sequence[Entity] = ()
    organizations: t.Sequence[Entity] = ()
    assignments: t.Sequence[Entity] = ()
    requests: t.Sequence[Entity] = ()
    users: t.Sequence[Entity] = ()
    settings: t.Mapping[str, t.Any] | None = None


@dataclasses.dataclass
class Ending:
    """What is to end.

    :param kept: groups that stay in the catalog when it is left.
    :param accounted: for each group, by id, the ids of those who are in it by an assignment.
    :param left: what is there and stays: `type`, `name`, `id`, `reasons`.
    :param blocked: people whom the tenant's own setting blocks when their last assignment ends.
    """

    problem: str = ""
    catalogs: list[Entity] = dataclasses.field(default_factory=list)
    emptied: list[Entity] = dataclasses.field(default_factory=list)
    kept: list[Entity] = dataclasses.field(default_factory=list)
    packages: list[Entity] = dataclasses.field(default_factory=list)
    policies: list[Entity] = dataclasses.field(default_factory=list)
    requests: list[Entity] = dataclasses.field(default_factory=list)
    assignments: list[Entity] = dataclasses.field(default_factory=list)
    roles: list[Entity] = dataclasses.field(default_factory=list)
    unassigned: list[Entity] = dataclasses.field(default_factory=list)
    our_groups: list[Entity] = dataclasses.field(default_factory=list)
    groups: list[Entity] = dataclasses.field(default_factory=list)
    accounted: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    organizations: list[Entity] = dataclasses.field(default_factory=list)
    users: list[Entity] = dataclasses.field(default_factory=list)
    left: list[Entity] = dataclasses.field(default_factory=list)
    blocked: list[Entity] = dataclasses.field(default_factory=list)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do."""
        return not any(
            (self.catalogs, self.emptied, self.packages, self.roles, self.unassigned, self.groups, self.organizations, self.users)
        )


def judge(plan: Values, seen: Seen, *, force: bool, now: datetime.datetime) -> Ending:
    """What is to end.

    :param plan: `groups`, `roles`, `packages` and `catalog` of the role's plan.
    :param force: end what is in use otherwise as well.
    :param now: in UTC; an assignment that ended up to a day before may still be about to leave its group.
    """
    ending = Ending()
    ending.problem = _ambiguous(plan, seen)
    if ending.problem:
        return ending
    ours = [found[0] for found in seen.groups if found]
    ending.our_groups = ours
    _judge_packages(ending, plan, seen, force)
    _judge_catalog(ending, seen, force)
    _judge_roles(ending, plan, seen, force)
    _judge_groups(ending, seen, force, now)
    _judge_organization(ending, seen, force)
    _judge_users(ending, seen, force)
    ending.blocked = _blocked(ending, seen)
    return ending


def assignments_of(packages: t.Iterable[Values], assignments: t.Iterable[Entity]) -> list[Entity]:
    """Those of these packages that have not ended."""
    ids = _ids(packages)
    return [x for x in assignments if is_live(x) and word((x.get("accessPackage") or {}).get("id")) in ids]


def _ambiguous(plan: Values, seen: Seen) -> str:
    for kind, name, found in (
        ("catalogs", f" the name {plan['catalog']['name']}", seen.catalogs),
        ("connected organizations", " the tenant of the MSSP", seen.organizations),
    ):
        if len(found) > 1:
            ids = ", ".join(str(x.get("id")) for x in found)
            return (
                f"{len(found)} {kind} have{name} ({ids}), and nobody can tell which one is ours. Delete or rename the others; "
                "nothing was removed."
            )
    return ""


def _ids(entities: t.Iterable[Values]) -> set[str]:
    return {word(x.get("id")) for x in entities}


def _leave(ending: Ending, kind: str, entity: Values, reasons: t.Sequence[str]) -> None:
    name = entity.get("displayName") or entity.get("userPrincipalName") or entity.get("id")
    ending.left.append({"type": kind, "name": name, "id": entity.get("id"), "reasons": list(reasons)})


def _judge_packages(ending: Ending, plan: Values, seen: Seen, force: bool) -> None:
    if not seen.catalogs:
        return
    catalog = word(seen.catalogs[0].get("id"))
    there = [x for x in seen.packages if word((x.get("catalog") or {}).get("id")) == catalog]
    names = [item["name"] for item in plan["packages"]]
    # In the order of the plan; with force the catalog's others after them.
    ours = [x for name in names for x in there if x.get("displayName") == name]
    ending.packages = ours + ([x for x in there if x not in ours] if force else [])
    ids = _ids(ending.packages)
    ending.policies = [x for x in seen.policies if word((x.get("accessPackage") or {}).get("id")) in ids]
    ending.assignments = assignments_of(ending.packages, seen.assignments)
    ending.requests = [
        x
        for x in seen.requests
        # One that takes access away is what we want.
        if word((x.get("accessPackage") or {}).get("id")) in ids and not word(x.get("requestType")).endswith("remove")
    ]


def _judge_catalog(ending: Ending, seen: Seen, force: bool) -> None:
    if not seen.catalogs:
        return
    catalog = seen.catalogs[0]
    gone, ours = _ids(ending.packages), _ids(ending.our_groups)
    others = [
        x
        for x in seen.packages
        if word((x.get("catalog") or {}).get("id")) == word(catalog["id"]) and word(x.get("id")) not in gone
    ]
    granted = {word((s.get("scope") or {}).get("originId")) for x in others for s in x.get("resourceRoleScopes") or []}
    resources = catalog.get("resources") or []
    foreign = [x for x in resources if word(x.get("originId")) not in ours]
    reasons = [f"the access package '{x.get('displayName')}' in it is not ours" for x in others]
    reasons += [f"the group '{x.get('displayName')}' in it is not ours" for x in foreign]
    if not reasons or force:
        ending.catalogs = [catalog]
        ending.emptied = [catalog] if resources else []
        return
    _leave(ending, "catalog", catalog, reasons)
    ending.kept = [x for x in resources if word(x.get("originId")) not in ours or word(x.get("originId")) in granted]
    if len(ending.kept) < len(resources):
        ending.emptied = [catalog]


def _judge_roles(ending: Ending, plan: Values, seen: Seen, force: bool) -> None:
    ours = _ids(ending.our_groups)
    for item in plan["roles"]:
        stated = item["options"].get("role_id")
        group = seen.groups[item["number"]] if item["number"] < len(seen.groups) else ()
        named = [
            x
            for x in seen.roles
            if (word(x.get("id")) == word(stated) if stated else x.get("displayName") == item["name"]) and not x.get("isBuiltIn")
        ]
        for role in named:
            held = role.get("assignments") or []
            foreign = [x for x in held if not words(x.get("principalIds")) <= ours]
            if not held and (not group or len(named) > 1):
                _leave(ending, "Defender role", role, ["nobody holds it, and nothing tells that it is ours"])
            elif foreign and not force:
                if len(foreign) < len(held):
                    ending.unassigned.append(role)
                _leave(ending, "Defender role", role, [_held(x, ours) for x in foreign])
            else:
                ending.unassigned += [role] if held else []
                ending.roles.append(role)


def _held(assignment: Values, ours: set[str]) -> str:
    others = [str(x) for x in assignment.get("principalIds") or [] if word(x) not in ours]
    also = " and to ours" if len(others) < len(assignment.get("principalIds") or []) else ""
    return f"it is assigned to {', '.join(others) or 'nobody'}{also} (assignment {assignment.get('id')})"


def _staying(ending: Ending, seen: Seen) -> list[Entity]:
    """The Defender role assignments that stay."""
    gone, partly, ours = _ids(ending.roles), _ids(ending.unassigned), _ids(ending.our_groups)
    return [
        {"role": role.get("displayName"), **x}
        for role in seen.roles
        if word(role.get("id")) not in gone
        for x in role.get("assignments") or []
        if not (word(role.get("id")) in partly and words(x.get("principalIds")) <= ours)
    ]


def _judge_groups(ending: Ending, seen: Seen, force: bool, now: datetime.datetime) -> None:
    held = _staying(ending, seen)
    for group in ending.our_groups:
        known = explained(group, ending.packages, seen.assignments, now)
        strangers = [x for x in group.get("members") or [] if word(x.get("id")) not in known]
        reasons = [
            f"{x.get('displayName') or x.get('id')} ({x.get('id')}) is a member whom no assignment explains" for x in strangers
        ]
        reasons += group_uses(group, ending.packages, ending.policies, held, seen)
        if reasons and not force:
            _leave(ending, "group", group, reasons)
            continue
        ending.groups.append(group)
        ending.accounted[str(group["id"])] = [
            str(x["id"]) for x in group.get("members") or [] if force or word(x.get("id")) in known
        ]


def _judge_organization(ending: Ending, seen: Seen, force: bool) -> None:
    for organization in seen.organizations:
        using = organization_uses(organization, ending.policies, seen.policies)
        if using and not force:
            _leave(ending, "connected organization", organization, using)
        else:
            ending.organizations.append(organization)


def _judge_users(ending: Ending, seen: Seen, force: bool) -> None:
    for user in seen.users:
        reasons = []
        if word(user.get("userType")) != "guest":
            reasons.append("it is a member of this directory and no guest")
        reasons += assigned_otherwise(user, ending.assignments, seen.assignments)
        if reasons and not force:
            _leave(ending, "user", user, reasons)
        else:
            ending.users.append(user)


def _blocked(ending: Ending, seen: Seen) -> list[Entity]:
    action = (seen.settings or {}).get("externalUserLifecycleAction")
    if seen.settings is not None and word(action) in ("none", ""):
        return []
    told: dict[str, Entity] = {}
    for assignment in ending.assignments:
        target = assignment.get("target") or {}
        if word(target.get("subjectLifecycle")) != "governed" or not target.get("id"):
            continue
        if not assigned_otherwise(target, ending.assignments, seen.assignments):
            told.setdefault(word(target["id"]), {key: target.get(key) for key in ("id", "displayName", "principalName", "email")})
    return list(told.values())
