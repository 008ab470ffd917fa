# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_assignment, by real playbook runs: what there is, what it lasts, how it ends."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from harness.assigning import ASSIGNMENTS, EXPANDED, LEAD, REQUESTS, Packages, after_days
from harness.story import KNOWN_AFTER_APPLY, Play, Step, same_changes
from harness.tenants import EM, Tenant

MODULE = "access_package_assignment"
TIER1: dict[str, t.Any] = {"access_package": "Tier 1", "catalog": "Accesses"}


def days(assignment: dict[str, t.Any]) -> int:
    """How long an assignment lasts, as the tenant tells."""
    start, end = assignment["schedule"]["startDateTime"], assignment["schedule"]["expiration"]["endDateTime"]
    lasts = datetime.datetime.fromisoformat(end[:19]) - datetime.datetime.fromisoformat(start[:19])
    return round(lasts.total_seconds() / 86400)


def states(step: Step) -> list[str]:
    """The states of what a hand listed."""
    return [item["state"] for item in step.result]


def sent(step: Step) -> list[tuple[str, str]]:
    """The requests that a task sent: what they ask for, of what."""
    bodies = [entry["body"] for entry in step.requests if entry["write"] and entry["path"].endswith("/assignmentRequests")]
    return [(body["requestType"], body["assignment"].get("id") or body["assignment"].get("targetId")) for body in bodies]


def test_from_nothing_to_nothing(play: Play, tenant: Tenant) -> None:
    packages = Packages(tenant)
    ada = tenant.user("ada")
    wanted = {**TIER1, "target": f"ada@{tenant.domain}", "duration_days": 90, "justification": "Contract 4711"}
    longer = {**wanted, "duration_days": 120}
    gone = {**TIER1, "target": ada, "state": "absent"}
    members = f"groups/{packages.group}/members"

    predicted = play.check(MODULE, **wanted)
    nothing = play.list(REQUESTS)
    created = play.task(MODULE, **wanted)
    there = play.list(EXPANDED)
    inside = play.list(members)
    again = play.task(MODULE, **wanted)
    unstated = play.task(MODULE, **TIER1, target=ada)
    predicted_change = play.check(MODULE, **longer)
    unchanged = play.list(EXPANDED)
    change = play.task(MODULE, **longer)
    after = play.list(EXPANDED)
    change_again = play.task(MODULE, **longer)
    predicted_end = play.check(MODULE, **gone)
    still = play.list(EXPANDED)
    end = play.task(MODULE, **gone)
    ended = play.list(EXPANDED)
    outside = play.list(members)
    end_again = play.task(MODULE, **gone)
    anew = play.task(MODULE, **TIER1, target=ada)
    two = play.list(EXPANDED)
    play.run()

    assert predicted.writes == []
    assert predicted.result["assignment"]["id"] == KNOWN_AFTER_APPLY
    assert predicted.result["request"] is None
    assert nothing.result == []
    same_changes(predicted, created)
    assert created.paths == [("create", None)]
    assert {change["object"]["type"] for change in created.changes} == {"assignment"}
    assert sent(created) == [("adminAdd", ada)]
    (assignment,) = there.result
    assert (assignment["state"], assignment["target"]["objectId"], days(assignment)) == ("delivered", ada, 90)
    assert assignment["assignmentPolicy"]["id"] == packages.direct
    assert created.result["assignment"] == {
        **{key: assignment[key] for key in ("id", "state", "status", "schedule", "expiredDateTime")},
        "target": {
            "id": ada,
            "displayName": "Ada",
            "principalName": f"ada@{tenant.domain}",
            "email": assignment["target"]["email"],
            "subjectLifecycle": assignment["target"]["subjectLifecycle"],
        },
        "accessPackage": {"id": packages.tier1, "displayName": "Tier 1"},
        "assignmentPolicy": {"id": packages.direct, "displayName": "Direct"},
        "connectedOrganization": None,
    }
    assert (created.result["request"]["requestType"], created.result["request"]["state"]) == ("adminAdd", "delivered")
    assert [x["id"] for x in inside.result] == [ada]
    for step in (again, unstated):
        assert (step.changed, step.writes, step.result["request"]) == (False, [], None)
        assert step.result["assignment"] == created.result["assignment"]

    assert predicted_change.writes == []
    assert unchanged.result == there.result
    same_changes(predicted_change, change)
    assert change.paths == [("update", "schedule.expiration.duration")]
    assert [(x["before"], x["after"]) for x in change.changes] == [("P90D", "P120D")]
    assert sent(change) == [("adminUpdate", assignment["id"])]
    assert [(x["id"], days(x)) for x in after.result] == [(assignment["id"], 120)]
    assert change.result["assignment"]["schedule"] == after.result[0]["schedule"]
    assert (change_again.changed, change_again.writes) == (False, [])

    assert predicted_end.writes == []
    assert states(still) == ["delivered"]
    same_changes(predicted_end, end)
    assert end.paths == [("delete", None)]
    assert sent(end) == [("adminRemove", assignment["id"])]
    assert (end.result["assignment"], end.result["request"]["requestType"]) == (None, "adminRemove")
    assert states(ended) == ["expired"]
    assert outside.result == []
    assert (end_again.changed, end_again.writes, end_again.result["assignment"]) == (False, [], None)
    assert sent(anew) == [("adminAdd", ada)]
    assert sorted(states(two)) == ["delivered", "expired"]


