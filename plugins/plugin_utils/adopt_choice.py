# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Which objects of a tenant are the MSSP's set-up: catalog, tiers, approvers. Pure; each choice follows a rule and leaves a note.

It starts from what is sure, the policies that name the MSSP's connected organization. The rules, in their order:

- catalog: the one in which most packages of the MSSP are;
- policy of a package: one that people can request by, then the name that most packages share, then the older one;
- group of a package: the one that holds a Defender role, then the first by name;
- role of a group: one that is assigned to this group alone, then the one with more permissions, then the first by name;
- the approvers' package: the one whose group decides most of the others, and holds no Defender role;
- tiers: the other packages, if their group holds a Defender role (all of them when none does), those that can do less first.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._paths import pick
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_actions import includes
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import allowed_actions
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_text import action
from ansible_collections.mssp.defender.plugins.plugin_utils.tenant_objects import (
    Json,
    alone,
    deciding_groups,
    holding,
    member_groups,
    name_of,
    naming,
    package_id,
    scopes,
    unfit,
)


class NothingToAdopt(Exception):
    """There is nothing here that a hand has made for the MSSP; the text is one sentence with its remedy."""


@dataclasses.dataclass
class Entry:
    """A package and what belongs to it. Only the approvers may have no package, and nothing at all."""

    package: Json = dataclasses.field(default_factory=dict)
    policy: Json = dataclasses.field(default_factory=dict)
    group: Json = dataclasses.field(default_factory=dict)
    role: Json = dataclasses.field(default_factory=dict)
    scopes: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)

    @property
    def actions(self) -> list[str]:
        """What the role permits, as far as there are words for it."""
        return [x for x in map(action, allowed_actions(self.role.get("rolePermissions"))) if x]


@dataclasses.dataclass
class Choice:
    """What was chosen, with the notes that belong to no entry, and what was left out with its reason."""

    organization: Json
    catalog: Json
    tiers: list[Entry]
    approvers: Entry
    notes: dict[str, list[str]]
    left: list[str]


