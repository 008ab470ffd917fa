# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mde_role, by real playbook runs."""

from __future__ import annotations

import typing as t

import pytest
from harness.story import KNOWN_AFTER_APPLY, Play, Step, same_changes
from harness.tenants import ASSIGNMENTS, ROLES, Tenant

BASICS = "microsoft.xdr/secops/securitydata/basics/read"
ALERTS = "microsoft.xdr/secops/securitydata/alerts/manage"
RESPONSE = "microsoft.xdr/secops/securitydata/response/manage"
LIVE = "microsoft.xdr/secops/securitydata/liveresponse-basic/manage"
ROLE: dict[str, t.Any] = {"name": "Tier 1 Analysts", "description": "What tier 1 may do", "permissions": [BASICS, ALERTS]}


def of_name(step: Step, name: str = "Tier 1 Analysts") -> list[dict[str, t.Any]]:
    """The roles of this name in a list."""
    return [role for role in step.result if role["displayName"] == name]


def by_hand(tenant: Tenant, group: str | None = None, name: str = "Tier 1 Analysts", scopes: t.Sequence[str] = ("Mde",)) -> str:
    """A role made by hand, and an assignment to a group."""
    body = {"displayName": name, "rolePermissions": [{"allowedResourceActions": [BASICS]}]}
    role = str(tenant.post(ROLES, body, beta=True)["id"])
    if group:
        assign(tenant, role, group, scopes)
    return role


def assign(tenant: Tenant, role: str, group: str, scopes: t.Sequence[str] = ("Mde",)) -> str:
    """An assignment by hand."""
    body = {"displayName": "By hand", "roleDefinitionId": role, "principalIds": [group], "appScopeIds": list(scopes)}
    return str(tenant.post(ASSIGNMENTS, body, beta=True)["id"])


def test_from_nothing_to_nothing(play: Play, tenant: Tenant) -> None:
    group, other = tenant.group("Tier 1 Analyst"), tenant.group("Tier 1 Night Shift")
    wanted = {**ROLE, "assigned_groups": ["Tier 1 Analyst"]}
    changed = {
        **wanted,
        "description": "Other words",
        "permissions": [BASICS, RESPONSE],
        "assigned_groups": [group, other],
    }

    predicted = play.check("mde_role", **wanted)
    nothing, no_link = play.list(ROLES, beta=True), play.list(ASSIGNMENTS, beta=True)
    created = play.task("mde_role", **wanted)
    there, linked = play.list(ROLES, beta=True), play.list(ASSIGNMENTS, beta=True)
    again = play.task("mde_role", **wanted)
    predicted_change = play.check("mde_role", **changed)
    unchanged, still_linked = play.list(ROLES, beta=True), play.list(ASSIGNMENTS, beta=True)
    change = play.task("mde_role", **changed)
    after, linked_after = play.list(ROLES, beta=True), play.list(ASSIGNMENTS, beta=True)
    change_again = play.task("mde_role", **changed)
    absent = {"name": "Tier 1 Analysts", "state": "absent", "assigned_groups": [group, other]}
    predicted_end = play.check("mde_role", **absent)
    not_gone = play.list(ROLES, beta=True)
    end = play.task("mde_role", **absent)
    gone, unlinked = play.list(ROLES, beta=True), play.list(ASSIGNMENTS, beta=True)
    end_again = play.task("mde_role", **absent)
    play.run()

    assert predicted.changed
    assert predicted.writes == []
    assert predicted.result["role"]["id"] == KNOWN_AFTER_APPLY
    assert of_name(nothing) == no_link.result == []
    same_changes(predicted, created)
    assert created.paths == [("create", None), ("create", None)]
    assert [change["object"]["type"] for change in created.changes] == ["Defender role", "Defender role assignment"]
    assert len(created.writes) == 2
    (role,) = of_name(there)
    assert role["id"] == created.result["role"]["id"]
    assert (role["description"], role["isBuiltIn"]) == ("What tier 1 may do", False)
    assert [set(x["allowedResourceActions"]) for x in role["rolePermissions"]] == [{BASICS, ALERTS}]
    (link,) = linked.result
    assert (link["roleDefinitionId"], link["principalIds"], link["appScopeIds"]) == (role["id"], [group], ["Mde"])
    assert link["directoryScopeIds"] == []
    assert [x["id"] for x in created.result["assignments"]] == [link["id"]]
    assert not again.changed
    assert again.writes == []

    assert predicted_change.writes == []
    assert (unchanged.result, still_linked.result) == (there.result, linked.result)
    same_changes(predicted_change, change)
    assert change.paths == [
        ("update", "description"),
        ("update", "rolePermissions"),
        ("create", None),
        ("delete", None),
    ]
    (role_after,) = of_name(after)
    assert set(role_after["rolePermissions"][0]["allowedResourceActions"]) == {BASICS, RESPONSE}
    assert [(set(x["principalIds"]), x["appScopeIds"]) for x in linked_after.result] == [({group, other}, ["Mde"])]
    # Nobody is without the role in between: the new assignment comes before the old one goes.
    assert [line.split()[0] for line in change.writes] == ["PATCH", "POST", "DELETE"]
    assert not change_again.changed
    assert change_again.writes == []

    assert predicted_end.writes == []
    assert len(of_name(not_gone)) == 1
    same_changes(predicted_end, end)
    assert end.result["role"] is None
    assert of_name(gone) == unlinked.result == []
    assert (end_again.changed, end_again.writes) == (False, [])


