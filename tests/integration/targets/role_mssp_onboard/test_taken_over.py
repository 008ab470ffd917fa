# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups and roles that the operator names by id; groups that can hold Entra roles; stages that name the role's own groups."""

from __future__ import annotations

import collections.abc
import typing as t

import pytest
from harness import onboarding
from harness.onboarding import Onboarding, customers, estate
from harness.permissions import ONBOARD
from harness.playbook import Result
from harness.tenants import ROLES, Tenant

READ = "microsoft.xdr/secops/securitydata/basics/read"


def _tenants() -> list[dict[str, t.Any]]:
    def tenant(name: str, **more: t.Any) -> dict[str, t.Any]:
        domain = f"{name}.onmicrosoft.com"
        eve = {"user_principal_name": f"eve@{domain}", "display_name": "Eve"}
        return {"display_name": name.title(), "domain": domain, "users": [eve], **more}

    groups = [{"display_name": name, "members": ["eve@byid.onmicrosoft.com"]} for name in ("Analysts", "Leads")]
    return [
        tenant("byid", groups=groups),
        tenant("assignable", consent={"onboard": [*ONBOARD, "RoleManagement.ReadWrite.Directory"]}),
        tenant("plain", groups=[{"display_name": "Tier 1 Analyst"}]),
        tenant("stages"),
        tenant("wrong"),
    ]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Onboarding]:
    """A sandbox with a tenant for each."""
    with onboarding.running(tmp_path_factory.mktemp("taken"), onboarding.three_customers(tenants=_tenants())) as started:
        yield started


def run(job: Onboarding, name: str, **more: t.Any) -> Result:
    """One run for one customer."""
    return job.run(hosts=customers(**{name: job.variables(name, **more)}))


def refused(result: Result) -> str:
    """What the one task that failed said."""
    (failed,) = [x for x in result.tasks if x.failed]
    return str(failed.result["msg"])


def by_name(tenant: Tenant) -> dict[str, dict[str, t.Any]]:
    """A tenant's groups."""
    return {x["displayName"]: x for x in tenant.list("groups?$select=id,displayName,uniqueName,isAssignableToRole")}


def test_what_is_named_by_id_is_taken_over(job: Onboarding) -> None:
    """Groups with members and a role that others hold: they keep ids and members, get the names, and are known by their ids."""
    tenant = job.tenant("byid")
    before = by_name(tenant)
    body = {"displayName": "Old role", "rolePermissions": [{"allowedResourceActions": [READ]}]}
    role = tenant.post(ROLES, body, beta=True)["id"]
    tier: dict[str, t.Any] = {"key": "one", "group": "Tier One", "role": "Tier One", "permissions": ["alerts_investigation"]}
    ids = {"group_id": before["Analysts"]["id"].upper(), "role_id": role}
    wishes = {"mssp_onboard_tiers": [{**tier, **ids}], "mssp_onboard_approvers_group_id": before["Leads"]["id"]}

    first = run(job, "byid", **wishes)
    assert first.rc == 0, first
    after = by_name(tenant)
    assert {name: group["id"] for name, group in after.items()} == {
        "Tier One": before["Analysts"]["id"],
        "MSSP Analyst Approvers": before["Leads"]["id"],
    }
    for group in after.values():
        # Its id makes a claim of origin superfluous, and the customer's group stays as it was made.
        assert group["uniqueName"] is None
        assert tenant.ids(f"groups/{group['id']}/members") == {tenant.user("eve")}
    (taken,) = estate(tenant).roles
    assert (taken["id"], taken["displayName"]) == (role, "Tier One")
    assert [x["principalIds"] for x in estate(tenant).assignments] == [[after["Tier One"]["id"]]]

    silent = run(job, "byid", **wishes)
    assert (silent.rc, job.sandbox.log.writes()) == (0, []), silent
    # Without the ids they are groups of the right name again, with members whom nobody named.
    assert "whom nobody named" in refused(run(job, "byid", mssp_onboard_tiers=[tier]))
    assert job.sandbox.log.writes() == []


def test_an_id_that_is_not_there(job: Onboarding) -> None:
    """Never made, and nothing else is either."""
    missing = "00000000-0000-4000-8000-00000000dead"
    said = refused(run(job, "wrong", mssp_onboard_approvers_group_id=missing))
    assert f"there is no group with the id {missing}" in said
    assert "a tier's own are permissions, approval_stages, reviews, group_id and role_id" in said
    assert job.sandbox.log.writes() == []


def test_a_refusal_keeps_its_code(job: Onboarding) -> None:
    """Playbooks test `mssp_onboard_failure.code`; it is empty when nothing stood in the way."""
    result = run(job, "wrong", mssp_onboard_customer_approvers=[{"user": "nobody@wrong.onmicrosoft.com"}])
    gathered = result.task("mssp.defender.mssp_onboard : Gather what was changed and what is there", "wrong").result[
        "ansible_facts"
    ]
    assert gathered["mssp_onboard_failure"]["code"] == "InvalidInput"
    assert gathered["mssp_onboard_changes"] == []
    assert job.sandbox.log.writes() == []


def test_groups_that_entra_roles_can_be_assigned_to(job: Onboarding) -> None:
    """Only when it is asked for; a group that is there and is not so stops the run before its first write."""
    assert run(job, "assignable", mssp_onboard_role_assignable=True).rc == 0
    assert [x["isAssignableToRole"] for x in by_name(job.tenant("assignable")).values()] == [True] * 3
    for again in ({"mssp_onboard_role_assignable": True}, {}):
        assert run(job, "assignable", **again).rc == 0
        assert job.sandbox.log.writes() == []

    said = refused(run(job, "plain", mssp_onboard_role_assignable=True))
    assert "role_assignable is" in said
    assert said.endswith("In the variables of this role: mssp_onboard_role_assignable, which can be left out.")
    assert job.sandbox.log.writes() == []


def test_stages_may_name_the_groups_that_the_run_makes(job: Onboarding) -> None:
    """By their whole names, in stages, in reviews and in the reviewers of all tiers: planned, made, and silent afterwards."""
    tenant = job.tenant("stages")
    leads: list[dict[str, t.Any]] = [{"group": "FAB MSSP Analyst Approvers"}]
    wishes = {
        "mssp_onboard_name_prefix": "FAB ",
        "mssp_onboard_approval_stages": [{"approvers": leads}, {"approvers": [{"user": "eve@stages.onmicrosoft.com"}]}],
        "mssp_onboard_reviewers": leads,
    }
    first = run(job, "stages", **wishes)
    assert first.rc == 0, first
    approvers = by_name(tenant)["FAB MSSP Analyst Approvers"]["id"]
    tiers = [x for x in estate(tenant).policies if "Tier" in x["accessPackage"]["displayName"]]
    assert len(tiers) == 2
    for policy in tiers:
        stages = policy["requestApprovalSettings"]["stages"]
        named = [[x.get("groupId") or x.get("userId") for x in stage["primaryApprovers"]] for stage in stages]
        assert named == [[approvers], [tenant.user("eve")]]
        assert [x["groupId"] for x in policy["reviewSettings"]["primaryReviewers"]] == [approvers]
    again = run(job, "stages", **wishes)
    assert (again.rc, job.sandbox.log.writes()) == (0, []), again
