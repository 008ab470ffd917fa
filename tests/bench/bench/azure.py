# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same three groups without a change by `azure_rm_adgroup` of azure.azcollection, where that is installed.

`make bench-azure` installs it, with the two gigabytes that it requires, into a place of its own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import typing as t
import urllib.parse
from pathlib import Path

from harness.playbook import local, programs

from bench.running import Cost, Failed, run, sandbox, trusting
from bench.sizes import Size

_REDIRECT = Path(__file__).resolve().parents[1] / "redirect"
NAMES = ("graph.microsoft.com", "login.microsoftonline.com")
GROUPS = ("Tier 1 Analyst", "Tier 2 Analyst", "MSSP Analyst Approvers")
_SKIPPED = "azure.azcollection or what it requires is not installed here: `make bench-azure` installs it (2 GB)"


def measure(size: Size, directory: Path) -> dict[str, t.Any]:
    """Seconds of CPU for three groups of one host, by module; or why it was not measured."""
    if not _installed():
        return {"skipped": _SKIPPED}
    with sandbox(directory / "sandbox", 1, names=NAMES) as started:
        tenant = started.tenants[0]
        known = {"tenant": tenant.tenant_id, "client_id": tenant.client_id, "secret": tenant.client_secret}
        env = {
            **trusting(started, directory / "trust"),
            "MSSP_BENCH_PORT": str(urllib.parse.urlsplit(tenant.graph_url).port),
            # Both libraries that it talks with are told whom to trust.
            "SSL_CERT_FILE": tenant.ca_path,
            "REQUESTS_CA_BUNDLE": tenant.ca_path,
        }
        env["PYTHONPATH"] += f":{_REDIRECT}"
        ours = {"tenant_id": tenant.tenant_id, "client_id": tenant.client_id, "client_secret": tenant.client_secret}
        kinds = {
            "nothing": [],
            "aad_group": [{"mssp.defender.aad_group": {**ours, "name": name, "mail_nickname": _nick(name)}} for name in GROUPS],
            "azure_rm_adgroup": [
                {"azure.azcollection.azure_rm_adgroup": {**known, "display_name": name, "mail_nickname": _nick(name)}}
                for name in GROUPS
            ],
        }
        hosts = {"all": {"hosts": {"host": local()}}}
        run(_play(kinds["aad_group"]), hosts, directory / "made", forks=1, env=env)
        costs: dict[str, list[Cost]] = {name: [] for name in kinds}
        sent: dict[str, int] = {}
        for number in range(size.runs):
            for name, tasks in kinds.items():
                started.log.clear()
                costs[name].append(run(_play(tasks), hosts, directory / f"{name}{number}", forks=1, env=env))
                entries = started.log.all()
                if written := [x for x in entries if x["area"] == "graph" and x["write"]]:
                    raise Failed(f"{name} wrote although nothing had changed: {written}")
                sent[name] = len(entries)
    medians = {
        name: {what: statistics.median(getattr(cost, what) for cost in found) for what in ("cpu", "wall")}
        for name, found in costs.items()
    }
    return {
        "runs": size.runs,
        "rows": {
            name: {what: medians[name][what] - medians["nothing"][what] for what in ("cpu", "wall")} | {"requests": sent[name]}
            for name in kinds
            if name != "nothing"
        },
    }


def _nick(name: str) -> str:
    return name.lower().replace(" ", "-")


def _play(tasks: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    return [{"name": "Three groups", "hosts": "all", "gather_facts": False, "tasks": [{"name": "group", **x} for x in tasks]}]


def _installed() -> bool:
    """Whether the Ansible under test has the collection, and its Python what the collection requires."""
    look = "import ansible_collections.azure.azcollection, msgraph, azure.mgmt.resource"
    environment = {**os.environ, "PYTHONPATH": ""}
    return subprocess.run([programs() / "python", "-c", look], capture_output=True, env=environment, check=False).returncode == 0
