# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What is there around an adopted set-up, has no variable, and is left alone by onboarding: one sentence for each. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._failures import some
from ansible_collections.mssp.defender.plugins.module_utils._paths import pick
from ansible_collections.mssp.defender.plugins.plugin_utils import adopt_options as options
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_choice import Choice, Entry
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_text import brief
from ansible_collections.mssp.defender.plugins.plugin_utils.tenant_objects import Json, alone, holding, name_of, package_id


def rest(choice: Choice, state: Json) -> list[str]:
    """Everything, in the order of the file: what was not chosen, the organization, the catalog, then entry by entry."""
    return [
        *choice.left,
        *_organization(choice.organization),
        *_catalog(choice, state),
        *(line for entry in (*choice.tiers, choice.approvers) for line in _entry(entry, state)),
    ]


def _names(things: t.Iterable[Json]) -> str:
    return ", ".join(sorted(map(name_of, things)))


def _organization(organization: Json) -> t.Iterator[str]:
    for kind in ("internalSponsors", "externalSponsors"):
        if organization.get(kind):
            side = kind.removesuffix("Sponsors")
            yield f"The connected organization {name_of(organization)} has {side} sponsors: {_names(organization[kind])}."


def _catalog(choice: Choice, state: Json) -> t.Iterator[str]:
    entries = [*choice.tiers, choice.approvers]
    mine = {x.package.get("id") for x in entries}
    spoken_of = "\n".join(choice.left)
    for package in sorted(state["packages"], key=name_of):
        here = same.word(pick(package, "catalog.id")) == same.word(choice.catalog["id"])
        if here and package["id"] not in mine and f"The package {name_of(package)}" not in spoken_of:
            yield f"The package {name_of(package)} in the catalog is somebody else's: no policy of it names the MSSP."
    ours = {same.word(x.group.get("id")) for x in entries}
    others = [x for x in choice.catalog.get("resources") or () if same.word(x.get("originId")) not in ours]
    if others:
        yield f"The catalog {name_of(choice.catalog)} also has the groups {_names(others)}."


def _entry(entry: Entry, state: Json) -> t.Iterator[str]:
    if entry.package:
        yield from _package(entry.package)
        for policy in state["policies"]:
            if package_id(policy) == same.word(entry.package["id"]) and policy["id"] != entry.policy.get("id"):
                yield f"The package {name_of(entry.package)} has another policy, {name_of(policy)}."
        yield from _policy(entry)
    if entry.group:
        yield from _group(entry, state)


def _package(package: Json) -> t.Iterator[str]:
    for kind, what in (("incompatibleGroups", "groups"), ("incompatibleAccessPackages", "packages")):
        if package.get(kind):
            yield f"The package {name_of(package)} is incompatible with the {what} {_names(package[kind])}."


def _policy(entry: Entry) -> t.Iterator[str]:
    policy = entry.policy
    label = f"The policy {name_of(policy)} of the package {name_of(entry.package)}"
    if policy.get("questions"):
        yield f"{label} asks {some(len(policy['questions']), 'question')}."
    if policy.get("customExtensionStageSettings"):
        yield f"{label} has {some(len(policy['customExtensionStageSettings']), 'custom extension')}."
    if policy.get("automaticRequestSettings"):
        yield f"{label} has settings for automatic requests."
    reviews, settings = options.reviews(policy), policy.get("reviewSettings") or {}
    if not reviews["enabled"]:
        return
    for option, path in (("every", "recurrence"), ("open_days", "expiration")):
        if option not in reviews:
            yield f"{label} has reviews whose {path} has no word: {brief(pick(settings, f'schedule.{path}'), {})}."
    if "unanswered" not in reviews:
        yield f"{label} has reviews whose outcome without an answer has no word: {settings.get('expirationBehavior')}."


def _group(entry: Entry, state: Json) -> t.Iterator[str]:
    group, group_id = entry.group, same.word(entry.group["id"])
    names = {same.word(x["id"]): name_of(x) for x in state["groups"]}
    if group.get("owners"):
        yield f"The group {name_of(group)} has owners, who decide who is in it: {_names(group['owners'])}."
    for role in state["roles"]:
        held = holding(role, group_id)
        if held and role["id"] != entry.role.get("id"):
            yield f"The group {name_of(group)} also holds the Defender role {name_of(role)}."
    if not entry.role:
        return
    others = [x for x in entry.role.get("assignments") or () if not alone(x, group_id)]
    if others:
        who = ", ".join(sorted({names.get(y, y) for x in others for y in same.words(x.get("principalIds")) - {group_id}}))
        yield f"The Defender role {name_of(entry.role)} is also held by {who or 'nobody, in an assignment of its own'}."
