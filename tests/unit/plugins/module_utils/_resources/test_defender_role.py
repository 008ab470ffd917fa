# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Defender roles and their assignments: what is sent, and every sentence they refuse with."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import DefenderRole
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Clock, D, Routes, answer, graph, page, refusal, writes

ROLES = "roleManagement/defender/roleDefinitions"
ASSIGNMENTS = "roleManagement/defender/roleAssignments"
ACTIONS = [{"allowedResourceActions": ["microsoft.xdr/secops/securitydata/alerts/manage"]}]
ROLE = {"id": A, "displayName": "Tier 1", "description": "", "isBuiltIn": False, "rolePermissions": ACTIONS}
ASSIGNMENT = {"id": "as-1", "roleDefinitionId": A, "principalIds": [B], "appScopeIds": ["Mde"]}


def role(table, desired=None, **options):
    http = Routes(table)
    return DefenderRole(graph(http), dict(desired or {"displayName": "Tier 1", "rolePermissions": ACTIONS}), **options), http


def test_a_new_role_with_its_assignment():
    table = {
        f"GET {ROLES}": page(),
        f"POST {ROLES}": answer(201, {"id": A}),
        f"POST {ASSIGNMENTS}": answer(201, {**ASSIGNMENT}),
        f"GET {ASSIGNMENTS}": page(ASSIGNMENT),
    }
    resource, http = role(table, groups=[Ref(B, "Tier 1 Analyst")])
    reconcile(resource)
    assert {sent.url.split("/")[3] for sent in http.sent} == {"beta"}
    assert "@odata.type" not in str([sent.body for sent in http.sent])
    assert writes(http)[1].body == {"displayName": "Tier 1", "roleDefinitionId": A, "principalIds": [B], "appScopeIds": ["Mde"]}


def twin(identifier):
    return {**ROLE, "id": identifier}


@pytest.mark.parametrize(
    ("mine", "listed", "kept", "paused"),
    [
        # The larger id gives way at once.
        (D, [page(twin(A), twin(D)), page(twin(A))], A, 0),
        # The smaller one waits: the other gave way, or it had looked before and stays.
        (A, [page(twin(A), twin(D)), page(twin(A))], A, 2),
        (A, [page(twin(A), twin(D)), page(twin(A), twin(D)), page(twin(D))], D, 2),
        (A, [page(twin(A))], A, 0),
        # A list that does not show ours yet.
        (A, [page()], A, 0),
    ],
)
def test_of_two_roles_that_two_runs_make_at_the_same_moment_one_is_kept(mine, listed, kept, paused):
    table = {
        f"GET {ROLES}": [page(), *listed],
        f"POST {ROLES}": answer(201, {"id": mine}),
        f"DELETE {ROLES}/{mine}": answer(204),
    }
    clock = Clock()
    resource, http = role(table)
    resource.graph.budget = Budget(300, clock)
    assert reconcile(resource).entity["id"] == kept
    assert [sent.method for sent in writes(http)] == ["POST", *(["DELETE"] if kept != mine else [])]
    assert sum(clock.slept) == paused


def test_when_neither_is_left_the_next_run_is_asked_for():
    table = {
        f"GET {ROLES}": [page(), page(twin(A), twin(D)), *(page() for dummy in range(9))],
        f"POST {ROLES}": answer(201, {"id": D}),
        f"DELETE {ROLES}/{D}": answer(204),
    }
    resource, dummy = role(table)
    with pytest.raises(GraphError) as caught:
        reconcile(resource)
    assert caught.value.code == "MadeTwice"
    assert str(caught.value) == (
        "Cannot create the Defender role 'Tier 1': another run has made this role at the same moment. "
        "Whether it was created is not known; run again: the next run looks for it first."
    )


def test_an_assignment_that_another_run_made_at_the_same_moment_is_taken():
    other = {**ASSIGNMENT, "id": "as-0"}
    table = {
        f"GET {ROLES}": page(ROLE),
        f"GET {ASSIGNMENTS}": [page(), page(other, ASSIGNMENT), page(other)],
        f"POST {ASSIGNMENTS}": answer(201, {**ASSIGNMENT}),
        f"DELETE {ASSIGNMENTS}/as-1": answer(204),
    }
    resource, http = role(table, groups=[Ref(B, "T1")], adopt=True)
    (link,) = reconcile(resource).entity["assignments"]
    assert link["id"] == "as-0"
    assert [sent.method for sent in writes(http)] == ["POST", "DELETE"]


