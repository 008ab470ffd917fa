# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Graph that is slow and throttles: wall for each customer against the floor of requests times latency."""

from __future__ import annotations

import typing as t
from pathlib import Path

from bench.onboarding import PLAYBOOK, inventory
from bench.running import run, sandbox
from bench.sizes import Size

LATENCY_MS = 100
# One request in fifty is answered 429.
EVERY = 50


def measure(size: Size, directory: Path) -> dict[str, t.Any]:
    """Wall of a first run and of a run without a change, one customer after the other (forks 1), and the floor."""
    found: dict[str, t.Any] = {"latency_ms": LATENCY_MS, "customers": size.slow_customers}
    faults = [{"every": EVERY, "status": 429, "retry_after": 1}]
    with sandbox(directory / "sandbox", size.slow_customers, latency_ms=LATENCY_MS, faults=faults) as started:
        hosts = inventory(started, size.slow_customers, with_ca=True)
        for name in ("first run", "second run"):
            started.log.clear()
            cost = run(PLAYBOOK, hosts, directory / name.replace(" ", "-"), forks=1)
            entries = started.log.all()
            throttled = len([x for x in entries if x["status"] == 429])
            floor = len(entries) * LATENCY_MS / 1000 + throttled
            found[name] = {
                "requests": len(entries),
                "throttled": throttled,
                "wall_each": cost.wall / size.slow_customers,
                "floor_each": floor / size.slow_customers,
                "ratio": cost.wall / floor,
            }
    return found
