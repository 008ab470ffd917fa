# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What the customer uses of ours otherwise: groups, the organization, people. Each use as a clause."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._normalise import instant, word, words

Entity = dict[str, t.Any]
Values = t.Mapping[str, t.Any]

# How long entitlement management may take to take somebody out of a group whose assignment has ended.
_LAG = datetime.timedelta(hours=24)


class Tenant(t.Protocol):
    """What of a look at the tenant is needed here."""

    @property
    def packages(self) -> t.Sequence[Entity]:
        """All access packages."""

    @property
    def policies(self) -> t.Sequence[Entity]:
        """All policies."""


def is_live(assignment: Values) -> bool:
    """Whether it has not ended. One whose delivery failed blocks the package as well."""
    return bool(word(assignment.get("state")) != "expired")


def explained(group: Values, packages: t.Iterable[Values], assignments: t.Iterable[Values], now: datetime.datetime) -> set[str]:
    """Ids of those who are in the group by an assignment of these packages, or were until a day ago."""
    granting = {
        word(package.get("id"))
        for package in packages
        if any(_origin(scope) == word(group.get("id")) for scope in package.get("resourceRoleScopes") or [])
    }
    found = set()
    for assignment in assignments:
        if word((assignment.get("accessPackage") or {}).get("id")) not in granting:
            continue
        ended = instant(assignment.get("expiredDateTime"))
        recent = isinstance(ended, datetime.datetime) and ended >= now - _LAG
        if is_live(assignment) or recent:
            found.add(word((assignment.get("target") or {}).get("id")))
    return found


def _origin(scope: Values) -> str:
    return word((scope.get("scope") or {}).get("originId"))


def group_uses(
    group: Values, packages: t.Iterable[Values], policies: t.Iterable[Values], held: t.Iterable[Values], tenant: Tenant
) -> list[str]:
    """Where the group is used beside these packages and policies of ours.

    :param held: the Defender role assignments that stay, each with the name of its `role`.
    """
    ours = {word(x.get("id")) for x in (*packages, *policies)}
    identifier = word(group.get("id"))
    found = [
        f"the access package '{x.get('displayName')}' grants it"
        for x in tenant.packages
        if word(x.get("id")) not in ours and any(_origin(scope) == identifier for scope in x.get("resourceRoleScopes") or [])
    ]
    found += [
        f"the policy '{x.get('displayName')}' of the package '{_package(x)}' names it"
        for x in tenant.policies
        if word(x.get("id")) not in ours and _names(x, "groupId", identifier)
    ]
    return found + [
        f"the Defender role '{x.get('role')}' is assigned to it" for x in held if identifier in words(x.get("principalIds"))
    ]


def organization_uses(organization: Values, ours: t.Iterable[Values], policies: t.Iterable[Values]) -> list[str]:
    """The policies of others that name the organization: who may request, who decides through its sponsors."""
    own, identifier = {word(x.get("id")) for x in ours}, word(organization.get("id"))
    return [
        f"the policy '{x.get('displayName')}' of the package '{_package(x)}' names it"
        for x in policies
        if word(x.get("id")) not in own and _names(x, "connectedOrganizationId", identifier)
    ]


def assigned_otherwise(person: Values, ours: t.Iterable[Values], assignments: t.Iterable[Values]) -> list[str]:
    """The live assignments of somebody beside ours."""
    own, identifier = {word(x.get("id")) for x in ours}, word(person.get("id"))
    return [
        f"an assignment of the access package '{(x.get('accessPackage') or {}).get('displayName')}' is live"
        for x in assignments
        if is_live(x) and word(x.get("id")) not in own and word((x.get("target") or {}).get("id")) == identifier
    ]


def _package(policy: Values) -> t.Any:
    return (policy.get("accessPackage") or {}).get("displayName")


def _names(value: t.Any, key: str, wanted: str) -> bool:
    """Whether a subject set anywhere in the policy is this one."""
    if isinstance(value, (list, tuple)):
        return any(_names(item, key, wanted) for item in value)
    if not isinstance(value, dict):
        return False
    entity: Entity = value
    return bool(word(entity.get(key)) == wanted) or any(_names(item, key, wanted) for item in entity.values())
