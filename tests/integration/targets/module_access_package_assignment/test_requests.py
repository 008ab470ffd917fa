# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_assignment: requests that wait, that are refused, that are open already, or whose answer is lost."""

from __future__ import annotations

import typing as t

import pytest
from harness import world
from harness.assigning import ASSIGNMENTS, EXPANDED, LEAD, REQUESTS, Packages, after_days
from harness.story import Play, Step, same_changes
from harness.tenants import EM, Tenant
from harness.ways import by_hand

MODULE = "access_package_assignment"
TIER1: dict[str, t.Any] = {"access_package": "Tier 1", "catalog": "Accesses"}
STRANGER = f"new@{world.MSSP_DOMAIN}"


def bodies(step: Step) -> list[dict[str, t.Any]]:
    """What a task sent."""
    return [entry["body"] for entry in step.requests if entry["write"]]


def states(step: Step) -> list[str]:
    """The states of what a hand listed."""
    return [item["state"] for item in step.result]


@pytest.mark.parametrize("switch", ["by_parameter", "always"])
@pytest.mark.parametrize("bypass", [False, True])
def test_approval(play: Play, tenant: Tenant, switch: str, bypass: bool) -> None:
    """What the service makes of it is a result, whichever it is (practice M3)."""
    packages = Packages(tenant, approval=True)
    assert packages.direct
    play.quirks(admin_add_bypasses_approval=switch)
    wanted = {**TIER1, "target": f"ada@{tenant.domain}", "bypass_approval": bypass}
    predicted = play.check(MODULE, **wanted)
    made = play.task(MODULE, **wanted)
    again = play.task(MODULE, **wanted)
    there = play.list(ASSIGNMENTS)
    asked = play.list(REQUESTS)
    gone = play.task(MODULE, **wanted, state="absent")
    after = play.list(REQUESTS)
    gone_again = play.task(MODULE, **wanted, state="absent")
    play.run()

    same_changes(predicted, made)
    (body,) = bodies(made)
    assert body["parameters"] == {"bypassApproval": bypass}
    assert (again.changed, again.writes) == (False, [])
    waits = switch == "by_parameter" and not bypass
    for step in (made, again):
        assert bool(step.result["assignment"]) is not waits
        if waits:
            assert (step.result["request"]["requestType"], step.result["request"]["state"]) == ("adminAdd", "pendingApproval")
    assert (states(there), states(asked)) == (([], ["pendingApproval"]) if waits else (["delivered"], ["delivered"]))
    skipped = [x for x in made.result.get("warnings", []) if "nobody was asked" in str(x)]
    assert bool(skipped) is (switch == "always" and not bypass)
    # What waits is canceled, what is there is removed.
    assert gone.paths == [("delete", None)]
    assert [line.rpartition("/")[2] for line in gone.writes] == ["cancel" if waits else "assignmentRequests"]
    assert sorted(states(after)) == (["canceled"] if waits else ["delivered", "delivered"])
    assert (gone_again.changed, gone_again.writes) == (False, [])


@pytest.mark.parametrize("bypass", [False, True])
def test_a_service_that_does_not_know_the_parameter(play: Play, tenant: Tenant, bypass: bool) -> None:
    """It is asked again without it, for a refusal is no unknown outcome."""
    Packages(tenant, approval=True)
    play.quirks(bypass_parameter_known=False)
    made = play.task(MODULE, **TIER1, target=f"ada@{tenant.domain}", bypass_approval=bypass)
    asked = play.list(REQUESTS)
    play.run()

    assert ["parameters" in body for body in bodies(made)] == [True, False]
    assert states(asked) == ["pendingApproval"]
    told = [x for x in made.result.get("warnings", []) if "does not know bypass_approval" in str(x)]
    assert bool(told) is bypass


def test_without_approval_nothing_is_said_of_it(play: Play, tenant: Tenant) -> None:
    Packages(tenant)
    play.quirks(bypass_parameter_known=False)
    made = play.task(MODULE, **TIER1, target=f"ada@{tenant.domain}", bypass_approval=True)
    play.run()

    assert ["parameters" in body for body in bodies(made)] == [False]
    assert made.result["assignment"]["state"] == "delivered"


def test_a_guest_who_has_not_accepted(play: Play, tenant: Tenant) -> None:
    """Delivering is a result: nobody knows when the guest will."""
    packages = Packages(tenant)
    invitation = {
        "invitedUserEmailAddress": STRANGER,
        "inviteRedirectUrl": "https://portal.example",
        "sendInvitationMessage": False,
    }
    guest = tenant.post("invitations", invitation)["invitedUser"]["id"]
    play.quirks(delivering_until_redeemed=True)
    wanted = {**TIER1, "target": STRANGER}
    made = play.task(MODULE, **wanted)
    again = play.task(MODULE, **wanted)
    there = play.list(EXPANDED)
    ended = play.task(MODULE, **wanted, state="absent")
    after = play.list(EXPANDED)
    play.run()

    assert packages.tier1
    for step, changed in ((made, True), (again, False)):
        assert step.changed is changed
        assert (step.result["assignment"]["state"], step.result["assignment"]["target"]["id"]) == ("delivering", guest)
        assert step.result["request"]["state"] == "delivering"
    assert again.writes == []
    assert states(there) == ["delivering"]
    assert ended.changed
    assert states(after) == ["expired"]


