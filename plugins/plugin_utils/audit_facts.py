# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What was read of a tenant, as the rules of the audit ask for it. Pure; it knows Graph's shapes and no rule.

The facts are one dictionary. Everything that is read is None where it could not be:

`customer` name · `began`, `now` instants · `options` the role's own variables · `plan` of the onboarding · `mssp` tenant id ·
`tenant` what `tenant_info` returned · `drift` {`changes`, `problem`} · `problems` [{`what`, `message`}] · `organizations` ·
`catalogs` · `packages` · `policies` · `assignments` · `requests` · `reviews` · `roles` of Defender · `groups` and `member_of` as
`aad_membership_info` returns them · `people` of the MSSP · `users` with `signInActivity` · `directory_roles`, `catalog_roles` ·
`added` and `approved` entries of the log.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import functools
import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._normalise import type_name
from ansible_collections.mssp.defender.plugins.module_utils._resources.origin import unique_name
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Json, key, moment

LIVE = frozenset({"delivering", "delivered", "partiallydelivered"})
APPROVERS = "approvers"
# What a package can grant of a group. An eligible member becomes one by activating it (PIM), for some hours.
MEMBER, ELIGIBLE, OTHER = "member", "eligible member", "other"


@dataclasses.dataclass(frozen=True)
class Managed:
    """One tier, or the approvers, as the plan has it and as the tenant shows it. What is not there is empty.

    :param key: of the tier, or `approvers`.
    :param role: the planned item of its Defender role, if it has one.
    """

    key: str
    group: Json
    package: Json
    package_name: str
    role: Json
    declared: tuple[str, ...]

    @property
    def group_id(self) -> str:
        """Object id of the group; empty when there is none."""
        return key(self.group.get("id"))


class Facts:
    """The facts of one customer, each worked out once."""

    def __init__(self, raw: t.Mapping[str, t.Any]) -> None:
        self.raw = raw
        self.options: Json = dict(raw.get("options") or {})
        self.plan: Json = dict(raw.get("plan") or {})
        self.mssp = key(raw.get("mssp"))
        self.now = t.cast(datetime.datetime, moment(raw["now"]))

    def read(self, name: str) -> list[Json]:
        """What was read under this name; empty where nothing was, which `problems` tells."""
        return list(self.raw.get(name) or [])

    def was_read(self, name: str) -> bool:
        """Whether it could be read."""
        return self.raw.get(name) is not None

    @property
    def tenant(self) -> Json:
        """The customer's tenant."""
        return t.cast(Json, (self.raw.get("tenant") or {}).get("tenant") or {})

    @functools.cached_property
    def organizations(self) -> list[Json]:
        """The MSSP's connected organizations: those that have its tenant among their identity sources."""
        return [
            organization
            for organization in self.read("organizations")
            if any(key(source.get("tenantId")) == self.mssp for source in organization.get("identitySources") or [])
        ]

    def days(self, option: str) -> datetime.timedelta:
        """A number of days from the role's variables."""
        return datetime.timedelta(days=float(self.options[option]))

    @property
    def grace(self) -> datetime.timedelta:
        """How long what the service has to do may take."""
        return datetime.timedelta(hours=float(self.options["grace_hours"]))

    def accepted(self, *names: t.Any) -> bool:
        """Whether the operator has accepted this principal, by id, principal name or mail."""
        known = {key(x) for x in self.options.get("accepted_principals") or []}
        return any(key(name) in known for name in names if name)

    # -- what is managed ---------------------------------------------------------------------------------------------

    @functools.cached_property
    def managed(self) -> list[Managed]:
        """The tiers in their order and the approvers at the end."""
        roles = {item["number"]: item for item in self.plan.get("roles") or []}
        found = []
        for group, package in zip(self.plan.get("groups") or [], self.plan.get("packages") or [], strict=True):
            role = roles.get(group["number"]) or {}
            declared = tuple((role.get("options") or {}).get("permissions") or ())
            shown = self._package(package["name"])
            found.append(Managed(group["key"], self._group(group), shown, package["name"], dict(role), declared))
        return found

    @property
    def tiers(self) -> list[Managed]:
        """Without the approvers."""
        return [x for x in self.managed if x.key != APPROVERS]

    @functools.cached_property
    def group_ids(self) -> frozenset[str]:
        """Ids of all managed groups."""
        return frozenset(x.group_id for x in self.managed if x.group_id)

    def _group(self, item: Json) -> Json:
        stated = (item.get("options") or {}).get("group_id")
        known = (self.raw.get("tenant") or {}).get("groups") or []
        if stated:
            found = [x for x in known if key(x.get("id")) == key(stated)]
            # A group of another name is known by its id alone.
            return dict(found[0]) if found else {"id": stated, "displayName": item["name"]}
        claim = unique_name(self.mssp, item["key"])
        ours = [x for x in known if key(x.get("uniqueName")) == claim]
        same = ours or [x for x in known if x.get("displayName") == item["name"]]
        # Several of one name are nobody's: drift says so.
        return dict(same[0]) if len(same) == 1 else {"displayName": item["name"]}

    @functools.cached_property
    def catalog(self) -> Json:
        """The managed catalog, as its packages name it."""
        name = (self.plan.get("catalog") or {}).get("name")
        return next((x for x in self.read("catalogs") if x.get("displayName") == name), {})

    def _package(self, name: str) -> Json:
        catalog = (self.plan.get("catalog") or {}).get("name")
        same = [x for x in self.read("packages") if x.get("displayName") == name]
        ours = [x for x in same if (x.get("catalog") or {}).get("displayName") == catalog]
        return ours[0] if len(ours) == 1 else {}

    @functools.cached_property
    def package_ids(self) -> frozenset[str]:
        """Ids of the managed packages."""
        return frozenset(key(x.package["id"]) for x in self.managed if x.package)

    def granting(self, group_id: str, roles: t.Collection[str] = (MEMBER, ELIGIBLE)) -> list[Json]:
        """All packages of all catalogs that grant one of these roles of the group (P(g) of practice B.6)."""
        return [x for x in self.read("packages") if any(role in roles for role in roles_granted(x, group_id))]

    def policies_of(self, package_id: t.Any) -> list[Json]:
        """The policies of a package."""
        return [x for x in self.read("policies") if key((x.get("accessPackage") or {}).get("id")) == key(package_id)]

    def is_planned(self, package_name: str, policy: Json) -> bool:
        """Whether the variables describe a policy of this name on the package."""
        planned = self.plan.get("policies") or []
        return any(x["package"] == package_name and x["name"] == policy.get("displayName") for x in planned)

    def policy(self, policy_id: t.Any) -> Json:
        """A policy by its id; empty when it was not read."""
        return next((x for x in self.read("policies") if key(x.get("id")) == key(policy_id)), {})

    # -- assignments -------------------------------------------------------------------------------------------------

    def assignments_of(self, packages: t.Iterable[Json]) -> list[Json]:
        """Assignments of these packages, in every state."""
        wanted = {key(x["id"]) for x in packages}
        return [x for x in self.read("assignments") if key((x.get("accessPackage") or {}).get("id")) in wanted]

    def requests_for(self, assignment: Json) -> list[Json]:
        """The requests of the assignment's person and package, the oldest first."""
        package, target = key((assignment.get("accessPackage") or {}).get("id")), assignment.get("target") or {}
        found = [
            x
            for x in self.read("requests")
            if key((x.get("accessPackage") or {}).get("id")) == package and _same_person(subject_of(x), target)
        ]
        return sorted(found, key=lambda x: str(x.get("createdDateTime") or ""))

    def ended(self, assignment: Json) -> datetime.datetime | None:
        """When an expired assignment ended: by itself, or by the last request that took it away."""
        removals = [x for x in self.requests_for(assignment) if key(x.get("requestType")).endswith("remove")]
        times = [moment(assignment.get("expiredDateTime"))]
        times += [moment(x.get("completedDateTime") or x.get("createdDateTime")) for x in removals]
        return max((x for x in times if x), default=None)

    def approvals_of(self, request: Json) -> list[Json]:
        """Who approved a request, as far as the log goes: `user` or `app` of each entry."""
        known = key(request.get("id"))
        return [
            entry.get("initiatedBy") or {}
            for entry in self.read("approved")
            if known and known in {key(x.get("id")) for x in entry.get("targetResources") or []}
        ]

    def granted(self, assignment: Json) -> Json:
        """The request that gave a live assignment: the last one that added it; empty when it is not known."""
        adds = [x for x in self.requests_for(assignment) if key(x.get("requestType")).endswith("add")]
        done = [x for x in adds if key(x.get("state")) not in ("denied", "canceled", "expired", "pendingapproval", "submitted")]
        return done[-1] if done else {}

    # -- groups ------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def memberships(self) -> dict[str, Json]:
        """Groups with their members and owners, by id."""
        return {key(x["id"]): x for x in self.read("groups") if x.get("found")}

    def users_in(self, group_id: t.Any) -> list[Json]:
        """The people who are in a group, through other groups too."""
        group = self.memberships.get(key(group_id)) or {}
        return [x for x in group.get("transitive_members") or [] if x.get("type") == "user"]