def test_when_it_ends(play: Play, tenant: Tenant) -> None:
    """A day, a day in another zone, another day; the id in the place of names; a past day is refused before any write."""
    packages = Packages(tenant)
    assignment = packages.assigned(tenant.user("ada"))
    by_id = {"assignment_id": assignment}
    day = play.task(MODULE, **by_id, ends="2031-01-31T18:00:00Z")
    at_day = play.get(f"{ASSIGNMENTS}/{assignment}")
    same_day = play.task(MODULE, **by_id, ends="2031-01-31T19:00:00+01:00")
    predicted = play.check(MODULE, **TIER1, target=tenant.user("ada"), ends="2030-06-30T00:00:00Z")
    earlier = play.task(MODULE, **TIER1, target=tenant.user("ada"), ends="2030-06-30T00:00:00Z")
    at_earlier = play.get(f"{ASSIGNMENTS}/{assignment}")
    over = play.refused(MODULE, **by_id, ends="2020-01-01T00:00:00Z", check=True)
    rubbish = play.refused(MODULE, **by_id, ends="tomorrow")
    no_days = play.refused(MODULE, **by_id, duration_days=0)
    gone = play.task(MODULE, **by_id, state="absent")
    gone_again = play.task(MODULE, **by_id, state="absent")
    ended = play.refused(MODULE, **by_id, duration_days=5)
    nobodys = play.refused(MODULE, assignment_id=packages.direct)
    nobodys_end = play.task(MODULE, assignment_id=packages.direct, state="absent")
    expired = play.list(ASSIGNMENTS)
    play.run()

    assert day.paths == [("update", "schedule.expiration.endDateTime")]
    assert at_day.result["schedule"]["expiration"]["endDateTime"].startswith("2031-01-31T18:00:00")
    assert (same_day.changed, same_day.writes) == (False, [])
    same_changes(predicted, earlier)
    assert sent(earlier) == [("adminUpdate", assignment)]
    assert at_earlier.result["schedule"]["expiration"]["endDateTime"].startswith("2030-06-30T00:00:00")
    for step, words in ((over, "which is over"), (rubbish, "'tomorrow'"), (no_days, "duration_days is 0")):
        assert (step.code, step.writes) == ("InvalidInput", [])
        assert words in step.msg
    assert sent(gone) == [("adminRemove", assignment)]
    assert (gone_again.changed, gone_again.writes) == (False, [])
    assert (ended.code, ended.writes) == ("Expired", [])
    assert (nobodys.code, nobodys_end.changed, nobodys_end.writes) == ("InvalidInput", False, [])
    assert states(expired) == ["expired"]


def test_what_the_portal_or_another_tool_assigned_is_left(play: Play, tenant: Tenant) -> None:
    """Under another policy, for other days: no change, and a warning where another policy is stated."""
    packages = Packages(tenant)
    other = packages.policy("Other")
    assignment = packages.assigned(tenant.user("ada"), policy=other, schedule=after_days(7))
    silent = play.task(MODULE, **TIER1, target=f"ada@{tenant.domain}")
    seven = play.task(MODULE, **TIER1, target=f"ada@{tenant.domain}", duration_days=7)
    warned = play.task(MODULE, **TIER1, target=f"ada@{tenant.domain}", policy="Direct")
    there = play.list(EXPANDED)
    play.run()

    for step in (silent, seven, warned):
        assert (step.changed, step.writes, step.result["assignment"]["id"]) == (False, [], assignment)
    assert "warnings" not in silent.result
    assert any("'Other' and stays there" in str(warning) for warning in warned.result["warnings"])
    assert [(x["assignmentPolicy"]["id"], days(x)) for x in there.result] == [(other, 7)]