@pytest.mark.parametrize(
    "stored",
    [
        ["microsoft.xdr/secops/securitydata/alerts/manage", "microsoft.xdr/secops/securitydata/alerts/read"],
        ["Microsoft.XDR/SecOps/SecurityData/Alerts/Manage"],
    ],
)
def test_actions_are_compared_by_what_they_grant(stored):
    resource, dummy = role({f"GET {ROLES}": page({**ROLE, "rolePermissions": [{"allowedResourceActions": stored}]})})
    assert reconcile(resource).changes == []


def test_the_assignment_is_replaced_by_adding_before_removing():
    table = {
        f"GET {ROLES}": page(ROLE),
        f"GET {ASSIGNMENTS}": page({**ASSIGNMENT, "appScopeIds": ["Mdo"]}, {**ASSIGNMENT, "roleDefinitionId": C}),
        f"POST {ASSIGNMENTS}": answer(201, {**ASSIGNMENT, "id": "as-2"}),
        f"DELETE {ASSIGNMENTS}/as-1": answer(204),
    }
    resource, http = role(table, groups=[Ref(B, "g")])
    outcome = reconcile(resource)
    assert [sent.method for sent in writes(http)] == ["POST", "DELETE"]
    assert outcome.entity["assignments"] == [{"principalIds": [B], "appScopeIds": ["Mde"], "id": "as-2"}]


@pytest.mark.parametrize(
    ("held", "log"),
    [
        # The same, or more to more groups: nothing to do.
        ([{"principalIds": [B], "appScopeIds": ["Mde"]}], []),
        ([{"principalIds": [C, B.upper()], "appScopeIds": ["Mdo", "mde"]}], []),
        ([{"principalIds": [B], "directoryScopeIds": ["Mde"]}], []),
        # Less: one more, and theirs stay.
        ([{"principalIds": [B], "appScopeIds": ["Mdo"]}], ["POST"]),
        ([{"principalIds": [C], "appScopeIds": ["Mde"]}], ["POST"]),
        ([{"principalIds": [B], "appScopeIds": ["Mdo"]}, {"principalIds": [B], "appScopeIds": ["Mde"]}], []),
    ],
)
def test_assignments_that_are_only_added_to(held, log):
    listed = [{"id": f"{number}", "roleDefinitionId": A, **item} for number, item in enumerate(held)]
    made = {f"POST {ASSIGNMENTS}": lambda sent: answer(201, {"id": D, **sent.body})}
    table = {f"GET {ROLES}": page(ROLE), f"GET {ASSIGNMENTS}": page(*listed), **made}
    resource, http = role(table, groups=[Ref(B, "T1")], append=True, adopt=True)
    outcome = reconcile(resource)
    assert [sent.method for sent in writes(http)] == log
    assert len(outcome.changes) == len(log)


def test_a_scope_that_was_widened_is_taken_back():
    table = {
        f"GET {ROLES}": page(ROLE),
        f"GET {ASSIGNMENTS}": page(),
        f"POST {ASSIGNMENTS}": answer(201, {**ASSIGNMENT, "appScopeIds": ["/"]}),
        f"DELETE {ASSIGNMENTS}/as-1": answer(204),
    }
    resource, http = role(table, groups=[Ref(B, "g")])
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert caught.value.code == "ScopeWidened"
    assert "Defender stored the assignment with the scopes ['/'] instead of ['Mde']; it was taken back." in str(caught.value)
    assert [sent.method for sent in writes(http)] == ["POST", "DELETE"]


FOREIGN = {**ASSIGNMENT, "id": "as-9", "principalIds": [C]}


def test_a_role_that_others_hold_is_not_taken_over():
    resource, http = role({f"GET {ROLES}": page(ROLE), f"GET {ASSIGNMENTS}": page(ASSIGNMENT, FOREIGN)}, groups=[Ref(B, "g")])
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        f"Cannot take over the Defender role 'Tier 1': a role of this name (id {A}) is assigned to others as well ({C}), "
        "who would gain what is granted to it now. "
        "Check who they are; then set adopt: true to leave them, or purge_assignments: true to remove them."
    )
    assert writes(http) == []


@pytest.mark.parametrize(
    ("options", "log"),
    [
        ({"adopt": True}, []),
        ({"purge_foreign": True}, [f"DELETE /beta/{ASSIGNMENTS}/as-9"]),
        ({"role_id": A}, []),
    ],
)
def test_what_becomes_of_others(options, log):
    table = {
        f"GET {ROLES}": page(ROLE),
        f"GET {ASSIGNMENTS}": page(ASSIGNMENT, FOREIGN),
        f"DELETE {ASSIGNMENTS}/as-9": answer(204),
    }
    resource, http = role(table, groups=[Ref(B.upper(), "g")], **options)
    reconcile(resource)
    assert [str(sent) for sent in writes(http)] == log


