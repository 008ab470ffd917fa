# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ansible-playbook that can be killed, with everything that it has started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import typing as t
from pathlib import Path

from harness.playbook import environment, programs

PLAYBOOK = "mssp.defender.onboard"


@contextlib.contextmanager
def started(directory: Path, hosts: dict[str, t.Any], forks: int) -> t.Iterator[subprocess.Popen[bytes]]:
    """The playbook onboard, running; dead at the end of the block."""
    directory.mkdir(parents=True, exist_ok=True)
    inventory = directory / "inventory.json"
    with os.fdopen(os.open(inventory, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(hosts, file)
    with (directory / "output").open("wb") as output:
        process = subprocess.Popen(
            [str(programs() / "ansible-playbook"), "-i", str(inventory), "--forks", str(forks), PLAYBOOK],
            cwd=directory,
            env={**environment(directory / "home"), "MSSP_TEST_RESULTS": str(directory / "results.jsonl")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End it at once, its workers as well: each of them has a session of its own."""
    if process.poll() is None:
        for pid in [process.pid, *_descendants(process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    process.wait()


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # "pid (name) state parent ...", and a name may have brackets in it.
                parent = int((entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def wait_until(what: str, true: t.Callable[[], bool], seconds: float = 120) -> None:
    """Poll."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds:.0f} seconds for {what}"
        time.sleep(0.05)
