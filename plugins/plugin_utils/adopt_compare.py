# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What onboarding would still change, with given variables, in the tenant that they were read from. Pure.

Nothing here knows which property can be said in variables: the role's own plan is made of them and compared with what is there,
by the comparison that the modules use. So a variable that the role gains makes this list shorter, and nothing is forgotten in it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import differences
from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import AccessPackage, RoleScopes
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY, Resource, stated
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog, Resources
from ansible_collections.mssp.defender.plugins.module_utils._resources.connected_organization import ConnectedOrganization
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_actions import actions
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import (
    Assignments,
    DefenderRole,
    allowed_actions,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.group import Group
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import Policy
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_options import Translator
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref, References
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_choice import Choice, Entry
from ansible_collections.mssp.defender.plugins.plugin_utils.adopt_text import brief
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_check import onboard_problem
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_plan import plan
from ansible_collections.mssp.defender.plugins.plugin_utils.tenant_objects import Json, name_of, package_id, scopes


@dataclasses.dataclass(frozen=True)
class Difference:
    """One thing that a run would change; `id` and `property` are None for an object or a link that it would make or remove."""

    type: str
    id: str | None
    property: str | None
    text: str

    def as_result(self) -> dict[str, t.Any]:
        """For playbooks."""
        return dataclasses.asdict(self)


class _Ids:
    """References by ids, which is how adopted variables name people; a group of the role's own also by its name."""

    def __init__(self, own: t.Mapping[str, str]) -> None:
        self._own = own

    def group(self, value: t.Any, option: str) -> Ref:
        return Ref(self._own.get(str(value), str(value)), str(value))

    def user(self, value: t.Any, option: str) -> Ref:
        return Ref(str(value), str(value))

    def connected_organization(self, value: t.Any, option: str) -> Ref:
        return Ref(str(value), str(value))


class Comparison:
    """Compares what is there with the role's plan.

    :param values: the role's variables without their prefix, the defaults among them.
    :param state: what was read.
    :param names: by id in small letters, how people call who is meant.
    """

    def __init__(self, choice: Choice, values: Json, state: Json, names: t.Mapping[str, str]) -> None:
        self._choice = choice
        self._values = values
        self._policies = state["policies"]
        self._catalogs = state["catalogs"]
        self._names = names
        self._entries = [*choice.tiers, choice.approvers]
        self._found: list[Difference] = []

    def differences(self) -> list[Difference]:
        """Every difference, in the order of a run. Variables that the role refuses are the only one."""
        problem = onboard_problem(self._values)
        if problem:
            return [Difference("variables", None, None, f"The role refuses these variables: {problem}")]
        wanted = plan(self._values)
        for group in wanted["groups"]:
            self._group(group, self._entries[group["number"]])
        for role in wanted["roles"]:
            self._role(role, self._entries[role["number"]])
        self._organization(wanted["organization"])
        self._catalog(wanted["catalog"])
        for package in wanted["packages"]:
            self._package(package, self._entries[package["number"]])
        own = {
            group["name"]: str(self._entries[group["number"]].group.get("id") or KNOWN_AFTER_APPLY) for group in wanted["groups"]
        }
        for policy in wanted["policies"]:
            self._policy(policy, self._entries[policy["number"]], _Ids(own))
        return self._found

    def _compare(self, resource: type[Resource], current: Json, desired: dict[str, t.Any], label: str) -> None:
        """Compare as the module of the resource does."""
        for prop, before, after in differences(resource.properties, dict(current), desired):
            text = f"{label}: {prop.path} is {brief(before, self._names)}; a run would make it {brief(after, self._names)}."
            self._add(resource, current, prop.path, text)

    def _add(self, resource: type[Resource], current: Json, path: str | None, text: str) -> None:
        identifier = str(current["id"]) if current and path else None
        self._found.append(Difference(resource.type, identifier, path, text[:1].upper() + text[1:]))

    def _link(self, kind: str, text: str) -> None:
        self._found.append(Difference(kind, None, None, text[:1].upper() + text[1:]))

    def _group(self, wanted: Json, entry: Entry) -> None:
        if not entry.group:
            self._add(Group, {}, None, f"there is no group '{wanted['name']}'; a run would make it.")
            return
        # By its id, which makes a claim of origin superfluous.
        self._compare(Group, entry.group, _stated(Group, wanted), f"the group {name_of(entry.group)}")

    def _role(self, wanted: Json, entry: Entry) -> None:
        label = f"the Defender role {name_of(entry.role)}"
        granted = [{"allowedResourceActions": allowed_actions(entry.role.get("rolePermissions"))}]
        options = wanted["options"]
        desired = {
            **_stated(DefenderRole, wanted),
            "rolePermissions": [{"allowedResourceActions": actions(options["permissions"])}],
        }
        self._compare(DefenderRole, {**entry.role, "rolePermissions": granted}, desired, label)
        ours = same.words([entry.group["id"]])
        there = [x for x in entry.role.get("assignments") or () if same.words(x.get("principalIds")) <= ours]
        if {same.words(scopes(x)) for x in there} != {same.words(options["scopes"])} or len(there) > 1:
            says = "; ".join(", ".join(scopes(x)) for x in there) or "none to its group alone"
            wish = f"one on {', '.join(options['scopes'])}"
            self._link(Assignments.link_type, f"{label}: its assignments are {says}; a run would make them {wish}.")

    def _organization(self, wanted: Json) -> None:
        current = self._choice.organization
        desired = stated(ConnectedOrganization.properties, wanted)
        self._compare(ConnectedOrganization, current, desired, f"the connected organization {name_of(current)}")

    def _catalog(self, wanted: Json) -> None:
        current = self._choice.catalog
        label = f"the catalog {name_of(current)}"
        if sum(x.get("displayName") == wanted["name"] for x in self._catalogs) > 1:
            self._add(Catalog, current, "displayName", f"{label} is one of several of this name, where a run stops.")
            return
        desired = {**stated(Catalog.properties, wanted), "state": "published"}
        self._compare(Catalog, current, desired, label)
        there = same.words(x.get("originId") for x in current.get("resources") or ())
        lacking = [x for x in self._entries if same.word(x.group.get("id") or KNOWN_AFTER_APPLY) not in there]
        if lacking:
            self._link(Resources.link_type, f"{label} lacks a group of a tier or of the approvers; a run would add it.")

    def _package(self, wanted: Json, entry: Entry) -> None:
        if not entry.package:
            self._add(AccessPackage, {}, None, f"there is no package '{wanted['name']}'; a run would make it.")
            return
        label = f"the package {name_of(entry.package)}"
        self._compare(AccessPackage, entry.package, _stated(AccessPackage, wanted), label)
        group = same.word(entry.group["id"])
        granted = entry.package.get("resourceRoleScopes") or ()
        there = {
            (same.word((x.get("role") or {}).get("originId")), same.word((x.get("scope") or {}).get("originId"))) for x in granted
        }
        if there != {(f"member_{group}", group)}:
            what = ", ".join(sorted(self._granted(x) for x in granted))
            self._link(
                RoleScopes.link_type, f"{label} grants {what}; a run would leave only membership of {name_of(entry.group)}."
            )

    def _granted(self, item: Json) -> str:
        role, scope = item.get("role") or {}, item.get("scope") or {}
        group = str(scope.get("originId"))
        return f"{role.get('displayName') or role.get('originId')} of '{self._names.get(group.lower()) or group}'"

    def _policy(self, wanted: Json, entry: Entry, references: _Ids) -> None:
        there = [x for x in self._policies if entry.package and package_id(x) == same.word(entry.package["id"])]
        named = [x for x in there if x.get("displayName") == wanted["name"]]
        where = f"the package {name_of(entry.package)}" if entry.package else "that package"
        label = f"the policy '{wanted['name']}' of {where}"
        if not named:
            beside = f" beside {', '.join(map(name_of, there))}" if there else ""
            self._add(Policy, {}, None, f"{label} is not there; a run would make it{beside}.")
            return
        if len(named) > 1:
            self._add(Policy, named[0], "displayName", f"{label} is one of several of this name, where a run stops.")
            return
        body = Translator(_options(wanted, self._choice.organization), t.cast(References, references)).policy()
        self._compare(Policy, named[0], body, label)


def _options(wanted: Json, organization: Json) -> dict[str, t.Any]:
    """The arguments that the role gives the module."""
    return {**wanted["options"], "name": wanted["name"], "requestors": {"connected_organizations": [organization["id"]]}}


def _stated(resource: type[Resource], wanted: Json) -> dict[str, t.Any]:
    """What the role states of an object, as far as an option is a property's value as it is."""
    return stated(resource.properties, {**wanted["options"], "name": wanted["name"]})
