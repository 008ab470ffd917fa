# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_catalog, by real playbook runs."""

from __future__ import annotations

import typing as t

import pytest
from harness.story import KNOWN_AFTER_APPLY, Play, same_changes
from harness.tenants import EM, Tenant

CATALOGS = f"{EM}/catalogs"
CATALOG: dict[str, t.Any] = {"name": "MSSP Accesses", "description": "For our MSSP"}


def add(tenant: Tenant, catalog: str, group: str) -> None:
    """Put a group into a catalog by hand."""
    body = {
        "requestType": "adminAdd",
        "resource": {"originId": group, "originSystem": "AadGroup"},
        "catalog": {"id": catalog},
    }
    tenant.post(f"{EM}/resourceRequests", body)


def ours(rows: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The catalogs of this name, without Microsoft's own."""
    return [row for row in rows if row["displayName"] == "MSSP Accesses"]


def test_from_nothing_to_nothing(play: Play, tenant: Tenant) -> None:
    one, two, three = (tenant.group(name) for name in ("Tier 1", "Tier 2", "Tier 3"))
    wanted = {**CATALOG, "groups": ["Tier 1", two]}
    changed = {**wanted, "description": "Other words", "published": False, "groups": [two, three]}

    predicted = play.check("access_package_catalog", **wanted)
    nothing = play.list(CATALOGS)
    created = play.task("access_package_catalog", **wanted)
    there = play.list(CATALOGS)
    resources = play.list(f"{CATALOGS}/" + created.ref("catalog.id") + "/resources")
    again = play.task("access_package_catalog", **wanted)
    predicted_change = play.check("access_package_catalog", **changed)
    unchanged = play.list(CATALOGS)
    change = play.task("access_package_catalog", **changed)
    after = play.list(CATALOGS)
    resources_after = play.list(f"{CATALOGS}/" + created.ref("catalog.id") + "/resources")
    change_again = play.task("access_package_catalog", **changed)
    # Unpublished or not, and whatever is in it: what nobody states is no reason.
    absent = {"name": "MSSP Accesses", "state": "absent"}
    predicted_end = play.check("access_package_catalog", **absent)
    still = play.list(CATALOGS)
    end = play.task("access_package_catalog", **absent)
    none = play.list(CATALOGS)
    end_again = play.task("access_package_catalog", **absent)
    play.run()

    assert predicted.writes == []
    assert predicted.result["catalog"]["id"] == KNOWN_AFTER_APPLY
    assert ours(nothing.result) == []
    same_changes(predicted, created)
    assert created.paths == [("create", None)] * 3
    (catalog,) = ours(there.result)
    assert {key: catalog[key] for key in ("id", "description", "state", "isExternallyVisible", "catalogType")} == {
        "id": created.result["catalog"]["id"],
        "description": "For our MSSP",
        "state": "published",
        "isExternallyVisible": True,
        "catalogType": "userManaged",
    }
    assert sorted(x["originId"] for x in resources.result) == sorted([one, two])
    assert {x["originSystem"] for x in resources.result} == {"AadGroup"}
    assert sorted(x["originId"] for x in created.result["resources"]) == sorted([one, two])
    assert (again.changed, again.writes) == (False, [])

    assert predicted_change.writes == []
    assert unchanged.result == there.result
    same_changes(predicted_change, change)
    assert change.paths == [("update", "description"), ("update", "state"), ("create", None), ("delete", None)]
    (catalog_after,) = ours(after.result)
    assert (catalog_after["description"], catalog_after["state"], catalog_after["isExternallyVisible"]) == (
        "Other words",
        "unpublished",
        True,
    )
    assert sorted(x["originId"] for x in resources_after.result) == sorted([two, three])
    assert (change_again.changed, change_again.writes) == (False, [])

    assert predicted_end.writes == []
    assert len(ours(still.result)) == 1
    same_changes(predicted_end, end)
    assert ours(none.result) == []
    assert (end_again.changed, end_again.writes) == (False, [])


def test_unstated_stays_and_stated_empty_clears(play: Play, tenant: Tenant) -> None:
    catalog = tenant.post(
        CATALOGS, {"displayName": "MSSP Accesses", "description": "x", "state": "unpublished", "isExternallyVisible": False}
    )["id"]
    add(tenant, catalog, tenant.group("Tier 1"))
    unstated = play.task("access_package_catalog", name="MSSP Accesses")
    empty = play.task("access_package_catalog", name="MSSP Accesses", description="", groups=[])
    after = play.get(f"{CATALOGS}/{catalog}")
    none = play.list(f"{CATALOGS}/{catalog}/resources")
    again = play.task("access_package_catalog", name="MSSP Accesses", description="", groups=[])
    play.run()

    assert (unstated.changed, unstated.writes) == (False, [])
    assert empty.paths == [("update", "description"), ("delete", None)]
    assert not after.result["description"]
    assert (after.result["state"], after.result["isExternallyVisible"]) == ("unpublished", False)
    assert none.result == []
    assert not again.changed


def test_groups_at_least(play: Play, tenant: Tenant) -> None:
    one, two = tenant.group("Tier 1"), tenant.group("Tier 2")
    catalog = tenant.post(CATALOGS, {"displayName": "MSSP Accesses"})["id"]
    add(tenant, catalog, one)
    predicted = play.check("access_package_catalog", name="MSSP Accesses", groups=["Tier 2"], append=True)
    appended = play.task("access_package_catalog", name="MSSP Accesses", groups=["Tier 2"], append=True)
    there = play.list(f"{CATALOGS}/{catalog}/resources")
    play.run()

    same_changes(predicted, appended)
    assert appended.paths == [("create", None)]
    assert sorted(x["originId"] for x in there.result) == sorted([one, two])


@pytest.mark.parametrize(
    "switches",
    [
        {"origin_lag": 2},
        {"resource_visible_lag": 2},
        {"origin_lag": 1, "resource_visible_lag": 1, "empty_pages": True},
        {"catalog_default_state": "unpublished", "catalog_default_externally_visible": False},
    ],
    ids=", ".join,
)
def test_a_fresh_group_in_a_fresh_catalog(play: Play, switches: dict[str, t.Any]) -> None:
    play.quirks(**switches)
    group = play.task("aad_group", name="Tier 1")
    created = play.task("access_package_catalog", **CATALOG, groups=[group.ref("group")])
    again = play.task("access_package_catalog", **CATALOG, groups=[group.ref("group.id")])
    there = play.list(f"{CATALOGS}/" + created.ref("catalog.id") + "/resources")
    catalog = play.get(f"{CATALOGS}/" + created.ref("catalog.id"))
    play.run()

    assert created.changed
    assert not again.changed
    assert len(there.result) == 1
    assert (catalog.result["state"], catalog.result["isExternallyVisible"]) == ("published", True)


def test_a_group_that_is_in_it_but_not_yet_shown(play: Play, tenant: Tenant) -> None:
    """ResourceAlreadyOnboarded is what the service says of a group whose first request has just been accepted."""
    group = tenant.group("Tier 1")
    tenant_catalog = tenant.post(CATALOGS, {"displayName": "MSSP Accesses"})["id"]
    play.quirks(resource_visible_lag=3)
    play.send(
        "POST",
        f"{EM}/resourceRequests",
        {
            "requestType": "adminAdd",
            "resource": {"originId": group, "originSystem": "AadGroup"},
            "catalog": {"id": tenant_catalog},
        },
    )
    added = play.task("access_package_catalog", name="MSSP Accesses", groups=[group])
    again = play.task("access_package_catalog", name="MSSP Accesses", groups=[group])
    there = play.list(f"{CATALOGS}/{tenant_catalog}/resources")
    play.run()

    assert added.result["resources"][0]["originId"] == group
    assert not again.changed
    assert len(there.result) == 1


def test_a_lag_beyond_wait_timeout_is_one_sentence(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1")
    play.quirks(origin_lag=999)
    refused = play.refused("access_package_catalog", **CATALOG, groups=[group], wait_timeout=1)
    play.run()

    assert refused.code == "Timeout"
    for words in ("1 second", "to know the group", "ResourceNotFoundInOriginSystem", "wait_timeout", tenant.tenant_id):
        assert words in refused.msg


def test_lost_answers_make_nothing_twice(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1")
    play.faults(
        {"method": "POST", "path": "catalogs", "times": 1, "drop": "after"},
        {"method": "POST", "path": "resourceRequests", "times": 1, "drop": "after"},
    )
    created = play.task("access_package_catalog", **CATALOG, groups=[group])
    play.faults()
    again = play.task("access_package_catalog", **CATALOG, groups=[group])
    there = play.list(CATALOGS)
    play.run()

    assert created.changed
    assert not again.changed
    assert len(ours(there.result)) == 1


def test_two_of_one_name(play: Play, tenant: Tenant) -> None:
    first, second = (tenant.post(CATALOGS, {"displayName": "MSSP Accesses"})["id"] for dummy in range(2))
    refused = play.refused("access_package_catalog", **CATALOG)
    by_id = play.task("access_package_catalog", **CATALOG, catalog_id=second)
    play.run()

    assert (refused.writes, refused.code) == ([], "Ambiguous")
    assert first in refused.msg
    assert second in refused.msg
    assert by_id.result["catalog"]["id"] == second


def test_one_with_packages_is_not_deleted(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1")
    catalog = play.task("access_package_catalog", **CATALOG, groups=[group])
    play.task("access_package", name="Tier 1", catalog=catalog.ref("catalog"), resource_roles=[{"group": group}])
    predicted = play.refused("access_package_catalog", check=True, name="MSSP Accesses", state="absent")
    refused = play.refused("access_package_catalog", name="MSSP Accesses", state="absent")
    still_granted = play.refused("access_package_catalog", **CATALOG, groups=[])
    there = play.list(CATALOGS)
    play.run()

    for step in (predicted, refused):
        assert (step.writes, step.code) == ([], "InUse")
        assert "Tier 1" in step.msg
    assert "An access package still grants this group" in still_granted.msg
    assert len(ours(there.result)) == 1


def test_group_write_permission_is_named(play: Play, tenant: Tenant) -> None:
    refused = play.refused("access_package_catalog", **CATALOG)
    play.run(client="reader")

    assert refused.result["failure"]["status"] == 403
    assert "EntitlementManagement.ReadWrite.All, Group.ReadWrite.All" in refused.msg


def test_references(play: Play, tenant: Tenant) -> None:
    tenant.group("Twice")
    tenant.group("Twice")
    typo = play.refused("access_package_catalog", check=True, **CATALOG, groups=["Tier 1 Anylast"])
    twice = play.refused("access_package_catalog", **CATALOG, groups=["Twice"])
    group = play.check("aad_group", name="Tier 9")
    planned = play.check("access_package_catalog", **CATALOG, groups=[group.ref("group")])
    play.run()

    assert "Tier 1 Anylast" in typo.msg
    assert twice.writes == []
    assert "2 objects match" in twice.msg
    assert planned.changes[1]["after"]["originId"] == KNOWN_AFTER_APPLY
