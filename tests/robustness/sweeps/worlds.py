# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One process's world: thousands of customers, all asleep until somebody calls, and the collection bound to them."""

from __future__ import annotations

import collections.abc
import contextlib
import datetime
import itertools
import os
import random
import typing as t
from unittest import mock

import requests
from harness.permissions import ONBOARD

from ansible_collections.mssp.defender.plugins.module_utils import _secrets, _task
from ansible_collections.mssp.defender.plugins.module_utils._graph import _budget, _http
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _tokens
from sweeps import role
from sweeps.customer import Customer
from sweeps.timeline import Timeline
from sweeps.wanted import MSSP
from sweeps.wire import Wire

_CUSTOMERS = 6_000

CONFIG: dict[str, t.Any] = {
    "applications": [
        {
            "name": "onboard",
            "permissions": list(ONBOARD),
        }
    ],
    "external_tenants": [{"display_name": "Fabrikam Security", "domain": "fabrikam-security.example", "tenant_id": MSSP}],
    "tenants": {
        "count": _CUSTOMERS,
        "each": {"users": [{"user_principal_name": "anna@customer{n}.example", "display_name": "Anna Ito"}]},
    },
}


class World:
    """The sandbox, its customers, and the time."""

    def __init__(self) -> None:
        # The real day: the collection asks the calendar for the first review.
        self.timeline = Timeline(datetime.datetime.now(datetime.timezone.utc))
        self.wire = Wire(CONFIG, self.timeline)
        self._numbers = itertools.count(1)

    def customer(self) -> tuple[Customer, int]:
        """A customer that nobody has called yet, and its number."""
        number = next(self._numbers)
        return Customer(self.wire, number), number

    def quiet(self) -> None:
        """Nothing goes wrong any more, and the log is empty."""
        self.wire.hooks.clear()
        self.wire.sent.clear()
        self.timeline.pauses.clear()
        # Each run has a token of its own, and a process of its own that remembers it.
        _secrets._seen.clear()
        self.wire.control("DELETE", "faults")
        self.wire.control("DELETE", "requests")

    def draw_from(self, seed: str) -> None:
        """The collection's jitter follows the seed."""
        _budget.random = random.Random(seed)  # type: ignore[assignment]


@contextlib.contextmanager
def world() -> collections.abc.Iterator[World]:
    """The collection talks to the sandbox of this process, in the time of its timeline, as long as the block lasts."""
    made = World()
    session = requests.Session()
    # The environment of this machine takes no part.
    session.trust_env = False
    session.mount("https://", made.wire)
    with contextlib.ExitStack() as stack:
        for module in (_budget, _task, _tokens):
            stack.enter_context(mock.patch.object(module, "time", made.timeline))
        stack.enter_context(mock.patch.object(_budget, "random", random.Random("nobody")))
        stack.enter_context(mock.patch.object(_secrets, "_seen", set()))
        stack.enter_context(mock.patch.dict(_http._sessions, {role.session_key(): session}))
        hidden = [name for name in os.environ if name.startswith(("AZURE_", "MSSP_")) and name != "MSSP_SWEEP"]
        stack.enter_context(mock.patch.dict(os.environ))
        for name in hidden:
            del os.environ[name]
        yield made
