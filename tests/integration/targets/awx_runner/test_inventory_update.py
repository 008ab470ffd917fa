# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory update as AWX runs it: the customers of GDAP, by a credential most of whose variables are set to nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from controller import configuration, jobs
from harness import server
from harness.paths import REPOSITORY
from harness.playbook import environment, programs

sys.path.append(str(REPOSITORY / "tests" / "integration" / "targets" / "inventory_customers" / "lib"))
from partner_world import MSSP, config


def test_the_source_of_gdap_lists_customers_and_shows_no_secret(tmp_path: Path) -> None:
    variables = configuration.variables()
    with server.running(tmp_path / "sandbox", config(tmp_path)) as sandbox:
        (tenant,) = [x for x in sandbox.tenants if x.domain == MSSP]
        client = tenant.client("inventory")
        inputs = {name: client[name] for name in ("client_id", "client_secret")}
        inputs |= {"graph_url": tenant.graph_url, "login_url": tenant.login_url}
        # Without certificate authorities of its own: MSSP_CA_PATH is there, and empty.
        identity = jobs.inject(variables, inputs, tmp_path / "files")
        env = {
            **environment(tmp_path / "home"),
            **identity.environment,
            "AZURE_TENANT_ID": MSSP,
            "REQUESTS_CA_BUNDLE": tenant.ca_path,
        }
        env["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"] = "true"
        source = REPOSITORY / variables["mssp_awx_gdap_inventory"]
        done = subprocess.run(
            [str(programs() / "ansible-inventory"), "-i", str(source), "--list", "--export"],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    assert len(listed["customers"]["hosts"]) > 1
    for name in listed["customers"]["hosts"]:
        assert listed["_meta"]["hostvars"][name]["mssp_onboard_tenant_id"] == name
    assert client["client_secret"] not in done.stdout + done.stderr
