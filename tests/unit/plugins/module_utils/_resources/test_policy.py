# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Assignment policies: found, created, refused."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._paths import has, pick
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import COMPUTED_START, STAGES, Policy
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.tests.unit.fakes import B, C, answer, page, refusal, writes
from ansible_collections.mssp.defender.tests.unit.plugins.module_utils._resources.policy_building import (
    EM,
    EVERYTHING,
    LISTED,
    POLICIES,
    STORED,
    TIER_1,
    desired,
    make,
)


def test_the_published_policy_for_tier_1():
    table = {LISTED: page(), f"POST {POLICIES}": lambda sent: answer(201, {"id": C, **sent.body})}
    resource, http = make(table)
    outcome = reconcile(resource)
    sent = writes(http)[-1].body
    # Graph reads a missing list of questions as an empty one (the same decision allows to leave it out of a POST).
    assert {"questions": [], **sent} == TIER_1
    assert outcome.entity["id"] == C


def test_the_published_policy_is_recognised_however_graph_writes_it():
    resource, http = make({LISTED: page(STORED)})
    outcome = reconcile(resource)
    assert outcome.changes == []
    assert {sent.method for sent in http.sent} == {"GET"}


def test_check_mode_creates_nothing_and_says_that_the_start_will_be_computed():
    resource, http = make({LISTED: page()})
    outcome = reconcile(resource, check_mode=True)
    assert {sent.method for sent in http.sent} == {"GET"}
    assert pick(outcome.entity, "reviewSettings.schedule.startDateTime") == COMPUTED_START
    assert outcome.entity["id"] == KNOWN_AFTER_APPLY


@pytest.mark.parametrize(("days", "start"), [(335, "2027-10-24T00:00:00Z"), (1, "2026-11-24T00:00:00Z")])
def test_the_first_review(days, start):
    table = {LISTED: page(), f"POST {POLICIES}": answer(201, {"id": C})}
    resource, http = make(table, first_review_after_days=days)
    reconcile(resource)
    assert writes(http)[-1].body["reviewSettings"]["schedule"]["startDateTime"] == start


def test_a_stated_start_is_sent_as_stated():
    body = desired({"name": "p", "reviews": {"enabled": True, "first_on": "2027-01-01T00:00:00Z"}})
    table = {LISTED: page(), f"POST {POLICIES}": answer(201, {"id": C})}
    resource, http = make(table, body)
    reconcile(resource)
    assert http.sent[-1].body["reviewSettings"]["schedule"]["startDateTime"] == "2027-01-01T00:00:00Z"


@pytest.mark.parametrize("reviews", [{"enabled": False}, None])
def test_without_reviews_there_is_no_start(reviews):
    table = {LISTED: page(), f"POST {POLICIES}": answer(201, {"id": C})}
    resource, http = make(table, desired({"name": "p", "reviews": reviews}))
    reconcile(resource)
    assert "schedule" not in (http.sent[-1].body.get("reviewSettings") or {})


def test_several_of_a_name():
    resource, dummy = make({LISTED: page(STORED, {**STORED, "id": B})})
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert str(caught.value) == (
        "Cannot read the assignment policy 'Tier 1: MSSP SOC users': "
        f"2 policies of the package have this name ({C}, {B}). Name the right one by policy_id."
    )


def test_a_package_must_be_named():
    resource, dummy = make({}, package=None)
    with pytest.raises(Failure) as caught:
        resource.find()
    assert str(caught.value) == ("the access package is not named, and policies have names only there. Set access_package.")


def test_of_a_package_that_will_be_there_nothing_is_read():
    resource, http = make({}, package=Ref(KNOWN_AFTER_APPLY, "Tier 1"))
    outcome = reconcile(resource, check_mode=True)
    assert [change.action for change in outcome.changes] == ["create"]
    assert http.sent == []


def test_an_id_that_is_not_there():
    resource, dummy = make({f"GET {POLICIES}/{C}": refusal(404)}, policy_id=C)
    with pytest.raises(
        Failure, match=f"there is no assignment policy with the id {C}. Check the id, or leave it out and name the object."
    ):
        reconcile(resource)


def test_another_package():
    stored = {**STORED, "accessPackage": {"id": B}}
    resource, dummy = make({f"GET {POLICIES}/{C}": stored}, policy_id=C)
    with pytest.raises(Failure) as caught:
        reconcile(resource)
    assert f"it belongs to another access package ({B}), and that cannot be changed. Leave access_package out" in str(
        caught.value
    )


def test_live_assignments_stand_in_the_way():
    query = f"GET {EM}/assignments?$filter=assignmentPolicy/id eq '{C}'"
    table = {LISTED: page(STORED), query: page({"state": "delivered"}, {"state": "Expired"}, {"state": "delivering"})}
    resource, dummy = make(table)
    with pytest.raises(Failure, match="it is still in use: 2 live assignments under it"):
        reconcile(resource, state="absent")


def test_approvers_that_are_not_known_yet_are_waited_for():
    table = {LISTED: page(), f"POST {POLICIES}": [refusal(404, "ResourceNotFound"), answer(201, {"id": C})]}
    resource, http = make(table)
    assert reconcile(resource).entity["id"] == C
    assert [sent.method for sent in http.sent].count("POST") == 2


def test_the_number_of_stages_is_graphs_limit():
    assert STAGES == 3
    assert has(desired(EVERYTHING), "requestApprovalSettings.stages.2.primaryApprovers")
    assert Policy.on_create == {"description": ""}
