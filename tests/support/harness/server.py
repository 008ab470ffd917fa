# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sandbox process: started on a free port, stopped without a trace."""

from __future__ import annotations

import collections.abc
import contextlib
import ctypes
import json
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import requests
import yaml

from harness.log import RequestLog
from harness.tenants import Tenant

PROGRAM = Path(__file__).resolve().parents[2] / "sandbox"
_START_SECONDS = 30.0


class Sandbox:
    """A running sandbox.

    :param data: what it wrote into sandbox.json.
    """

    def __init__(self, data: dict[str, t.Any], tenants: collections.abc.Iterable[Tenant]) -> None:
        self.graph_url: str = data["graph_url"]
        self.login_url: str = data["login_url"]
        self.ca_path: str = data["ca_path"]
        self.tenants = list(tenants)
        self._fresh = iter(self.tenants)
        self._http = requests.Session()
        self._http.verify = self.ca_path
        self._http.trust_env = False
        self.log = RequestLog(self._http, self.graph_url)

    def fresh_tenant(self) -> Tenant:
        """A customer that no test has used."""
        return next(self._fresh)

    def faults(self, *faults: dict[str, t.Any]) -> None:
        """Replace the faults; none clears them."""
        if faults:
            self._http.post(f"{self.graph_url}/_sandbox/faults", json=list(faults), timeout=30).raise_for_status()
        else:
            self._http.delete(f"{self.graph_url}/_sandbox/faults", timeout=30).raise_for_status()

    def quirks(self, tenant: Tenant, **switches: t.Any) -> None:
        """Set switches of one tenant."""
        body = {"tenant": tenant.tenant_id, "quirks": switches}
        self._http.post(f"{self.graph_url}/_sandbox/quirks", json=body, timeout=30).raise_for_status()


@contextlib.contextmanager
def running(
    directory: Path, config: dict[str, t.Any], names: collections.abc.Iterable[str] = ()
) -> collections.abc.Iterator[Sandbox]:
    """A sandbox for the time of the block; its certificate is also good for `names`."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "config.yml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    errors = directory / "stderr"
    more = [argument for name in names for argument in ("--san", name)]
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "--config", str(file), "--dir", str(directory), *more],
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            preexec_fn=_end_with_parent,
        )
    try:
        data = _wait(process, directory / "sandbox.json", errors)
        yield Sandbox(data, [Tenant(data["graph_url"], data["login_url"], data["ca_path"], x) for x in data["tenants"]])
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], ready: Path, errors: Path) -> dict[str, t.Any]:
    end = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the sandbox did not start: {errors.read_text(encoding='utf-8', errors='replace')}")
        time.sleep(0.02)
    return t.cast("dict[str, t.Any]", json.loads(ready.read_text(encoding="utf-8")))


def _end_with_parent() -> None:
    """Linux: the sandbox gets SIGTERM when the tests are killed, so that none is left behind."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
