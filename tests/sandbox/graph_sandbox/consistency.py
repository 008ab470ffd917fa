# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eventual consistency of whatever is kept: what a write did comes into sight late (EM 1.8).

The switches new_read_lag, new_list_lag, new_use_lag, stale_reads, stale_lists and settle_seconds hold for objects of
every kind, so no handler knows of them: the tenant's stores are looked at before and after each write. That costs
something, and happens only while one of them is on.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING

from .store import Lag, Row, Store

if TYPE_CHECKING:
    from .clock import Clock
    from .exchange import Exchange
    from .world import Tenant

Snapshot = list[tuple[Store, dict[str, Row]]]


@dataclass(slots=True)
class Consistency:
    """What one tenant's replicas have not learnt yet, beside what the stores know themselves."""

    unusable: dict[str, int] = field(default_factory=dict)
    """How many writes that name a new object will still be refused, by its id."""
    grants: dict[tuple[str, frozenset[str], str], int] = field(default_factory=dict)
    """How many requests will still be refused: (application, its permissions, area) -> requests."""

    def names_what_is_too_new(self, exchange: Exchange) -> str | None:
        """The id of an object that this write names and that cannot be used yet; counts the try."""
        if not self.unusable:
            return None
        text = f"{exchange.target} {exchange.body.decode(errors='replace')}".lower()
        for object_id, left in self.unusable.items():
            if object_id in text:
                if left == 1:
                    del self.unusable[object_id]
                else:
                    self.unusable[object_id] = left - 1
                return object_id
        return None

    def grant_is_late(self, client_id: str, permissions: frozenset[str], area: str, lag: int) -> bool:
        """Whether an application's permissions have not arrived yet; counts the request.

        A set of permissions that the application did not come with before starts the count: that is a grant.
        """
        left = self.grants.setdefault((client_id, permissions, area), lag)
        if left > 0:
            self.grants[client_id, permissions, area] = left - 1
        return left > 0


def take_snapshot(tenant: Tenant) -> Snapshot | None:
    """Before a write: what there is, or None while no switch wants to know."""
    quirks = tenant.quirks
    wanted = (
        quirks.new_read_lag,
        quirks.new_list_lag,
        quirks.new_use_lag,
        quirks.stale_reads,
        quirks.stale_lists,
        quirks.settle_seconds,
    )
    return [(store, deepcopy(store.rows)) for store in _stores(tenant)] if any(wanted) else None


def spread_slowly(tenant: Tenant, before: Snapshot, clock: Clock) -> None:
    """After a write: let readers see what was before, for as long as the switches say."""
    quirks = tenant.quirks
    until = clock.now().timestamp() + quirks.settle_seconds if quirks.settle_seconds else 0
    for store, rows in before:
        for key in store.rows.keys() | rows.keys():
            old, new = rows.get(key), store.rows.get(key)
            if old == new:
                continue
            reads, lists = (quirks.new_read_lag, quirks.new_list_lag) if old is None else (quirks.stale_reads, quirks.stale_lists)
            if reads or lists or until:
                store.linger(key, Lag(old, reads, lists, until, clock))
            if old is None and new is not None and quirks.new_use_lag:
                tenant.consistency.unusable[str(new["id"]).lower()] = quirks.new_use_lag


def _stores(tenant: Tenant) -> Iterator[Store]:
    """Every store of a tenant, in whichever part of its state it lies."""
    for part in fields(tenant):
        state = getattr(tenant, part.name)
        if is_dataclass(state) and not isinstance(state, type):
            for item in fields(state):
                store = getattr(state, item.name)
                if isinstance(store, Store):
                    yield store