class Chooser:
    """Applies the rules.

    :param state: `organizations`, `policies`, `packages`, `catalogs`, `groups`, `roles`, as the `_info` modules return them;
        `mssp`, the tenant id of the MSSP.
    """

    def __init__(self, state: Json) -> None:
        self._policies = list(state["policies"])
        self._packages = {same.word(x["id"]): x for x in state["packages"]}
        self._catalogs: dict[str, Json] = {same.word(x["id"]): x for x in state["catalogs"]}
        self._groups = {same.word(x["id"]): x for x in state["groups"]}
        self._roles = [x for x in state["roles"] if not x.get("isBuiltIn")]
        self._organizations = list(state["organizations"])
        self._mssp = str(state["mssp"])
        self._notes: dict[str, list[str]] = {}
        self._left: list[str] = []

    def choose(self) -> Choice:
        """What is adopted.

        :raises NothingToAdopt: no organization, no policy, or no tier.
        """
        if not self._organizations:
            raise NothingToAdopt(
                "the MSSP is no connected organization of this tenant. There is nothing to adopt: "
                "run the playbook onboard instead."
            )
        organization = self._organizations[0]
        mine = naming(self._policies, str(organization["id"]))
        if not mine:
            raise NothingToAdopt(
                f"no policy names the connected organization {name_of(organization)}. There is nothing to adopt: "
                "run the playbook onboard instead."
            )
        by_package = collections.defaultdict(list)
        for policy in mine:
            by_package[package_id(policy)].append(policy)
        catalog = self._catalog([self._packages[x] for x in by_package if x in self._packages])
        shared = collections.Counter(str(x.get("displayName")) for x in mine)
        entries = [
            entry
            for identifier, policies in sorted(by_package.items())
            if identifier in self._packages and self._in(catalog, self._packages[identifier])
            for entry in self._entry(self._packages[identifier], policies, shared)
        ]
        approvers = self._approvers(entries)
        tiers = self._tiers([x for x in entries if x is not approvers], approvers)
        return Choice(organization, catalog, tiers, approvers, self._notes, self._left)

    @staticmethod
    def _in(catalog: Json, package: Json) -> bool:
        return bool(same.word(pick(package, "catalog.id")) == same.word(catalog["id"]))

    def _catalog(self, packages: list[Json]) -> Json:
        counts = collections.Counter(same.word(pick(x, "catalog.id")) for x in packages)
        known = [x for x in counts if x in self._catalogs]
        if not known:
            raise NothingToAdopt("the packages of the MSSP could not be read. Run the playbook again.")
        first, *others = sorted(known, key=lambda x: (-counts[x], str(self._catalogs[x].get("displayName")), x))
        if others:
            self._notes["catalog"] = [f"Chosen among {len(known)} catalogs: most packages of the MSSP are in it."]
        for package in sorted(packages, key=_order):
            if not self._in(self._catalogs[first], package):
                where = name_of(package.get("catalog") or {})
                self._left.append(
                    f"The package {name_of(package)}, which the MSSP can request, is in another catalog ({where}); there is one "
                    "catalog in these variables."
                )
        return self._catalogs[first]

    def _entry(self, package: Json, policies: list[Json], shared: t.Mapping[str, int]) -> list[Entry]:
        granted = []
        for group in (self._groups[x] for x in dict.fromkeys(member_groups(package)) if x in self._groups):
            if reason := unfit(group, self._mssp):
                self._left.append(f"The group {name_of(group)} of the package {name_of(package)} cannot be taken over: {reason}.")
            else:
                granted.append(same.word(group["id"]))
        if not granted:
            self._left.append(f"The package {name_of(package)} makes nobody member of a group; a tier does.")
            return []
        entry = Entry(package=package)
        granted.sort(key=lambda x: (not self._held_by(x), _order(self._groups[x])))
        entry.group = self._groups[granted[0]]
        if len(granted) > 1:
            entry.notes.append(
                f"Its package grants {len(granted)} groups. Chosen: {name_of(entry.group)}, because it holds a Defender role or, "
                "where that does not tell, because its name comes first."
            )
        policies = sorted(policies, key=lambda x: _policy_order(x, shared))
        entry.policy = policies[0]
        if len(policies) > 1:
            entry.notes.append(
                f"Its package has {len(policies)} policies for the MSSP. Chosen: {name_of(entry.policy)}, by which people can "
                "request, whose name most packages share, or which is the oldest."
            )
        self._add_role(entry)
        return [entry]

    def _held_by(self, group_id: str) -> list[Json]:
        """The roles of a group that can be said in variables, best first."""
        found = [x for x in self._roles if holding(x, group_id) and Entry(role=x).actions]

        def rank(role: Json) -> tuple[t.Any, ...]:
            exact = any(alone(x, group_id) for x in holding(role, group_id))
            return (not exact, -len(Entry(role=role).actions), _order(role))

        return sorted(found, key=rank)

    def _add_role(self, entry: Entry) -> None:
        group_id = same.word(entry.group["id"])
        roles = self._held_by(group_id)
        if not roles:
            return
        entry.role = roles[0]
        if len(roles) > 1:
            entry.notes.append(
                f"Its group holds {len(roles)} Defender roles. Chosen: {name_of(entry.role)}, which is assigned to this group "
                "alone, permits more, or comes first by name."
            )
        held = sorted(holding(entry.role, group_id), key=lambda x: (not alone(x, group_id), -len(scopes(x)), sorted(scopes(x))))
        entry.scopes = scopes(held[0])
        if len(held) > 1:
            entry.notes.append(f"Its role is assigned to the group {len(held)} times. Chosen: the widest data sources.")

    def _approvers(self, entries: list[Entry]) -> Entry:
        def decides(entry: Entry) -> int:
            own = same.word(entry.group["id"])
            return sum(own in deciding_groups(x.policy) for x in entries if x is not entry)

        found = sorted((x for x in entries if decides(x) and not x.role), key=lambda x: (-decides(x), _order(x.package)))
        if len(found) > 1:
            found[0].notes.append(
                "Chosen among several packages whose group decides others: it decides most, or comes first by name."
            )
        if found:
            return found[0]
        named = collections.Counter(x for entry in entries for x in deciding_groups(entry.policy))
        held = {same.word(x.group["id"]) for x in entries}
        groups = sorted((x for x in named if x in self._groups and x not in held), key=lambda x: (-named[x], x))
        if not groups:
            return Entry(notes=["No group decides: the role's own names stand here."])
        return Entry(group=self._groups[groups[0]], notes=["This group decides, but no package of the MSSP grants it."])

    def _tiers(self, entries: list[Entry], approvers: Entry) -> list[Entry]:
        if any(x.role for x in entries):
            for entry in sorted((x for x in entries if not x.role), key=lambda x: _order(x.package)):
                self._left.append(
                    f"The package {name_of(entry.package)}: its group {name_of(entry.group)} holds no Defender role that these "
                    "variables can say; each tier has one."
                )
            entries = [x for x in entries if x.role]
        else:
            self._notes["skip_defender"] = ["No group of a package holds a Defender role: the tiers are without any."]
        kept = self._distinct(_by_power(entries), approvers)
        if not kept:
            raise NothingToAdopt(
                "none of the packages of the MSSP can be a tier, which grants one group. There is nothing to adopt: "
                "run the playbook onboard instead." + "".join(f" {x}" for x in self._left)
            )
        if len(kept) > 1:
            self._notes["tiers"] = ["In the order of what they can do, those that can do less first; then by name."]
        return kept

    def _distinct(self, entries: list[Entry], approvers: Entry) -> list[Entry]:
        """Without those that share a group, a role or a name with one before."""
        seen = set(_identity(approvers))
        kept = []
        for entry in entries:
            shared = [key for key in _identity(entry) if key in seen]
            if shared:
                self._left.append(
                    f"The package {name_of(entry.package)} has the same {shared[0][0]} as another one ({shared[0][1]!r}); each "
                    "tier has its own."
                )
                continue
            seen.update(_identity(entry))
            kept.append(entry)
        return kept


def _order(thing: Json) -> tuple[str, str]:
    return (str(thing.get("displayName")), str(thing.get("id")))


def _policy_order(policy: Json, shared: t.Mapping[str, int]) -> tuple[t.Any, ...]:
    can_request = bool(pick(policy, "requestorSettings.enableTargetsToSelfAddAccess"))
    return (not can_request, -shared[str(policy.get("displayName"))], str(policy.get("createdDateTime") or ""), _order(policy))


def _by_power(entries: t.Iterable[Entry]) -> list[Entry]:
    every = list(entries)

    def covered(entry: Entry) -> int:
        return sum(
            bool(x.actions) and all(any(y == z or includes(y, z) for y in entry.actions) for z in x.actions)
            for x in every
            if x is not entry
        )

    return sorted(every, key=lambda x: (covered(x), len(x.actions), _order(x.package)))


def _identity(entry: Entry) -> list[tuple[str, str]]:
    named = (("group", entry.group), ("role", entry.role), ("package", entry.package))
    by_name = [(f"name of {kind}", str(x["displayName"]).lower()) for kind, x in named if x.get("displayName")]
    return [(kind, same.word(x["id"])) for kind, x in named if x.get("id")] + by_name
