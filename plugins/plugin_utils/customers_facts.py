# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What Graph tells the MSSP of its customers, made into customers. Pure.

An answer, as `customers_read.py` gives it and a cache keeps it, is JSON in Graph's shapes:

    {"customers": [{"tenantId", "displayName"}],            one for each tenant that a relationship reaches
     "relationships": [delegatedAdminRelationship, ...],    ended ones too
     "domains": {tenant id: domain or null},                null where Microsoft knows none; only those that were wanted
     "refused": whether domains may not be read}
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid
from ansible_collections.mssp.defender.plugins.module_utils._normalise import duration, instant
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_roles import name_of

Json = t.Any

# Graph's words for a relationship, the one that says most of a customer first. In the first four the MSSP reaches the customer.
STATUSES = (
    "active",
    "expiring",
    "terminationRequested",
    "terminating",
    "activating",
    "approved",
    "approvalPending",
    "created",
    "expired",
    "terminated",
)
LIVE = frozenset(STATUSES[:4])
# Of a customer that Graph lists without any relationship.
UNKNOWN = "unknown"
# What Graph may write in the place of null.
_NOBODY = {"tenantId": None, "displayName": None}
_STATUS = re.compile(r"[A-Za-z]{1,64}")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclasses.dataclass(frozen=True)
class Relationship:
    """One relationship (GDAP).

    :param roles: ids of Entra roles.
    :param ends: when it ends, as `2027-11-22T12:00:00Z`; None before it is active.
    :param auto_extend: by how much it extends itself at its end, an ISO 8601 duration; None when it does not.
    """

    id: str
    name: str
    status: str
    roles: tuple[str, ...]
    ends: str | None
    auto_extend: str | None


@dataclasses.dataclass(frozen=True)
class Customer:
    """One customer's tenant.

    :param reached: whether Graph lists it, which it does while a relationship reaches it.
    :param relationships: the best one first.
    """

    tenant_id: str
    name: str
    reached: bool
    relationships: tuple[Relationship, ...]
    domain: str | None = None

    @property
    def status(self) -> str:
        """That of the best relationship."""
        return self.relationships[0].status if self.relationships else UNKNOWN

    @property
    def ends(self) -> str | None:
        """When the best relationship ends."""
        return self.relationships[0].ends if self.relationships else None

    @property
    def auto_extend(self) -> bool:
        """Whether the best relationship extends itself."""
        return bool(self.relationships and self.relationships[0].auto_extend)

    @property
    def live(self) -> bool:
        """Whether the MSSP reaches the tenant."""
        return self.reached or self.status in LIVE

    @property
    def roles(self) -> list[str]:
        """Ids of the roles that the MSSP has there: of all relationships in force, else of the best one."""
        in_force = [one for one in self.relationships if one.status in LIVE] or list(self.relationships[:1])
        ids = {role for one in in_force for role in one.roles}
        return sorted(ids, key=lambda role: (name_of(role) or "~", role))


def customers(answer: Json) -> list[Customer]:
    """Everything that an answer names, in the order of tenant ids. A Failure where it is not as documented."""
    names: dict[str, str] = {}
    reached: set[str] = set()
    held: dict[str, list[Relationship]] = {}
    for entry in _entries(answer, "relationships"):
        party, relationship = entry.get("customer") or {}, _relationship(entry)
        if party in ({}, _NOBODY) and relationship.status not in LIVE:
            # An invitation that no customer has taken belongs to nobody.
            continue
        tenant_id = _tenant_id(party, "a relationship")
        names[tenant_id] = _text(party, "displayName")
        held.setdefault(tenant_id, []).append(relationship)
    for entry in _entries(answer, "customers"):
        tenant_id = _tenant_id(entry, "a customer")
        reached.add(tenant_id)
        names[tenant_id] = _text(entry, "displayName") or names.get(tenant_id, "")
    domains = answer.get("domains")
    if not isinstance(domains, dict):
        raise _strange("domains is no object")
    return [
        Customer(
            tenant_id=tenant_id,
            name=names[tenant_id],
            reached=tenant_id in reached,
            relationships=tuple(sorted(held.get(tenant_id, []), key=_rank)),
            domain=domain_name(domains.get(tenant_id)),
        )
        for tenant_id in sorted(names)
    ]


def domain_name(value: Json) -> str | None:
    """A domain in lower case; None for what is none, which may be anything."""
    found = value.strip().lower() if isinstance(value, str) else ""
    return found if _DOMAIN.fullmatch(found) else None


def _relationship(entry: t.Mapping[str, Json]) -> Relationship:
    status = _text(entry, "status")
    details = entry.get("accessDetails")
    roles = details.get("unifiedRoles") if isinstance(details, dict) else None
    listed = roles if isinstance(roles, list) else []
    ids = [_text(role, "roleDefinitionId").lower() for role in listed if isinstance(role, dict)]
    return Relationship(
        id=_text(entry, "id"),
        name=_text(entry, "displayName"),
        status=status if _STATUS.fullmatch(status) else UNKNOWN,
        # What is no id is no role, and may be anything.
        roles=tuple(dict.fromkeys(role for role in ids if is_guid(role))),
        ends=_instant(entry.get("endDateTime")),
        auto_extend=_extension(entry.get("autoExtendDuration")),
    )


def _rank(one: Relationship) -> tuple[t.Any, ...]:
    """The best first: by status, then the one that ends last; the id decides between equals."""
    place = STATUSES.index(one.status) if one.status in STATUSES else len(STATUSES)
    # Instants of one form sort as text, and so do their digits turned round: later ones come first, none comes last.
    return (place, one.ends is None, [-ord(character) for character in one.ends or ""], one.id)


def _instant(value: Json) -> str | None:
    found = instant(value)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(found, datetime.datetime) else None


def _extension(value: Json) -> str | None:
    # None as well for P0D and PT0S, which both mean that it does not, and for what is no duration.
    found = duration(value)
    return str(value).strip().upper() if isinstance(found, tuple) and found != (0, 0) else None


def _entries(answer: Json, name: str) -> list[t.Mapping[str, Json]]:
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise _strange(f"{name} is no list of objects")
    return found


def _tenant_id(entry: Json, what: str) -> str:
    found = entry.get("tenantId") if isinstance(entry, dict) else None
    if not is_guid(found):
        # Left out silently, that customer would be missing from every run.
        raise _strange(f"{what} has no tenant id")
    return str(found).lower()


def _text(entry: t.Mapping[str, Json], name: str) -> str:
    found = entry.get(name)
    return found if isinstance(found, str) else ""


def _strange(what: str) -> Failure:
    return Failure(
        f"Graph's answer is not as it is documented: {what}",
        remedy="Nothing was taken from it. Run again later; if that does not help, report it to mssp.defender.",
    )
