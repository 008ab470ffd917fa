# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package, by real playbook runs."""

from __future__ import annotations

import typing as t

import pytest
from harness.story import KNOWN_AFTER_APPLY, Play, same_changes
from harness.tenants import EM, Tenant

PACKAGES = f"{EM}/accessPackages"
EXPAND = "?$expand=catalog,resourceRoleScopes($expand=role,scope)"
PACKAGE: dict[str, t.Any] = {"name": "Tier 1 Analyst", "description": "What tier 1 gets", "catalog": "MSSP Accesses"}


def catalog_with(tenant: Tenant, *groups: str, name: str = "MSSP Accesses") -> str:
    """A catalog with groups, by hand."""
    catalog = str(tenant.post(f"{EM}/catalogs", {"displayName": name, "isExternallyVisible": True})["id"])
    for group in groups:
        body = {
            "requestType": "adminAdd",
            "resource": {"originId": group, "originSystem": "AadGroup"},
            "catalog": {"id": catalog},
        }
        tenant.post(f"{EM}/resourceRequests", body)
    return catalog


def grants(package: dict[str, t.Any]) -> list[tuple[str, str]]:
    """What a package grants: (role, group)."""
    return sorted((x["role"]["displayName"], x["scope"]["originId"]) for x in package["resourceRoleScopes"])


def test_from_nothing_to_nothing(play: Play, tenant: Tenant) -> None:
    one, two = tenant.group("Tier 1"), tenant.group("Tier 2")
    catalog = catalog_with(tenant, one, two)
    wanted = {**PACKAGE, "resource_roles": [{"group": "Tier 1"}]}
    changed = {
        **wanted,
        "description": "Other words",
        "hidden": True,
        "resource_roles": [{"group": one, "role": "Owner"}, {"group": {"id": two, "displayName": "Tier 2"}}],
    }

    predicted = play.check("access_package", **wanted)
    nothing = play.list(PACKAGES)
    created = play.task("access_package", **wanted)
    path = f"{PACKAGES}/" + created.ref("access_package.id") + EXPAND
    there = play.get(path)
    again = play.task("access_package", **wanted)
    predicted_change = play.check("access_package", **changed)
    unchanged = play.get(path)
    change = play.task("access_package", **changed)
    after = play.get(path)
    change_again = play.task("access_package", **changed)
    absent = {"name": "Tier 1 Analyst", "catalog": "MSSP Accesses", "state": "absent"}
    predicted_end = play.check("access_package", **absent)
    still = play.list(PACKAGES)
    end = play.task("access_package", **absent)
    none = play.list(PACKAGES)
    end_again = play.task("access_package", **absent)
    play.run()

    assert predicted.writes == []
    assert predicted.result["access_package"]["id"] == KNOWN_AFTER_APPLY
    assert KNOWN_AFTER_APPLY in predicted.result["access_package"]["request_url"]
    assert nothing.result == []
    same_changes(predicted, created)
    assert created.paths == [("create", None), ("create", None)]
    assert {key: there.result[key] for key in ("id", "displayName", "description", "isHidden")} == {
        "id": created.result["access_package"]["id"],
        "displayName": "Tier 1 Analyst",
        "description": "What tier 1 gets",
        "isHidden": False,
    }
    assert there.result["catalog"]["id"] == catalog
    assert grants(there.result) == [("Member", one)]
    assert created.result["access_package"]["request_url"] == (
        f"https://myaccess.microsoft.com/@{tenant.domain}#/access-packages/{there.result['id']}"
    )
    assert (again.changed, again.writes) == (False, [])
    assert again.result["access_package"]["request_url"] == created.result["access_package"]["request_url"]

    assert predicted_change.writes == []
    assert unchanged.result == there.result
    same_changes(predicted_change, change)
    assert change.paths == [
        ("update", "description"),
        ("update", "isHidden"),
        ("create", None),
        ("create", None),
        ("delete", None),
    ]
    assert (after.result["description"], after.result["isHidden"]) == ("Other words", True)
    assert grants(after.result) == [("Member", two), ("Owner", one)]
    assert (change_again.changed, change_again.writes) == (False, [])

    assert predicted_end.writes == []
    assert len(still.result) == 1
    same_changes(predicted_end, end)
    assert end.result["access_package"] is None
    assert none.result == []
    assert (end_again.changed, end_again.writes) == (False, [])