MIXED = {"id": "as-2", "roleDefinitionId": A, "principalIds": [B, C], "appScopeIds": ["Mde"]}
OURS = [ASSIGNMENT, {**ASSIGNMENT, "id": "as-3", "appScopeIds": ["/"]}]


def test_groups_lose_a_role_and_others_keep_it():
    gone = {f"DELETE {ASSIGNMENTS}/{x['id']}": answer(204) for x in OURS}
    table = {f"GET {ROLES}": page(ROLE), f"GET {ASSIGNMENTS}": page(*OURS, FOREIGN, MIXED), **gone}
    resource, http = role(table, groups=[Ref(B.upper(), "g")], unassign=True)
    outcome = reconcile(resource)
    assert [sent.path.rpartition("/")[2] for sent in writes(http)] == [x["id"] for x in OURS]
    assert [change.action for change in outcome.changes] == ["delete", "delete"]


def test_a_built_in_role_can_be_taken_away_and_neither_changed_nor_deleted():
    table = {f"GET {ROLES}": page({**ROLE, "isBuiltIn": True}), f"GET {ASSIGNMENTS}": page(*OURS)}
    table.update({f"DELETE {ASSIGNMENTS}/{x['id']}": answer(204) for x in OURS})
    resource, http = role(table, groups=[Ref(B, "g")], unassign=True)
    reconcile(resource)
    assert len(writes(http)) == len(OURS)
    for more, state in (({}, "present"), ({"unassign": True}, "absent")):
        resource, http = role(table, groups=[Ref(B, "g")], **more)
        with pytest.raises(Failure, match="it is a built-in role of Defender"):
            reconcile(resource, state=state)
        assert writes(http) == []


@pytest.mark.parametrize(("held", "deleted"), [(OURS, True), ([*OURS, MIXED], False), ([FOREIGN], False)])
def test_a_role_that_only_those_groups_hold_is_deleted(held, deleted):
    table = {f"GET {ROLES}": page(ROLE), f"GET {ASSIGNMENTS}": page(*held), f"DELETE {ROLES}/{A}": answer(204)}
    resource, http = role(table, groups=[Ref(B, "g")], unassign=True)
    if deleted:
        reconcile(resource, state="absent")
    else:
        with pytest.raises(Failure, match="1 assignment to others"):
            reconcile(resource, state="absent")
    assert len(writes(http)) == int(deleted)


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (
            {f"GET {ROLES}": page(ROLE, {**ROLE, "id": B})},
            {},
            f"2 Defender roles have this name ({A}, {B}). "
            "Name the right one by role_id, or delete the others in the Defender portal.",
        ),
        (
            {f"GET {ROLES}": page(ROLE)},
            {"role_id": C},
            f"there is no Defender role with the id {C}. Check the id, or leave it out and name the object.",
        ),
        ({f"GET {ROLES}": page({**ROLE, "isBuiltIn": True})}, {}, "it is a built-in role of Defender. Choose another name."),
    ],
)
def test_roles_that_cannot_be(table, options, words):
    resource, dummy = role(table, **options)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value).partition(": ")[2] == words


def test_unified_rbac_that_does_not_answer():
    resource, dummy = role({f"GET {ROLES}": refusal(404, "NotFound", "No.", request_id="r-1")})
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    text = str(caught.value)
    assert "Defender's unified role-based access control does not answer in this tenant (Graph answered 404 NotFound" in text
    assert "Defender for Endpoint Plan 2" in text
    assert (caught.value.status, caught.value.request_id) == (404, "r-1")


def test_an_answer_without_a_body_is_looked_up_and_not_posted_again():
    table = {f"GET {ROLES}": [page(), page(), page(ROLE)], f"POST {ROLES}": [answer(201)]}
    resource, http = role(table)
    assert reconcile(resource).entity["id"] == A
    assert len(writes(http)) == 1


@pytest.mark.parametrize(
    ("held", "words"), [([FOREIGN], "1 assignment to others"), ([FOREIGN, FOREIGN], "2 assignments to others")]
)
def test_a_role_that_others_hold_is_not_deleted(held, words):
    resource, dummy = role({f"GET {ROLES}": page(ROLE), f"GET {ASSIGNMENTS}": page(*held)}, groups=[Ref(B, "g")])
    with pytest.raises(Failure) as caught:
        reconcile(resource, state="absent")
    assert words in str(caught.value)
