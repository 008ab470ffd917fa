# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: the playbook onboard, for the three customers of the demo."""

from __future__ import annotations

import collections.abc
import typing as t
from pathlib import Path

import pytest
from harness import onboarding
from harness.onboarding import MSSP, Onboarding, estate
from harness.story import KNOWN_AFTER_APPLY

DEFAULT = {
    "groups": 3,
    "roles": 2,
    "assignments": 2,
    "organizations": 1,
    "catalogs": 1,
    "resources": 3,
    "packages": 3,
    "policies": 3,
}
NAMES = ["MSSP Analyst Approvers", "Tier 1 Analyst", "Tier 2 Analyst"]


@pytest.fixture(scope="module")
def onboarded(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Onboarding]:
    """The three customers, onboarded once."""
    with onboarding.running(tmp_path_factory.mktemp("onboard")) as job:
        first = job.run()
        assert first.rc == 0, first
        yield job


def names(objects: list[dict[str, t.Any]]) -> list[str]:
    """Their display names in order."""
    return sorted(x["displayName"] for x in objects)


def test_smoke(tmp_path: Path) -> None:
    """From nothing, again, and in check mode: also on the oldest ansible-core."""
    with onboarding.running(tmp_path) as job:
        first = job.run()
        assert first.rc == 0, first
        assert estate(job.tenant("contoso")).counts == DEFAULT
        for again in (job.run(), job.run(check=True)):
            assert again.rc == 0, again
            assert not [x for x in again.tasks if x.result.get("changed")], again
            assert job.sandbox.log.writes() == []


def test_default_customer_in_graphs_shapes(onboarded: Onboarding) -> None:
    """Each object of the published walkthrough is there, once, linked to the others."""
    there = estate(onboarded.tenant("contoso"))
    assert there.counts == DEFAULT
    assert names(there.groups) == NAMES
    by_name = {group["displayName"]: group["id"] for group in there.groups}
    for group in there.groups:
        assert (group["securityEnabled"], group["mailEnabled"], group["groupTypes"]) == (True, False, [])
        assert group["uniqueName"].startswith(f"mssp-{MSSP}-")
        assert onboarded.tenant("contoso").list(f"groups/{group['id']}/owners") == []
        assert onboarded.tenant("contoso").list(f"groups/{group['id']}/members") == []

    actions = {role["displayName"]: set(role["rolePermissions"][0]["allowedResourceActions"]) for role in there.roles}
    assert set(actions) == {"Tier 1 Analysts", "Tier 2 Analysts"}
    assert len(actions["Tier 1 Analysts"]) == 8
    assert actions["Tier 2 Analysts"] - actions["Tier 1 Analysts"] == {
        "microsoft.xdr/secops/securitydata/liveresponse-basic/manage",
        "microsoft.xdr/secops/securitydata/liveresponse-advanced/manage",
        "microsoft.xdr/secops/securitydata/filecollection/manage",
    }
    assert actions["Tier 1 Analysts"] < actions["Tier 2 Analysts"]
    role_names = {role["id"]: role["displayName"] for role in there.roles}
    assert {role_names[x["roleDefinitionId"]]: (x["principalIds"], x["appScopeIds"]) for x in there.assignments} == {
        "Tier 1 Analysts": ([by_name["Tier 1 Analyst"]], ["Mde"]),
        "Tier 2 Analysts": ([by_name["Tier 2 Analyst"]], ["Mde"]),
    }

    (organization,) = there.organizations
    assert (organization["displayName"], organization["state"]) == ("Fabrikam Security", "configured")
    assert [source["tenantId"] for source in organization["identitySources"]] == [MSSP]

    (catalog,) = there.catalogs
    assert (catalog["displayName"], catalog["state"], catalog["isExternallyVisible"]) == ("MSSP Accesses", "published", True)
    assert {x["originId"] for x in there.resources} == set(by_name.values())

    assert names(there.packages) == NAMES
    for package in there.packages:
        assert package["catalog"]["id"] == catalog["id"]
        (scope,) = package["resourceRoleScopes"]
        assert scope["role"]["originId"] == f"Member_{by_name[package['displayName']]}"
        assert scope["scope"]["originId"] == by_name[package["displayName"]]
        assert package["isHidden"] is False
    assert sorted(policy["accessPackage"]["displayName"] for policy in there.policies) == NAMES


