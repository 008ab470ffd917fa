# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Other ways to the same access: owners, catalog roles, other organizations, policies and packages, roles, and permissions."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._normalise import type_name
from ansible_collections.mssp.defender.plugins.module_utils._resources.features import needed
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import missing
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_approvers import about
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import ELIGIBLE, MEMBER, OTHER, Facts
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_people import People
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Finding, Json, finding, key, name_of

_READS = re.compile(r"\.Read(Basic)?(\.|$)")
# What comes with every person's token.
_HARMLESS = frozenset({"openid", "profile", "email", "offline_access", "user.read"})
# Asked for by practice B.5, for checks that only the customer's conditional access would need.
_ALLOWED = ("Policy.Read.All",)
_OPEN = ("allconfiguredconnectedorganizationusers", "allexternalusers")
_READER = "44272f93-9762-48e8-af59-1b5351b1d6b3"
_CREATOR = "ba92d953-d8e0-4e39-a797-0cbedb0a89e8"


def ways_in(facts: Facts, people: People) -> t.Iterator[Finding]:
    """All other ways in."""
    yield from _owners(facts, people)
    yield from _catalog_roles(facts, people)
    yield from _policies(facts)
    yield from _packages(facts)
    yield from _elsewhere(facts, people)
    yield from _permissions(facts)


def _owners(facts: Facts, people: People) -> t.Iterator[Finding]:
    for managed in facts.managed:
        target = ("group", managed.group.get("displayName"), managed.group.get("id"))
        for owner in (facts.memberships.get(managed.group_id) or {}).get("owners") or []:
            if facts.accepted(owner["id"], owner.get("userPrincipalName"), owner.get("mail")):
                continue
            yield _held("MSSP401", target, owner, people, "owns it", "The group has no owner.")


def _held(
    rule: str, target: tuple[str, t.Any, t.Any], who: Json, people: People, does: str, should: str, **more: t.Any
) -> Finding:
    if who.get("type") == "user":
        person = people.person(who["id"], who)
        return finding(rule, target, f"{name_of(person)} {does}.", should, person=person, **more)
    kind = {"serviceprincipal": "application", None: "object"}.get(who.get("type"), who.get("type"))
    is_ = f"The {kind} '{who.get('displayName') or 'unknown'}' ({who['id']}) {does}."
    return finding(rule, target, is_, should, **{"property": f"principal {who['id']}", **more})


def _catalog_roles(facts: Facts, people: People) -> t.Iterator[Finding]:
    catalog = facts.catalog
    if not catalog:
        return
    target = ("catalog", catalog.get("displayName"), catalog.get("id"))
    for assignment in facts.read("catalog_roles"):
        role, who, scope = assignment["role"], assignment["principal"], key(assignment.get("scope"))
        ours = scope == "/" or scope.rpartition("/")[2] == key(catalog["id"])
        if not ours or key(role["id"]) == _READER or facts.accepted(who["id"], who.get("userPrincipalName")):
            continue
        where = "for the whole tenant" if scope == "/" else "on this catalog"
        does = f"is {role.get('displayName')} {where}"
        # Whoever may only make catalogs of their own cannot touch this one.
        severity = "notice" if key(role["id"]) == _CREATOR else None
        should = "Nobody but those who are accepted administers these packages."
        more = {"property": f"{role.get('displayName')} {who['id']}", "severity": severity}
        yield _held("MSSP402", target, who, people, does, should, **more)


def _policies(facts: Facts) -> t.Iterator[Finding]:
    for managed in facts.managed:
        for policy in facts.policies_of(managed.package["id"]) if managed.package else []:
            if facts.is_planned(managed.package_name, policy):
                continue
            others = _others(facts, policy)
            should = "The package has the policies that the variables describe, and no other."
            if others:
                yield finding("MSSP403", about(policy), f"By this policy {others} can request the package.", should)
            else:
                yield finding("MSSP404", about(policy), "The variables do not describe this policy.", should)