def test_unstated_stays_and_stated_empty_clears(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1 Analyst")
    play.task("mde_role", **ROLE, assigned_groups=[group])
    unstated = play.task("mde_role", name="Tier 1 Analysts")
    kept, still = play.list(ROLES, beta=True), play.list(ASSIGNMENTS, beta=True)
    empty = play.task("mde_role", name="Tier 1 Analysts", description="")
    cleared = play.list(ROLES, beta=True)
    empty_again = play.task("mde_role", name="Tier 1 Analysts", description="")
    refused = play.refused("mde_role", name="Tier 1 Analysts", assigned_groups=[])
    predicted = play.check("mde_role", name="Tier 1 Analysts", assigned_groups=[], purge_assignments=True)
    nobody = play.task("mde_role", name="Tier 1 Analysts", assigned_groups=[], purge_assignments=True)
    none = play.list(ASSIGNMENTS, beta=True)
    play.run()

    assert (unstated.changed, unstated.writes) == (False, [])
    assert of_name(kept)[0]["description"] == "What tier 1 may do"
    assert len(still.result) == 1
    assert empty.paths == [("update", "description")]
    assert not of_name(cleared)[0]["description"]
    assert not empty_again.changed
    # Nobody is wanted, so the group that holds the role is somebody else.
    assert (refused.code, refused.writes) == ("AdoptionRefused", [])
    same_changes(predicted, nobody)
    assert nobody.paths == [("delete", None)]
    assert none.result == []


@pytest.mark.parametrize(
    "permissions",
    [
        ["secops/securitydata/basics/read", "secops/securitydata/alerts/manage"],
        ["view_data_security_operations", "alerts_investigation"],
        ["SecOps/SecurityData/Basics/Read", "microsoft.xdr/secops/SECURITYDATA/alerts/manage", BASICS],
        [ALERTS, BASICS],
    ],
    ids=["without prefix", "classic", "case", "order"],
)
def test_permissions_in_any_spelling_are_the_same(play: Play, permissions: list[str]) -> None:
    play.task("mde_role", **ROLE)
    again = play.task("mde_role", **{**ROLE, "permissions": permissions})
    play.run()

    assert (again.changed, again.writes) == (False, [])


def test_permissions_are_added_only(play: Play) -> None:
    """With `append` what the role has besides stays; what it grants already is no difference."""
    made = play.task("mde_role", **ROLE)
    more = {"name": ROLE["name"], "permissions": [ALERTS, "live_response_basic"], "append": True}
    predicted = play.check("mde_role", **more)
    added = play.task("mde_role", **more)
    there = play.get(f"{ROLES}/" + made.ref("role.id"), beta=True)
    again = play.task("mde_role", **more)
    fewer = play.task("mde_role", name=ROLE["name"], permissions=[BASICS], append=True)
    play.run()

    same_changes(predicted, added)
    assert predicted.writes == []
    assert added.paths == [("update", "rolePermissions")]
    live_response = "microsoft.xdr/secops/securitydata/liveresponse-basic/manage"
    wanted = {f"microsoft.xdr/{action.removeprefix('microsoft.xdr/')}" for action in (BASICS, ALERTS, live_response)}
    assert set(there.result["rolePermissions"][0]["allowedResourceActions"]) == wanted
    for silent in (again, fewer):
        assert (silent.changed, silent.writes) == (False, [])


def test_scopes_and_groups_are_added_only(play: Play, tenant: Tenant) -> None:
    """With `append` an assignment that is there stays; one that gives the groups these scopes already is enough."""
    group, more = tenant.group("Tier 1"), tenant.group("Tier 1 night shift")
    role = {"name": "Appended", "permissions": [ALERTS]}
    play.task("mde_role", **role, assigned_groups=[group], scopes=["Mde"])
    added = play.task("mde_role", **role, assigned_groups=[group], scopes=["Mdo"], append=True)
    both = play.list("roleManagement/defender/roleAssignments", beta=True)
    silent = play.task("mde_role", **role, assigned_groups=[group], scopes=["Mde"], append=True)
    others = play.task("mde_role", **role, assigned_groups=[group, more], scopes=["Mde"], append=True)
    covered = play.task("mde_role", **role, assigned_groups=[more], scopes=["Mde"], append=True, adopt=True)
    exact = play.task("mde_role", **role, assigned_groups=[group, more], scopes=["Mde"])
    left = play.list("roleManagement/defender/roleAssignments", beta=True)
    play.run()

    assert [line.split()[0] for line in added.writes] == ["POST"]
    assert sorted(x["appScopeIds"] for x in both.result) == [["Mde"], ["Mdo"]]
    assert (silent.changed, silent.writes) == (False, [])
    assert [line.split()[0] for line in others.writes] == ["POST"]
    assert (covered.changed, covered.writes) == (False, [])
    # Without it the assignment is exactly what is stated.
    assert [line.split()[0] for line in exact.writes] == ["DELETE", "DELETE"]
    assert [(set(x["principalIds"]), x["appScopeIds"]) for x in left.result] == [({group, more}, ["Mde"])]


def test_what_the_service_reduces_is_no_difference(play: Play) -> None:
    wide = {**ROLE, "permissions": ["secops/*/manage", "secops/securitydata/*/read", BASICS, ALERTS, "secops/*/read"]}
    predicted = play.check("mde_role", **wide)
    created = play.task("mde_role", **wide)
    stored = play.list(ROLES, beta=True)
    again = play.task("mde_role", **wide)
    only = play.task("mde_role", **{**ROLE, "permissions": ["secops/*/manage"]})
    narrower = play.task("mde_role", **{**ROLE, "permissions": ["secops/*/read"]})
    play.run()

    same_changes(predicted, created)
    assert of_name(stored)[0]["rolePermissions"][0]["allowedResourceActions"] == ["microsoft.xdr/secops/*/manage"]
    assert (again.changed, only.changed) == (False, False)
    assert narrower.paths == [("update", "rolePermissions")]


def test_what_the_service_keeps_unreduced_is_no_difference_either(play: Play) -> None:
    play.quirks(reduce_actions=False)
    wide = {**ROLE, "permissions": ["secops/*/manage", BASICS]}
    play.task("mde_role", **wide)
    again = play.task("mde_role", **wide)
    less = play.task("mde_role", **{**ROLE, "permissions": ["secops/*/manage"]})
    play.run()

    assert (again.changed, less.changed) == (False, False)


def test_a_wider_scope_is_replaced(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1 Analyst")
    role = by_hand(tenant, group, scopes=["/"])
    wanted = {"name": "Tier 1 Analysts", "assigned_groups": [group]}
    predicted = play.check("mde_role", **wanted)
    narrowed = play.task("mde_role", **wanted)
    links = play.list(ASSIGNMENTS, beta=True)
    again = play.task("mde_role", **wanted)
    both = play.task("mde_role", **wanted, scopes=["Mdo", "mde"])
    two = play.list(ASSIGNMENTS, beta=True)
    both_again = play.task("mde_role", **wanted, scopes=["Mde", "Mdo"])
    play.run()

    same_changes(predicted, narrowed)
    assert narrowed.paths == [("create", None), ("delete", None)]
    assert [(x["roleDefinitionId"], x["appScopeIds"]) for x in links.result] == [(role, ["Mde"])]
    assert not again.changed
    assert both.changed
    assert [{scope.lower() for scope in x["appScopeIds"]} for x in two.result] == [{"mde", "mdo"}]
    assert not both_again.changed


def test_an_assignment_by_the_portal_is_recognised(play: Play, tenant: Tenant) -> None:
    """The portal writes `/` as the directory scope beside the data sources."""
    group = tenant.group("Tier 1 Analyst")
    role = by_hand(tenant)
    body = {
        "displayName": "By the portal",
        "roleDefinitionId": role,
        "principalIds": [group],
        "directoryScopeIds": ["/"],
        "appScopeIds": ["Mde"],
    }
    tenant.post(ASSIGNMENTS, body, beta=True)
    same = play.task("mde_role", name="Tier 1 Analysts", assigned_groups=[group])
    play.run()

    assert (same.changed, same.writes) == (False, [])


def test_somebody_elses_assignment(play: Play, tenant: Tenant) -> None:
    ours, theirs = tenant.group("Tier 1 Analyst"), tenant.group("Squatters")
    role = by_hand(tenant, theirs)
    wanted = {**ROLE, "assigned_groups": [ours]}
    predicted = play.refused("mde_role", check=True, **wanted)
    refused = play.refused("mde_role", **wanted)
    untouched = play.list(ROLES, beta=True)
    adopted = play.task("mde_role", **wanted, adopt=True)
    two = play.list(ASSIGNMENTS, beta=True)
    predicted_purge = play.check("mde_role", **wanted, purge_assignments=True)
    purged = play.task("mde_role", **wanted, purge_assignments=True)
    one = play.list(ASSIGNMENTS, beta=True)
    again = play.task("mde_role", **wanted)
    play.run()

    for step in (predicted, refused):
        assert (step.writes, step.code) == ([], "AdoptionRefused")
        for words in (role, theirs, tenant.tenant_id, "adopt: true", "purge_assignments: true"):
            assert words in step.msg
    assert of_name(untouched)[0]["rolePermissions"][0]["allowedResourceActions"] == [BASICS]
    assert adopted.changed
    assert sorted(x["principalIds"] for x in two.result) == sorted([[ours], [theirs]])
    same_changes(predicted_purge, purged)
    assert purged.paths == [("delete", None)]
    assert [x["principalIds"] for x in one.result] == [[ours]]
    assert not again.changed


def test_a_role_that_others_hold_is_deleted_by_force_only(play: Play, tenant: Tenant) -> None:
    by_hand(tenant, tenant.group("Squatters"))
    absent = {"name": "Tier 1 Analysts", "state": "absent"}
    predicted = play.refused("mde_role", check=True, **absent)
    refused = play.refused("mde_role", **absent)
    still = play.list(ROLES, beta=True)
    forced = play.task("mde_role", **absent, force=True)
    gone, links = play.list(ROLES, beta=True), play.list(ASSIGNMENTS, beta=True)
    play.run()

    for step in (predicted, refused):
        assert (step.writes, step.code) == ([], "InUse")
    assert len(of_name(still)) == 1
    assert forced.paths == [("delete", None)]
    assert of_name(gone) == links.result == []


def test_two_roles_of_one_name_are_an_error_with_both_ids(play: Play, tenant: Tenant) -> None:
    first, second = by_hand(tenant), by_hand(tenant)
    refused = play.refused("mde_role", **ROLE)
    play.task("mde_role", role_id=second, description="the second one")
    roles = play.list(ROLES, beta=True)
    play.run()

    assert (refused.writes, refused.code) == ([], "Ambiguous")
    assert first in refused.msg
    assert second in refused.msg
    assert {role["id"]: role["description"] for role in of_name(roles)} == {first: None, second: "the second one"}


def test_built_in_roles_are_left_alone(play: Play) -> None:
    refused = play.refused("mde_role", name="Microsoft Defender readers", permissions=[BASICS])
    play.run()

    assert (refused.writes, refused.code) == ([], "CannotBeAdopted")
    assert "built-in" in refused.msg


def test_the_location_header_is_not_followed(play: Play, tenant: Tenant) -> None:
    """It points to http, and a client that follows it sends its token in clear text."""
    group = tenant.group("Tier 1 Analyst")
    play.quirks(http_location=True)
    created = play.task("mde_role", **ROLE, assigned_groups=[group])
    again = play.task("mde_role", **ROLE, assigned_groups=[group])
    play.run()

    assert created.changed
    assert len(created.writes) == 2
    assert not again.changed


@pytest.mark.parametrize("reads", [1, 3])
def test_lists_that_repeat_or_lag(play: Play, tenant: Tenant, reads: int) -> None:
    """A list of roles that does not show a new one yet must not lead to a second one within a run."""
    group = tenant.group("Tier 1 Analyst")
    play.quirks(read_lag=reads)
    created = play.task("mde_role", **ROLE, assigned_groups=[group])
    for _lagging in range(reads):
        play.list(ROLES, beta=True)
        play.list(ASSIGNMENTS, beta=True)
    again = play.task("mde_role", **ROLE, assigned_groups=[group])
    roles, links = play.list(ROLES, beta=True), play.list(ASSIGNMENTS, beta=True)
    play.run()

    assert created.changed
    assert not again.changed
    assert (len(of_name(roles)), len(links.result)) == (1, 1)


@pytest.mark.parametrize("patch_answers_body", [False, True])
@pytest.mark.parametrize("page", [False, True])
def test_forms_of_answers(play: Play, patch_answers_body: bool, page: bool) -> None:
    play.quirks(patch_answers_body=patch_answers_body, empty_pages=page)
    play.task("mde_role", **ROLE)
    changed = play.task("mde_role", **{**ROLE, "description": "Other words"})
    again = play.task("mde_role", **{**ROLE, "description": "Other words"})
    roles = play.list(ROLES, beta=True)
    play.run()

    assert changed.result["role"]["description"] == "Other words"
    assert not again.changed
    assert len(of_name(roles)) == 1


def test_a_lost_answer_makes_no_second_role(play: Play, tenant: Tenant) -> None:
    group = tenant.group("Tier 1 Analyst")
    play.faults(
        {"method": "POST", "path": "roleDefinitions|roleAssignments", "request": 1, "drop": "after"},
        {"method": "POST", "path": "roleAssignments", "request": 1, "status": 504, "after_work": True},
    )
    created = play.task("mde_role", **ROLE, assigned_groups=[group])
    play.faults()
    again = play.task("mde_role", **ROLE, assigned_groups=[group])
    roles, links = play.list(ROLES, beta=True), play.list(ASSIGNMENTS, beta=True)
    play.run()

    assert created.changed
    assert not again.changed
    assert (len(of_name(roles)), len(links.result)) == (1, 1)


@pytest.mark.parametrize("answer", ["forbidden", "empty"])
def test_a_tenant_without_unified_rbac(play: Play, tenant: Tenant, answer: str) -> None:
    play.quirks(urbac_active=False, urbac_inactive_answer=answer)
    refused = play.refused("mde_role", **ROLE)
    play.run()

    assert tenant.tenant_id in refused.msg
    assert refused.msg.count("\n") == 0
    assert refused.result["failure"]["status"] in (403, 404, None)


def test_permissions_that_are_none(play: Play) -> None:
    nonsense = play.refused("mde_role", **{**ROLE, "permissions": ["live response please"]})
    unknown = play.refused("mde_role", **{**ROLE, "permissions": ["secops/securitydata/nosuchthing/manage"]})
    none = play.list(ROLES, beta=True)
    play.run()

    assert (nonsense.code, nonsense.writes) == ("InvalidInput", [])
    assert "live response please" in nonsense.msg
    assert "nosuchthing" in unknown.msg
    assert unknown.result["failure"]["status"] == 400
    assert of_name(none) == []


def test_a_reference_from_check_mode(play: Play) -> None:
    group = play.check("aad_group", name="Tier 1 Analyst")
    planned = play.check("mde_role", **ROLE, assigned_groups=[group.ref("group")])
    refused = play.refused("mde_role", **ROLE, assigned_groups=[group.ref("group.id")])
    typo = play.refused("mde_role", check=True, **ROLE, assigned_groups=["Tier 1 Anylast"])
    play.run()

    assert planned.changes[1]["after"]["principalIds"] == [KNOWN_AFTER_APPLY]
    assert (refused.code, refused.writes) == ("InvalidInput", [])
    assert "Tier 1 Anylast" in typo.msg
