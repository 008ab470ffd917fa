# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong between here and Graph, and how a run gets over it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from harness import world
from harness.playbook import run_playbook
from harness.server import Sandbox
from harness.story import Play, Step
from harness.tenants import ASSIGNMENTS, EM, ROLES, Tenant

GROUP: dict[str, t.Any] = {"name": "Tier 1 Analyst", "description": "Analysts", "unique_name": "mssp-b1-tier1"}
BASICS = "secops/securitydata/basics/read"


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "GET", "status": 429, "retry_after": 1},
        {"method": "GET", "status": 503},
        {"method": "GET", "status": 504},
        {"method": "GET", "drop": "before"},
        {"method": "GET", "drop": "after"},
        {"method": "PATCH", "status": 429, "retry_after": 0},
        {"method": "PATCH", "drop": "before"},
        {"method": "PATCH", "drop": "after"},
        {"method": "PATCH", "status": 500, "after_work": True},
    ],
    ids=lambda fault: " ".join(str(value) for value in fault.values()),
)
def test_what_may_be_sent_again_is_sent_again(play: Play, fault: dict[str, t.Any]) -> None:
    play.faults({"path": "/groups", "times": 2, **fault})
    created = play.task("aad_group", **GROUP)
    play.faults()
    again = play.task("aad_group", **GROUP)
    there = play.list("groups")
    play.run()

    assert (created.changed, again.changed) == (True, False)
    assert len(there.result) == 1


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": 0}, {"status": 503, "retry_after": 0}])
def test_a_post_that_was_refused_unworked_is_sent_again(play: Play, fault: dict[str, t.Any]) -> None:
    play.faults({"method": "POST", "path": "/groups", "times": 2, **fault})
    created = play.task("aad_group", name="Tier 1 Analyst")
    there = play.list("groups")
    play.run()

    assert created.changed
    assert len([line for line in created.writes if line.startswith("POST")]) == 3
    assert len(there.result) == 1


@pytest.mark.parametrize(
    ("lag", "fault"),
    [
        (0, {"drop": "after"}),
        (0, {"status": 504, "after_work": True}),
        (2, {"status": 500, "after_work": True}),
    ],
)
def test_a_post_is_never_sent_twice(play: Play, lag: int, fault: dict[str, t.Any]) -> None:
    """Not even while what it made is not yet visible."""
    play.quirks(replication_lag_reads=lag, read_lag=lag)
    play.faults({"method": "POST", "path": "groups$|roleDefinitions$", "request": 1, **fault})
    group = play.task("aad_group", name="Tier 1 Analyst")
    play.faults({"method": "POST", "path": "groups$|roleDefinitions$", "request": 1, **fault})
    role = play.task("mde_role", name="Tier 1 Analysts", permissions=[BASICS])
    play.faults()
    groups = play.list("groups")
    roles = play.list(ROLES, beta=True)
    play.run()

    for step in (group, role):
        assert step.changed
        assert len([line for line in step.writes if line.startswith("POST")]) == 1
    assert len(groups.result) == 1
    assert len([x for x in roles.result if not x["isBuiltIn"]]) == 1


def test_a_token_that_graph_refuses_is_renewed_once(play: Play) -> None:
    play.faults({"path": "/groups", "status": 401, "code": "InvalidAuthenticationToken", "times": 1})
    created = play.task("aad_group", **GROUP)
    play.faults({"path": "/groups", "status": 401, "code": "InvalidAuthenticationToken"})
    refused = play.refused("aad_group", **GROUP)
    play.run()

    def tokens(step: Step) -> int:
        return len([entry for entry in step.requests if entry["path"].endswith("/token")])

    assert created.changed
    assert tokens(created) == 2
    assert tokens(refused) == 1
    assert refused.result["failure"]["status"] == 401
    assert "tenant_id, cloud and graph_url" in refused.msg


def test_an_answer_that_is_not_graph_s(play: Play, tenant: Tenant) -> None:
    play.faults({"path": "/groups", "status": 418, "code": "Teapot", "message": "I'm a teapot <script>"})
    refused = play.refused("aad_group", **GROUP)
    play.run()

    assert (refused.code, refused.result["failure"]["status"]) == ("Teapot", 418)
    assert refused.result["failure"]["message"] == "I'm a teapot <script>"
    assert refused.result["failure"]["request_id"] in refused.msg
    assert tenant.tenant_id in refused.msg


