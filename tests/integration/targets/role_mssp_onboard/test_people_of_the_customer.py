# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who approves from the first day is assigned, never a bare member; analysts and approvers exclude each other where wanted."""

from __future__ import annotations

import collections.abc
import typing as t

import pytest
from harness import onboarding
from harness.onboarding import Onboarding, customers
from harness.playbook import Result
from harness.tenants import EM, Tenant

DOMAIN = "people.onmicrosoft.com"
POLICY = "Customer approvers (direct assignment)"
ANNA, BEN = f"anna@{DOMAIN}", f"ben@{DOMAIN}"


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Onboarding]:
    """A customer with people of its own."""
    people = [{"user_principal_name": name, "display_name": name.partition("@")[0].title()} for name in (ANNA, BEN)]
    config = onboarding.three_customers()
    tenants = [*config["tenants"], {"display_name": "People", "domain": DOMAIN, "users": people}]
    with onboarding.running(tmp_path_factory.mktemp("people"), {**config, "tenants": tenants}) as started:
        yield started


@pytest.fixture(scope="module")
def runs(job: Onboarding) -> dict[str, Result]:
    """Check mode, run, again, one more approver and duties apart, again."""
    first = {"mssp_onboard_initial_approvers": [ANNA], "mssp_onboard_customer_approvers": [{"user": BEN}]}
    more = {**first, "mssp_onboard_initial_approvers": [ANNA, BEN], "mssp_onboard_separate_duties": True}
    kinds = {
        "check": (first, ["--check"]),
        "first": (first, []),
        "again": (first, []),
        "more check": (more, ["--check"]),
        "more": (more, []),
        "more again": (more, []),
    }
    done = {}
    for name, (variables, arguments) in kinds.items():
        done[name] = job.run(hosts=customers(people=job.variables("people", **variables)), arguments=arguments)
        assert done[name].rc == 0, (name, str(done[name]))
    return done


def changes(result: Result) -> list[tuple[str, str, str | None]]:
    """(type, action, property) of each change."""
    return [(x["object"]["type"], x["action"], x["property"]) for x in onboarding.changes(result, "people")]


def package(tenant: Tenant, name: str) -> dict[str, t.Any]:
    (found,) = [x for x in tenant.list(f"{EM}/accessPackages") if x["displayName"] == name]
    return t.cast("dict[str, t.Any]", found)


@pytest.mark.parametrize(("predicted", "run"), [("check", "first"), ("more check", "more")])
def test_check_mode_lists_what_the_run_then_does(runs: dict[str, Result], predicted: str, run: str) -> None:
    assert changes(runs[predicted]) == changes(runs[run])
    assert ("assignment", "create", None) in changes(runs[run])


@pytest.mark.parametrize("run", ["again", "more again"])
def test_a_second_run_changes_nothing(runs: dict[str, Result], run: str) -> None:
    assert changes(runs[run]) == []


def test_they_are_assigned_under_a_policy_of_their_own(runs: dict[str, Result], job: Onboarding) -> None:
    tenant = job.tenant("people")
    approvers = package(tenant, "MSSP Analyst Approvers")
    there = tenant.list(f"{EM}/assignmentPolicies?$expand=accessPackage")
    policies = [x for x in there if x["accessPackage"]["id"] == approvers["id"]]
    assert sorted(x["displayName"] for x in policies) == [POLICY, "MSSP SOC users"]
    (direct,) = [x for x in policies if x["displayName"] == POLICY]
    assert direct["allowedTargetScope"] == "notSpecified"
    assert direct["requestApprovalSettings"]["isApprovalRequiredForAdd"] is False
    assert direct["requestorSettings"]["enableTargetsToSelfAddAccess"] is False
    assert direct["expiration"]["duration"] == "P365D"
    assert direct["reviewSettings"]["isEnabled"] is True
    assignments = tenant.list(f"{EM}/assignments?$expand=target,assignmentPolicy,accessPackage")
    held = {(x["target"]["principalName"], x["assignmentPolicy"]["id"], x["state"].lower()) for x in assignments}
    assert held == {(ANNA, direct["id"], "delivered"), (BEN, direct["id"], "delivered")}
    assert {x["accessPackage"]["id"] for x in assignments} == {approvers["id"]}


def test_membership_came_by_the_assignment(runs: dict[str, Result], job: Onboarding) -> None:
    tenant = job.tenant("people")
    (group,) = [x for x in tenant.list("groups") if x["displayName"] == "MSSP Analyst Approvers"]
    assert {x["userPrincipalName"] for x in tenant.list(f"groups/{group['id']}/members")} == {ANNA, BEN}
    assert [x for x in job.sandbox.log.all(tenant.tenant_id) if x["write"] and "/members" in x["path"]] == []


def test_analysts_and_approvers_exclude_each_other(runs: dict[str, Result], job: Onboarding) -> None:
    tenant = job.tenant("people")
    excluded = {
        name: sorted(
            x["displayName"] for x in tenant.list(f"{EM}/accessPackages/{package(tenant, name)['id']}/incompatibleGroups")
        )
        for name in ("Tier 1 Analyst", "Tier 2 Analyst", "MSSP Analyst Approvers")
    }
    assert excluded == {
        "Tier 1 Analyst": ["MSSP Analyst Approvers"],
        "Tier 2 Analyst": ["MSSP Analyst Approvers"],
        "MSSP Analyst Approvers": ["Tier 1 Analyst", "Tier 2 Analyst"],
    }


def test_a_first_onboarding_looks_for_them_before_its_first_write(job: Onboarding) -> None:
    nobody = {"mssp_onboard_initial_approvers": [f"nobody@{DOMAIN}"]}
    result = job.run(hosts=customers(contoso=job.variables("contoso", **nobody)))
    assert result.rc != 0
    assert "nobody in the directory has the user principal name" in str(result)
    assert [x for x in job.sandbox.log.all(job.tenant("contoso").tenant_id) if x["write"] and x["area"] == "graph"] == []
