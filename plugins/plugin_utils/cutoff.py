# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What a cut-off of the MSSP takes away at one customer, from what its tasks have read (practice M4).

Names are not relied on: whoever set the tenant up, the MSSP's packages are those that its connected organization may request.
What only the MSSP uses is taken away whole. Where others of the customer get the same, the MSSP's people are taken out of it.

A read that failed hides what it would have told, and nothing else: each item is made of what is known.
"""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._paths import pick
from ansible_collections.mssp.defender.plugins.module_utils._resources.origin import unique_name
from ansible_collections.mssp.defender.plugins.plugin_utils import tenant_objects as objects
from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_variables import PREFIX

Json = t.Mapping[str, t.Any]
Item = dict[str, t.Any]

# What each reading task registers, and the key of its module's result that says that it has read.
READ = {
    "preflight": "tenant",
    "found_organizations": "connected_orgs",
    "found_policies": "policies",
    "found_packages": "access_packages",
    "found_catalogs": "catalogs",
    "found_requests": "requests",
    "found_roles": "roles",
    "found_assignments": "assignments",
    "found_users": "users",
}
_OPEN_TO_ALL = {
    "allconfiguredconnectedorganizationusers": "people of every configured connected organization",
    "allexternalusers": "anybody from outside",
}


class Found:
    """What the tasks have read of one customer.

    :param variables: the facts of the host, as they are.
    """

    def __init__(self, variables: Json) -> None:
        self._variables = variables

    def result(self, name: str) -> Json:
        """What a task has registered; empty where it has not run."""
        return t.cast(Json, self._variables.get(f"{PREFIX}result_{name}") or {})

    def results(self, name: str) -> list[Json]:
        """The results of a loop, without those that were skipped."""
        return [x for x in self.result(name).get("results") or [] if not x.get("skipped")]

    def listed(self, name: str) -> list[Json]:
        """The objects that a reading task has returned; none where it failed."""
        return list(self.result(name).get(READ[name]) or [])

    def unread(self, name: str) -> str:
        """Why a reading task has read nothing; empty where it has."""
        result = self.result(name)
        if READ[name] in result or not result or result.get("skipped"):
            return ""
        return str(result.get("msg") or "it is not known why")

    @property
    def plan(self) -> Json:
        """What the role's variables say."""
        return t.cast(Json, self._variables[f"{PREFIX}plan"])

    @property
    def tenant(self) -> Json:
        """The customer's tenant as it names itself; empty where it could not be read."""
        return t.cast(Json, self.result("preflight").get("tenant") or {})

    @functools.cached_property
    def mssp(self) -> str:
        """Tenant id of the MSSP: stated, looked up, or told by its connected organization; empty when nobody knows it."""
        told = [x.get("tenantId") for org in self.organizations for x in org.get("identitySources") or ()]
        looked_up = (self.result("preflight").get("looked_up") or {}).get("id")
        return str(next(filter(None, [self.plan["mssp"], looked_up, *told]), "")).lower()

    @property
    def organizations(self) -> list[Json]:
        """The MSSP's connected organization."""
        return self.listed("found_organizations")

    @functools.cached_property
    def organization_ids(self) -> frozenset[str]:
        """The id of the MSSP's connected organization; more than one where the customer made it twice."""
        return t.cast("frozenset[str]", same.words(x["id"] for x in self.organizations))

    # -- packages ------------------------------------------------------------------------------------------------

    @functools.cached_property
    def _policies_by_package(self) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = {}
        for policy in self.listed("found_policies"):
            found.setdefault(objects.package_id(policy), []).append(policy)
        return found

    def names_us(self, policy: Json) -> bool:
        """Whether the MSSP's people may request by this policy because their organization is named."""
        return any(objects.naming([policy], one) for one in self.organization_ids)

    def _for_us_alone(self, policy: Json) -> bool:
        targets = policy.get("specificAllowedTargets") or ()
        ours = [x for x in targets if same.word(x.get("connectedOrganizationId")) in self.organization_ids]
        scope = same.word(policy.get("allowedTargetScope")) or "notspecified"
        return len(ours) == len(targets) and scope in ("notspecified", "specificconnectedorganizationusers")

    @functools.cached_property
    def named_catalogs(self) -> frozenset[str]:
        """The ids of the catalogs that are called as the role's variables say."""
        return t.cast("frozenset[str]", same.words(x["id"] for x in self.listed("found_catalogs")))

    def _is_planned(self, package: Json) -> bool:
        if same.word(pick(package, "catalog.id")) not in self.named_catalogs:
            return False
        known = {group["id"].lower() for group in self.claimed_groups(self.result("preflight").get("groups") or ())}
        names = {item["name"] for item in self.plan["packages"]}
        return package.get("displayName") in names or bool(known & set(objects.member_groups(package)))

    @functools.cached_property
    def packages(self) -> list[Json]:
        """The packages that are for the MSSP alone, by their policies or by the role's variables."""
        found = []
        for package in self.listed("found_packages"):
            policies = self._policies_by_package.get(same.word(package["id"]), [])
            alone = any(map(self.names_us, policies)) and all(map(self._for_us_alone, policies))
            if alone or self._is_planned(package):
                found.append(package)
        return found

    @functools.cached_property
    def package_ids(self) -> frozenset[str]:
        """The ids of `packages`."""
        return t.cast("frozenset[str]", same.words(x["id"] for x in self.packages))

    @functools.cached_property
    def shared_packages(self) -> list[Json]:
        """The packages that the MSSP's people may request beside others."""
        return [
            package
            for package in self.listed("found_packages")
            if same.word(package["id"]) not in self.package_ids
            and any(map(self.names_us, self._policies_by_package.get(same.word(package["id"]), [])))
        ]

    # -- groups and people ---------------------------------------------------------------------------------------

    def claimed_groups(self, groups: t.Iterable[Json]) -> list[Json]:
        """The groups that carry the MSSP's unique name: nobody else can put it on one by chance."""
        claim = unique_name(self.mssp, "")
        return [x for x in groups if self.mssp and same.word(x.get("uniqueName")).startswith(claim)]

    @functools.cached_property
    def own_groups(self) -> dict[str, Json]:
        """By id, the groups that carry the MSSP's unique name."""
        read = [group for result in self.results("found_groups") for group in result.get("groups") or ()]
        found = [*(self.result("preflight").get("groups") or ()), *read]
        return {same.word(group["id"]): group for group in self.claimed_groups(found)}

    @functools.cached_property
    def granted_groups(self) -> frozenset[str]:
        """The ids of the groups that packages of the MSSP alone make people members of."""
        return frozenset(group for package in self.packages for group in objects.member_groups(package))

    @functools.cached_property
    def shared_groups(self) -> frozenset[str]:
        """The ids of the groups into which the MSSP's people come beside others."""
        shared = frozenset(group for package in self.shared_packages for group in objects.member_groups(package))
        return shared - self.granted_groups - frozenset(self.own_groups)

    @functools.cached_property
    def cut_groups(self) -> frozenset[str]:
        """The ids of the groups that lose their Defender roles."""
        return self.granted_groups | frozenset(self.own_groups)

    @functools.cached_property
    def people(self) -> dict[str, Json]:
        """By id, the MSSP's users.

        Where users could not be read, those whom entitlement management counts to the organization, and the guests in groups
        that carry the MSSP's unique name; where the organization is not known, the guests who hold or ask for what is the MSSP's
        alone.
        """
        found = {same.word(x["id"]): x for x in self.listed("found_users")}
        in_groups = [user for result in self.results("found_members") for user in result.get("users") or ()]
        for user in in_groups:
            if _is_guest(user.get("userPrincipalName")):
                found.setdefault(same.word(user["id"]), user)
        for about, person in self._subjects():
            name = person.get("principalName") or person.get("email")
            instead = not self.organization_ids and _is_guest(person.get("principalName")) and self._is_of_ours(about)
            user_id = person["user_id"]
            if user_id and (self._is_of_organization(person, about) or instead):
                found.setdefault(same.word(user_id), {"id": user_id, "userPrincipalName": name or user_id})
        return found

    def _subjects(self) -> t.Iterator[tuple[Json, Json]]:
        """Assignments and requests, each with a person in it and the `user_id` of that one in the directory."""
        for assignment in self.listed("found_assignments"):
            target = assignment.get("target") or {}
            yield assignment, {**target, "user_id": target.get("id")}
        for request in self.listed("found_requests"):
            for person in (request.get("requestor"), request.get("target")):
                # The id of a subject is none of the directory's.
                yield request, {**(person or {}), "user_id": (person or {}).get("objectId")}

    def _is_of_ours(self, about: Json) -> bool:
        return same.word(pick(about, "accessPackage.id")) in self.package_ids

    def _is_of_organization(self, *subjects: Json | None) -> bool:
        return any(same.word(pick(x or {}, "connectedOrganization.id")) in self.organization_ids for x in subjects)

    # -- for other parts -----------------------------------------------------------------------------------------

    def concerns(self, about: Json, *subjects: Json | None) -> bool:
        """Whether a request or an assignment is for a package of the MSSP alone, or for one of its people."""
        ids = (x.get("objectId") or x.get("id") for x in subjects if x)
        ours = any(same.word(x) in self.people for x in ids if x)
        homes = (same.word(pick(x or {}, "tenant.id")) for x in subjects)
        from_there = bool(self.mssp) and self.mssp in homes
        return self._is_of_ours(about) or self._is_of_organization(about, *subjects) or ours or from_there

    def open_to_all(self) -> list[str]:
        """Packages that people of the MSSP may still request because many may, each with its policy, as a sentence."""
        packages = {same.word(x["id"]): x for x in self.listed("found_packages")}
        told = []
        for policy in self.listed("found_policies"):
            who = _OPEN_TO_ALL.get(same.word(policy.get("allowedTargetScope")))
            package = objects.package_id(policy)
            if who and package not in self.package_ids and pick(policy, "requestorSettings.enableTargetsToSelfAddAccess"):
                name = (packages.get(package) or {}).get("displayName") or package
                told.append(f"The package '{name}' can be requested by {who} (policy '{policy.get('displayName')}').")
        return told

    def kept_roles(self) -> list[str]:
        """Defender roles that stay with groups in which others are as well, each as a sentence."""
        return [
            f"The Defender role {objects.name_of(role)} stays with the group {group}, which others are in as well; the MSSP's "
            "people were to be taken out of it."
            for role in self.listed("found_roles")
            for group in sorted(self.shared_groups)
            if objects.holding(role, group)
        ]


def _is_guest(principal_name: t.Any) -> bool:
    return "#ext#" in same.word(principal_name)
