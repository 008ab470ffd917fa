# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aad_user, by real playbook runs."""

from __future__ import annotations

import typing as t

import pytest
from harness import world
from harness.story import Play, same_changes
from harness.tenants import EM, Tenant
from harness.ways import by_hand

LEAD = f"lead@{world.MSSP_DOMAIN}"
DELETED = "directory/deletedItems/microsoft.graph.user"
ASSIGNMENTS = f"{EM}/assignments?$expand=target"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
# What a blocked user keeps.
ALL = "id,displayName,userPrincipalName,mail,userType,accountEnabled,externalUserState,createdDateTime,otherMails,department"
RETURNED = {
    "id",
    "displayName",
    "userPrincipalName",
    "mail",
    "userType",
    "accountEnabled",
    "externalUserState",
    "createdDateTime",
}


def lead(tenant: Tenant) -> str:
    """The id of the MSSP's guest."""
    return str(next(user["id"] for user in tenant.list("users") if user["mail"] == LEAD))


def person(tenant: Tenant, name: str, **more: t.Any) -> str:
    """A user made by hand."""
    body = {
        "accountEnabled": True,
        "displayName": name.title(),
        "mailNickname": name,
        "passwordProfile": {"password": "not-kept"},
        "userPrincipalName": f"{name}@{tenant.domain}",
        **more,
    }
    return str(tenant.post("users", body)["id"])


def test_blocked_let_in_and_deleted(play: Play, tenant: Tenant) -> None:
    guest = lead(tenant)
    see = f"users/{guest}?$select={ALL}"
    before = play.get(see)
    predicted = play.check("aad_user", user=LEAD, enabled=False)
    untouched = play.get(see)
    block = play.task("aad_user", user=LEAD, enabled=False)
    blocked = play.get(see)
    again = play.task("aad_user", user=LEAD, enabled=False)
    unstated = play.task("aad_user", user=guest.upper())
    predicted_in = play.check("aad_user", user=guest, enabled=True)
    let_in = play.task("aad_user", user=guest, enabled=True)
    after = play.get(see)
    predicted_end = play.check("aad_user", user=guest, state="absent")
    still = play.get(see)
    end = play.task("aad_user", user=guest, state="absent")
    gone = play.list(DELETED)
    end_again = play.task("aad_user", user=guest, state="absent")
    by_mail = play.task("aad_user", user=LEAD, state="absent")
    play.run()

    assert predicted.writes == []
    assert untouched.result == before.result
    same_changes(predicted, block)
    assert block.paths == [("update", "accountEnabled")]
    assert block.changes[0]["object"] == {"type": "user", "name": LEAD, "id": guest}
    assert (block.changes[0]["before"], block.changes[0]["after"]) == (True, False)
    assert block.writes == [f"PATCH /v1.0/users/{guest}"]
    assert [entry["body"] for entry in block.requests if entry["write"]] == [{"accountEnabled": False}]
    assert blocked.result == {**before.result, "accountEnabled": False}
    assert set(block.result["user"]) == RETURNED
    assert block.result["user"] == {key: blocked.result[key] for key in RETURNED}
    assert block.result["diff"]["before"] == {"accountEnabled": True}
    assert block.result["diff"]["after"] == {"accountEnabled": False}
    for step in (again, unstated):
        assert (step.changed, step.writes) == (False, [])
        assert step.result["user"]["id"] == guest

    assert predicted_in.writes == []
    same_changes(predicted_in, let_in)
    assert after.result == before.result

    assert predicted_end.writes == []
    assert still.result == before.result
    same_changes(predicted_end, end)
    assert end.writes == [f"DELETE /v1.0/users/{guest}"]
    assert end.result["user"] is None
    assert [user["id"] for user in gone.result] == [guest]
    for step in (end_again, by_mail):
        assert (step.changed, step.writes) == (False, [])


