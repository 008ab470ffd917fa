# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aad_group, by real playbook runs."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from harness.playbook import run_playbook
from harness.server import Sandbox
from harness.story import KNOWN_AFTER_APPLY, Play, same_changes
from harness.tenants import Tenant

SELECT = "?$select=id,displayName,description,mailNickname,uniqueName,securityEnabled,mailEnabled,groupTypes,isAssignableToRole"
TIER1: dict[str, t.Any] = {"name": "Tier 1 Analyst", "description": "Analysts", "mail_nickname": "tier1"}


def test_from_nothing_to_nothing(play: Play, tenant: Tenant) -> None:
    ada, ben = tenant.user("ada"), tenant.user("ben")
    wanted = {**TIER1, "unique_name": "mssp-b1-tier1", "members": [f"ada@{tenant.domain}"]}
    changed = {**wanted, "description": "Other words", "members": [ben]}

    predicted = play.check("aad_group", **wanted)
    nothing = play.list("groups" + SELECT)
    created = play.task("aad_group", **wanted)
    there = play.get("groups/" + created.ref("group.id") + SELECT)
    members = play.list("groups/" + created.ref("group.id") + "/members")
    again = play.task("aad_group", **wanted)
    predicted_change = play.check("aad_group", **changed)
    unchanged = play.get("groups/" + created.ref("group.id") + SELECT)
    change = play.task("aad_group", **changed)
    after = play.get("groups/" + created.ref("group.id") + SELECT)
    members_after = play.list("groups/" + created.ref("group.id") + "/members")
    change_again = play.task("aad_group", **changed)
    predicted_end = play.check("aad_group", name="Tier 1 Analyst", state="absent", force=True)
    still = play.list("groups" + SELECT)
    end = play.task("aad_group", name="Tier 1 Analyst", state="absent", force=True)
    gone = play.list("groups" + SELECT)
    end_again = play.task("aad_group", name="Tier 1 Analyst", state="absent", force=True)
    play.run()

    assert predicted.changed
    assert predicted.writes == []
    assert predicted.result["check_mode"] is True
    assert predicted.result["group"]["id"] == KNOWN_AFTER_APPLY
    assert predicted.result["group"]["displayName"] == "Tier 1 Analyst"
    assert nothing.result == []
    same_changes(predicted, created)
    assert created.paths == [("create", None), ("update", "members")]
    assert len(created.writes) == 2
    assert created.result["group"]["id"] == there.result["id"]
    assert {key: there.result[key] for key in ("displayName", "description", "mailNickname", "uniqueName")} == {
        "displayName": "Tier 1 Analyst",
        "description": "Analysts",
        "mailNickname": "tier1",
        "uniqueName": "mssp-b1-tier1",
    }
    assert (there.result["securityEnabled"], there.result["mailEnabled"], there.result["groupTypes"]) == (True, False, [])
    assert [member["id"] for member in members.result] == [ada]
    assert not again.changed
    assert (again.writes, again.changes) == ([], [])
    assert again.result["group"]["id"] == there.result["id"]

    assert predicted_change.changed
    assert predicted_change.writes == []
    assert unchanged.result == there.result
    same_changes(predicted_change, change)
    assert change.paths == [("update", "description"), ("update", "members")]
    assert [(x["before"], x["after"]) for x in change.changes] == [("Analysts", "Other words"), ([ada], [ben])]
    assert change.result["diff"]["before"] == {
        "displayName": "Tier 1 Analyst",
        "description": "Analysts",
        "mailNickname": "tier1",
        "uniqueName": "mssp-b1-tier1",
        "members": [ada],
    }
    assert change.result["diff"]["after"] == {**change.result["diff"]["before"], "description": "Other words", "members": [ben]}
    assert after.result == {**there.result, "description": "Other words"}
    assert [member["id"] for member in members_after.result] == [ben]
    assert not change_again.changed
    assert change_again.writes == []

    assert predicted_end.changed
    assert predicted_end.writes == []
    assert len(still.result) == 1
    same_changes(predicted_end, end)
    assert end.paths == [("delete", None)]
    assert end.result["group"] is None
    assert gone.result == []
    assert not end_again.changed
    assert end_again.writes == []


