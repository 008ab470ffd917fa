# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""connected_org, by real playbook runs."""

from __future__ import annotations

import typing as t

import pytest
from harness import world
from harness.story import KNOWN_AFTER_APPLY, Play, same_changes
from harness.tenants import EM, Tenant

ORGANIZATIONS = f"{EM}/connectedOrganizations"
MSSP: dict[str, t.Any] = {
    "org_tenant_id": world.MSSP_TENANT,
    "name": "Our MSSP",
    "description": "Managed security",
}


def by_hand(tenant: Tenant, **more: t.Any) -> str:
    """The MSSP as a connected organization made by hand."""
    source = {
        "@odata.type": "#microsoft.graph.azureActiveDirectoryTenant",
        "tenantId": world.MSSP_TENANT,
        "displayName": world.MSSP_NAME,
    }
    body = {"displayName": "By hand", "description": "By hand", "identitySources": [source], **more}
    return str(tenant.post(ORGANIZATIONS, body)["id"])


def test_from_nothing_to_nothing(play: Play, tenant: Tenant) -> None:
    ada = tenant.user("ada")
    wanted = {**MSSP, "internal_sponsors": [f"ada@{tenant.domain}"]}
    changed = {**wanted, "description": "Other words", "org_state": "proposed", "internal_sponsors": []}
    gone = {"org_tenant_id": world.MSSP_TENANT, "state": "absent"}

    predicted = play.check("connected_org", **wanted)
    nothing = play.list(ORGANIZATIONS)
    created = play.task("connected_org", **wanted)
    there = play.list(ORGANIZATIONS)
    sponsors = play.list(f"{ORGANIZATIONS}/" + created.ref("connected_org.id") + "/internalSponsors")
    again = play.task("connected_org", **wanted)
    predicted_change = play.check("connected_org", **changed)
    unchanged = play.list(ORGANIZATIONS)
    change = play.task("connected_org", **changed)
    after = play.list(ORGANIZATIONS)
    no_sponsors = play.list(f"{ORGANIZATIONS}/" + created.ref("connected_org.id") + "/internalSponsors")
    change_again = play.task("connected_org", **changed)
    predicted_end = play.check("connected_org", **gone)
    still = play.list(ORGANIZATIONS)
    end = play.task("connected_org", **gone)
    none = play.list(ORGANIZATIONS)
    end_again = play.task("connected_org", **gone)
    play.run()

    assert predicted.writes == []
    assert predicted.result["connected_org"]["id"] == KNOWN_AFTER_APPLY
    assert nothing.result == []
    same_changes(predicted, created)
    assert created.paths == [("create", None), ("update", "internalSponsors")]
    (organization,) = there.result
    assert {key: organization[key] for key in ("id", "displayName", "description", "state")} == {
        "id": created.result["connected_org"]["id"],
        "displayName": "Our MSSP",
        "description": "Managed security",
        "state": "configured",
    }
    (source,) = organization["identitySources"]
    assert source["@odata.type"].endswith("microsoft.graph.azureActiveDirectoryTenant")
    assert source["tenantId"] == world.MSSP_TENANT
    assert [x["id"] for x in sponsors.result] == [ada]
    assert (again.changed, again.writes) == (False, [])

    assert predicted_change.writes == []
    assert unchanged.result == there.result
    same_changes(predicted_change, change)
    assert change.paths == [("update", "description"), ("update", "state"), ("update", "internalSponsors")]
    assert [(x["description"], x["state"], x["displayName"]) for x in after.result] == [("Other words", "proposed", "Our MSSP")]
    assert after.result[0]["identitySources"] == organization["identitySources"]
    assert no_sponsors.result == []
    assert (change_again.changed, change_again.writes) == (False, [])

    assert predicted_end.writes == []
    assert len(still.result) == 1
    same_changes(predicted_end, end)
    assert none.result == []
    assert (end_again.changed, end_again.writes) == (False, [])


@pytest.mark.parametrize("domain", [world.MSSP_DOMAIN, world.MSSP_DOMAIN.upper(), "fabrikam-security.onmicrosoft.example"])
def test_a_domain_means_its_tenant(play: Play, domain: str) -> None:
    """By tenant id and by any domain it is the same organization, whichever came first."""
    predicted = play.check("connected_org", domain=domain)
    created = play.task("connected_org", domain=domain)
    same = play.task("connected_org", org_tenant_id=world.MSSP_TENANT.upper())
    again = play.task("connected_org", domain=domain)
    there = play.list(ORGANIZATIONS)
    gone = play.task("connected_org", domain=domain, state="absent")
    play.run()

    same_changes(predicted, created)
    assert (same.changed, again.changed, gone.changed) == (False, False, True)
    assert same.result["connected_org"]["id"] == created.result["connected_org"]["id"]
    # Without a name, the tenant's own.
    assert [x["displayName"] for x in there.result] == [world.MSSP_NAME]
    assert there.result[0]["identitySources"][0]["tenantId"] == world.MSSP_TENANT


