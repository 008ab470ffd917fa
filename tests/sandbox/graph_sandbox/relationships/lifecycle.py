# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a relationship as time passes: it expires, or extends itself by half a year (EM K).

Statuses: resources/delegatedadminrelationship. Looked at whenever somebody reads.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from ..clock import directory_time
from ..store import Row, Store

if TYPE_CHECKING:
    from ..graph.call import Call

LIVE = frozenset({"active", "expiring", "terminationRequested", "terminating"})
"""Statuses in which the partner still reaches the customer."""


def days(duration: str) -> timedelta:
    """An ISO 8601 duration in days, such as P730D; anything else counts as nothing."""
    match = re.match(r"^P(\d+)D$", duration)
    return timedelta(days=int(match[1])) if match else timedelta()


def parse(moment: str) -> datetime:
    """A time as the directory writes it."""
    return datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def settled(call: Call) -> Store:
    """The tenant's relationships as they stand now."""
    store, now = call.tenant.relationships.relationships, call.world.clock.now()
    for row in store:
        _settle(row, now)
    return store


def _settle(row: Row, now: datetime) -> None:
    while row["status"] in LIVE and row["endDateTime"] and parse(row["endDateTime"]) <= now:
        extension = days(row["autoExtendDuration"])
        if extension and row["status"] == "active":
            row["endDateTime"] = directory_time(parse(row["endDateTime"]) + extension)
        else:
            row["status"] = "expired"
