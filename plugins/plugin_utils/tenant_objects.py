# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What objects of a tenant say about each other: who requests, who decides, what is granted, who holds a role. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _normalise as same
from ansible_collections.mssp.defender.plugins.module_utils._paths import pick
from ansible_collections.mssp.defender.plugins.module_utils._resources.origin import unique_name

Json = t.Mapping[str, t.Any]


def name_of(thing: Json) -> str:
    """How an object is called."""
    return f"'{thing.get('displayName') or thing.get('id')}'"


def naming(policies: t.Iterable[Json], organization_id: str) -> list[Json]:
    """The policies whose requestors are, among others, this connected organization."""
    return [
        policy
        for policy in policies
        if any(
            same.word(x.get("connectedOrganizationId")) == same.word(organization_id)
            for x in policy.get("specificAllowedTargets") or ()
        )
    ]


def package_id(policy: Json) -> str:
    """The package that a policy belongs to."""
    return str(same.word(pick(policy, "accessPackage.id")))


def member_groups(package: Json) -> list[str]:
    """The ids of the groups that a package makes people members of."""
    found = []
    for item in package.get("resourceRoleScopes") or ():
        role, group = item.get("role") or {}, same.word(pick(item, "scope.originId"))
        if same.word(role.get("originId") or f"member_{group}") == f"member_{group}" and group:
            found.append(group)
    return found


def deciding_groups(policy: Json) -> set[str]:
    """The ids of the groups that decide requests, in any stage."""
    stages = pick(policy, "requestApprovalSettings.stages") or ()
    return {same.word(x["groupId"]) for stage in stages for x in stage.get("primaryApprovers") or () if x.get("groupId")}


def holding(role: Json, group_id: str) -> list[Json]:
    """The assignments of a role to a group, whoever else is in them."""
    return [x for x in role.get("assignments") or () if group_id in same.words(x.get("principalIds"))]


def alone(assignment: Json, group_id: str) -> bool:
    """Whether an assignment is to this group and nobody else."""
    return bool(same.words(assignment.get("principalIds")) == frozenset((group_id,)))


def scopes(assignment: Json) -> list[str]:
    """The data sources of an assignment."""
    return list(assignment.get("appScopeIds") or assignment.get("directoryScopeIds") or ())


def unfit(group: Json, mssp: str) -> str:
    """Why the role cannot manage a group, or an empty text."""
    if not group.get("securityEnabled"):
        return "it is no security group"
    unique = same.word(group.get("uniqueName"))
    if unique and not unique.startswith(unique_name(mssp, "")):
        return f"it carries the unique name '{unique}' of another tool or another MSSP, which cannot be changed"
    return ""