def test_a_domain_of_no_tenant(play: Play) -> None:
    created = play.task("connected_org", domain="nobody-s.example", name="Nobody's")
    again = play.task("connected_org", domain="Nobody-s.example", name="Nobody's")
    there = play.list(ORGANIZATIONS)
    gone = play.task("connected_org", domain="nobody-s.example", state="absent")
    play.run()

    assert (created.changed, again.changed, gone.changed) == (True, False, True)
    assert [x["identitySources"][0]["domainName"] for x in there.result] == ["nobody-s.example"]


@pytest.mark.parametrize(
    "switches",
    [
        {"connected_org_by_tenant": False},
        {"drop_hash_in_types": False},
        {"connected_org_create_empty_sources": False},
        {"foreign_location": False, "empty_pages": True},
    ],
    ids=", ".join,
)
def test_forms_of_the_service(play: Play, switches: dict[str, t.Any]) -> None:
    play.quirks(**switches)
    # Without a name, so that the tenant is looked up, and with it the domain that the fallback needs.
    predicted = play.check("connected_org", org_tenant_id=world.MSSP_TENANT)
    created = play.task("connected_org", org_tenant_id=world.MSSP_TENANT)
    again = play.task("connected_org", org_tenant_id=world.MSSP_TENANT)
    there = play.list(ORGANIZATIONS)
    play.run()

    same_changes(predicted, created)
    assert not again.changed
    assert [x["identitySources"][0]["tenantId"] for x in there.result] == [world.MSSP_TENANT]


def test_an_existing_proposed_one_keeps_its_state(play: Play, tenant: Tenant) -> None:
    """Microsoft's own examples make proposed ones; making one configured opens other packages (practice M8)."""
    organization = by_hand(tenant, state="proposed")
    adopted = play.task("connected_org", org_tenant_id=world.MSSP_TENANT)
    named = play.task("connected_org", **MSSP)
    kept = play.get(f"{ORGANIZATIONS}/{organization}")
    predicted = play.check("connected_org", **MSSP, org_state="configured")
    stated = play.task("connected_org", **MSSP, org_state="configured")
    after = play.get(f"{ORGANIZATIONS}/{organization}")
    play.run()

    assert (adopted.changed, adopted.writes) == (False, [])
    assert named.paths == [("update", "displayName"), ("update", "description")]
    assert kept.result["state"] == "proposed"
    same_changes(predicted, stated)
    assert stated.paths == [("update", "state")]
    assert after.result["state"] == "configured"


def test_unstated_stays_and_stated_empty_clears(play: Play, tenant: Tenant) -> None:
    organization = by_hand(tenant)
    tenant.link(f"{ORGANIZATIONS}/{organization}/internalSponsors", tenant.user("ben"))
    unstated = play.task("connected_org", org_tenant_id=world.MSSP_TENANT)
    sponsors = play.list(f"{ORGANIZATIONS}/{organization}/internalSponsors")
    empty = play.task("connected_org", org_tenant_id=world.MSSP_TENANT, description="", internal_sponsors=[])
    after = play.get(f"{ORGANIZATIONS}/{organization}")
    nobody = play.list(f"{ORGANIZATIONS}/{organization}/internalSponsors")
    again = play.task("connected_org", org_tenant_id=world.MSSP_TENANT, description="", internal_sponsors=[])
    play.run()

    assert not unstated.changed
    assert len(sponsors.result) == 1
    assert empty.paths == [("update", "description"), ("update", "internalSponsors")]
    assert not after.result["description"]
    assert after.result["displayName"] == "By hand"
    assert nobody.result == []
    assert not again.changed


