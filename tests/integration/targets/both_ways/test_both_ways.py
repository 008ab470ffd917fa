# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same task inside Ansible's worker and as an ordinary module: equal results, equal differences, equal failures.

The ordinary way is taken where the connection is not local (here one of the tests' own, which only has another
name), and for `async`.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from harness.playbook import Result, inventory, run_playbook
from harness.server import Sandbox
from harness.tenants import Tenant

TASKS: list[dict[str, t.Any]] = [
    {"name": "preflight", "mssp.defender.tenant_info": {"features": ["onboard"]}},
    {"name": "predicted", "mssp.defender.aad_group": {"name": "Tier 1", "description": "x"}, "check_mode": True},
    {"name": "created", "mssp.defender.aad_group": {"name": "Tier 1", "description": "x"}, "register": "group"},
    {"name": "again", "mssp.defender.aad_group": {"name": "Tier 1", "description": "x"}},
    {"name": "changed", "mssp.defender.aad_group": {"name": "Tier 1", "description": "2027-01-01 10:00:00"}},
    {
        "name": "role",
        "mssp.defender.mde_role": {
            "name": "Tier 1",
            "permissions": ["alerts_investigation"],
            "assigned_groups": ["{{ group.group.id }}"],
        },
    },
    {
        "name": "role by the object itself",
        "mssp.defender.mde_role": {"name": "Tier 1", "assigned_groups": ["{{ group.group }}"], "scopes": "Mde,Mdo"},
    },
    {"name": "no such user", "mssp.defender.aad_group": {"name": "Tier 1", "members": ["nobody@nowhere.example"]}},
    {"name": "empty", "mssp.defender.aad_group": {"name": "Tier 1", "members": [""]}},
    {"name": "choice", "mssp.defender.aad_group": {"name": "Tier 1", "state": "gone"}},
    {"name": "one of", "mssp.defender.aad_group": {"description": "x"}},
    {"name": "wrong secret", "mssp.defender.aad_group": {"name": "Tier 1", "client_secret": "Wr0ngS3cretWr0ngS3cret"}},
    {"name": "no tenant", "mssp.defender.aad_group": {"name": "Tier 1", "tenant_id": ""}},
    {"name": "nonsense", "mssp.defender.mde_role": {"name": "Tier 1", "permissions": ["nonsense"]}},
    {"name": "in use", "mssp.defender.mde_role": {"name": "Tier 1", "state": "absent"}},
    {"name": "absent", "mssp.defender.aad_group": {"name": "Tier 1", "state": "absent"}},
    {"name": "absent again", "mssp.defender.aad_group": {"name": "Tier 1", "state": "absent"}},
]
WRITES = ["PATCH", "POST", "POST", "POST", "POST", "DELETE", "DELETE", "DELETE"]


def run(tenant: Tenant, directory: Path, **variables: t.Any) -> Result:
    """All tasks in one play."""
    play = {
        "name": "Both ways",
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {"group/mssp.defender.graph": tenant.options()},
        "ignore_errors": True,
        "tasks": TASKS,
    }
    return run_playbook([play], directory, hosts=inventory("customer", **variables), diff=True)


_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def plain(tenant: Tenant, value: t.Any) -> t.Any:
    """A result without what differs from tenant to tenant and from request to request, and without core's own additions."""
    if isinstance(value, dict):
        skip = {"invocation", "_ansible_no_log", "_ansible_verbose_override", "exception", "ansible_facts", "warnings"}
        return {key: plain(tenant, item) for key, item in value.items() if key not in skip}
    if isinstance(value, list):
        return [plain(tenant, item) for item in value]
    if isinstance(value, str):
        return _GUID.sub("(guid)", value.replace(tenant.domain, "(domain)").replace(tenant.data["display_name"], "(name)"))
    return value


@pytest.fixture(scope="module")
def both(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Tenant, Result, list[t.Any], int]]:
    """The play in the worker, and the ordinary way."""
    found = []
    for variables in ({}, {"ansible_connection": "nearby"}):
        tenant = sandbox.fresh_tenant()
        sandbox.log.clear()
        result = run(tenant, tmp_path_factory.mktemp("way"), **variables)
        found.append((tenant, result, sandbox.log.writes(), len(sandbox.log.tokens())))
    return found


