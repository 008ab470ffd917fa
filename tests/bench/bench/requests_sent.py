# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests for one default customer: the preflight, the first run, the second, check mode, and the audit."""

from __future__ import annotations

import collections
import re
import typing as t
from pathlib import Path

from harness.server import Sandbox

from bench.onboarding import PLAYBOOK, inventory
from bench.running import run, sandbox
from bench.sizes import Size

AUDIT = [{"import_playbook": "mssp.defender.audit"}]
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def measure(size: Size, directory: Path) -> dict[str, t.Any]:
    """Counts by kind of run, and each request of the second run."""
    # Of a tenant that has nothing yet: what the preflight asks alone, and what a first run asks without it.
    found = _runs(
        directory / "bare",
        {
            "preflight": (PLAYBOOK, ("--tags", "preflight")),
            "first run without it": (PLAYBOOK, ("-e", "mssp_onboard_preflight=false")),
        },
    )
    found |= _runs(
        directory / "whole",
        {
            "first run": (PLAYBOOK, ()),
            "second run": (PLAYBOOK, ()),
            "check mode": (PLAYBOOK, ("--check",)),
            # With the application that onboards, which it refuses unless told; what it finds is not asked here.
            "audit": (AUDIT, ("-e", "mssp_audit_allow_write_token=true", "-e", "mssp_report_fail_on=never")),
        },
    )
    bars = {"preflight": 8, "first run without it": 45, "first run": 45, "second run": 16, "check mode": 16}
    return {"counts": found, "bars": bars}


def _runs(directory: Path, runs: t.Mapping[str, tuple[t.Any, t.Sequence[str]]]) -> dict[str, t.Any]:
    """What each of these runs asks, one after the other, at one customer."""
    found: dict[str, t.Any] = {}
    with sandbox(directory / "sandbox", 1) as started:
        hosts = inventory(started, 1, with_ca=True)
        for name, (playbook, arguments) in runs.items():
            started.log.clear()
            run(playbook, hosts, directory / name.replace(" ", "-"), forks=1, arguments=arguments)
            found[name] = _counted(started)
    return found


def _counted(started: Sandbox) -> dict[str, t.Any]:
    entries = started.log.all()
    graph = [x for x in entries if x["area"] == "graph"]
    # What comes in one batch is one request.
    batches = {x["batch"] for x in graph if x["batch"] is not None}
    lines = collections.Counter(f"{x['method']} {_IDS.sub('{id}', x['path'])}" for x in graph)
    return {
        "graph": len([x for x in graph if x["batch"] is None]) + len(batches),
        "identity": len([x for x in entries if x["area"] == "identity"]),
        "writes": len([x for x in graph if x["write"]]),
        "lines": dict(lines),
    }