@pytest.mark.parametrize("relation", ["members", "owners"])
def test_people_exactly_or_at_least(play: Play, tenant: Tenant, relation: str) -> None:
    ada, ben, cyd = tenant.user("ada"), tenant.user("ben"), tenant.user("cyd")
    group = tenant.group("Tier 1 Analyst")
    link = f"groups/{group}/{relation}"
    by_id = {"group_id": group}

    appended = play.task("aad_group", **by_id, **{relation: [ada, f"BEN@{tenant.domain}"]}, append=True)
    play.link(link, cyd)
    more = play.task("aad_group", **by_id, **{relation: [ada]}, append=True)
    unstated = play.task("aad_group", **by_id, description="unstated people stay")
    still = play.list(link)
    exact = play.task("aad_group", **by_id, **{relation: [ada.upper()]})
    left = play.list(link)
    twice = play.task("aad_group", **by_id, **{relation: [ada, f"ada@{tenant.domain}"]})
    if relation == "members":
        predicted = play.check("aad_group", **by_id, members=[])
        cleared = play.task("aad_group", **by_id, members=[])
        nobody = play.list(link)
        users = play.list("users")
    play.run()

    assert (appended.paths, len(appended.writes)) == ([("update", relation)], 2)
    assert not more.changed
    assert unstated.paths == [("update", "description")]
    assert {x["id"] for x in still.result} == {ada, ben, cyd}
    assert (exact.paths, len(exact.writes)) == ([("update", relation)], 2)
    assert all(line.startswith("DELETE") and line.endswith("/$ref") for line in exact.writes)
    assert {x["id"] for x in left.result} == {ada}
    assert not twice.changed
    if relation == "members":
        same_changes(predicted, cleared)
        assert nobody.result == []
        # Removed from the group, and not from the directory.
        assert ada in {user["id"] for user in users.result}


def test_unstated_stays_and_stated_empty_clears(play: Play) -> None:
    play.task("aad_group", **TIER1)
    unstated = play.task("aad_group", name="Tier 1 Analyst")
    kept = play.list("groups" + SELECT)
    predicted = play.check("aad_group", name="Tier 1 Analyst", description="")
    empty = play.task("aad_group", name="Tier 1 Analyst", description="")
    cleared = play.list("groups" + SELECT)
    again = play.task("aad_group", name="Tier 1 Analyst", description="")
    play.run()

    assert not unstated.changed
    assert unstated.writes == []
    assert kept.result[0]["description"] == "Analysts"
    assert predicted.writes == []
    same_changes(predicted, empty)
    assert cleared.result[0]["description"] is None
    assert cleared.result[0]["mailNickname"] == "tier1"
    assert not again.changed


def test_a_nickname_is_made_from_any_name(play: Play) -> None:
    names = ["Tier 1 (Analyst) / 24x7", "Ünïcode «Analysten» O'Brien & Söhne"]
    made = [(play.task("aad_group", name=name), play.task("aad_group", name=name)) for name in names]
    there = play.list("groups" + SELECT)
    play.run()

    assert [first.changed for first, second in made] == [True, True]
    assert [second.changed for first, second in made] == [False, False]
    assert [group["displayName"] for group in there.result] == names


def test_unique_name_makes_one_group_however_often(play: Play) -> None:
    wanted = {**TIER1, "unique_name": "mssp-b1-tier1"}
    predicted = play.check("aad_group", **wanted)
    created = play.task("aad_group", **wanted)
    again = play.task("aad_group", **wanted)
    renamed = play.task("aad_group", **{**wanted, "name": "Tier One Analyst"})
    there = play.list("groups" + SELECT)
    play.run()

    same_changes(predicted, created)
    assert [line.split()[0] for line in created.writes] == ["PATCH"]
    assert created.result["group"]["uniqueName"] == "mssp-b1-tier1"
    assert again.writes == []
    # Found by its unique name, so another name is a change and not another group.
    assert renamed.paths == [("update", "displayName")]
    assert [(group["displayName"], group["uniqueName"]) for group in there.result] == [("Tier One Analyst", "mssp-b1-tier1")]


@pytest.mark.parametrize("unique_name", ["mssp-b1-tier1", None])
@pytest.mark.parametrize("fault", [{"drop": "after"}, {"status": 504, "after_work": True}, {"status": 503}])
def test_a_lost_answer_makes_no_second_group(play: Play, unique_name: str | None, fault: dict[str, t.Any]) -> None:
    wanted = {**TIER1, **({"unique_name": unique_name} if unique_name else {})}
    method = "PATCH" if unique_name else "POST"
    play.faults({"method": method, "path": "/groups", "times": 1, **fault})
    fails = unique_name is None and fault == {"status": 503}
    first = play.task("aad_group", **wanted, fails=fails)
    play.faults()
    second = play.task("aad_group", **wanted)
    there = play.list("groups" + SELECT)
    play.run()

    if fails:
        # Nothing was made and a POST is never sent twice: one sentence, and the next run makes it.
        assert "tier 1 analyst" in first.msg.lower()
        assert second.changed
    else:
        assert first.changed
        assert not second.changed
    assert len(there.result) == 1


