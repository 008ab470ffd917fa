# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What a gate is given, and how it is asked: pure data.

A gate names its questions; the answers, or the refusals, come back under the same names, and the gate judges them. What may
not be read is told once for all gates together and never fails.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import Cloud
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import missing
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import Finding

# The parts of an onboarding that each feature of tenant_info builds. The other features read, or take access away: nothing has to
# stop them.
_BUILDS: t.Mapping[str, frozenset[str]] = {
    "onboard": frozenset({"entitlement", "defender", "groups"}),
    "groups": frozenset({"groups"}),
    "role_assignable_groups": frozenset({"groups"}),
    "defender": frozenset({"defender"}),
    "entitlement": frozenset({"entitlement"}),
    # The groups are the customer's own there, and entitlement management has to manage them all the same.
    "catalog_owner": frozenset({"entitlement", "groups"}),
}


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is intended, and with whom.

    :param tenant_id: the tenant that is looked at.
    :param granted: the permissions in the token.
    :param partner_id: the MSSP's tenant; None where it is not known.
    :param partner_domains: domains of it that are known.
    :param partner_sought: what Microsoft knows no tenant by.
    :param partner_confirmed: Microsoft has told of the MSSP's tenant already.
    :param groups: the groups that have one of our names, with `isManagementRestricted`.
    :param permissions: Defender permissions of the tiers, as full strings.
    :param governance: chosen features that take Entra ID Governance.
    :param org_state: the state that the connected organization is to have; None for the default.
    :param sets: what this very run sets: `inbound`, `trust_mfa`.
    """

    cloud: Cloud
    tenant_id: str
    features: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    consent: str = ""
    partner_id: str | None = None
    partner_domains: tuple[str, ...] = ()
    partner_sought: str | None = None
    partner_confirmed: bool = False
    group_names: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    groups: tuple[Entity, ...] = ()
    permissions: tuple[str, ...] = ()
    governance: tuple[str, ...] = ()
    org_state: str | None = None
    sets: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()

    @property
    def builds(self) -> bool:
        """Whether anything is to be built."""
        return not _BUILDS.keys().isdisjoint(self.features)

    def concerns(self, part: str) -> bool:
        """Whether this part (`entitlement`, `defender`, `groups`) is intended; whoever only looks wants to know of all."""
        return not self.builds or any(part in _BUILDS.get(feature, ()) for feature in self.features)

    @property
    def in_partners_own(self) -> bool:
        """Whether the tenant at hand is the MSSP's own."""
        return bool(self.partner_id) and word(self.partner_id) == word(self.tenant_id)


@dataclasses.dataclass(frozen=True)
class Question:
    """One thing to read.

    :param name: of the answer.
    :param about: what is not known without it, as a clause.
    :param any_of: permissions, of which one suffices; the first is the least.
    """

    name: str
    about: str
    path: str
    any_of: tuple[str, ...]
    query: t.Mapping[str, str] | None = None
    beta: bool = False

    def may_be_asked(self, granted: t.Collection[str]) -> bool:
        """Whether the token has what it takes. A token that says nothing of itself is tried."""
        return not granted or any(not missing([name], granted) for name in self.any_of)


# By the names of the questions: what was read, or why it was not. What was not asked is not in it.
Answers = t.Mapping[str, t.Any]


def read(answers: Answers, name: str) -> Entity | None:
    """What was read; None where it was refused or not asked."""
    found = answers.get(name)
    return found if isinstance(found, dict) else None


def rows(answers: Answers, name: str) -> list[Entity] | None:
    """A collection that was read; None where it was refused or not asked."""
    found = read(answers, name)
    return None if found is None else list(found.get("value") or [])


def refused(answers: Answers, name: str) -> GraphError | None:
    """The refusal."""
    found = answers.get(name)
    return found if isinstance(found, GraphError) else None


@dataclasses.dataclass(frozen=True)
class Gate:
    """What it asks, and its judgement on the answers."""

    questions: t.Callable[[Wanted], list[Question]]
    judge: t.Callable[[Wanted, Answers], list[Finding]]
