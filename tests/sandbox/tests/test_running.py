# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process: its announcement, its end, its configuration, the same answers for the same seed."""

from __future__ import annotations

import json
import os
import signal
import ssl
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from sandbox_building import EM, make_catalog, make_group
from sandbox_harness import BASIC, PROGRAM, Start, stop_sandbox


def test_announcement(start: Start) -> None:
    sandbox = start()
    assert set(sandbox.info) >= {"graph_url", "login_url", "ca_path", "pid", "tenants"}
    assert sandbox.info["pid"] == sandbox.process.pid
    assert sandbox.url.startswith("https://localhost:")
    file = Path(sandbox.info["ca_path"]).parent / "sandbox.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [tenant["domain"] for tenant in sandbox.info["tenants"]] == ["contoso.example", "fabrikam.example"]
    first = sandbox.tenant()
    assert (first["clients"][0]["name"], first["clients"][0]["client_id"]) == ("default", first["client_id"])
    assert "EntitlementManagement.ReadWrite.All" in first["clients"][0]["permissions"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly(start: Start, number: signal.Signals) -> None:
    sandbox = start()
    graph = sandbox.graph()  # leaves a connection open
    graph.ok("GET", "/organization")
    os.kill(sandbox.process.pid, number)
    _unused, errors = sandbox.process.communicate(timeout=5)
    assert (sandbox.process.returncode, errors) == (0, "")
    assert not (Path(sandbox.info["ca_path"]).parent / "sandbox.json").exists()


def test_port_and_more_names(start: Start) -> None:
    free = start()
    port = int(free.url.rsplit(":", 1)[1])
    stop_sandbox(free)
    sandbox = start(None, "--port", str(port), "--san", "sandbox.internal")
    assert sandbox.url == f"https://localhost:{port}"
    context = ssl.create_default_context(cafile=sandbox.info["ca_path"])
    import socket

    for name in ("localhost", "127.0.0.1", "sandbox.internal"):
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.version() is not None


def run_to_its_end(tmp_path: Path, config: Any, *arguments: str) -> tuple[int, str]:
    file = tmp_path / "config.yml"
    file.write_text(config if isinstance(config, str) else yaml.safe_dump(config), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--config", str(file), "--dir", str(tmp_path / "d"), *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stderr


TENANT = {"display_name": "A", "domain": "a.example"}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("tenants: [", "is not YAML at line"),
        ("- a", "must hold a mapping"),
        ({}, "tenants is missing; add it."),
        ({"tenants": [{"display_name": "A"}]}, "tenants[0].domain is missing; add it."),
        ({"tenants": [TENANT], "sed": 1}, "sed is not known; correct its name or remove it (known here: tenants, seed"),
        ({"tenants": [{**TENANT, "tenant_id": "contoso"}]}, "tenants[0].tenant_id is not a GUID such as"),
        ({"tenants": [TENANT, TENANT]}, "the domain a.example is there twice; give each tenant domains of its own."),
        ({"tenants": [TENANT], "quirks": {"reed_lag": 1}}, "quirks: reed_lag is not known"),
        ({"tenants": [{**TENANT, "quirks": {"licence": "e5"}}]}, "quirks: licence"),
        ({"tenants": [TENANT], "faults": [{"method": "GET"}]}, "needs exactly one of status, drop and crash"),
        ({"tenants": [TENANT], "faults": [{"path": "(", "status": 500}]}, "is not a regular expression"),
        ({"tenants": [{**TENANT, "consent": {"onboard": []}}]}, "which is not one of applications"),
        (
            {"tenants": [{**TENANT, "clients": [{"name": "c", "certificate": "/nowhere.pem"}]}]},
            "is no file; give a PEM file's path.",
        ),
        (
            {"tenants": [{**TENANT, "groups": [{"display_name": "G", "members": ["x"]}]}]},
            "which is no user of the tenant",
        ),
        ({"tenants": [{**TENANT, "clients": [{"name": "default"}]}]}, "is there twice"),
    ],
)
def test_bad_configuration(tmp_path: Path, config: Any, words: str) -> None:
    status, errors = run_to_its_end(tmp_path, config)
    assert status == 2
    assert words in errors
    assert errors.startswith("sandbox: ")
    assert errors.count("\n") == 1
    assert "Traceback" not in errors


def test_missing_file_and_busy_port(tmp_path: Path, start: Start) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--config", str(tmp_path / "no.yml"), "--dir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, "name a readable YAML file with --config" in done.stderr) == (2, True)
    port = start().url.rsplit(":", 1)[1]
    status, errors = run_to_its_end(tmp_path, {"tenants": [TENANT]}, "--port", port)
    assert (status, "Choose another one with --port" in errors) == (2, True)


def anonymous(info: dict[str, Any]) -> Any:
    return json.dumps(info["tenants"], sort_keys=True)


def test_same_seed_same_ids(start: Start) -> None:
    one, two, other = start(), start(), start({**BASIC, "seed": 7})
    assert anonymous(one.info) == anonymous(two.info)
    assert anonymous(one.info) != anonymous(other.info)
    made = []
    for sandbox in (one, two):
        graph = sandbox.graph()
        catalog = make_catalog(graph)
        answers = [graph("GET", "/groups"), graph("GET", f"{EM}/catalogs/{catalog}")]
        made.append(([answer.headers["request-id"] for answer in answers], make_group(graph), catalog))
    assert made[0] == made[1]


def test_hand_made_objects(start: Start) -> None:
    sandbox = start(
        {
            "tenants": [
                {
                    **TENANT,
                    "users": [{"user_principal_name": "u@a.example"}],
                    "groups": [{"display_name": "Tier 1", "members": ["u@a.example"], "owners": ["u@a.example"]}],
                    "defender_roles": [{"display_name": "R", "permissions": ["secops/*/read"], "groups": ["Tier 1"]}],
                    "connected_organizations": [{"display_name": "M", "domain": "m.example"}],
                    "catalogs": [{"display_name": "C"}],
                }
            ],
            "external_tenants": [{"display_name": "M", "domain": "m.example"}],
        }
    )
    graph = sandbox.graph()
    group = graph.ok("GET", "/groups?$filter=displayName eq 'Tier 1'")["value"][0]["id"]
    assert graph.ok("GET", f"/groups/{group}/members")["value"][0]["userPrincipalName"] == "u@a.example"
    assigned = graph.ok("GET", "/beta/roleManagement/defender/roleAssignments")["value"][0]
    assert (assigned["principalIds"], assigned["directoryScopeIds"]) == ([group], ["/"])
    source = graph.ok("GET", f"{EM}/connectedOrganizations")["value"][0]["identitySources"][0]
    assert source["@odata.type"] == "microsoft.graph.azureActiveDirectoryTenant"
    assert [item["displayName"] for item in graph.ok("GET", f"{EM}/catalogs")["value"]] == ["General", "C"]


def test_clock(start: Start) -> None:
    graph = start({**BASIC, "clock": {"offset_seconds": 400 * 86400}}).graph()
    group = graph.ok("GET", f"/groups/{make_group(graph)}")
    import datetime

    made = datetime.datetime.fromisoformat(group["createdDateTime"].replace("Z", "+00:00"))
    assert (made - datetime.datetime.now(datetime.timezone.utc)).days >= 399


def test_examples_of_the_readme(start: Start) -> None:
    text = (PROGRAM / "README.md").read_text(encoding="utf-8")
    for example in text.split("```yaml\n")[1:]:
        config = yaml.safe_load(example.partition("```")[0])
        graph = start(config).graph()
        assert graph("GET", "/organization").status_code == 200