def test_a_harmless_group_of_the_name_is_taken_over(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1 Analyst")
    predicted = play.check("aad_group", **TIER1, unique_name="mssp-b1-tier1", members=[])
    adopted = play.task("aad_group", **TIER1, unique_name="mssp-b1-tier1", members=[])
    again = play.task("aad_group", **TIER1, unique_name="mssp-b1-tier1", members=[])
    there = play.list("groups" + SELECT)
    play.run()

    same_changes(predicted, adopted)
    assert adopted.result["group"]["id"] == group
    assert [x["id"] for x in there.result] == [group]
    assert there.result[0]["uniqueName"] == "mssp-b1-tier1"
    assert not again.changed


@pytest.mark.parametrize("relation", ["members", "owners"])
def test_a_squatted_group_is_refused_before_any_write(play: Play, tenant: Tenant, relation: str) -> None:
    group = tenant.group("Tier 1 Analyst")
    tenant.link(f"groups/{group}/{relation}", tenant.user("dee"))
    predicted = play.refused("aad_group", check=True, **TIER1, unique_name="mssp-b1-tier1")
    refused = play.refused("aad_group", **TIER1, unique_name="mssp-b1-tier1")
    untouched = play.list("groups" + SELECT)
    named = play.task("aad_group", group_id=group, description="by id it is ours")
    adopted = play.task("aad_group", **TIER1, adopt=True)
    after = play.get(f"groups/{group}" + SELECT)
    play.run()

    for step in (predicted, refused):
        assert step.writes == []
        assert step.code == "AdoptionRefused"
        for words in ("Tier 1 Analyst", group, relation, "Dee", tenant.tenant_id, "adopt: true", "group_id"):
            assert words in step.msg
    assert [(x["uniqueName"], x["description"]) for x in untouched.result] == [(None, None)]
    assert named.changed
    assert adopted.changed
    assert after.result["description"] == "Analysts"


def test_a_group_whose_people_are_named_is_no_squatter(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1 Analyst")
    tenant.link(f"groups/{group}/members", tenant.user("dee"))
    adopted = play.task("aad_group", **TIER1, members=[f"dee@{tenant.domain}"])
    play.run()

    assert adopted.result["group"]["id"] == group
    assert "members" not in [prop for action, prop in adopted.paths]


def test_two_groups_of_one_name_are_an_error_with_both_ids(play: Play, tenant: Tenant) -> None:
    first, second = tenant.group("Tier 1 Analyst"), tenant.group("Tier 1 Analyst")
    refused = play.refused("aad_group", **TIER1)
    absent = play.refused("aad_group", name="Tier 1 Analyst", state="absent", force=True)
    by_id = play.task("aad_group", **TIER1, group_id=second)
    there = play.list("groups" + SELECT)
    play.run()

    for step in (refused, absent):
        assert (step.writes, step.code) == ([], "Ambiguous")
        assert first in step.msg
        assert second in step.msg
    assert by_id.result["group"]["id"] == second
    assert {group["id"]: group["description"] for group in there.result} == {first: None, second: "Analysts"}


def test_a_group_with_members_is_deleted_by_force_only(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1 Analyst")
    tenant.link(f"groups/{group}/members", tenant.user("ada"))
    predicted = play.refused("aad_group", check=True, name="Tier 1 Analyst", state="absent")
    refused = play.refused("aad_group", name="Tier 1 Analyst", state="absent")
    still = play.list("groups" + SELECT)
    forced = play.task("aad_group", name="Tier 1 Analyst", state="absent", force=True)
    gone = play.list("groups" + SELECT)
    deleted = play.list("directory/deletedItems/microsoft.graph.group")
    play.run()

    for step in (predicted, refused):
        assert (step.writes, step.code) == ([], "InUse")
        assert "1 member" in step.msg
        assert "force" in step.msg
    assert len(still.result) == 1
    assert forced.paths == [("delete", None)]
    assert gone.result == []
    assert [x["id"] for x in deleted.result] == [group]


def test_what_cannot_be_changed_is_said_before_any_write(play: Play) -> None:
    created = play.task("aad_group", **TIER1, unique_name="mssp-b1-tier1")
    role_assignable = play.refused("aad_group", **TIER1, role_assignable=True)
    unique_name = play.refused("aad_group", **TIER1, unique_name="mssp-b2-tier1")
    by_id = play.refused("aad_group", group_id=created.ref("group.id"), **TIER1, unique_name="mssp-b2-tier1")
    same = play.task("aad_group", **TIER1, role_assignable=False)
    play.run()

    assert (role_assignable.writes, role_assignable.code) == ([], "CannotBeChanged")
    for step in (unique_name, by_id):
        assert step.writes == []
        assert "mssp-b1-tier1" in step.msg
    assert not same.changed


def test_a_role_assignable_group(play: Play) -> None:
    predicted = play.check("aad_group", **TIER1, role_assignable=True)
    created = play.task("aad_group", **TIER1, role_assignable=True)
    again = play.task("aad_group", **TIER1, role_assignable=True)
    there = play.get("groups/" + created.ref("group.id") + SELECT)
    play.run()

    same_changes(predicted, created)
    assert there.result["isAssignableToRole"] is True
    assert not again.changed


def test_people_of_a_group_that_is_not_yet_visible(play: Play, tenant: Tenant) -> None:
    play.quirks(replication_lag_reads=2)
    created = play.task("aad_group", **TIER1, members=[tenant.user("ada")], unique_name="mssp-b1-tier1")
    for _replica in range(2):
        play.list("groups")
    again = play.task("aad_group", **TIER1, members=[tenant.user("ada")], unique_name="mssp-b1-tier1")
    there = play.list("groups" + SELECT)
    play.run()

    assert created.changed
    assert len(there.result) == 1
    assert not again.changed


def test_second_run_while_the_group_is_still_invisible(play: Play, tenant: Tenant) -> None:
    """The upsert finds the group, and a member that is in it already is nothing to do."""
    wanted = {"name": "Tier 1 Analyst", "members": [tenant.user("ada")], "unique_name": "mssp-b1-tier1"}
    play.quirks(replication_lag_reads=4)
    play.task("aad_group", **wanted)
    play.task("aad_group", **wanted)
    for _replica in range(4):
        play.list("groups")
    there = play.list("groups")
    play.run()

    assert len(there.result) == 1


def test_references_that_do_not_hold(play: Play, tenant: Tenant) -> None:
    absent = play.refused("aad_group", **TIER1, members=[f"nobody@{tenant.domain}"])
    in_check_mode = play.refused("aad_group", check=True, **TIER1, members=[f"nobody@{tenant.domain}"])
    empty = play.refused("aad_group", **TIER1, members=[""])
    later = play.refused("aad_group", **TIER1, members=[KNOWN_AFTER_APPLY])
    planned = play.check("aad_group", **TIER1, members=[KNOWN_AFTER_APPLY])
    no_id = play.refused("aad_group", **TIER1, group_id="b1000000-0000-4000-8000-00000000dead")
    none = play.list("groups" + SELECT)
    play.run()

    for step in (absent, in_check_mode, empty, later, no_id):
        assert (step.writes, step.code) == ([], "InvalidInput")
        assert tenant.tenant_id in step.msg
    assert f"nobody@{tenant.domain}" in absent.msg
    assert "check-mode" in later.msg
    assert planned.changes[1]["after"] == [KNOWN_AFTER_APPLY]
    assert none.result == []


def test_a_task_that_until_repeats_looks_again(tenant: Tenant, sandbox: Sandbox, tmp_path: Path) -> None:
    """Repetitions run in one process as the items of a loop do, but a repetition must not answer from what it read before."""
    task = {
        "name": "wait",
        "mssp.defender.aad_group": {"name": "Tier 1 Analyst"},
        "check_mode": True,
        "register": "planned",
        "until": "not planned.changed",
        "retries": 2,
        "delay": 0,
        "ignore_errors": True,
    }
    defaults = {"group/mssp.defender.graph": tenant.options()}
    sandbox.log.clear()
    result = run_playbook(
        [{"name": "Wait", "hosts": "all", "gather_facts": False, "module_defaults": defaults, "tasks": [task]}], tmp_path
    )

    assert result.task("wait").failed, str(result)
    asked = [entry["path"] for entry in sandbox.log.all(tenant.tenant_id) if entry["area"] == "graph"]
    assert len(asked) >= 2, asked