def _others(facts: Facts, policy: Json) -> str:
    """Who of other organizations can ask under a policy; empty for nobody."""
    if not (policy.get("requestorSettings") or {}).get("enableTargetsToSelfAddAccess"):
        return ""
    scope = key(policy.get("allowedTargetScope"))
    if scope in _OPEN:
        return "people of all connected organizations" if scope == _OPEN[0] else "everybody outside the tenant"
    ours = {key(x.get("id")) for x in facts.organizations}
    names = {key(x.get("id")): x.get("displayName") for x in facts.read("organizations")}
    targets = [x for x in policy.get("specificAllowedTargets") or [] if type_name(x) == "connectedorganizationmembers"]
    other = [key(x.get("connectedOrganizationId")) for x in targets]
    found = [f"people of '{names.get(x) or x}'" for x in other if x not in ours]
    return " and ".join(found) if scope == "specificconnectedorganizationusers" else ""


def _packages(facts: Facts) -> t.Iterator[Finding]:
    for managed in facts.managed:
        for package in facts.granting(managed.group_id, (MEMBER, ELIGIBLE, OTHER)) if managed.group_id else []:
            if key(package["id"]) in facts.package_ids:
                continue
            catalog = (package.get("catalog") or {}).get("displayName")
            target = ("access package", package.get("displayName"), package["id"])
            is_ = f"In the catalog '{catalog}', it grants the group '{managed.group.get('displayName')}'."
            should = "Only the managed packages grant this group."
            yield finding("MSSP405", target, is_, should, property=f"group {managed.group_id}")


def _elsewhere(facts: Facts, people: People) -> t.Iterator[Finding]:
    granted = {
        key((x.get("scope") or {}).get("originId"))
        for package in facts.read("packages")
        for x in package.get("resourceRoleScopes") or []
    }
    roles: dict[str, list[Json]] = {}
    for assignment in facts.read("directory_roles"):
        roles.setdefault(key(assignment["principal"]["id"]), []).append(assignment)
    where = {key(x["id"]): [y for y in x["member_of"] if y["type"] == "group"] for x in facts.read("member_of")}
    for user_id in sorted(people.mssp_ids):
        person, groups = people.person(user_id), where.get(user_id, [])
        target = ("user", person["display_name"], person["id"])
        if facts.accepted(user_id, person["principal_name"], person["mail"]):
            continue
        for group in groups:
            dynamic = "dynamicmembership" in {key(x) for x in group.get("groupTypes") or []}
            if dynamic or key(group["id"]) in granted | facts.group_ids or facts.accepted(group["id"]):
                continue
            is_ = f"{name_of(person)} is in the group '{group.get('displayName')}'."
            should = "People of the MSSP are in the groups that the packages grant."
            yield finding("MSSP406", target, is_, should, person=person, property=f"group {group['id']}")
        told_of = set()
        for holder in (user_id, *(key(x["id"]) for x in groups)):
            for assignment in roles.get(holder, []):
                role = assignment["role"]
                if role["id"] in told_of:
                    continue
                told_of.add(role["id"])
                how = "" if holder == user_id else f" through the group '{assignment['principal'].get('displayName')}'"
                is_ = f"{name_of(person)} holds the Entra role '{role.get('displayName')}'{how}."
                should = "People of the MSSP hold no role of the directory."
                yield finding("MSSP407", target, is_, should, person=person, property=f"role {role['id']}")


def writes(permissions: t.Iterable[str]) -> list[str]:
    """The permissions that allow more than reading."""
    return [x for x in permissions if key(x) not in _HARMLESS and not _READS.search(x)]


def _permissions(facts: Facts) -> t.Iterator[Finding]:
    application = (facts.raw.get("tenant") or {}).get("application") or {}
    held = [str(x) for x in application.get("permissions") or []]
    target = ("application", application.get("client_id"), application.get("object_id"))
    writing = writes(held)
    should = "The audit's application can read what the audit needs, and nothing else."
    if writing:
        yield finding("MSSP408", target, f"The token can write: {', '.join(sorted(writing))}.", should)
    wanted = [*needed(["audit"]), *_ALLOWED]
    # One that includes what is needed is no surplus where nothing narrower is held.
    surplus = [
        x for x in held if x not in writing and key(x) not in _HARMLESS and x not in wanted and not _serves(x, held, wanted)
    ]
    if surplus:
        yield finding("MSSP409", target, f"The token can also read: {', '.join(sorted(surplus))}.", should)


def _serves(permission: str, held: t.Sequence[str], wanted: t.Sequence[str]) -> bool:
    others = [x for x in held if x != permission]
    return len(missing(wanted, others)) > len(missing(wanted, held))