def test_named_in_every_way(play: Play, tenant: Tenant) -> None:
    """By id, by principal name with its `#EXT#`, by mail address in any case, and as another task returned it."""
    guest = lead(tenant)
    principal = f"lead_{world.MSSP_DOMAIN}#EXT#@{tenant.domain}"
    hostile = person(tenant, "o'brien", mail="o'brien&co@it's.example", userType="Guest")
    read = play.task("aad_user_info", user=LEAD)
    steps = [
        play.task("aad_user", user=name, enabled=False)
        for name in (guest, principal, LEAD.upper(), {"id": guest}, read.ref("users[0]"))
    ]
    quoted = [play.task("aad_user", user=name, enabled=False) for name in ("o'brien&co@it's.example", f"o'brien@{tenant.domain}")]
    stored = play.list("users?$select=id,accountEnabled")
    play.run()

    assert [step.changed for step in steps] == [True, False, False, False, False]
    assert {step.result["user"]["id"] for step in steps} == {guest}
    assert [step.changed for step in quoted] == [True, False]
    assert {user["id"] for user in stored.result if not user["accountEnabled"]} == {guest, hostile}


def test_nobody_is_created_and_nobody_guessed(play: Play, tenant: Tenant) -> None:
    twins = {person(tenant, "eva", mail="eva@twin.example"), person(tenant, "eva.too", mail="eva@twin.example")}
    unknown = play.refused("aad_user", user=f"nobody@{world.MSSP_DOMAIN}", enabled=False)
    in_check_mode = play.refused("aad_user", user=f"nobody@{world.MSSP_DOMAIN}", enabled=False, check=True)
    unknown_id = play.refused("aad_user", user="00000000-1111-4222-8333-444444444444")
    by_name = play.refused("aad_user", user="Ada", enabled=False)
    empty = play.refused("aad_user", user="", enabled=False)
    nothing = play.refused("aad_user", user={"displayName": "Ada"}, enabled=False)
    twin = play.refused("aad_user", user="eva@twin.example", enabled=False)
    absent = play.task("aad_user", user=f"nobody@{world.MSSP_DOMAIN}", state="absent")
    stored = play.list("users?$select=id,accountEnabled")
    play.run()

    for step in (unknown, in_check_mode, unknown_id, by_name, empty, nothing):
        assert (step.writes, step.code) == ([], "InvalidInput")
    assert f"nobody@{world.MSSP_DOMAIN}" in unknown.msg
    assert (twin.writes, twin.code) == ([], "Ambiguous")
    assert all(one in twin.msg for one in twins)
    assert (absent.changed, absent.writes, absent.result["user"]) == (False, [], None)
    assert len(stored.result) == len(world.PEOPLE) + 3
    assert all(user["accountEnabled"] for user in stored.result)


def test_who_is_no_guest_is_deleted_by_force_only(play: Play, tenant: Tenant) -> None:
    """Cross-tenant synchronization makes members of people who come from elsewhere: those are no customer's own."""
    synced = person(tenant, "sam", userPrincipalName=f"sam_{world.MSSP_DOMAIN}#EXT#@{tenant.domain}")
    ada = tenant.user("ada")
    predicted = play.refused("aad_user", check=True, user=ada, state="absent")
    refused = play.refused("aad_user", user=ada, state="absent")
    there = play.get(f"users/{ada}")
    forced = play.task("aad_user", user=ada, state="absent", force=True)
    member = play.task("aad_user", user=synced, state="absent")
    gone = play.list(DELETED)
    play.run()

    for step in (predicted, refused):
        assert (step.writes, step.code) == ([], "InUse")
        assert "no guest of another organization" in step.msg
    assert there.result["id"] == ada
    assert forced.changed
    assert member.changed
    assert {user["id"] for user in gone.result} == {ada, synced}


