# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide which request is struck by which configured fault."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock
from .config.faults import Fault, RandomFaults, Throttle, Where
from .random_faults import RandomSchedule

_CODES = {
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
_MESSAGES = {
    429: "Too many requests from Identifier:{app} under category:sandbox. Please try again later.",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass(slots=True)
class Strike:
    """What shall happen to a request."""

    latency_ms: int = 0
    fault: Fault | None = None


@dataclass(slots=True)
class _Counted:
    fault: Fault
    pattern: re.Pattern[str] | None
    met: int = 0
    struck: int = 0


def fault_code(status: int, given: str | None = None) -> str:
    """The Graph error code that goes with an injected status."""
    return given or _CODES.get(status, "UnknownError")


def fault_message(status: int, given: str | None = None) -> str:
    """The message that goes with an injected status."""
    return given or _MESSAGES.get(status, "An error that the sandbox was told to answer.")


@dataclass(slots=True)
class _Window:
    moments: deque[float] = field(default_factory=deque)


class FaultSchedule:
    """The faults in force. They count requests, so the same calls meet the same faults."""

    def __init__(self, faults: list[Fault], throttle: Throttle | None, clock: Clock, by_lot: RandomFaults | None = None) -> None:
        self._clock = clock
        self._counted: list[_Counted] = []
        self._throttle = throttle
        self._windows: dict[str, _Window] = {}
        self.refusing = False
        self.replace(faults, by_lot=by_lot)

    def replace(self, faults: list[Fault], throttle: Throttle | None = None, by_lot: RandomFaults | None = None) -> None:
        """Set another schedule; counting starts again."""
        self._counted = [_Counted(fault, _pattern(fault)) for fault in faults]
        self._by_lot = by_lot
        self._lots = RandomSchedule(by_lot) if by_lot else None
        self._lots_pattern = _pattern(by_lot) if by_lot else None
        self._throttle = throttle or self._throttle
        self.refusing = False

    def clear(self) -> None:
        """No faults and no throttling."""
        self.replace([])
        self._throttle = None

    def describe(self) -> dict[str, Any]:
        """What is in force, as the configuration would say it."""
        return {
            "faults": [counted.fault.model_dump(exclude_defaults=True) for counted in self._counted],
            "random_faults": self._by_lot.model_dump() if self._by_lot else None,
            "throttle": self._throttle.model_dump() if self._throttle else None,
            "refusing": self.refusing,
        }

    def preview(self, tenant_id: str, first: int) -> list[dict[str, Any]]:
        """What the lots say of the first requests of a tenant that meet the conditions of ``random_faults``."""
        return list(self._lots.preview(tenant_id, first)) if self._lots else []

    def judge(self, area: str, method: str, target: str, tenant_names: tuple[str, ...]) -> Strike:
        """Count the request and say what shall happen to it. The first fault with an effect wins; latencies add up."""
        strike = Strike()
        for counted in self._counted:
            if not _meets(counted.fault, counted.pattern, area, method, target, tenant_names):
                continue
            counted.met += 1
            fault = counted.fault
            due = (fault.request in (None, counted.met)) and (fault.every is None or counted.met % fault.every == 0)
            if not due or (fault.times is not None and counted.struck >= fault.times):
                continue
            counted.struck += 1
            strike.latency_ms += fault.latency_ms
            if strike.fault is None and (fault.status or fault.drop or fault.crash):
                strike.fault = fault
        if self._by_lot and self._lots and _meets(self._by_lot, self._lots_pattern, area, method, target, tenant_names):
            drawn = self._lots.draw(tenant_names[0] if tenant_names else "")
            if drawn is not None and strike.fault is None:
                strike.latency_ms += drawn.latency_ms
                strike.fault = drawn if drawn.status or drawn.drop else None
        return strike

    def throttled(self, tenant_id: str | None, client_id: str | None) -> Fault | None:
        """The 429 to answer when the caller has used up its budget."""
        throttle = self._throttle
        if throttle is None:
            return None
        key = {"tenant": tenant_id, "application": client_id, "sandbox": ""}[throttle.scope] or ""
        moments = self._windows.setdefault(key, _Window()).moments
        now = self._clock.now().timestamp()
        if moments and moments[-1] > now:
            moments.clear()  # the clock was put back: what lies ahead must not throttle for ever
        while moments and now - moments[0] >= throttle.seconds:
            moments.popleft()
        if len(moments) >= throttle.requests:
            return Fault(status=429, retry_after=throttle.retry_after)
        moments.append(now)
        return None


def _pattern(where: Where) -> re.Pattern[str] | None:
    return re.compile(where.path) if where.path else None


def _meets(
    where: Where, pattern: re.Pattern[str] | None, area: str, method: str, target: str, tenant_names: tuple[str, ...]
) -> bool:
    return (
        (where.area == area or (where.area == "any" and area != "batch"))
        and (where.method is None or where.method.upper() == method)
        and (where.tenant is None or where.tenant.lower() in tenant_names)
        and (pattern is None or pattern.search(target) is not None)
    )