def test_somebody_who_is_not_in_the_directory(play: Play, tenant: Tenant) -> None:
    """Only with invite; two refusals in their own words (practice S9)."""
    packages = Packages(tenant)
    organization = by_hand.organization(tenant, "The MSSP", world.MSSP_TENANT)
    target = {"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": organization}
    outside = packages.policy("MSSP", allowedTargetScope="specificConnectedOrganizationUsers", specificAllowedTargets=[target])
    wanted = {**TIER1, "policy": "MSSP", "target": STRANGER}
    not_so = play.refused(MODULE, **wanted)
    elsewhere = play.refused(MODULE, **{**wanted, "target": f"new@{world.OTHER_DOMAIN}"}, invite=True)
    play.quirks(licence="p2")
    premium = play.refused(MODULE, **wanted, invite=True)
    play.quirks(licence="governance", subscription_linked=False)
    billed = play.refused(MODULE, **wanted, invite=True)
    play.quirks(subscription_linked=True)
    predicted = play.check(MODULE, **wanted, invite=True)
    made = play.task(MODULE, **wanted, invite=True)
    again = play.task(MODULE, **wanted, invite=True)
    there = play.list(f"{ASSIGNMENTS}?$expand=target($expand=connectedOrganization)")
    guests = play.list(f"users?$filter=mail eq '{STRANGER}'")
    play.run()

    assert (not_so.code, not_so.writes) == ("InvalidInput", [])
    assert "connected organization that it names" in elsewhere.msg
    for step in (premium, billed):
        assert "invite the guest first" in step.msg
    same_changes(predicted, made)
    assert bodies(made) == [
        {
            "requestType": "adminAdd",
            "assignment": {
                "target": {"email": STRANGER},
                "assignmentPolicy": {"id": outside},
                "accessPackage": {"id": packages.tier1},
            },
        }
    ]
    (guest,) = guests.result
    (assignment,) = there.result
    assert assignment["target"]["objectId"] == guest["id"]
    assert made.result["assignment"]["target"]["id"] == guest["id"]
    assert made.result["assignment"]["connectedOrganization"] == {"id": organization, "displayName": "The MSSP"}
    assert (again.changed, again.writes) == (False, [])


def test_outside_the_policy(play: Play, tenant: Tenant) -> None:
    packages = Packages(tenant)
    ben = {"@odata.type": "#microsoft.graph.singleUser", "userId": tenant.user("ben")}
    packages.policy("Ben only", allowedTargetScope="specificDirectoryUsers", specificAllowedTargets=[ben])
    refused = play.refused(MODULE, **TIER1, policy="Ben only", target=f"ada@{tenant.domain}")
    none = play.list(REQUESTS)
    play.run()

    assert "The policy 'Ben only' does not let this person in" in refused.msg
    assert refused.result["failure"]["status"] == 400
    assert none.result == []


def test_an_open_request_of_somebody_else(play: Play, tenant: Tenant) -> None:
    """Made by hand and still open, with and without an assignment."""
    packages = Packages(tenant)
    slow = packages.policy("Slow", approval=True)
    ada, cyd = tenant.user("ada"), tenant.user("cyd")
    pending = packages.assign(ada, policy=slow)
    lives = packages.assigned(cyd)
    predicted = play.check(MODULE, **TIER1, target=ada, policy="Direct", duration_days=9)
    found = play.task(MODULE, **TIER1, target=ada, policy="Direct", duration_days=9)
    other = play.task(MODULE, **TIER1, target=tenant.user("ben"), policy="Direct")
    play.quirks(delivery_lag=4)
    play.send("POST", REQUESTS, {"requestType": "adminUpdate", "assignment": {"id": lives}, "schedule": after_days(50)})
    changing = play.task(MODULE, **TIER1, target=cyd, duration_days=60, wait=False)
    then = play.task(MODULE, **TIER1, target=cyd, duration_days=50)
    play.quirks(delivery_lag=5)
    play.send("POST", REQUESTS, {"requestType": "adminUpdate", "assignment": {"id": lives}, "schedule": after_days(70)})
    # Refused while the change is under way, and sent again when it is done.
    removed = play.task(MODULE, assignment_id=lives, state="absent")
    there = play.list(EXPANDED)
    play.run()

    for step in (predicted, found):
        assert (step.changed, step.writes, step.result["assignment"]) == (False, [], None)
        assert (step.result["request"]["id"], step.result["request"]["state"]) == (pending, "pendingApproval")
    assert other.changed
    assert (changing.changed, changing.writes) == (False, [])
    assert changing.result["request"]["requestType"] == "adminUpdate"
    assert (then.changed, then.writes) == (False, [])
    assert removed.changed
    assert {(x["target"]["objectId"], x["state"]) for x in there.result} == {(tenant.user("ben"), "delivered"), (cyd, "expired")}


