# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where objects are kept, and how they can come into sight late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .clock import Clock

Row = dict[str, Any]
"""One object: Graph's own property names, and private ones that begin with an underscore."""
Rows = list[Row]
"""Several objects; the name is needed where a method of the same name hides ``list``."""


@dataclass(slots=True)
class Lag:
    """An object that readers see as it was before a write, as long as one of the three is not used up."""

    before: Row | None
    """None: it was not there."""
    reads: int
    lists: int
    until: float
    """Seconds since 1970 on the sandbox's clock."""
    clock: Clock

    def over(self) -> bool:
        """Whether everybody sees the object as it is."""
        return self.reads <= 0 and self.lists <= 0 and self.clock.now().timestamp() >= self.until

    def hides(self, *, listing: bool) -> bool:
        """Whether this read, or this list, shows what was before; counts it."""
        left = self.lists if listing else self.reads
        if listing:
            self.lists -= 1
        else:
            self.reads -= 1
        return left > 0 or self.clock.now().timestamp() < self.until


class Store:
    """Objects of one kind in one tenant, by id and in the order in which they were made."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._hidden: dict[str, int] = {}
        self._stale: dict[str, tuple[int, Row]] = {}
        self._lags: dict[str, Lag] = {}

    def add(self, row: Row, hidden_reads: int = 0) -> Row:
        """Keep a new object; the first ``hidden_reads`` reads will not see it."""
        # Ids of role scopes repeat from package to package; they bring a key of their own.
        key = str(row.get("_key") or row["id"]).lower()
        self._rows[key] = row
        if hidden_reads:
            self._hidden[key] = hidden_reads
        return row

    def remove(self, row_id: str) -> Row | None:
        """Take an object out."""
        key = row_id.lower()
        self._hidden.pop(key, None)
        self._stale.pop(key, None)
        return self._rows.pop(key, None)

    def get(self, row_id: str) -> Row | None:
        """The object as the service itself knows it, whatever readers may see."""
        return self._rows.get(row_id.lower())

    def read(self, row_id: str) -> Row | None:
        """The object as a reader sees it now; this counts as a read."""
        key = row_id.lower()
        row = self._rows.get(key)
        if self._lags and self._lagging(key, listing=False):
            return self._lags[key].before
        return row if row is None or not (self._hidden or self._stale) else self._seen(key, row)

    def list(self, wanted: Callable[[Row], bool] | None = None) -> Rows:
        """All objects, or those wanted, as a reader sees them now; this counts as a read of each."""
        if self._lags:
            return self._list_with_lags(wanted)
        rows = [(key, row) for key, row in self._rows.items() if wanted is None or wanted(row)]
        if not (self._hidden or self._stale):
            return [row for _unused, row in rows]
        seen = [self._seen(key, row) for key, row in rows]
        return [row for row in seen if row is not None]

    def keep_stale(self, row_id: str, reads: int) -> None:
        """Before a change: let the next ``reads`` reads see the object as it is now."""
        key = row_id.lower()
        if reads and key in self._rows:
            self._stale[key] = (reads, dict(self._rows[key]))

    @property
    def rows(self) -> dict[str, Row]:
        """The objects by key, to be looked at only."""
        return self._rows

    def linger(self, key: str, lag: Lag) -> None:
        """After a write: let readers see what was before. Who has not seen an earlier change yet sees neither."""
        earlier = self._lags.get(key)
        if earlier is not None and not earlier.over():
            lag.before = earlier.before
        self._lags[key] = lag

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self._rows.values()))

    def __contains__(self, row_id: str) -> bool:
        return row_id.lower() in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def _lagging(self, key: str, *, listing: bool) -> bool:
        lag = self._lags.get(key)
        if lag is None:
            return False
        if lag.over():
            del self._lags[key]
            return False
        return lag.hides(listing=listing)

    def _list_with_lags(self, wanted: Callable[[Row], bool] | None) -> Rows:
        found: Rows = []
        for key in dict.fromkeys((*self._rows, *self._lags)):
            row = self._rows.get(key)
            if self._lagging(key, listing=True):
                row = self._lags[key].before
            elif row is not None and (self._hidden or self._stale):
                row = self._seen(key, row)
            if row is not None and (wanted is None or wanted(row)):
                found.append(row)
        return found

    def _seen(self, key: str, row: Row) -> Row | None:
        waiting = self._hidden.get(key)
        if waiting:
            self._hidden[key] = waiting - 1
            if waiting == 1:
                del self._hidden[key]
            return None
        stale = self._stale.get(key)
        if stale:
            if stale[0] == 1:
                del self._stale[key]
            else:
                self._stale[key] = (stale[0] - 1, stale[1])
            return stale[1]
        return row
