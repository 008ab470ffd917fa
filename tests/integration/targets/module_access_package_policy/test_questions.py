# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions of a policy, by real playbook runs."""

from __future__ import annotations

import typing as t

from harness.story import Play, same_changes
from harness.tenants import EM, Tenant

TICKET = {"text": "Ticket?", "required": True, "pattern": "[0-9]+"}
SHIFT = {"text": "Shift?", "choices": ["day", "night"]}


def test_questions(play: Play, tenant: Tenant) -> None:
    """Asked, silent, changed with their ids kept, drifted by hand, cleared; not stated, they stay."""
    catalog = tenant.post(f"{EM}/catalogs", {"displayName": "MSSP Accesses"})["id"]
    package = tenant.post(f"{EM}/accessPackages", {"displayName": "Tier 1", "catalog": {"id": catalog}})["id"]
    policy: dict[str, t.Any] = {"name": "P", "access_package": package}
    wanted = {**policy, "questions": [TICKET, SHIFT]}
    other = {**policy, "questions": [SHIFT, {**TICKET, "required": False}]}

    predicted = play.check("access_package_policy", **wanted)
    created = play.task("access_package_policy", **wanted)
    at = f"{EM}/assignmentPolicies/" + created.ref("policy.id")
    first = play.get(at)
    again = play.task("access_package_policy", **wanted)
    unstated = play.task("access_package_policy", **policy)
    predicted_change = play.check("access_package_policy", **other)
    change = play.task("access_package_policy", **other)
    second = play.get(at)
    described = play.task("access_package_policy", **policy, description="Other words")
    third = play.get(at)
    body = {"displayName": "P", "description": "Other words", "accessPackage": {"id": package}, "questions": []}
    play.send("PUT", at, {**body, "allowedTargetScope": "notSpecified", "expiration": {"type": "noExpiration"}})
    drift = play.check("access_package_policy", **other)
    mended = play.task("access_package_policy", **other)
    fourth = play.get(at)
    cleared = play.task("access_package_policy", **policy, questions=[])
    none = play.get(at)
    refused = play.refused("access_package_policy", **policy, questions=[TICKET, TICKET])
    play.run()

    same_changes(predicted, created)
    asked = {question["text"]: question for question in first.result["questions"]}
    assert asked["Ticket?"]["@odata.type"] == "#microsoft.graph.accessPackageTextInputQuestion"
    assert (asked["Ticket?"]["isRequired"], asked["Ticket?"]["regexPattern"]) == (True, "[0-9]+")
    assert [choice["actualValue"] for choice in asked["Shift?"]["choices"]] == ["day", "night"]
    for silent in (again, unstated):
        assert (silent.changed, silent.writes) == (False, [])
    same_changes(predicted_change, change)
    assert change.paths == [("update", "questions")]
    after = {question["text"]: question for question in second.result["questions"]}
    assert {text: question["id"] for text, question in after.items()} == {text: x["id"] for text, x in asked.items()}
    assert (after["Shift?"]["sequence"], after["Ticket?"]["isRequired"]) == (0, False)
    assert described.paths == [("update", "description")]
    assert third.result["questions"] == second.result["questions"]
    assert (drift.paths, drift.writes) == ([("update", "questions")], [])
    assert drift.result["diff"]["before"]["questions"] == []
    same_changes(drift, mended)
    assert sorted(x["text"] for x in fourth.result["questions"]) == ["Shift?", "Ticket?"]
    assert cleared.paths == [("update", "questions")]
    assert none.result["questions"] == []
    assert "questions asks 'Ticket?' twice" in refused.msg
    assert refused.writes == []
