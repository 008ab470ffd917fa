# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection cannot keep: Ansible itself shows it. As documented; here so that a change in core is noticed."""

from __future__ import annotations

import collections.abc
import contextlib
import threading
import time
import typing as t
from pathlib import Path

import pytest
from harness.leaking import leaks, leaks_in_files
from harness.playbook import inventory, run_playbook
from harness.server import Sandbox
from harness.tenants import Tenant

GROUP = {"name": "Tier 1 Analyst"}


def play(options: dict[str, t.Any], **task: t.Any) -> list[dict[str, t.Any]]:
    """One task."""
    defaults = {"group/mssp.defender.graph": options}
    it = {"name": "it", "mssp.defender.aad_group": GROUP, **task}
    return [{"name": "Limits", "hosts": "all", "gather_facts": False, "module_defaults": defaults, "tasks": [it]}]


def without_secret(tenant: Tenant, **more: t.Any) -> dict[str, t.Any]:
    """The options, the secret left to something else."""
    return {**{name: value for name, value in tenant.options().items() if name != "client_secret"}, **more}


@pytest.mark.parametrize("way", ["worker", "module"])
def test_core_shows_environment_of_an_ordinary_module_at_vvv(tenant: Tenant, tmp_path: Path, way: str) -> None:
    """The variables stand in the command that core runs for an ordinary module and prints; in the worker there is no command."""
    what = play(without_secret(tenant), environment={"AZURE_CLIENT_SECRET": tenant.client_secret})
    hosts = inventory("customer", **({"ansible_connection": "nearby"} if way == "module" else {}))
    shown = [run_playbook(what, tmp_path / str(verbosity), hosts=hosts, verbosity=verbosity, diff=True) for verbosity in (2, 3)]

    assert [run.rc for run in shown] == [0, 0], shown
    assert leaks(shown[0].stdout + shown[0].stderr, [tenant.client_secret]) == []
    assert bool(leaks(shown[1].stdout, [tenant.client_secret])) == (way == "module")
    assert all("EXEC" in line for line in shown[1].stdout.splitlines() if tenant.client_secret in line)


def test_core_shows_extra_variables_of_the_command_line_at_vvvv(tenant: Tenant, tmp_path: Path) -> None:
    """Core prints its own command line; a file of variables (`-e @file`) is printed by name only."""
    what = play(without_secret(tenant, client_secret="{{ secret }}"))
    arguments = ["-e", f"secret={tenant.client_secret}"]
    below = run_playbook(what, tmp_path / "below", arguments=arguments, verbosity=3)
    above = run_playbook(what, tmp_path / "above", arguments=arguments, verbosity=4)
    file = run_playbook(what, tmp_path / "file", extra_vars={"secret": tenant.client_secret}, verbosity=5)

    assert [run.rc for run in (below, above, file)] == [0, 0, 0], above
    assert leaks(below.stdout + below.stderr, [tenant.client_secret]) == []
    assert [line for line in above.stdout.splitlines() if tenant.client_secret in line and "extra_vars" in line]
    assert leaks(file.stdout + file.stderr, [tenant.client_secret]) == []


@pytest.mark.parametrize("way", ["worker", "module"])
def test_a_misspelt_option_is_no_secret_to_anybody(tenant: Tenant, tmp_path: Path, way: str) -> None:
    """Only an option that exists is known to be secret: at -vvv the arguments of the refused task show the others as they are."""
    what = play(without_secret(tenant, client_secret="another-value"))
    what[0]["tasks"][0]["mssp.defender.aad_group"] = {**GROUP, "client_secert": tenant.client_secret}
    hosts = inventory("customer", **({"ansible_connection": "nearby"} if way == "module" else {}))
    below, above = (run_playbook(what, tmp_path / str(x), hosts=hosts, verbosity=x) for x in (2, 3))

    assert "Unsupported parameters" in below.task("it").result["msg"]
    assert leaks(below.task("it").result["msg"], [tenant.client_secret]) == []
    assert leaks(below.stdout + below.stderr, [tenant.client_secret]) == []
    assert all("client_secert" in line for line in above.stdout.splitlines() if tenant.client_secret in line)
    assert leaks(above.stdout, [tenant.client_secret]) != []


@contextlib.contextmanager
def watching(directory: Path, secret: str) -> collections.abc.Iterator[list[str]]:
    """The files below a directory that have held the secret at any time during the block."""
    found: list[str] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            for path in directory.rglob("*"):
                with contextlib.suppress(OSError):  # it comes and goes meanwhile
                    if path.is_file() and secret.encode() in path.read_bytes():
                        found.append(path.name)
            time.sleep(0.05)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        ended.set()
        watcher.join()


def test_the_payload_of_an_ordinary_module_holds_the_arguments_while_it_runs(
    sandbox: Sandbox, tenant: Tenant, tmp_path: Path
) -> None:
    """Core packs a module with its arguments into a file in the remote temporary directory, which it removes afterwards."""
    sandbox.faults({"tenant": tenant.tenant_id, "latency_ms": 1000})
    remote = tmp_path / "home" / "remote"
    with watching(remote, tenant.client_secret) as found:
        run = run_playbook(play(tenant.options()), tmp_path, hosts=inventory("customer", ansible_connection="nearby"))

    assert run.rc == 0, run
    assert "AnsiballZ_aad_group.py" in found
    assert remote.is_dir()
    assert leaks_in_files(tmp_path / "home", [tenant.client_secret]) == []


def test_in_the_worker_no_file_holds_the_secret_at_any_time(sandbox: Sandbox, tenant: Tenant, tmp_path: Path) -> None:
    """The token's file holds the token, and nothing else of it."""
    sandbox.faults({"tenant": tenant.tenant_id, "latency_ms": 1000})
    home = tmp_path / "home"
    with watching(home, tenant.client_secret) as secret, watching(home, "access_token") as token:
        run = run_playbook(play(tenant.options()), tmp_path)

    assert run.rc == 0, run
    assert secret == []
    assert {name.rpartition("-")[0] for name in token} == {"mssp-token"}


def test_async_leaves_results_without_secrets(tenant: Tenant, tmp_path: Path) -> None:
    """The result of a job that nobody waits for stays in a file. Core removes the payload a moment after the job's end."""
    what = play(tenant.options(), **{"async": 60, "poll": 0, "register": "job"})
    what[0]["tasks"] += [
        {
            "name": "wait",
            "ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"},
            "register": "given",
            "until": "given.finished",
            "delay": 1,
            "retries": 60,
        },
        {**what[0]["tasks"][0], "name": "wrong", "mssp.defender.aad_group": {**GROUP, "client_secret": "Wr0ngS3cretWr0ngS3cret"}},
    ]
    what[0]["tasks"][2]["poll"] = 1
    run = run_playbook(what, tmp_path, verbosity=5)

    assert run.task("wait").result["changed"], run
    assert run.task("wrong").result["failure"]["code"] == "AADSTS7000215", run
    left = [path for path in (tmp_path / "home" / "async").iterdir() if path.is_file()]
    assert len(left) >= 1
    secrets = [tenant.client_secret, "Wr0ngS3cretWr0ngS3cret"]
    end = time.monotonic() + 30
    while any((tmp_path / "home" / "remote").rglob("AnsiballZ_*")) and time.monotonic() < end:
        time.sleep(0.1)
    assert leaks_in_files(tmp_path / "home", secrets) == []
    assert leaks(run.stdout + run.stderr, secrets) == []