def test_slow_answers_end_at_request_timeout(play: Play) -> None:
    play.faults({"path": "/groups", "latency_ms": 3000})
    refused = play.refused("aad_group", **GROUP, request_timeout=1, wait_timeout=0)
    play.run()

    assert refused.code == "RequestTimeout"
    assert "did not answer within 1 second" in refused.msg


def chain(tenant: Tenant) -> list[tuple[str, dict[str, t.Any]]]:
    """A customer in six tasks."""
    sponsor = f"ada@{tenant.domain}"
    return [
        ("aad_group", {**GROUP, "members": [sponsor]}),
        ("mde_role", {"name": "Tier 1", "permissions": [BASICS], "assigned_groups": ["Tier 1 Analyst"]}),
        ("connected_org", {"org_tenant_id": world.MSSP_TENANT, "name": "MSSP", "internal_sponsors": [sponsor]}),
        ("access_package_catalog", {"name": "MSSP Accesses", "groups": ["Tier 1 Analyst"]}),
        (
            "access_package",
            {"name": "Tier 1", "catalog": "MSSP Accesses", "resource_roles": [{"group": "Tier 1 Analyst"}]},
        ),
        (
            "access_package_policy",
            {"name": "MSSP", "access_package": "Tier 1", "requestors": {"connected_organizations": ["MSSP"]}},
        ),
    ]


# After this POST of the chain the network is gone: in this task (from 0).
@pytest.mark.parametrize(("post", "task"), [(1, 0), (2, 1), (4, 2), (6, 3), (8, 4), (10, 5)])
def test_a_run_that_breaks_off_is_finished_by_the_next(play: Play, tenant: Tenant, post: int, task: int) -> None:
    """What was done stays, and nothing is done twice."""
    tasks = chain(tenant)
    play.faults({"method": "POST", "request": post, "crash": "refuse"})
    for module, arguments in tasks[:task]:
        play.task(module, **arguments)
    module, arguments = tasks[task]
    broken = play.task(module, fails=post not in LAST, **arguments, wait_timeout=1)
    play.faults()
    finished = [play.task(module, **arguments) for module, arguments in tasks]
    again = [play.task(module, **arguments) for module, arguments in tasks]
    groups, roles, links = play.list("groups"), play.list(ROLES, beta=True), play.list(ASSIGNMENTS, beta=True)
    kinds = ("connectedOrganizations", "catalogs", "accessPackages", "assignmentPolicies")
    rest = [play.list(f"{EM}/{kind}") for kind in kinds]
    play.run()

    if post not in LAST:
        assert broken.code == "ConnectionError"
    assert [step.changed for step in finished[:task]] == [False] * task
    assert not any(step.changed for step in again)
    assert not any(step.writes for step in again)
    assert len(groups.result) == len(links.result) == 1
    assert len([x for x in roles.result if not x["isBuiltIn"]]) == 1
    assert [len([x for x in step.result if x.get("catalogType") != "serviceDefault"]) for step in rest] == [1, 1, 1, 1]


# POSTs whose answer arrives and after which their task needs no other request.
LAST = (1, 10)


def test_items_of_a_loop_share_what_was_read(play: Play, sandbox: Sandbox, tenant: Tenant, tmp_path: Path) -> None:
    """One list of roles for all items that change nothing; a write ends that."""
    names = ["one", "two", "three"]
    for name in names:
        play.task("mde_role", name=name, permissions=[BASICS])
    play.run()
    sandbox.log.clear()
    result = run_playbook(
        [
            {
                "name": "A loop",
                "hosts": "all",
                "gather_facts": False,
                "module_defaults": {"group/mssp.defender.graph": tenant.options()},
                "tasks": [
                    {
                        "name": "roles",
                        "mssp.defender.mde_role": {"name": "{{ item }}", "permissions": [BASICS]},
                        "loop": names,
                    }
                ],
            }
        ],
        tmp_path / "loop",
    )

    assert result.rc == 0, str(result)
    assert not result.task("roles").result["changed"]
    assert [entry["path"] for entry in sandbox.log.all() if entry["area"] == "graph"] == [f"/beta/{ROLES}"]
