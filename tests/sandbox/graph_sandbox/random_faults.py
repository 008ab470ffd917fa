# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults drawn by lot. Which request of a tenant is struck, and how, follows from the seed alone.

Each tenant's requests are counted by themselves, so that parallel runs, in which tenants overtake each other, meet
the same faults at the same places. ``GET /_sandbox/faults?tenant=...`` tells them beforehand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from .config.faults import Fault, RandomFaults

_ERRORS = (500, 502, 503, 504)
_PERHAPS_DONE = (502, 504)
"""What a gateway says although its back-end may have done the work."""


class RandomSchedule:
    """The lots of one seed."""

    def __init__(self, config: RandomFaults) -> None:
        self._config = config
        self._met: dict[str, int] = {}
        self._struck: dict[str, int] = {}

    def draw(self, tenant_id: str) -> Fault | None:
        """What shall happen to the tenant's next request."""
        number = self._met[tenant_id] = self._met.get(tenant_id, 0) + 1
        struck = self._struck.get(tenant_id, 0)
        fault = self._lot(tenant_id, number)
        if fault is None or (self._config.times is not None and struck >= self._config.times):
            return None
        self._struck[tenant_id] = struck + 1
        return fault

    def preview(self, tenant_id: str, first: int) -> Iterator[dict[str, Any]]:
        """What shall happen to the first requests of a tenant, counted from the start of the schedule."""
        struck = 0
        for number in range(1, first + 1):
            fault = self._lot(tenant_id, number)
            if fault is not None and (self._config.times is None or struck < self._config.times):
                struck += 1
                yield {"request": number, **fault.model_dump(exclude_defaults=True)}

    def _lot(self, tenant_id: str, number: int) -> Fault | None:
        config = self._config
        # Seeding by text is specified, and so is random(): the same in every version of Python.
        lots = random.Random(f"{config.seed}/{tenant_id}/{number}")
        if lots.random() >= config.rate:
            return None
        kind = config.kinds[int(lots.random() * len(config.kinds))]
        lot = lots.random()
        if kind == "throttle":
            return Fault(status=429, retry_after=config.retry_after if lot < 0.5 else None)
        if kind == "error":
            status = _ERRORS[int(lot * len(_ERRORS))]
            return Fault(status=status, after_work=status in _PERHAPS_DONE and lots.random() < 0.5)
        if kind == "drop":
            return Fault(drop="before" if lot < 0.5 else "after")
        return Fault(latency_ms=config.slow_ms)