def test_who_has_assignments_is_deleted_when_they_have_ended(play: Play, tenant: Tenant) -> None:
    guest = lead(tenant)
    home = by_hand.catalog(tenant, "MSSP Accesses")
    package = by_hand.package(tenant, "Tier 1 Analyst", home)
    direct = by_hand.policy(tenant, "Direct", package)
    assignment = {"targetId": guest, "assignmentPolicyId": direct, "accessPackageId": package}
    tenant.post(f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": assignment})
    for _delivering in range(3):
        (assigned,) = tenant.list(ASSIGNMENTS)
    assert (assigned["state"], assigned["target"]["objectId"]) == ("delivered", guest)
    predicted = play.refused("aad_user", check=True, user=guest, state="absent")
    refused = play.refused("aad_user", user=guest, state="absent")
    blocked = play.task("aad_user", user=guest, enabled=False)
    play.send("POST", f"{EM}/assignmentRequests", {"requestType": "adminRemove", "assignment": {"id": assigned["id"]}})
    ended = [play.list(f"{EM}/assignments") for _removing in range(3)][-1]
    deleted = play.task("aad_user", user=guest, state="absent")
    gone = play.list(DELETED)
    play.run()

    for step in (predicted, refused):
        assert (step.writes, step.code) == ([], "InUse")
        assert "1 live assignment ('Tier 1 Analyst')" in step.msg
    assert blocked.changed
    assert [x["state"] for x in ended.result] == ["expired"]
    assert deleted.changed
    assert [user["id"] for user in gone.result] == [guest]


def test_a_holder_of_a_role_of_entra(play: Play, tenant: Tenant) -> None:
    """Permissions alone do not suffice for them, and the sentence says what does (practice B.5)."""
    guest = lead(tenant)
    role = {"principalId": guest, "roleDefinitionId": GLOBAL_ADMINISTRATOR, "directoryScopeId": "/"}
    tenant.post("roleManagement/directory/roleAssignments", role)
    refused = play.refused("aad_user", user=guest, enabled=False)
    kept = play.refused("aad_user", user=guest, state="absent")
    stored = play.get(f"users/{guest}?$select=accountEnabled")
    play.run()

    for step in (refused, kept):
        assert step.result["failure"]["status"] == 403
        assert "a guest who holds an Entra admin role needs a role on the application" in step.msg
        assert tenant.tenant_id in step.msg
    assert stored.result["accountEnabled"] is True


@pytest.mark.parametrize(
    ("arguments", "permission"),
    [({"enabled": False}, "User.EnableDisableAccount.All"), ({"state": "absent", "force": True}, "User.DeleteRestore.All")],
)
def test_an_application_that_may_not(play: Play, tenant: Tenant, arguments: dict[str, t.Any], permission: str) -> None:
    guest = lead(tenant)
    predicted = play.check("aad_user", user=guest, **arguments)
    refused = play.refused("aad_user", user=guest, **arguments)
    stored = play.get(f"users/{guest}?$select=accountEnabled")
    play.run(client="reader")

    assert predicted.changed
    assert refused.result["failure"]["status"] == 403
    assert f"lacks {permission}: " in refused.msg
    assert "adminconsent" in refused.msg
    assert stored.result["accountEnabled"] is True


@pytest.mark.parametrize("arguments", [{"enabled": False}, {"state": "absent"}], ids=["block", "delete"])
def test_a_lost_answer(play: Play, tenant: Tenant, arguments: dict[str, t.Any]) -> None:
    guest = lead(tenant)
    play.faults(*({"method": method, "path": "users/", "times": 1, "drop": "after"} for method in ("PATCH", "DELETE")))
    done = play.task("aad_user", user=guest, **arguments)
    play.faults()
    again = play.task("aad_user", user=guest, **arguments)
    stored = play.list("users?$select=id,accountEnabled")
    play.run()

    assert done.changed
    # Sent again without harm: both say what is to be, and not what is to change.
    assert len(done.writes) == 2
    assert len(set(done.writes)) == 1
    assert (again.changed, again.writes) == (False, [])
    assert guest not in {user["id"] for user in stored.result if user["accountEnabled"]}
