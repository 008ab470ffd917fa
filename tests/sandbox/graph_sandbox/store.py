# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where objects are kept, and how they can come into sight late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Row = dict[str, Any]
"""One object: Graph's own property names, and private ones that begin with an underscore."""
Rows = list[Row]
"""Several objects; the name is needed where a method of the same name hides ``list``."""


class Store:
    """Objects of one kind in one tenant, by id and in the order in which they were made."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._hidden: dict[str, int] = {}
        self._stale: dict[str, tuple[int, Row]] = {}

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
        return row if row is None or not (self._hidden or self._stale) else self._seen(key, row)

    def list(self, wanted: Callable[[Row], bool] | None = None) -> Rows:
        """All objects, or those wanted, as a reader sees them now; this counts as a read of each."""
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

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self._rows.values()))

    def __contains__(self, row_id: str) -> bool:
        return row_id.lower() in self._rows

    def __len__(self) -> int:
        return len(self._rows)

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
