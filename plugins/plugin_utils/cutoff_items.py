# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The items of the loops of a cut-off: for each task what it takes away, by id, and how people call it (`label`)."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._paths import pick
from ansible_collections.mssp.defender.plugins.module_utils._resources.origin import unique_name
from ansible_collections.mssp.defender.plugins.plugin_utils import tenant_objects as objects
from ansible_collections.mssp.defender.plugins.plugin_utils.cutoff import Found, Item, Json
from ansible_collections.mssp.defender.plugins.plugin_utils.sheets import one_line


def unknown_groups(found: Found) -> list[Item]:
    """Groups to be looked at: those of the plan that the look by names has not shown, and those that packages grant."""
    known = found.claimed_groups(found.result("preflight").get("groups") or ())
    names, ids = {same.word(x.get("uniqueName")) for x in known}, {same.word(x["id"]) for x in known}
    wanted = [unique_name(found.mssp, group["key"]) for group in found.plan["groups"]] if found.mssp else []
    granted = {group for package in [*found.packages, *found.shared_packages] for group in objects.member_groups(package)}
    return [{"unique_name": name, "label": name} for name in wanted if name not in names] + [
        {"group_id": group, "with_members": True, "label": group} for group in sorted(granted - ids)
    ]


def catalogs(found: Found) -> list[Item]:
    """The catalogs to unpublish: those of the role's name, and those in which everything is the MSSP's."""
    inside: dict[str, list[Json]] = {}
    for package in found.listed("found_packages"):
        inside.setdefault(same.word(pick(package, "catalog.id")), []).append(package)
    items = {same.word(x["id"]): x for x in found.listed("found_catalogs")}
    for key, packages in inside.items():
        if key and all(same.word(x["id"]) in found.package_ids for x in packages):
            items.setdefault(key, t.cast(Json, packages[0]["catalog"]))
    return [{"id": x["id"], "label": _label(x)} for x in items.values()]


def policies(found: Found) -> list[Item]:
    """The policies to close: all of the MSSP's packages, and of others those that name its organization."""
    packages = {same.word(x["id"]): x for x in found.listed("found_packages")}
    return [
        {"id": policy["id"], "label": f"{_label(packages.get(package) or {'id': package})}: {_label(policy)}"}
        for policy in found.listed("found_policies")
        for package in (objects.package_id(policy),)
        if package in found.package_ids or found.names_us(policy)
    ]


def requests(found: Found) -> list[Item]:
    """The open requests to cancel. One that takes access away goes on."""
    items = []
    for request in found.listed("found_requests"):
        people = (request.get("requestor"), request.get("target"))
        if not same.word(request.get("requestType")).endswith("remove") and found.concerns(request, *people):
            person = request.get("target") or request.get("requestor") or {}
            items.append({"id": request["id"], "label": f"{_person(person)}: {_label(request.get('accessPackage') or {})}"})
    return items


def roles(found: Found) -> list[Item]:
    """The Defender roles that the MSSP's groups hold.

    Taken from all who share an assignment with them, since Defender changes none: `others` says who gets it back on which scopes.
    """
    return _unassigned(found.listed("found_roles"), found.cut_groups)


def personal_roles(found: Found) -> list[Item]:
    """The Defender roles that people of the MSSP hold themselves, without a group."""
    return _unassigned(found.listed("found_roles"), frozenset(found.people))


def _unassigned(listed: t.Iterable[Json], ours: t.AbstractSet[str]) -> list[Item]:
    items = []
    for role in listed:
        held = role.get("assignments") or ()
        affected = [x for x in held if same.words(x.get("principalIds")) & ours]
        if not affected:
            continue
        principals = sorted({str(principal) for x in affected for principal in x.get("principalIds") or ()})
        # The module removes every assignment to nobody but these.
        removed = [x for x in held if same.words(x.get("principalIds")) <= same.words(principals)]
        others = []
        for assignment in removed:
            rest = [x for x in assignment.get("principalIds") or () if same.word(x) not in ours]
            if rest:
                others.append({"principals": rest, "scopes": objects.scopes(assignment)})
        items.append({"id": role["id"], "label": _label(role), "principals": principals, "others": others})
    return items


def given_back(found: Found) -> list[Item]:
    """The others who get a Defender role back that was taken away from all who shared an assignment."""
    items: dict[tuple[t.Any, ...], Item] = {}
    for result in [*found.results("cut_roles"), *found.results("cut_personal_roles")]:
        item = result.get("item") or {}
        for other in item["others"] if "changes" in result else ():
            key = (item["id"], same.words(other["principals"]), same.words(other["scopes"]))
            items[key] = {"id": item["id"], "label": f"{item['label']}: {', '.join(other['principals'])}", **other}
    return list(items.values())


def asked_groups(found: Found) -> list[Item]:
    """Where users could not be read: the groups that carry the MSSP's unique name, whose members are told another way."""
    return (
        []
        if "users" in found.result("found_users")
        else [{"id": group["id"], "label": _label(group)} for group in found.own_groups.values()]
    )


def users(found: Found) -> list[Item]:
    """The MSSP's people."""
    return [{"id": x["id"], "label": one_line(x.get("userPrincipalName") or x["id"])} for x in found.people.values()]


def members(found: Found) -> list[Item]:
    """The groups to empty, with the ids of who stays.

    Nobody stays in a group that carries the MSSP's unique name. From any other, only the MSSP's people are taken out.
    """
    items = [{"id": group["id"], "label": _label(group), "stay": []} for group in found.own_groups.values()]
    for result in found.results("found_groups"):
        for group in result.get("groups") or ():
            there = [str(x["id"]) for x in group.get("members") or ()]
            stay = [x for x in there if same.word(x) not in found.people]
            if same.word(group["id"]) not in found.own_groups and len(stay) < len(there):
                items.append({"id": group["id"], "label": _label(group), "stay": stay})
    return items


def assignments(found: Found) -> list[Item]:
    """The assignments to end."""
    return [
        {"id": x["id"], "label": f"{_person(x.get('target') or {})}: {_label(x.get('accessPackage') or {})}"}
        for x in found.listed("found_assignments")
        if found.concerns(x, x.get("target"))
    ]


def _label(thing: Json) -> str:
    return one_line(thing.get("displayName") or thing.get("id") or "not known")


def _person(person: Json) -> str:
    return one_line(
        person.get("email") or person.get("principalName") or person.get("displayName") or person.get("id") or "somebody"
    )
