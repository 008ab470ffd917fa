# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Which customers become hosts: the option `filters`, checked and applied. Pure.

include: {statuses, roles, tenant_ids, domains}    each that is stated must match; of a list, one entry suffices
exclude: the same                                  one match is enough
"""

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_facts import STATUSES, UNKNOWN, Customer, Json
from ansible_collections.mssp.defender.plugins.plugin_utils.customers_roles import id_of

KEYS = ("statuses", "roles", "tenant_ids", "domains")
# In the place of statuses: those of relationships that have ended, or have not begun, as well.
ANY = "any"


@dataclasses.dataclass(frozen=True)
class Criteria:
    """One side; None is not stated. Everything is in lower case."""

    statuses: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    tenant_ids: frozenset[str] | None = None
    domains: tuple[str, ...] | None = None

    def verdicts(self, customer: Customer) -> t.Iterator[bool]:
        """For each criterion that is stated and can be judged without the domain, whether the customer matches."""
        if self.statuses is not None:
            yield ANY in self.statuses or customer.status.lower() in self.statuses
        if self.roles is not None:
            yield not self.roles.isdisjoint(customer.roles)
        if self.tenant_ids is not None:
            yield customer.tenant_id in self.tenant_ids

    def has_domain(self, customer: Customer) -> bool:
        """Whether one of the patterns is the customer's domain."""
        domain = customer.domain
        return domain is not None and any(fnmatch.fnmatchcase(domain, pattern) for pattern in self.domains or ())


@dataclasses.dataclass(frozen=True)
class Filters:
    """The whole option."""

    include: Criteria
    exclude: Criteria

    @property
    def by_domain(self) -> bool:
        """Whether domains have to be known."""
        return self.include.domains is not None or self.exclude.domains is not None

    def before_domains(self, customers: t.Iterable[Customer]) -> list[Customer]:
        """Those that pass as far as it can be told without domains, which Graph has to be asked for.

        Unless statuses are stated, a customer has to be in reach.
        """
        return [
            one
            for one in customers
            if all(self.include.verdicts(one))
            and (self.include.statuses is not None or one.live)
            and not any(self.exclude.verdicts(one))
        ]

    def by_domains(self, customers: t.Iterable[Customer]) -> list[Customer]:
        """Of these, those whose domain passes."""
        return [
            one
            for one in customers
            if (self.include.domains is None or self.include.has_domain(one)) and not self.exclude.has_domain(one)
        ]

    def strangers(self, customers: t.Iterable[Customer]) -> list[str]:
        """Tenant ids that are named and are no customer's."""
        named = (self.include.tenant_ids or frozenset()) | (self.exclude.tenant_ids or frozenset())
        return sorted(named - {one.tenant_id for one in customers})


def parse(option: Json) -> Filters:
    """The option as it is written; a Failure for what would otherwise match nothing and drop customers silently."""
    sides = _dictionary(option, "filters", ("include", "exclude"))
    include, exclude = (_criteria(sides.get(side), f"filters.{side}") for side in ("include", "exclude"))
    return Filters(include, exclude)


def _criteria(stated: Json, where: str) -> Criteria:
    found = _dictionary(stated, where, KEYS)
    lists = {key: _words(value, f"{where}.{key}") for key, value in found.items() if value is not None}
    domains = lists.get("domains")
    return Criteria(
        statuses=_checked(lists, "statuses", where, _status),
        roles=_checked(lists, "roles", where, _role),
        tenant_ids=_checked(lists, "tenant_ids", where, _tenant_id),
        domains=None if domains is None else tuple(word.lower() for word in domains),
    )


def _dictionary(stated: Json, where: str, keys: t.Sequence[str]) -> dict[str, Json]:
    if stated is None:
        return {}
    if not isinstance(stated, dict):
        raise Failure(f"{where} is no dictionary", remedy=f"Its keys are {', '.join(keys)}.")
    unknown = sorted(str(key) for key in set(stated) - set(keys))
    if unknown:
        raise Failure(f"{where} has no '{unknown[0]}'", remedy=f"Its keys are {', '.join(keys)}.")
    return stated


def _words(stated: Json, where: str) -> list[str]:
    words = [stated] if isinstance(stated, str) else stated
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise Failure(f"{where} is no list of texts", remedy="Give one or more, or leave it out: an empty list matches nobody.")
    return [word.strip() for word in words]


def _checked(lists: t.Mapping[str, list[str]], key: str, where: str, check: t.Callable[[str, str], str]) -> frozenset[str] | None:
    words = lists.get(key)
    return None if words is None else frozenset(check(word, f"{where}.{key}") for word in words)


def _status(word: str, where: str) -> str:
    known = {status.lower() for status in (*STATUSES, UNKNOWN, ANY)}
    if word.lower() not in known:
        raise Failure(
            f"{where} names '{word}', which is no status of a relationship",
            remedy=f"There are {', '.join((*STATUSES, UNKNOWN))}, and {ANY} for all of them.",
        )
    return word.lower()


def _role(word: str, where: str) -> str:
    found = word.lower() if is_guid(word) else id_of(word)
    if found is None:
        raise Failure(
            f"{where} names '{word}', which is no built-in role of Entra ID",
            remedy="Write the role as the portal shows it, such as Security Reader, or give its template id.",
        )
    return found


def _tenant_id(word: str, where: str) -> str:
    if not is_guid(word):
        raise Failure(f"{where} names '{word}', which is no tenant id", remedy="Give the GUID, or use domains instead.")
    return word.lower()