def subject_of(request: Json) -> Json:
    """Who gets the access of a request."""
    return request.get("target") or request.get("requestor") or {}


def _same_person(subject: Json, target: Json) -> bool:
    mine, theirs = key(target.get("id")), key(subject.get("objectId"))
    if mine and theirs:
        return mine == theirs
    mail = key(target.get("email"))
    return bool(mail) and mail == key(subject.get("email"))


def roles_granted(package: Json, group_id: str) -> t.Iterator[str]:
    """MEMBER, ELIGIBLE or OTHER for each role of the group that the package grants."""
    for grant in package.get("resourceRoleScopes") or []:
        role, scope = grant.get("role") or {}, grant.get("scope") or {}
        if key(scope.get("originId")) == key(group_id):
            yield _role(role)


def _role(role: Json) -> str:
    # Microsoft's ids of a group's roles begin with the role's name; how that of the eligible ones is spelt is not documented.
    names = [re.sub("[^a-z]", "", key(role.get(name))) for name in ("originId", "displayName")]
    if any(x.startswith("eligible") and "member" in x for x in names):
        return ELIGIBLE
    return MEMBER if names[0].startswith("member") or names[1] == "member" else OTHER


def approvers_named(policy: Json) -> t.Iterator[tuple[int, str, Json]]:
    """(stage, list, subject set) for everybody whom a policy names to decide."""
    stages = (policy.get("requestApprovalSettings") or {}).get("stages") or []
    for number, stage in enumerate(stages):
        for which in ("primaryApprovers", "escalationApprovers"):
            for subject in stage.get(which) or []:
                if isinstance(subject, collections.abc.Mapping):
                    yield number, which, dict(subject)


def groups_that_decide(policies: t.Iterable[Json]) -> list[str]:
    """Ids of the groups that policies name as approvers, each once."""
    named = [
        subject.get("groupId")
        for policy in policies
        for _stage, _which, subject in approvers_named(policy)
        if type_name(subject) == "groupmembers"
    ]
    return list(dict.fromkeys(str(x) for x in named if x))
