# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aad_user_info: whom it finds, above all those of an organization (practice S10), by real playbook runs."""

from __future__ import annotations

import typing as t

import pytest
from harness import world
from harness.story import KNOWN_AFTER_APPLY, Play, Step
from harness.tenants import EM, Tenant
from harness.ways import by_hand

LEAD = f"lead@{world.MSSP_DOMAIN}"
ALIAS = "fabrikam-security.onmicrosoft.example"
# More than Graph gives in a page.
CROWD = 1100
CROWDED = "crowded.example"
SIGNED_IN = {"interactive": "2026-01-02T03:04:05Z"}
_crowded = {
    **world.customer(0),
    "display_name": "Crowded",
    "domain": CROWDED,
    "users": [
        *({"user_principal_name": f"clerk{number}@{CROWDED}", "display_name": f"Clerk {number}"} for number in range(CROWD)),
        {
            "user_principal_name": f"last_{world.MSSP_DOMAIN}#EXT#@{CROWDED}",
            "display_name": "Last",
            "user_type": "Guest",
            "sign_in": SIGNED_IN,
        },
    ],
}
_GROUPS_ONLY = {"name": "groups", "permissions": ["GroupMember.Read.All"]}


def _customer(number: int) -> dict[str, t.Any]:
    made = world.customer(number)
    return {**made, "clients": [*made["clients"], _GROUPS_ONLY]}


SANDBOX = {"tenants": [_crowded, *(_customer(number) for number in range(1, 31))]}
Told = dict[str, list[str]]


def person(tenant: Tenant, name: str, **more: t.Any) -> str:
    """A user made by hand; a name without @ is one of the customer's domain."""
    principal = name if "@" in name else f"{name}@{tenant.domain}"
    body = {
        "accountEnabled": True,
        "displayName": name,
        "mailNickname": "by-hand",
        "passwordProfile": {"password": "not-kept"},
        "userPrincipalName": principal,
        **more,
    }
    return str(tenant.post("users", body)["id"])


def told(step: Step) -> Told:
    """What tells that they belong to it, by their names. Nothing was written."""
    assert (step.changed, step.writes) == (False, [])
    return {user["displayName"]: user["determined_by"] for user in step.result["users"]}


def names(step: Step) -> set[str]:
    """The names of those who were found."""
    assert (step.changed, step.writes) == (False, [])
    assert all("determined_by" not in user and "identities" not in user for user in step.result["users"])
    return {user["displayName"] for user in step.result["users"]}


@pytest.fixture(scope="module", autouse=True)
def crowded(sandbox: t.Any) -> Tenant:
    """The first customer is not for other tests."""
    return t.cast(Tenant, sandbox.fresh_tenant())


def test_guests_and_members_of_an_organization(play: Play, tenant: Tenant) -> None:
    """By every domain of its tenant, in any case; and nobody whose name or address only looks like it."""
    organization = by_hand.organization(tenant, "Our MSSP", world.MSSP_TENANT)
    person(tenant, f"sync_{ALIAS}#EXT#", displayName="Synced member")
    person(tenant, "internal", displayName="Member with its mail", mail=f"internal@{world.MSSP_DOMAIN.upper()}")
    person(tenant, "guest", displayName="Guest with its mail", mail=f"guest@{ALIAS}", userType="Guest")
    outside = f"otto_{world.OTHER_DOMAIN}#EXT#"
    person(tenant, outside, displayName="Somebody else's", mail=f"otto@{world.OTHER_DOMAIN}", userType="Guest")
    person(tenant, f"{world.MSSP_DOMAIN}_x", displayName="Looks like it")
    person(tenant, f"x_{world.MSSP_DOMAIN}.evil.example#EXT#", displayName="Longer domain", userType="Guest")
    person(tenant, "evil", displayName="Longer name", mail=f"evil@not{world.MSSP_DOMAIN}", userType="Guest")
    person(tenant, "twice", displayName="Two signs", mail=f"{LEAD}@evil.example", userType="Guest")
    person(tenant, "hostile", displayName="Hostile", mail="x@it's.example'/../$batch?%", userType="Guest")
    by_id = play.task("aad_user_info", connected_org=organization)
    by_name = play.task("aad_user_info", connected_org="Our MSSP")
    as_returned = play.task("aad_user_info", connected_org={"id": organization, "displayName": "Our MSSP"})
    predicted = play.check("aad_user_info", connected_org={"id": KNOWN_AFTER_APPLY, "displayName": "Our MSSP"})
    typo = play.refused("aad_user_info", connected_org="Our MSPS")
    play.run(client="reader")

    assert told(by_id) == {
        "Lea Lead": ["domain"],
        "Synced member": ["domain"],
        "Member with its mail": ["domain"],
        "Guest with its mail": ["domain"],
    }
    assert told(by_name) == told(as_returned) == told(by_id)
    assert told(predicted) == {}
    assert "Our MSPS" in typo.msg
    # Each domain is asked for once.
    asked = [entry["path"] for entry in by_id.requests if "findTenantInformation" in entry["path"]]
    assert len(asked) == len({path.lower() for path in asked})


