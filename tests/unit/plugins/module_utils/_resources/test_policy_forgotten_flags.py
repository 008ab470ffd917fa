# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Flags that some tenants' services accept and do not keep (practice S8)."""

from __future__ import annotations

from ansible_collections.mssp.defender.plugins.module_utils._paths import pick
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.tests.unit.fakes import C, answer, page, writes
from ansible_collections.mssp.defender.tests.unit.plugins.module_utils._resources.policy_building import (
    LISTED,
    PACKAGE,
    POLICIES,
    desired,
    make,
)

REQUESTOR = "requestApprovalSettings.isRequestorJustificationRequired"
APPROVER = "requestApprovalSettings.stages.0.isApproverJustificationRequired"
FORGETFUL = {"name": "p", "approval": {"requestor_justification": True, "stages": [{"approver_justification": True}]}}


def stored_without_flags(**more):
    stage = {"isApproverJustificationRequired": False}
    settings = {"isRequestorJustificationRequired": False, "stages": [stage]}
    return {"id": C, "displayName": "p", "accessPackage": {"id": PACKAGE}, "requestApprovalSettings": settings, **more}


def test_what_the_service_forgets_is_told_and_is_no_change():
    before, after = stored_without_flags(modifiedDateTime="1"), stored_without_flags(modifiedDateTime="2")
    table = {LISTED: [page(before), page(after)], f"GET {POLICIES}/{C}": before, f"PUT {POLICIES}/{C}": answer(200, {"id": C})}
    resource, http = make(table, desired(FORGETFUL))
    outcome = reconcile(resource)
    assert pick(writes(http)[-1].body, REQUESTOR) is True
    assert pick(writes(http)[-1].body, APPROVER) is True
    assert (outcome.changes, outcome.changed) == ([], False)
    assert outcome.before == outcome.after
    assert pick(outcome.entity, APPROVER) is False
    (note,) = resource.notes
    assert note.startswith(f"the service of this tenant does not keep {REQUESTOR}, {APPROVER} of the assignment policy")


def test_what_else_was_changed_is_still_told():
    before = stored_without_flags(modifiedDateTime="1", description="old")
    after = stored_without_flags(modifiedDateTime="2", description="new")
    table = {LISTED: [page(before), page(after)], f"GET {POLICIES}/{C}": before, f"PUT {POLICIES}/{C}": answer(200, {"id": C})}
    resource, http = make(table, desired({**FORGETFUL, "description": "new"}))
    outcome = reconcile(resource)
    assert [change.property for change in outcome.changes] == ["description"]


def test_what_a_new_policy_does_not_keep_is_told():
    table = {LISTED: page(), f"POST {POLICIES}": answer(201, stored_without_flags())}
    resource, http = make(table, desired(FORGETFUL))
    outcome = reconcile(resource)
    assert [change.action for change in outcome.changes] == ["create"]
    assert pick(outcome.entity, REQUESTOR) is False
    assert len(resource.notes) == 1


def test_a_flag_that_is_kept_is_a_change_like_any_other():
    before = stored_without_flags(modifiedDateTime="1")
    kept = {**desired(FORGETFUL), "id": C, "accessPackage": {"id": PACKAGE}, "modifiedDateTime": "2"}
    table = {LISTED: [page(before), page(kept)], f"GET {POLICIES}/{C}": before, f"PUT {POLICIES}/{C}": answer(200, {"id": C})}
    resource, http = make(table, desired(FORGETFUL))
    outcome = reconcile(resource)
    assert [change.property for change in outcome.changes] == [REQUESTOR, APPROVER]
    assert list(resource.notes) == []


def test_a_read_that_does_not_know_the_write_yet_proves_nothing():
    before = stored_without_flags(modifiedDateTime="1")
    table = {LISTED: [page(before), page(before)], f"GET {POLICIES}/{C}": before, f"PUT {POLICIES}/{C}": answer(200, {"id": C})}
    resource, http = make(table, desired(FORGETFUL))
    assert [change.property for change in reconcile(resource).changes] == [REQUESTOR, APPROVER]


def test_a_flag_that_is_to_be_off_is_not_read_again():
    before = stored_without_flags(modifiedDateTime="1")
    before["requestApprovalSettings"]["isRequestorJustificationRequired"] = True
    table = {LISTED: [page(before)], f"GET {POLICIES}/{C}": before, f"PUT {POLICIES}/{C}": answer(200, {"id": C})}
    resource, http = make(table, desired({"name": "p", "approval": {"requestor_justification": False}}))
    assert [change.property for change in reconcile(resource).changes] == [REQUESTOR]
