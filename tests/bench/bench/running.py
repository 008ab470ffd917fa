# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of ansible-playbook, and what it cost."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import time
import typing as t
from pathlib import Path

from harness import server
from harness.playbook import environment, programs
from harness.server import Sandbox

MSSP = "11111111-2222-3333-4444-555555555555"


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a run cost: seconds of CPU of Ansible and all its workers, seconds by the clock, MiB of its largest process."""

    cpu: float
    wall: float
    peak: float


class Failed(RuntimeError):
    """The run did not succeed, so that its cost means nothing."""


def run(
    playbook: t.Any,
    inventory: t.Any,
    directory: Path,
    *,
    forks: int,
    env: t.Mapping[str, str] | None = None,
    arguments: t.Sequence[str] = (),
) -> Cost:
    """Run a playbook; the sandbox's own CPU is not counted, since it is another process."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in (("playbook", playbook), ("inventory", inventory)):
        path = directory / f"{name}.json"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file)
    variables = environment(directory / "home", **(env or {}))
    # Only what a user has: no plugins of the tests, no output to a terminal.
    for name in ("ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_CALLBACKS_ENABLED", "ANSIBLE_ACTION_PLUGINS"):
        variables.pop(name)
    command = [str(programs() / "ansible-playbook"), "-i", "inventory.json", "--forks", str(forks)]
    command += [*arguments, "playbook.json"]
    log = directory / "output"
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=directory, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        dummy, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"ansible-playbook ended with {process.returncode}:\n{log.read_text(encoding='utf-8')[-4000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss / 1024)


@contextlib.contextmanager
def sandbox(directory: Path, tenants: int, names: t.Iterable[str] = (), **more: t.Any) -> t.Iterator[Sandbox]:
    """A sandbox with so many customers and the MSSP's tenant; `names` as for the harness."""
    config = {
        "tenants": {"count": tenants, "name": "Customer {n}", "domain": "customer{n}.example"},
        "external_tenants": [{"display_name": "Fabrikam Security", "domain": "fabrikam.example", "tenant_id": MSSP}],
        # The log of requests is read by the measurement that needs it, and must not grow in the others.
        "journal": {"most": 20000},
        **more,
    }
    with server.running(directory, config, names) as started:
        yield started


def trusting(started: Sandbox, directory: Path) -> dict[str, str]:
    """The environment of a machine whose default trust store knows the sandbox as it would know Microsoft.

    certifi is asked for its bundle by `where()`; here that bundle has the sandbox's authority at its end, so that reading it
    costs what reading the real one costs.
    """
    import certifi

    package = directory / "certifi"
    package.mkdir(parents=True, exist_ok=True)
    bundle = package / "cacert.pem"
    bundle.write_text(
        Path(certifi.where()).read_text(encoding="utf-8") + Path(started.ca_path).read_text(encoding="utf-8"), encoding="utf-8"
    )
    (package / "__init__.py").write_text(
        f"def where():\n    return {str(bundle)!r}\n\n\ndef contents():\n    return open(where()).read()\n", encoding="utf-8"
    )
    return {"PYTHONPATH": str(directory)}


def options(started: Sandbox, number: int, *, with_ca: bool) -> dict[str, str]:
    """The connection options of a customer."""
    tenant = started.tenants[number]
    known = {
        "tenant_id": tenant.tenant_id,
        "client_id": tenant.client_id,
        "client_secret": tenant.client_secret,
        "graph_url": tenant.graph_url,
        "login_url": tenant.login_url,
    }
    return {**known, "ca_path": tenant.ca_path} if with_ca else known