def test_by_assignment_and_by_identity(play: Play, tenant: Tenant) -> None:
    """An assignment that has ended tells it as well."""
    organization = by_hand.organization(tenant, "Our MSSP", world.MSSP_TENANT)
    person(tenant, "guest", displayName="Guest", mail=f"guest@{world.MSSP_DOMAIN}", userType="Guest")
    (lead,) = (user["id"] for user in tenant.list("users") if user["mail"] == LEAD)
    package = by_hand.package(tenant, "Tier 1 Analyst", by_hand.catalog(tenant, "MSSP Accesses"))
    direct = by_hand.policy(tenant, "Direct", package)
    for target in (lead, tenant.user("ada")):
        assignment = {"targetId": target, "assignmentPolicyId": direct, "accessPackageId": package}
        tenant.post(f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": assignment})
    by_hand_ended = [tenant.list(f"{EM}/assignments?$expand=target") for _delivering in range(3)][-1]
    live = play.task("aad_user_info", connected_org=organization)
    for assigned in by_hand_ended:
        play.send("POST", f"{EM}/assignmentRequests", {"requestType": "adminRemove", "assignment": {"id": assigned["id"]}})
    states = [play.list(f"{EM}/assignments") for _removing in range(3)][-1]
    play.quirks(guest_identity_issuer="home_domain")
    ended = play.task("aad_user_info", connected_org=organization)
    play.run(client="reader")

    assert told(live) == {"Lea Lead": ["assignment", "domain"], "Guest": ["domain"]}
    assert {x["state"] for x in states.result} == {"expired"}
    assert told(ended) == {"Lea Lead": ["assignment", "identity", "domain"], "Guest": ["identity", "domain"]}


def test_an_organization_of_a_domain(play: Play, tenant: Tenant) -> None:
    """No tenant has it, so nothing is looked up."""
    source = {"@odata.type": "#microsoft.graph.domainIdentitySource", "domainName": "nobody-s.example", "displayName": "N"}
    body = {"displayName": "Nobody's", "identitySources": [source]}
    organization = tenant.post(f"{EM}/connectedOrganizations", body)["id"]
    person(tenant, "nora", displayName="Nora", mail="nora@Nobody-s.example", userType="Guest")
    found = play.task("aad_user_info", connected_org=organization)
    play.run(client="reader")

    assert told(found) == {"Nora": ["domain"]}
    assert [entry for entry in found.requests if "tenantRelationships" in entry["path"]] == []


def test_all_pages_and_who_was_there(crowded: Tenant, play: Play, tmp_path: t.Any) -> None:
    organization = by_hand.organization(crowded, "Our MSSP", world.MSSP_TENANT)
    story = Play(crowded, tmp_path)
    everybody = story.task("aad_user_info")
    last = story.task("aad_user_info", connected_org=organization, with_sign_in=True)
    clerk = story.task("aad_user_info", user=f"clerk7@{CROWDED}", with_sign_in=True)
    story.run()

    assert len(everybody.result["users"]) == CROWD + 1
    assert len([entry for entry in everybody.requests if "skiptoken" in entry["path"]]) == 1
    assert told(last) == {"Last": ["domain"]}
    assert last.result["users"][0]["signInActivity"]["lastSignInDateTime"] == SIGNED_IN["interactive"]
    assert [user["signInActivity"] for user in clerk.result["users"]] == [None]
    # For those who were found only, not for a thousand.
    assert len([entry for entry in last.requests if "signInActivity" in entry["path"]]) == 1


def test_named_ones_and_those_of_a_group(play: Play, tenant: Tenant) -> None:
    group, inner = tenant.group("Tier 1"), tenant.group("Inner")
    for member in (tenant.user("ada"), tenant.user("ben"), inner):
        tenant.link(f"groups/{group}/members", member)
    tenant.link(f"groups/{inner}/members", tenant.user("cyd"))
    for name in ("eva", "eva.too"):
        person(tenant, name, mail="eva@twin.example")
    ada = tenant.user("ada")
    one = play.task("aad_user_info", user=ada.upper())
    by_mail = play.task("aad_user_info", user=LEAD)
    twins = play.task("aad_user_info", user="eva@twin.example")
    nobody = play.task("aad_user_info", user="nobody@twin.example")
    several = play.task("aad_user_info", users=[ada, f"ada@{tenant.domain}", one.ref("users[0]"), "nobody@twin.example", LEAD])
    none = play.task("aad_user_info", users=[])
    of_group = play.task("aad_user_info", group="Tier 1")
    by_id = play.task("aad_user_info", group={"id": inner, "displayName": "Inner"})
    predicted = play.check("aad_user_info", group={"id": KNOWN_AFTER_APPLY, "displayName": "Tier 2"})
    no_group = play.refused("aad_user_info", group="Tier 3")
    play.run(client="reader")

    assert names(one) == {"Ada"}
    assert set(one.result["users"][0]) == {
        "id",
        "displayName",
        "userPrincipalName",
        "mail",
        "userType",
        "accountEnabled",
        "externalUserState",
        "createdDateTime",
    }
    assert one.result["users"][0]["accountEnabled"] is True
    assert names(by_mail) == {"Lea Lead"}
    assert names(twins) == {"eva", "eva.too"}
    assert names(nobody) == names(none) == names(predicted) == set()
    assert names(several) == {"Ada", "Lea Lead"}
    assert len(several.result["users"]) == 2
    assert none.requests == []
    assert names(of_group) == {"Ada", "Ben"}
    assert names(by_id) == {"Cyd"}
    assert "Tier 3" in no_group.msg


def test_members_who_may_not_be_read_are_no_empty_shells(play: Play, tenant: Tenant) -> None:
    """Graph tells their ids alone to an application that may read groups and not users."""
    tenant.link(f"groups/{tenant.group('Tier 1')}/members", tenant.user("ada"))
    refused = play.refused("aad_user_info", group="Tier 1")
    play.run(client="groups")

    assert refused.result["failure"]["status"] == 403
    assert "lacks User.Read.All: " in refused.msg


def test_an_empty_filter_is_not_everybody(play: Play) -> None:
    steps = [
        play.refused("aad_user_info", **{name: value})
        for name, value in (
            ("user", ""),
            ("user", KNOWN_AFTER_APPLY),
            ("users", [""]),
            ("group", ""),
            ("connected_org", " "),
            ("connected_org", {"displayName": "Our MSSP"}),
        )
    ]
    play.run()

    for step in steps:
        assert (step.code, step.requests) == ("InvalidInput", [])


def test_what_may_not_be_read_is_no_shorter_list(play: Play, tenant: Tenant) -> None:
    """Somebody of the organization would be missing."""
    organization = by_hand.organization(tenant, "Our MSSP", world.MSSP_TENANT)
    refused = []
    for path in ("tenantRelationships", "assignments", "users"):
        play.faults({"path": path, "status": 403, "code": "Authorization_RequestDenied", "message": "No."})
        refused.append(play.refused("aad_user_info", connected_org=organization))
    play.run(client="reader")

    for step, permission in zip(
        refused, ("CrossTenantInformation.ReadBasic.All", "EntitlementManagement", "User.Read"), strict=True
    ):
        assert step.result["failure"]["status"] == 403
        assert permission in step.msg