def test_sponsors_that_are_only_added_and_groups_among_them(play: Play, tenant: Tenant) -> None:
    organization = by_hand(tenant)
    ada, ben, leads = tenant.user("ada"), tenant.user("ben"), tenant.group("Leads")
    tenant.link(f"{ORGANIZATIONS}/{organization}/internalSponsors", ben)
    wanted = {"org_tenant_id": world.MSSP_TENANT, "internal_sponsors": [ada, {"group": "Leads"}]}
    added = play.task("connected_org", **wanted, append=True)
    three = play.list(f"{ORGANIZATIONS}/{organization}/internalSponsors")
    silent = play.task("connected_org", **wanted, append=True)
    told = play.task("connected_org_info", org_id=organization, with_sponsors=True)
    exact = play.task("connected_org", **wanted)
    two = play.list(f"{ORGANIZATIONS}/{organization}/internalSponsors")
    play.run()

    assert added.paths == [("update", "internalSponsors")]
    # Each in the form that Microsoft documents for it.
    sent = [entry["body"]["@odata.id"].rpartition("/v1.0/")[2] for entry in added.requests if entry["write"]]
    assert sent == [f"users/{ada}", f"groups/{leads}"]
    assert {x["id"] for x in three.result} == {ada, ben, leads}
    assert not silent.changed
    (one,) = told.result["connected_orgs"]
    assert {x["id"] for x in one["internalSponsors"]} == {ada, ben, leads}
    assert one["externalSponsors"] == []
    assert exact.writes == [f"DELETE /v1.0/{ORGANIZATIONS}/{organization}/internalSponsors/{ben}/$ref"]
    assert {x["id"] for x in two.result} == {ada, leads}


def test_external_sponsors_are_guests(play: Play, tenant: Tenant) -> None:
    guest = next(user["id"] for user in tenant.list("users") if user["mail"] == f"lead@{world.MSSP_DOMAIN}")
    member = play.refused("connected_org", **MSSP, external_sponsors=[f"ada@{tenant.domain}"])
    created = play.task("connected_org", **MSSP, external_sponsors=[f"lead@{world.MSSP_DOMAIN}"])
    sponsors = play.list(f"{ORGANIZATIONS}/" + created.ref("connected_org.id") + "/externalSponsors")
    again = play.task("connected_org", **MSSP, external_sponsors=[guest])
    play.run()

    assert tenant.tenant_id in member.msg
    assert [x["id"] for x in sponsors.result] == [guest]
    assert not again.changed


def test_refusals(play: Play, tenant: Tenant) -> None:
    own = play.refused("connected_org", org_tenant_id=tenant.tenant_id)
    own_domain = play.refused("connected_org", domain=tenant.domain, check=True)
    no_guid = play.refused("connected_org", org_tenant_id="fabrikam")
    unknown = play.refused("connected_org", org_tenant_id="b1000000-0000-4000-8000-00000000dead")
    both = play.refused("connected_org", **MSSP, domain=world.MSSP_DOMAIN)
    neither = play.refused("connected_org", name="Our MSSP")
    none = play.list(ORGANIZATIONS)
    play.run()

    for step in (own, own_domain):
        assert (step.writes, step.code) == ([], "InvalidInput")
        assert "itself" in step.msg
        assert tenant.tenant_id in step.msg
    for step in (no_guid, unknown, both, neither):
        assert step.writes == []
    assert "fabrikam" in no_guid.msg
    assert "b1000000-0000-4000-8000-00000000dead" in unknown.msg
    assert "mutually exclusive" in both.msg
    assert none.result == []


def test_a_lost_answer_makes_no_second_one(play: Play) -> None:
    play.faults({"method": "POST", "path": "connectedOrganizations", "times": 1, "drop": "after"})
    created = play.task("connected_org", **MSSP)
    play.faults()
    again = play.task("connected_org", **MSSP)
    there = play.list(ORGANIZATIONS)
    play.run()

    assert created.changed
    assert len([line for line in created.writes if line.startswith("POST")]) == 1
    assert not again.changed
    assert len(there.result) == 1


def test_one_that_a_policy_names_is_deleted_by_force_only(play: Play, tenant: Tenant) -> None:
    organization = by_hand(tenant)
    catalog = tenant.post(f"{EM}/catalogs", {"displayName": "MSSP Accesses", "isExternallyVisible": True})["id"]
    package = tenant.post(f"{EM}/accessPackages", {"displayName": "Tier 1", "catalog": {"id": catalog}})["id"]
    target = {"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": organization}
    policy = {
        "displayName": "MSSP SOC users",
        "accessPackage": {"id": package},
        "allowedTargetScope": "specificConnectedOrganizationUsers",
        "specificAllowedTargets": [target],
        "expiration": {"type": "noExpiration"},
    }
    tenant.post(f"{EM}/assignmentPolicies", policy)
    predicted = play.refused("connected_org", check=True, org_tenant_id=world.MSSP_TENANT, state="absent")
    refused = play.refused("connected_org", org_tenant_id=world.MSSP_TENANT, state="absent")
    still = play.list(ORGANIZATIONS)
    forced = play.task("connected_org", org_tenant_id=world.MSSP_TENANT, state="absent", force=True)
    play.run()

    for step in (predicted, refused):
        assert (step.writes, step.code) == ([], "InUse")
        assert "MSSP SOC users" in step.msg
        assert "Tier 1" in step.msg
    assert len(still.result) == 1
    assert forced.changed
