# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many customers at once: workers share a token and a trust store, and never a connection."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.playbook import local, run_playbook
from harness.server import Sandbox

CUSTOMERS = 16


@pytest.mark.parametrize("strategy", ["linear", "host_pinned"])
def test_customers_do_not_mix(sandbox: Sandbox, tmp_path: Path, strategy: str) -> None:
    tenants = {f"c{number}": sandbox.fresh_tenant() for number in range(CUSTOMERS)}
    hosts = {name: local(options=tenant.options()) for name, tenant in tenants.items()}
    play = {
        "name": "All customers",
        "hosts": "all",
        "strategy": strategy,
        "gather_facts": False,
        "module_defaults": {
            "group/mssp.defender.graph": {name: "{{ options." + name + " }}" for name in next(iter(tenants.values())).options()}
        },
        "tasks": [
            {"name": "preflight", "mssp.defender.tenant_info": {"exclusive": True}},
            {"name": "group", "mssp.defender.aad_group": {"name": "{{ inventory_hostname }}"}, "register": "group"},
            {
                "name": "role",
                "mssp.defender.mde_role": {
                    "name": "{{ inventory_hostname }}",
                    "permissions": ["secops/securitydata/basics/read"],
                    "assigned_groups": ["{{ group.group }}"],
                },
            },
        ],
    }
    sandbox.log.clear()
    result = run_playbook([play], tmp_path, hosts={"all": {"hosts": hosts}}, arguments=["--forks", "8"])

    assert result.rc == 0, str(result)
    for name, tenant in tenants.items():
        assert result.task("preflight", name).result["tenant"]["id"] == tenant.tenant_id
        assert [group["displayName"] for group in tenant.list("groups")] == [name]
    # One for each customer; those after it are the test's own.
    asked = [entry["tenant_id"] for entry in sandbox.log.tokens()][:CUSTOMERS]
    assert sorted(asked) == sorted(tenant.tenant_id for tenant in tenants.values())


def test_one_customer_that_fails_is_nobody_else_s_concern(sandbox: Sandbox, tmp_path: Path) -> None:
    tenants = {name: sandbox.fresh_tenant() for name in ("good", "bad", "slow")}
    sandbox.faults(
        {"tenant": tenants["bad"].tenant_id, "path": "/groups", "status": 500},
        {"tenant": tenants["slow"].tenant_id, "path": "/groups", "status": 429, "retry_after": 1, "times": 2},
    )
    hosts = {name: local(options=tenant.options()) for name, tenant in tenants.items()}
    play = {
        "name": "Three customers",
        "hosts": "all",
        "strategy": "host_pinned",
        "gather_facts": False,
        "tasks": [
            {
                "name": "group",
                "mssp.defender.aad_group": {
                    "name": "Tier 1",
                    "wait_timeout": 4,
                    **{name: "{{ options." + name + " }}" for name in tenants["good"].options()},
                },
            }
        ],
    }
    result = run_playbook([play], tmp_path, hosts={"all": {"hosts": hosts}})
    sandbox.faults()

    assert result.rc == 2
    assert [result.task("group", name).failed for name in tenants] == [False, True, False]
    failure = result.task("group", "bad").result
    assert failure["failure"]["status"] == 500
    assert tenants["bad"].tenant_id in failure["msg"]
    assert tenants["good"].tenant_id not in failure["msg"]
    # The one that fails stops; the others are done.
    assert [len(tenant.list("groups")) for tenant in tenants.values()] == [1, 0, 1]