def test_the_two_ways_are_two(both: list[tuple[Tenant, Result, list[t.Any], int]]) -> None:
    """One token for a run in the worker; each ordinary module gets its own."""
    (dummy, dummy2, dummy3, once), (dummy4, dummy5, dummy6, often) = both
    assert once == 2  # the right secret and the wrong one
    assert often > 8


@pytest.mark.parametrize("name", [task["name"] for task in TASKS])
def test_equal(both: list[tuple[Tenant, Result, list[t.Any], int]], name: str) -> None:
    (one, here, dummy, dummy2), (other, there, dummy3, dummy4) = both
    mine, theirs = here.task(name), there.task(name)

    assert mine.status == theirs.status, f"{here}{there}"
    if name == "one of" or name == "choice":
        assert mine.result["msg"] == theirs.result["msg"]
    assert plain(one, mine.result) == plain(other, theirs.result)
    # The arguments as they are shown at -vvv, the secret hidden.
    shown, as_shown = (x.result.get("invocation", {}).get("module_args", {}) for x in (mine, theirs))
    assert shown.get("client_secret") == as_shown.get("client_secret")
    assert one.client_secret not in str(shown)
    assert other.client_secret not in str(as_shown)


def test_equal_requests(both: list[tuple[Tenant, Result, list[t.Any], int]]) -> None:
    (one, dummy, here, dummy2), (other, dummy3, there, dummy4) = both

    def lines(tenant: Tenant, entries: list[t.Any]) -> list[t.Any]:
        return [plain(tenant, [entry["method"], entry["path"], entry["body"]]) for entry in entries]

    assert lines(one, here) == lines(other, there)
    assert len(here) > 4


def test_async_is_the_ordinary_way(tenant: Tenant, tmp_path: Path) -> None:
    play = {
        "name": "Async",
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {"group/mssp.defender.graph": tenant.options()},
        "tasks": [
            {"name": "made", "mssp.defender.aad_group": {"name": "Tier 1"}, "async": 60, "poll": 1},
            {"name": "again", "mssp.defender.aad_group": {"name": "Tier 1"}, "async": 60, "poll": 1},
            {"name": "here", "mssp.defender.aad_group": {"name": "Tier 1"}},
        ],
    }
    result = run_playbook([play], tmp_path)

    assert result.rc == 0, str(result)
    assert [result.task(name).result["changed"] for name in ("made", "again", "here")] == [True, False, False]
    assert result.task("made").result["finished"]
    assert len(tenant.list("groups")) == 1


def test_check_mode_and_diff_from_the_command_line(tenant: Tenant, tmp_path: Path) -> None:
    play = {
        "name": "Check",
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {"group/mssp.defender.graph": tenant.options()},
        "tasks": [{"name": "made", "mssp.defender.aad_group": {"name": "Tier 1"}}],
    }
    for number, variables in enumerate(({}, {"ansible_connection": "nearby"})):
        result = run_playbook([play], tmp_path / str(number), hosts=inventory("customer", **variables), check=True, diff=True)
        assert result.rc == 0, str(result)
        assert result.task("made").result["check_mode"] is True
        assert result.task("made").result["diff"]["after"]["displayName"] == "Tier 1"
        assert '+    "displayName": "Tier 1"' in result.stdout
    assert tenant.list("groups") == []


def test_delegation_decides_by_the_connection_that_is_used(sandbox: Sandbox, tenant: Tenant, tmp_path: Path) -> None:
    """A host that is reached otherwise, and a task that is delegated to the controller."""
    play = {
        "name": "Delegated",
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {"group/mssp.defender.graph": tenant.options()},
        "tasks": [
            {"name": f"task {number}", "mssp.defender.aad_group": {"name": "Tier 1"}, "delegate_to": "localhost"}
            for number in range(3)
        ],
    }
    sandbox.log.clear()
    result = run_playbook([play], tmp_path, hosts=inventory("customer", ansible_connection="nearby"))

    assert result.rc == 0, str(result)
    assert len(sandbox.log.tokens()) == 1