def test_unstated_stays_and_stated_empty_clears(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1")
    catalog_with(tenant, group)
    key = {"name": "Tier 1 Analyst", "catalog": "MSSP Accesses"}
    created = play.task("access_package", **{**PACKAGE, "hidden": True, "resource_roles": [{"group": group}]})
    unstated = play.task("access_package", **key)
    empty = play.task("access_package", **key, description="", resource_roles=[])
    after = play.get(f"{PACKAGES}/" + created.ref("access_package.id") + EXPAND)
    again = play.task("access_package", **key, description="", resource_roles=[])
    play.run()

    assert (unstated.changed, unstated.writes) == (False, [])
    assert empty.paths == [("update", "description"), ("delete", None)]
    assert not after.result["description"]
    assert after.result["isHidden"] is True
    assert after.result["resourceRoleScopes"] == []
    assert not again.changed


def test_roles_at_least(play: Play, tenant: Tenant) -> None:
    one, two = tenant.group("Tier 1"), tenant.group("Tier 2")
    catalog_with(tenant, one, two)
    created = play.task("access_package", **PACKAGE, resource_roles=[{"group": one}])
    predicted = play.check("access_package", **PACKAGE, resource_roles=[{"group": two}], append=True)
    appended = play.task("access_package", **PACKAGE, resource_roles=[{"group": two}], append=True)
    after = play.get(f"{PACKAGES}/" + created.ref("access_package.id") + EXPAND)
    again = play.task("access_package", **PACKAGE, resource_roles=[{"group": two}, {"group": two}], append=True)
    play.run()

    same_changes(predicted, appended)
    assert appended.paths == [("create", None)]
    assert grants(after.result) == sorted([("Member", one), ("Member", two)])
    assert not again.changed


def test_names_are_unique_in_a_catalog_only(play: Play, tenant: Tenant) -> None:
    first, second = catalog_with(tenant), catalog_with(tenant, name="Another catalog")
    one = play.task("access_package", **PACKAGE)
    other = play.task("access_package", **{**PACKAGE, "catalog": second})
    one_again = play.task("access_package", **{**PACKAGE, "catalog": first})
    other_again = play.task("access_package", **{**PACKAGE, "catalog": {"id": second, "displayName": "Another catalog"}})
    gone = play.task("access_package", name="Tier 1 Analyst", catalog=second, state="absent")
    left = play.list(PACKAGES + "?$expand=catalog")
    play.run()

    assert (one.changed, other.changed, one_again.changed, other_again.changed) == (True, True, False, False)
    assert one.result["access_package"]["id"] != other.result["access_package"]["id"]
    assert gone.changed
    assert [x["catalog"]["id"] for x in left.result] == [first]


@pytest.mark.parametrize(
    "switches",
    [
        {"origin_lag": 1, "resource_visible_lag": 1, "role_scope_lag": 2},
        {"role_scope_visible_lag": 2},
        {"zero_role_ids": False},
        {"empty_pages": True, "foreign_location": False},
    ],
    ids=", ".join,
)
def test_all_fresh(play: Play, switches: dict[str, t.Any]) -> None:
    play.quirks(**switches)
    group = play.task("aad_group", name="Tier 1")
    catalog = play.task("access_package_catalog", name="MSSP Accesses", groups=[group.ref("group")])
    wanted = {"name": "Tier 1", "catalog": catalog.ref("catalog"), "resource_roles": [{"group": group.ref("group")}]}
    created = play.task("access_package", **wanted)
    for _lagging in range(switches.get("role_scope_visible_lag", 0)):
        play.list(PACKAGES + EXPAND)
    again = play.task("access_package", **wanted)
    there = play.list(PACKAGES + EXPAND)
    play.run()

    assert created.changed
    assert not again.changed
    assert [grants(package) for package in there.result] == [[("Member", group.result["group"]["id"])]]


def test_all_predicted(play: Play) -> None:
    group = play.check("aad_group", name="Tier 1")
    catalog = play.check("access_package_catalog", name="MSSP Accesses", groups=[group.ref("group")])
    package = play.check(
        "access_package", name="Tier 1", catalog=catalog.ref("catalog"), resource_roles=[{"group": group.ref("group")}]
    )
    outside = play.refused("access_package", name="Tier 1", catalog=catalog.ref("catalog"))
    play.run()

    assert package.paths == [("create", None), ("create", None)]
    assert package.writes == []
    assert "check-mode" in outside.msg


def test_another_catalog_is_no_change(play: Play, tenant: Tenant) -> None:
    catalog_with(tenant)
    other = catalog_with(tenant, name="Another catalog")
    created = play.task("access_package", **PACKAGE)
    refused = play.refused("access_package", package_id=created.ref("access_package.id"), catalog=other)
    play.run()

    assert (refused.writes, refused.code) == ([], "CannotBeChanged")
    assert "another catalog" in refused.msg


def test_a_lost_answer_makes_no_second_package(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1")
    catalog_with(tenant, group)
    wanted = {**PACKAGE, "resource_roles": [{"group": group}]}
    play.faults({"method": "POST", "path": "accessPackages$", "times": 1, "drop": "after"})
    created = play.task("access_package", **wanted)
    play.faults()
    again = play.task("access_package", **wanted)
    there = play.list(PACKAGES + EXPAND)
    play.run()

    assert created.changed
    assert not again.changed
    assert [grants(package) for package in there.result] == [[("Member", group)]]


def test_a_lost_answer_to_a_role_scope(play: Play, tenant: Tenant) -> None:
    """The role scope is there: it is looked up in the package as it is now."""
    group = tenant.group("Tier 1")
    catalog_with(tenant, group)
    play.faults({"method": "POST", "path": "resourceRoleScopes", "times": 1, "drop": "after"})
    created = play.task("access_package", **PACKAGE, resource_roles=[{"group": group}])
    play.faults()
    again = play.task("access_package", **PACKAGE, resource_roles=[{"group": group}])
    there = play.list(PACKAGES + EXPAND)
    play.run()

    assert (created.changed, again.changed) == (True, False)
    assert [grants(package) for package in there.result] == [[("Member", group)]]


def test_one_with_live_assignments_is_not_deleted(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1")
    catalog_with(tenant, group)
    created = play.task("access_package", **PACKAGE, resource_roles=[{"group": group}])
    policy = play.task(
        "access_package_policy",
        name="Direct",
        access_package=created.ref("access_package"),
        requestors={},
        never_expires=True,
    )
    play.send(
        "POST",
        f"{EM}/assignmentRequests",
        {
            "requestType": "adminAdd",
            "assignment": {
                "targetId": tenant.user("ada"),
                "assignmentPolicyId": policy.ref("policy.id"),
                "accessPackageId": created.ref("access_package.id"),
            },
        },
    )
    for _delivering in range(3):
        play.list(f"{EM}/assignments")
    absent = {"name": "Tier 1 Analyst", "catalog": "MSSP Accesses", "state": "absent"}
    predicted = play.refused("access_package", check=True, **absent)
    refused = play.refused("access_package", **absent)
    policy_refused = play.refused(
        "access_package_policy", name="Direct", access_package=created.ref("access_package.id"), state="absent"
    )
    there = play.list(PACKAGES)
    play.run()

    for step in (predicted, refused, policy_refused):
        assert (step.writes, step.code) == ([], "InUse")
        assert "force: true" in step.msg
    assert "Ada" in refused.msg
    assert len(there.result) == 1


def test_the_link_without_permission_to_read_the_domain(play: Play, tenant: Tenant) -> None:
    catalog_with(tenant)
    hinted = play.task("access_package", **PACKAGE, directory_hint="contoso.example")
    play.run()

    assert hinted.result["access_package"]["request_url"].startswith("https://myaccess.microsoft.com/@contoso.example#/")
    assert [entry["path"] for entry in hinted.requests if "organization" in entry["path"]] == []


def test_references(play: Play, tenant: Tenant) -> None:
    catalog_with(tenant)
    tenant.group("Not in the catalog")
    no_catalog = play.refused("access_package", check=True, **{**PACKAGE, "catalog": "MSPP Accesses"})
    neither = play.refused("access_package", name="Tier 1 Analyst")
    foreign = play.refused("access_package", **PACKAGE, resource_roles=[{"group": "Not in the catalog"}], wait_timeout=1)
    play.run()

    assert "MSPP Accesses" in no_catalog.msg
    assert "catalog, package_id" in neither.msg
    assert "Not in the catalog" in foreign.msg
    assert "catalog" in foreign.msg


def test_separation_of_duties(play: Play, tenant: Tenant) -> None:
    """Incompatible groups and packages: predicted, added, silent, drifted, appended to, cleared; not stated, they stay."""
    catalog = tenant.post(f"{EM}/catalogs", {"displayName": "MSSP Accesses"})["id"]
    other = tenant.post(f"{EM}/accessPackages", {"displayName": "Tier 2", "catalog": {"id": catalog}})["id"]
    more = tenant.post(f"{EM}/accessPackages", {"displayName": "Tier 3", "catalog": {"id": catalog}})["id"]
    approvers = tenant.group("Approvers")
    package: dict[str, t.Any] = {"name": "Tier 1", "catalog": catalog}
    wanted = {**package, "incompatible_groups": ["Approvers"], "incompatible_packages": ["Tier 2"]}

    predicted = play.check("access_package", **wanted)
    created = play.task("access_package", **wanted)
    at = f"{EM}/accessPackages/" + created.ref("access_package.id")
    groups, packages = play.list(f"{at}/incompatibleGroups"), play.list(f"{at}/incompatibleAccessPackages")
    again = play.task("access_package", **wanted)
    unstated = play.task("access_package", **package)
    appended = play.task("access_package", **package, incompatible_packages=["Tier 3"], append=True)
    both = play.list(f"{at}/incompatibleAccessPackages")
    drift = play.check("access_package", **wanted)
    mended = play.task("access_package", **wanted)
    one = play.list(f"{at}/incompatibleAccessPackages")
    cleared = play.task("access_package", **package, incompatible_groups=[], incompatible_packages=[])
    none = play.list(f"{at}/incompatibleGroups")
    unknown = play.refused("access_package", **package, incompatible_packages=["Tier 9"])
    play.run()

    same_changes(predicted, created)
    assert predicted.writes == []
    assert created.paths == [("create", None), ("update", "incompatibleGroups"), ("update", "incompatibleAccessPackages")]
    assert [x["id"] for x in groups.result] == [approvers]
    assert [x["id"] for x in packages.result] == [other]
    for silent in (again, unstated):
        assert (silent.changed, silent.writes) == (False, [])
    assert appended.paths == [("update", "incompatibleAccessPackages")]
    assert {x["id"] for x in both.result} == {other, more}
    assert drift.writes == []
    assert [(set(x["before"]), x["after"]) for x in drift.changes] == [({other, more}, [other])]
    same_changes(drift, mended)
    assert [x["id"] for x in one.result] == [other]
    assert sorted(cleared.paths) == [("update", "incompatibleAccessPackages"), ("update", "incompatibleGroups")]
    assert none.result == []
    assert "incompatible_packages: there is no access package 'Tier 9'" in unknown.msg
    assert unknown.writes == []
