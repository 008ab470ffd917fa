# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests for one default customer: the first run, the second, check mode, and the audit."""

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
    found: dict[str, t.Any] = {}
    with sandbox(directory / "sandbox", 1) as started:
        hosts = inventory(started, 1, with_ca=True)
        runs = {
            "first run": (PLAYBOOK, ()),
            "second run": (PLAYBOOK, ()),
            "check mode": (PLAYBOOK, ("--check",)),
            # With the application that onboards, which it refuses unless told; what it finds is not asked here.
            "audit": (AUDIT, ("-e", "mssp_audit_allow_write_token=true", "-e", "mssp_report_fail_on=never")),
        }
        for name, (playbook, arguments) in runs.items():
            started.log.clear()
            run(playbook, hosts, directory / name.replace(" ", "-"), forks=1, arguments=arguments)
            found[name] = _counted(started)
    return {"counts": found, "bars": {"first run": 45, "second run": 16, "check mode": 16}}


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