def test_which_policy_and_which_person(play: Play, tenant: Tenant) -> None:
    packages = Packages(tenant)
    other = packages.policy("Other")
    packages.package("Bare")
    ada = {**TIER1, "target": f"ada@{tenant.domain}"}
    ambiguous = play.refused(MODULE, **ada, check=True)
    misspelt = play.refused(MODULE, **ada, policy="Direkt", check=True)
    none = play.refused(MODULE, access_package="Bare", target=f"ada@{tenant.domain}")
    unknown = play.refused(MODULE, **TIER1, target=f"nobody@{tenant.domain}", policy="Other")
    no_name = play.refused(MODULE, **TIER1, target="nobody", policy="Other")
    absent = play.task(MODULE, **TIER1, target=f"nobody@{tenant.domain}", state="absent")
    by_name = play.task(MODULE, **ada, policy="Other")
    by_id = play.task(MODULE, **TIER1, target=tenant.user("ben"), policy=other.upper())
    by_mail = play.task(MODULE, **TIER1, target=LEAD, policy={"id": other, "displayName": "Other"})
    there = play.list(EXPANDED)
    play.run()

    for step in (ambiguous, misspelt, none, unknown, no_name):
        assert (step.code, step.writes) == ("InvalidInput", [])
    for name in ("Direct", "Other"):
        assert f"'{name}'" in ambiguous.msg
        assert f"'{name}'" in misspelt.msg
    assert "'Bare' has no policy" in none.msg
    assert "invite: true" in unknown.msg
    assert "invite" not in no_name.msg
    assert (absent.changed, absent.writes) == (False, [])
    assert (by_name.changed, by_id.changed, by_mail.changed) == (True, True, True)
    assert {x["assignmentPolicy"]["id"] for x in there.result} == {other}
    assert {x["target"]["objectId"] for x in there.result} == {tenant.user("ada"), tenant.user("ben"), packages.lead()}


def test_names_are_data(play: Play, tenant: Tenant) -> None:
    """Quotes and what has a meaning in URLs; a template where the tenant says it: a playbook's own is a template."""
    packages = Packages(tenant)
    name, template = "O'Brien's \"best\" & 100% #1 / ?", "{{ 1 // 0 }} {% raw %}"
    tenant.patch(f"{EM}/accessPackages/{packages.tier1}", {"displayName": name})
    tenant.patch(f"users/{tenant.user('ada')}", {"displayName": template})
    packages.policy(name)
    wanted = {"access_package": name, "policy": name, "target": tenant.user("ada")}
    made = play.task(MODULE, **wanted)
    again = play.task(MODULE, **wanted)
    play.run()

    assert (made.changed, again.changed) == (True, False)
    assert made.result["assignment"]["accessPackage"]["displayName"] == name
    assert made.result["assignment"]["target"]["displayName"] == template


def test_without_waiting(play: Play, tenant: Tenant) -> None:
    """One write and no look after it; what is under way is not asked for again."""
    packages = Packages(tenant)
    play.quirks(delivery_lag=5)
    wanted = {**TIER1, "target": f"ada@{tenant.domain}", "wait": False}
    made = play.task(MODULE, **wanted)
    under_way = play.task(MODULE, **wanted, duration_days=60)
    waited = play.task(MODULE, **{**wanted, "wait": True})
    there = play.list(EXPANDED)
    play.quirks(removal_lag=7)
    gone = play.task(MODULE, **wanted, state="absent")
    going = play.task(MODULE, **wanted, state="absent")
    back = play.task(MODULE, **wanted)
    waited_for = play.task(MODULE, **{**wanted, "wait": True}, state="absent")
    expired = play.list(EXPANDED)
    play.run()

    assert packages.tier1
    assert (made.changed, made.result["assignment"]) == (True, None)
    assert (made.result["request"]["requestType"], made.result["request"]["state"]) == ("adminAdd", "submitted")
    assert made.requests[-1]["write"]
    assert (under_way.changed, under_way.writes) == (False, [])
    assert under_way.result["request"]["id"] == made.result["request"]["id"]
    assert (waited.changed, waited.writes, waited.result["assignment"]["state"]) == (False, [], "delivered")
    assert states(there) == ["delivered"]
    assert (gone.changed, gone.result["request"]["requestType"]) == (True, "adminRemove")
    assert gone.requests[-1]["write"]
    assert (going.changed, going.writes, going.result["request"]["id"]) == (False, [], gone.result["request"]["id"])
    assert (back.changed, back.writes) == (False, [])
    assert any("is being removed" in str(warning) for warning in back.result["warnings"])
    assert (waited_for.changed, waited_for.writes, waited_for.result["assignment"]) == (False, [], None)
    assert states(expired) == ["expired"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_time_runs_out(play: Play, tenant: Tenant, state: str) -> None:
    """The next run goes on where this one has ended, and asks for nothing twice."""
    packages = Packages(tenant)
    if state == "absent":
        packages.assigned(tenant.user("ada"))
    play.quirks(delivery_lag=6, removal_lag=6)
    wanted = {**TIER1, "target": f"ada@{tenant.domain}", "state": state}
    late = play.refused(MODULE, **wanted, wait_timeout=1)
    then = play.task(MODULE, **wanted)
    there = play.list(EXPANDED)
    play.run()

    assert late.code == "Timeout"
    assert len(late.writes) == 1
    assert (then.changed, then.writes) == (False, [])
    assert states(there) == ["delivered" if state == "present" else "expired"]