def test_approvers_package_is_closed_until_the_customer_decides(onboarded: Onboarding) -> None:
    """Without a customer's approver nobody can become an approver; with one he decides and reviews."""
    contoso = {x["accessPackage"]["displayName"]: x for x in estate(onboarded.tenant("contoso")).policies}
    closed = contoso["MSSP Analyst Approvers"]
    assert closed["requestorSettings"]["enableTargetsToSelfAddAccess"] is False
    assert closed["requestorSettings"]["enableTargetsToSelfUpdateAccess"] is False
    assert closed["reviewSettings"]["isSelfReview"] is True
    adatum = onboarded.tenant("adatum")
    (opened,) = [x for x in estate(adatum).policies if x["accessPackage"]["displayName"] == "FAB MSSP Analyst Approvers"]
    anna = adatum.user("anna")
    assert opened["requestorSettings"]["enableTargetsToSelfAddAccess"] is True
    (stage,) = opened["requestApprovalSettings"]["stages"]
    assert [x["userId"] for x in stage["primaryApprovers"]] == [anna]
    assert [x["userId"] for x in opened["reviewSettings"]["primaryReviewers"]] == [anna]
    assert opened["reviewSettings"]["isSelfReview"] is False


def test_customer_with_other_wishes(onboarded: Onboarding) -> None:
    """Prefix, other tiers, permissions by alias, dates, two stages, a reviewer of the customer."""
    adatum = onboarded.tenant("adatum")
    there = estate(adatum)
    assert names(there.groups) == ["FAB MSSP Analyst Approvers", "FAB Threat Hunters", "FAB Watch Desk"]
    actions = {role["displayName"]: set(role["rolePermissions"][0]["allowedResourceActions"]) for role in there.roles}
    assert actions["FAB Watch Desk"] == {
        "microsoft.xdr/secops/securitydata/basics/read",
        "microsoft.xdr/secops/securitydata/alerts/manage",
    }
    assert len(actions["FAB Threat Hunters"]) == 11
    policies = {x["accessPackage"]["displayName"]: x for x in there.policies}
    assert policies["FAB Watch Desk"]["expiration"]["duration"] == "P90D"
    assert policies["FAB Threat Hunters"]["expiration"]["duration"] == "P180D"
    stages = policies["FAB Watch Desk"]["requestApprovalSettings"]["stages"]
    approvers = next(group["id"] for group in there.groups if group["displayName"] == "FAB MSSP Analyst Approvers")
    assert [[x.get("groupId") or x.get("userId") for x in stage["primaryApprovers"]] for stage in stages] == [
        [approvers],
        [adatum.user("anna")],
    ]
    reviews = policies["FAB Watch Desk"]["reviewSettings"]
    assert reviews["isSelfReview"] is False
    assert [x["userId"] for x in reviews["primaryReviewers"]] == [adatum.user("anna")]
    pattern = reviews["schedule"]["recurrence"]["pattern"]
    assert (pattern["type"], pattern["interval"]) == ("absoluteMonthly", 6)


def test_harmless_objects_are_adopted(onboarded: Onboarding) -> None:
    """What somebody began by hand is taken over and put right, not doubled; what was not stated stays."""
    there = estate(onboarded.tenant("woodgrove"))
    assert there.counts == DEFAULT
    (group,) = [x for x in there.groups if x["displayName"] == "Tier 1 Analyst"]
    assert group["uniqueName"] == f"mssp-{MSSP}-tier1"
    assert group["description"] != "made in the portal"
    (organization,) = there.organizations
    assert organization["state"] == "proposed"
    (catalog,) = there.catalogs
    assert catalog["isExternallyVisible"] is True


def test_check_mode_lists_exactly_what_a_run_does(tmp_path: Path) -> None:
    """On empty tenants, on prepared ones and after drift: same objects, actions, properties and values."""
    with onboarding.running(tmp_path) as job:
        predicted = job.run(check=True)
        assert predicted.rc == 0, predicted
        assert job.sandbox.log.writes() == []
        for customer in ("contoso", "adatum"):
            assert estate(job.tenant(customer)).counts == dict.fromkeys(DEFAULT, 0)
        done = job.run(diff=True)
        assert done.rc == 0, done
        for customer in ("contoso", "adatum", "woodgrove"):
            said, did = onboarding.changes(predicted, customer), onboarding.changes(done, customer)
            assert len(did) > 10
            assert [x["object"]["name"] for x in said] == [x["object"]["name"] for x in did]
            for predicted_change, change in zip(said, did, strict=True):
                assert same(predicted_change, change), (predicted_change, change)


