# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/_sandbox``: what tests may look at and change while the sandbox runs. Reachable from this machine only."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from pydantic import TypeAdapter, ValidationError

from .clock import long_time
from .config.faults import Fault, RandomFaults, Throttle
from .entitlement.my_access import ask_from_outside, redeem
from .exchange import Exchange, Reply
from .faulting import FaultSchedule
from .identity.shortcuts import finish_sign_in, hand_out_token, set_consent
from .journal import Journal
from .odata.bodies import parse_time
from .world import World

_FAULTS = TypeAdapter(list[Fault])
_LOTS = TypeAdapter(RandomFaults | None)
_THROTTLE = TypeAdapter(Throttle | None)
_MOST_LOTS = 10_000


class Control:
    """The control routes."""

    def __init__(self, world: World, journal: Journal, faults: FaultSchedule) -> None:
        self._world = world
        self._journal = journal
        self._faults = faults

    def handle(self, exchange: Exchange) -> Reply:
        """Answer one control request."""
        route = f"{exchange.method} {exchange.raw_path.rstrip('/')}"
        query = {name: values[0] for name, values in parse_qs(exchange.query).items()}
        try:
            body = json.loads(exchange.body) if exchange.body else None
            if route == "GET /_sandbox/requests":
                return self._requests(query.get("tenant"))
            if route == "DELETE /_sandbox/requests":
                self._journal.clear()
                return Reply(204)
            if route == "GET /_sandbox/faults":
                return self._show_faults(query.get("tenant"), query.get("first", "100"))
            if route == "POST /_sandbox/faults":
                return self._set_faults(body)
            if route == "DELETE /_sandbox/faults":
                self._faults.clear()
                return Reply(204)
            if route == "POST /_sandbox/tokens":
                return hand_out_token(self._world, body or {})
            if route == "POST /_sandbox/sign-in":
                return finish_sign_in(self._world, body or {})
            if route == "POST /_sandbox/consent":
                return set_consent(self._world, body or {})
            if route == "POST /_sandbox/my-access":
                return ask_from_outside(self._world, body or {})
            if route == "POST /_sandbox/redemptions":
                return redeem(self._world, body or {})
            if route == "POST /_sandbox/quirks":
                return self._set_quirks(body or {})
            if route == "DELETE /_sandbox/quirks":
                self._world.reset_quirks()
                return Reply(204)
            if route.endswith(" /_sandbox/clock"):
                return self._clock(exchange.method, body)
        except (ValidationError, ValueError, TypeError, OverflowError) as problem:
            return Reply(400, {"error": str(problem)})
        return Reply(404, {"error": f"There is no {route}; see tests/sandbox/README.md."})

    def _requests(self, tenant: str | None) -> Reply:
        if tenant is None:
            return Reply(200, {"requests": self._journal.entries()})
        found = self._world.find_tenant(tenant)
        return Reply(200, {"requests": self._journal.entries(found.id if found else tenant)})

    def _show_faults(self, tenant: str | None, first: str) -> Reply:
        """What is in force; for a tenant, also which of its requests the lots will strike."""
        shown = self._faults.describe()
        if tenant is not None:
            found = self._world.find_tenant(tenant)
            if found is None:
                return Reply(404, {"error": f"There is no tenant {tenant}."})
            shown["schedule"] = self._faults.preview(found.id, min(int(first), _MOST_LOTS))
        return Reply(200, shown)

    def _set_faults(self, body: Any) -> Reply:
        plan: dict[str, Any] = body if isinstance(body, dict) else {"faults": body}
        if "rate" in plan:
            plan = {"faults": plan}
        faults, lots = plan.get("faults", []), plan.get("random_faults")
        if isinstance(faults, dict):
            faults, lots = [], faults
        self._faults.replace(
            _FAULTS.validate_python(faults), _THROTTLE.validate_python(plan.get("throttle")), _LOTS.validate_python(lots)
        )
        return Reply(204)

    def _clock(self, method: str, body: Any) -> Reply:
        """Read, move or put back the clock; always answered with the time that it is now."""
        clock = self._world.clock
        if method == "POST":
            if not isinstance(body, dict) or len(body) != 1 or not body.keys() <= {"advance_seconds", "set"}:
                raise ValueError('the body must be {"advance_seconds": n} or {"set": "2030-01-31T09:00:00Z"}')
            if "set" in body:
                moment = parse_time(str(body["set"]))
                if moment is None:
                    raise ValueError("set must be a time with a zone, such as 2030-01-31T09:00:00Z")
                clock.set(moment)
            else:
                clock.advance(float(body["advance_seconds"]))
        elif method == "DELETE":
            clock.reset()
        elif method != "GET":
            return Reply(405, {"error": "GET, POST or DELETE."})
        return Reply(200, {"now": long_time(clock.now()), "offset_seconds": clock.offset_seconds})

    def _set_quirks(self, body: dict[str, Any]) -> Reply:
        tenant = None
        if body.get("tenant") is not None:
            tenant = self._world.find_tenant(str(body["tenant"]))
            if tenant is None:
                return Reply(404, {"error": f"There is no tenant {body['tenant']}."})
        self._world.change_quirks(dict(body.get("quirks") or {}), tenant)
        return Reply(204)