@pytest.mark.parametrize(
    "lost", [{"drop": "after"}, {"status": 503, "after_work": True}, {"status": 504, "after_work": True}], ids=str
)
def test_a_lost_answer(play: Play, tenant: Tenant, lost: dict[str, t.Any]) -> None:
    """Each request is sent once, and its work is found; also when it is only a request yet."""
    packages = Packages(tenant)
    packages.policy("Slow", approval=True)
    ada, cyd = tenant.user("ada"), tenant.user("cyd")
    fault = {"method": "POST", "path": "assignmentRequests$", "times": 1, **lost}
    steps = []
    for arguments in (
        {"target": ada, "policy": "Direct"},
        {"target": ada, "duration_days": 60},
        {"target": ada, "state": "absent"},
        {"target": cyd, "policy": "Slow"},
    ):
        play.faults(fault)
        steps.append(play.task(MODULE, **TIER1, **arguments))
        play.faults()
        steps.append(play.task(MODULE, **TIER1, **arguments))
    there = play.list(EXPANDED)
    asked = play.list(REQUESTS)
    play.run()

    for step, again in zip(steps[::2], steps[1::2], strict=True):
        assert step.changed
        assert len(step.writes) == 1
        assert (again.changed, again.writes) == (False, [])
    assert steps[6].result["request"]["state"] == "pendingApproval"
    assert [(x["target"]["objectId"], x["state"]) for x in there.result] == [(ada, "expired")]
    assert sorted(x["requestType"] for x in asked.result) == ["adminAdd", "adminAdd", "adminRemove", "adminUpdate"]


@pytest.mark.parametrize("fault", [{"drop": "before"}, {"status": 500}], ids=str)
def test_what_was_not_done_is_not_sent_again(play: Play, tenant: Tenant, fault: dict[str, t.Any]) -> None:
    Packages(tenant)
    play.faults({"method": "POST", "path": "assignmentRequests$", "times": 1, **fault})
    unknown = play.refused(MODULE, **TIER1, target=tenant.user("ada"), wait_timeout=2)
    play.faults()
    none = play.list(REQUESTS)
    then = play.task(MODULE, **TIER1, target=tenant.user("ada"))
    play.run()

    assert len(unknown.writes) == 1
    assert "run again" in unknown.msg
    assert none.result == []
    assert then.changed


def test_refused_and_failed(play: Play, tenant: Tenant) -> None:
    """Nobody can approve; the group is gone."""
    packages = Packages(tenant)
    empty = {"@odata.type": "#microsoft.graph.groupMembers", "groupId": tenant.group("Nobody")}
    slow = packages.policy("Slow", approval=True)
    policy = tenant.get(f"{EM}/assignmentPolicies/{slow}")
    policy["requestApprovalSettings"]["stages"][0]["primaryApprovers"] = [empty]
    kept = {key: policy[key] for key in ("displayName", "description", "allowedTargetScope", "requestorSettings")}
    body = {
        **kept,
        "specificAllowedTargets": [],
        "expiration": {"type": "noExpiration"},
        "requestApprovalSettings": policy["requestApprovalSettings"],
        "reviewSettings": None,
        "questions": [],
        "automaticRequestSettings": None,
        "accessPackage": {"id": packages.tier1},
    }
    tenant.put(f"{EM}/assignmentPolicies/{slow}", body)
    play.quirks(empty_group_approver="denied")
    denied = play.refused(MODULE, **TIER1, target=tenant.user("ada"), policy="Slow")
    play.send("DELETE", f"groups/{packages.group}")
    failed = play.refused(MODULE, **TIER1, target=tenant.user("cyd"), policy="Direct")
    still = play.refused(MODULE, **TIER1, target=tenant.user("cyd"), policy="Direct")
    cleared = play.task(MODULE, **TIER1, target=tenant.user("cyd"), state="absent")
    play.run()

    assert denied.code == "RequestRefused"
    assert len(denied.writes) == 1
    for step, writes in ((failed, 1), (still, 0)):
        assert step.code == "DeliveryFailed"
        assert "14 days" in step.msg
        assert len(step.writes) == writes
    assert cleared.changed


def test_who_may_only_read(play: Play, tenant: Tenant) -> None:
    Packages(tenant)
    ada = tenant.user("ada")
    planned = play.check(MODULE, **TIER1, target=ada)
    refused = play.refused(MODULE, **TIER1, target=ada)
    play.run(client="reader")

    assert planned.changed
    assert "EntitlementManagement.ReadWrite.All" in refused.msg
    assert LEAD not in refused.msg