def same(said: t.Any, did: t.Any) -> bool:
    """Whether a prediction came true: what is known only afterwards equals anything."""
    if said == KNOWN_AFTER_APPLY:
        return True
    if isinstance(said, dict) and isinstance(did, dict):
        return set(said) == set(did) and all(same(said[key], did[key]) for key in said)
    if isinstance(said, list) and isinstance(did, list):
        return len(said) == len(did) and all(map(same, said, did))
    return bool(said == did)


def test_second_run_asks_little(onboarded: Onboarding) -> None:
    """A run without a change reads each thing once: a bound, so that nobody adds a request for each object unseen."""
    again = onboarded.run(arguments=["--limit", "contoso"])
    assert again.rc == 0, again
    asked = [x for x in onboarded.sandbox.log.all() if x["area"] == "graph"]
    assert len(asked) <= 16, [x["path"] for x in asked]
    assert len(onboarded.sandbox.log.tokens()) == 1


def test_drift_is_seen_and_put_right(onboarded: Onboarding) -> None:
    """Approval removed and access without end: check mode says so and writes nothing; a run mends it."""
    contoso = onboarded.tenant("contoso")
    (policy,) = [x for x in estate(contoso).policies if x["accessPackage"]["displayName"] == "Tier 1 Analyst"]
    body = {key: value for key, value in policy.items() if key not in ("createdDateTime", "modifiedDateTime")}
    body["accessPackage"] = {"id": policy["accessPackage"]["id"]}
    body["requestApprovalSettings"]["isApprovalRequiredForAdd"] = False
    body["expiration"] = {"type": "noExpiration"}
    contoso.put(f"identityGovernance/entitlementManagement/assignmentPolicies/{policy['id']}", body)

    audit = onboarded.run(check=True, diff=True, arguments=["--limit", "contoso"])
    assert audit.rc == 0, audit
    assert onboarded.sandbox.log.writes() == []
    found = {x["property"]: (x["before"], x["after"]) for x in onboarding.changes(audit, "contoso")}
    assert set(found) == {"expiration", "requestApprovalSettings.isApprovalRequiredForAdd"}
    assert found["requestApprovalSettings.isApprovalRequiredForAdd"] == (False, True)
    assert "-        isApprovalRequiredForAdd: false" in audit.stdout or '"isApprovalRequiredForAdd": false' in audit.stdout

    mended = onboarded.run(arguments=["--limit", "contoso"])
    assert mended.rc == 0, mended
    (after,) = [x for x in estate(contoso).policies if x["id"] == policy["id"]]
    assert after["requestApprovalSettings"]["isApprovalRequiredForAdd"] is True
    assert (after["expiration"]["type"], after["expiration"]["duration"]) == ("afterDuration", "P365D")
    # The first review keeps its date, although the day of this run is another one than that of its creation could be.
    assert after["reviewSettings"]["schedule"]["startDateTime"] == policy["reviewSettings"]["schedule"]["startDateTime"]


def test_it_ends_with_links_and_what_to_check_by_hand(onboarded: Onboarding) -> None:
    """The summary, and the right packages in its links."""
    again = onboarded.run(arguments=["--limit", "contoso,adatum"])
    contoso = onboarded.tenant("contoso")
    said = "\n".join(again.task("mssp.defender.mssp_onboard : Where to go now", "contoso").result["msg"])
    for package in estate(contoso).packages:
        link = f"https://myaccess.microsoft.com/@contoso.onmicrosoft.com#/access-packages/{package['id']}"
        assert f"Request {package['displayName']}: {link}" in said
    assert "Decide requests: https://myaccess.microsoft.com/@contoso.onmicrosoft.com#/" in said
    assert f"Defender portal: https://security.microsoft.com/?tid={contoso.tenant_id}" in said
    assert said.count("Check by hand:") == 4
    assert "the package MSSP Analyst Approvers is closed" in said
    other = "\n".join(again.task("mssp.defender.mssp_onboard : Where to go now", "adatum").result["msg"])
    assert "is closed" not in other
