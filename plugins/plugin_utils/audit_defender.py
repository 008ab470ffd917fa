# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Who reaches what in Defender: actions expanded, to roles, to groups, to people (practice B.6)."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_actions import CLASSIC, PREFIX, actions, includes
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_drift import PERMISSION, actions_of, drifted
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import APPROVERS, Facts, Managed
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_people import People
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Finding, Json, finding, key, name_of

# File collection is a part of advanced live response, and by itself starts no session.
LIVE_RESPONSE = tuple(f"{PREFIX}secops/securitydata/liveresponse-{level}/manage" for level in ("basic", "advanced"))
SETTINGS = (*(PREFIX + x for x in CLASSIC["manage_security_settings"]), f"{PREFIX}configuration/security/detectiontuning/manage")
_TIER1, _TIER2 = "tier1", "tier2"


def reaches(granted: t.Iterable[str], wanted: t.Iterable[str]) -> list[str]:
    """Those of the wanted actions that any of the granted ones includes, wildcards too."""
    have = [x.lower() for x in granted]
    return [x for x in wanted if any(includes(y, x) for y in have)]


def defender(facts: Facts, people: People) -> t.Iterator[Finding]:
    """Tiers that reach too much, roles that the MSSP holds otherwise, and roles of nobody."""
    yield from _declared(facts)
    if not facts.was_read("roles"):
        return
    for managed in facts.tiers:
        yield from _tier(facts, managed)
    told_of: set[tuple[str, str]] = set()
    for role in facts.read("roles"):
        for assignment in role.get("assignments") or []:
            for principal in assignment.get("principalIds") or []:
                for found in _principal(facts, people, role, str(principal)):
                    known = (found["object"]["id"] or "", (found["person"] or {}).get("id") or found["property"] or "")
                    if known not in told_of:
                        told_of.add(known)
                        yield found


def principals(roles: t.Iterable[Json]) -> list[str]:
    """Ids of all who hold Defender roles, each once. What is no id cannot be looked up."""
    found = [str(x) for role in roles for a in role.get("assignments") or [] for x in a.get("principalIds") or []]
    return list(dict.fromkeys(x for x in found if is_guid(x)))


def roles_of(facts: Facts, group_id: str) -> list[Json]:
    """The Defender roles that members of a group have, through groups that hold it too."""
    return [role for role in facts.read("roles") if any(_holds(facts, x, group_id) for x in _principals(role))]


def _principals(role: Json) -> list[str]:
    return [key(x) for assignment in role.get("assignments") or [] for x in assignment.get("principalIds") or []]


def _holds(facts: Facts, principal: str, group_id: str) -> bool:
    if principal == group_id:
        return bool(group_id)
    members = (facts.memberships.get(principal) or {}).get("transitive_members") or []
    return any(key(x["id"]) == group_id for x in members)


def live_response(facts: Facts, group_id: str) -> bool:
    """Whether members of the group can start live response."""
    granted = [action for role in roles_of(facts, group_id) for action in actions_of(role.get("rolePermissions"))]
    return bool(group_id and reaches(granted, LIVE_RESPONSE))


def _wanted(managed: Managed) -> list[str]:
    try:
        return actions(managed.declared)
    except InvalidInput:
        # The onboarding says so itself.
        return []


def _declared(facts: Facts) -> t.Iterator[Finding]:
    tiers = {x.key: x for x in facts.tiers}
    if not {_TIER1, _TIER2} <= set(tiers):
        return
    lower, upper = (_wanted(tiers[x]) for x in (_TIER1, _TIER2))
    lacking = [x for x in lower if not reaches(upper, [x])]
    if lower and upper and lacking:
        target = ("Defender role", tiers[_TIER2].role["name"], None)
        is_ = f"It lacks {', '.join(lacking)}."
        yield finding("MSSP302", target, is_, "Tier 2 grants what tier 1 grants, and more.")


def _tier(facts: Facts, managed: Managed) -> t.Iterator[Finding]:
    if not managed.group_id or not managed.role:
        return
    sensitive = (*LIVE_RESPONSE, *SETTINGS)
    # Tier 1 has neither, whatever the variables say.
    meant = [] if managed.key == _TIER1 else reaches(_wanted(managed), sensitive)
    for role in roles_of(facts, managed.group_id):
        more = [x for x in reaches(actions_of(role.get("rolePermissions")), sensitive) if x not in meant]
        if not more or (PERMISSION, key(role["id"]), "rolePermissions") in drifted(facts):
            # Added to a managed role, it is told as drift.
            continue
        target = ("group", managed.group.get("displayName"), managed.group.get("id"))
        is_ = f"Its members reach {', '.join(more)} by the Defender role '{role.get('displayName')}'."
        should = "They reach neither live response nor security settings beyond what the tier is for."
        yield finding("MSSP301", target, is_, should, property=f"Defender role {role['id']}")


def _principal(facts: Facts, people: People, role: Json, principal: str) -> t.Iterator[Finding]:
    target = ("Defender role", role.get("displayName"), role.get("id"))
    known = key(principal)
    if known in facts.group_ids:
        yield from _group_of_ours(facts, role, known, target)
    elif known in facts.memberships:
        nested = sorted(x for x in facts.group_ids if _holds(facts, known, x))
        for group_id in nested:
            yield from _group_of_ours(facts, role, group_id, target)
        inside = {key(x["id"]) for group_id in nested for x in facts.users_in(group_id)}
        name = facts.memberships[known].get("displayName")
        for user in facts.users_in(known):
            if people.is_mssp(user["id"]) and key(user["id"]) not in inside:
                yield _outside(people, target, user["id"], f"through the group '{name}'")
    elif people.user(known):
        if people.is_mssp(known):
            yield _outside(people, target, known, "directly")
    elif facts.was_read("groups") and facts.was_read("users") and not facts.accepted(principal):
        is_ = f"It is assigned to {principal}, which is neither a person nor a group of the directory."
        yield finding(
            "MSSP304", target, is_, "It is assigned to people and groups that are there.", property=f"principal {principal}"
        )


def _outside(people: People, target: tuple[str, t.Any, t.Any], user_id: str, how: str) -> Finding:
    person = people.person(user_id)
    is_ = f"{name_of(person)} of the MSSP holds it {how}."
    return finding(
        "MSSP303", target, is_, "People of the MSSP hold Defender roles through the tiers' groups only.", person=person
    )


def _group_of_ours(facts: Facts, role: Json, group_id: str, target: tuple[str, t.Any, t.Any]) -> t.Iterator[Finding]:
    (managed, *_more) = [x for x in facts.managed if x.group_id == group_id]
    options = managed.role.get("options") or {}
    own = key(options.get("role_id")) == key(role["id"]) or role.get("displayName") == managed.role.get("name")
    if managed.key != APPROVERS and own:
        return
    if managed.key != APPROVERS and reaches(actions_of(role.get("rolePermissions")), (*LIVE_RESPONSE, *SETTINGS)):
        # What the tier thereby reaches is a finding of its own.
        return
    is_ = f"The group '{managed.group.get('displayName')}' holds it, although it is not the role of this tier."
    should = "A tier's group holds its tier's role, and the approvers' group none."
    yield finding("MSSP303", target, is_, should, property=f"principal {group_id}")
