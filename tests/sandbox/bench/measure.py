# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sandbox costs: ``python tests/sandbox/bench/measure.py [TENANTS [ONBOARDINGS]]`` (Linux).

Prints the time to start, the CPU time that the sandbox's process takes for one default onboarding, and its memory: when
nobody has called, for each tenant that is only there, and for each onboarded one.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from replay import MSSP, open_session, replay

PROGRAM = Path(__file__).resolve().parent.parent


def cpu_seconds(pid: int) -> float:
    """CPU time of a process's main thread, to the nanosecond; the sandbox has no other."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def resident_bytes(pid: int) -> int:
    """Memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4096


def start(directory: Path, tenants: int) -> tuple[subprocess.Popen[bytes], dict[str, Any], float]:
    """A sandbox with so many tenants, and the seconds until it was ready. Stopped by the caller."""
    config = directory / "config.yml"
    config.write_text(json.dumps({"tenants": {"count": tenants}, "external_tenants": [MSSP]}), encoding="utf-8")
    ready = directory / "sandbox.json"
    begin = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), "--config", str(config), "--dir", str(directory)], stdout=subprocess.DEVNULL
    )
    while not ready.exists():
        if process.poll() is not None:
            raise RuntimeError("the sandbox did not start")
        time.sleep(0.01)
    return process, json.loads(ready.read_text(encoding="utf-8")), time.monotonic() - begin


def main() -> None:
    """Measure and print."""
    given = [int(argument) for argument in sys.argv[1:3]]
    tenants, onboardings = [*given, *(1000, 20)[len(given) :]]
    with tempfile.TemporaryDirectory() as directory:
        first, _unused, _unused2 = start(Path(directory), 1)
        bare = resident_bytes(first.pid)
        first.terminate()
        first.wait()
        process, info, seconds = start(Path(directory), tenants)
        try:
            idle = resident_bytes(process.pid)
            session, used, requests = open_session(info), [], 0
            for tenant in info["tenants"][:onboardings]:
                before = cpu_seconds(process.pid)
                requests = replay(session, info, tenant)
                used.append(cpu_seconds(process.pid) - before)
            busy = resident_bytes(process.pid)
        finally:
            process.terminate()
            process.wait()
    print(f"start with {tenants} tenants: {seconds:.2f} s")
    print(f"one onboarding ({requests} requests): {statistics.median(used) * 1000:.1f} ms of CPU (median of {len(used)})")
    print(f"first {used[0] * 1000:.1f} ms, last {used[-1] * 1000:.1f} ms")
    print(
        f"memory: {bare / 2**20:.1f} MiB with one tenant, {(idle - bare) / max(tenants - 1, 1) / 1024:.2f} KiB for each idle one,"
    )
    print(f"        {(busy - idle) / len(used) / 1024:.1f} KiB for each onboarded one with its request log")


if __name__ == "__main__":
    main()
