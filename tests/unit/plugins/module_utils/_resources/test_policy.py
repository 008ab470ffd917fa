# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import datetime
import json

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._paths import has, pick
from ansible_collections.mssp.defender.plugins.module_utils._reconcile import reconcile
from ansible_collections.mssp.defender.plugins.module_utils._resources import policy
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import (
    COMPUTED_START,
    PROPERTIES,
    STAGES,
    Policy,
    clean,
    complete,
    expiration,
    merged,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy_options import Translator
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref, References
from ansible_collections.mssp.defender.tests.unit.fakes import A, B, C, Http, Routes, answer, graph, page, refusal

EM = "identityGovernance/entitlementManagement"
POLICIES = f"{EM}/assignmentPolicies"
PACKAGE = "99999999-0000-4000-8000-000000000009"
ORGANIZATION = A
APPROVERS = B
TODAY = datetime.date(2026, 11, 23)


def subject(kind, key, value):
    return {"@odata.type": f"#microsoft.graph.{kind}", key: value}


# The published example's policy for tier 1, as the collection's decisions give it.
TIER_1 = json.loads("""
{
 "displayName": "MSSP SOC users",
 "description": "Users of the MSSP SOC tenant may request Tier 1 access",
 "accessPackage": {"id": "99999999-0000-4000-8000-000000000009"},
 "allowedTargetScope": "specificConnectedOrganizationUsers",
 "specificAllowedTargets": [
  {
   "@odata.type": "#microsoft.graph.connectedOrganizationMembers",
   "connectedOrganizationId": "aaaaaaaa-0000-4000-8000-000000000001"
  }
 ],
 "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": null},
 "requestorSettings": {
  "enableTargetsToSelfAddAccess": true,
  "enableTargetsToSelfUpdateAccess": true,
  "enableTargetsToSelfRemoveAccess": true,
  "allowCustomAssignmentSchedule": false,
  "enableOnBehalfRequestorsToAddAccess": false,
  "enableOnBehalfRequestorsToUpdateAccess": false,
  "enableOnBehalfRequestorsToRemoveAccess": false,
  "onBehalfRequestors": []
 },
 "requestApprovalSettings": {
  "isApprovalRequiredForAdd": true,
  "isApprovalRequiredForUpdate": true,
  "isRequestorJustificationRequired": true,
  "stages": [
   {
    "durationBeforeAutomaticDenial": "P14D",
    "isApproverJustificationRequired": true,
    "isEscalationEnabled": false,
    "durationBeforeEscalation": "PT0S",
    "approverInformationVisibility": "default",
    "primaryApprovers": [
     {"@odata.type": "#microsoft.graph.groupMembers", "groupId": "bbbbbbbb-0000-4000-8000-000000000002"}
    ],
    "fallbackPrimaryApprovers": [],
    "escalationApprovers": [],
    "fallbackEscalationApprovers": []
   }
  ]
 },
 "reviewSettings": {
  "isEnabled": true,
  "expirationBehavior": "removeAccess",
  "isRecommendationEnabled": true,
  "isReviewerJustificationRequired": true,
  "isSelfReview": true,
  "schedule": {
   "startDateTime": "2027-10-24T00:00:00Z",
   "expiration": {"type": "afterDuration", "duration": "P25D", "endDateTime": null},
   "recurrence": {
    "pattern": {"type": "absoluteYearly", "interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": []},
    "range": {"type": "noEnd", "numberOfOccurrences": 0}
   }
  },
  "primaryReviewers": [],
  "fallbackReviewers": []
 },
 "questions": [],
 "notificationSettings": {"isAssignmentNotificationDisabled": false}
}
""")

TIER_1_OPTIONS = {
    "name": "MSSP SOC users",
    "description": "Users of the MSSP SOC tenant may request Tier 1 access",
    "requestors": {"connected_organizations": [ORGANIZATION]},
    "duration_days": 365,
    "requests": {
        "add": True,
        "extend": True,
        "remove": True,
        "custom_schedule": False,
        "on_behalf_add": False,
        "on_behalf_extend": False,
        "on_behalf_remove": False,
        "on_behalf_requestors": [],
    },
    "approval": {
        "for_new": True,
        "for_extension": True,
        "requestor_justification": True,
        "stages": [{"approvers": [{"group": APPROVERS}]}],
    },
    "reviews": {"enabled": True, "self_review": True},
    "notifications": True,
}


def desired(options=None):
    options = TIER_1_OPTIONS if options is None else options
    return Translator(copy.deepcopy(options), References(graph(Http()), False)).policy()


def make(table, body=None, **options):
    http = Routes(table)
    options = {"package": Ref(PACKAGE, "Tier 1"), "today": lambda: TODAY, **options}
    return Policy(graph(http), desired() if body is None else body, **options), http


LISTED = f"GET {POLICIES}?$filter=accessPackage/id eq '{PACKAGE}'&$expand=accessPackage"
# As Graph answers: with what it fills in, in its own order.
STORED = {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#x",
    "id": C,
    "createdDateTime": "2026-01-01T00:00:00Z",
    "modifiedDateTime": "2026-01-01T00:00:00Z",
    "automaticRequestSettings": None,
    "customExtensionStageSettings": [],
    "customExtensionStageSettings@odata.context": "x",
    **copy.deepcopy(TIER_1),
}
STORED["specificAllowedTargets"][0]["description"] = "Fabrikam"
STORED["expiration"]["duration"] = "P365D"
STORED["reviewSettings"]["schedule"]["expiration"]["duration"] = "PT600H"


def written(http):
    """The last request that is no reading: what flags the service has kept is read after it."""
    return [sent for sent in http.sent if sent.method != "GET"][-1]


# -- the body --------------------------------------------------------------------------------------------------------


def test_the_published_policy_for_tier_1():
    table = {LISTED: page(), f"POST {POLICIES}": lambda sent: answer(201, {"id": C, **sent.body})}
    resource, http = make(table)
    outcome = reconcile(resource)
    sent = written(http).body
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
    assert written(http).body["reviewSettings"]["schedule"]["startDateTime"] == start


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


# -- every leaf that the options can make is compared ----------------------------------------------------------------

SUBJECTS = [{"user": A}, {"group": B}, {"manager_level": 2}]
STAGE = {
    "approvers": SUBJECTS,
    "fallback_approvers": SUBJECTS,
    "escalation_approvers": SUBJECTS,
    "fallback_escalation_approvers": SUBJECTS,
    "deny_after_days": 7,
    "escalate_after_days": 3,
    "approver_justification": False,
    "approver_visibility": "visible",
}
EVERYTHING = {
    **TIER_1_OPTIONS,
    "requests": {**TIER_1_OPTIONS["requests"], "on_behalf_requestors": SUBJECTS},
    "approval": {**TIER_1_OPTIONS["approval"], "stages": [STAGE] * STAGES},
    "reviews": {
        "enabled": True,
        "every": "quarter",
        "open_days": 20,
        "first_on": "2027-01-01T00:00:00Z",
        "self_review": False,
        "unanswered": "keepAccess",
        "recommendations": False,
        "justification": False,
        "reviewers": SUBJECTS,
        "fallback_reviewers": SUBJECTS,
    },
    "questions": [{"text": "Ticket?", "required": True}, {"text": "Shift?", "choices": ["day", "night"]}],
}
# Values that are compared as a whole.
WHOLE = {prop.path for prop in PROPERTIES} - {"requestApprovalSettings.stages"}


def leaves(value, path=""):
    if path in WHOLE:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}".lstrip("."))
    elif path == "requestApprovalSettings.stages":
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}.{number}")
    else:
        yield f"{path} is not compared"


def test_every_leaf_is_a_property():
    found = set(leaves(desired(EVERYTHING)))
    assert not {path for path in found if path.endswith("is not compared")}
    # And every property can be stated: nothing is managed that no option reaches.
    assert found == WHOLE


@pytest.mark.parametrize("path", sorted(WHOLE - {"reviewSettings.schedule.startDateTime"}))
def test_a_drift_of_each_property_is_seen_and_mended(path):
    body = complete(desired(EVERYTHING))
    drifted = {"id": C, **copy.deepcopy(body), "accessPackage": {"id": PACKAGE}}
    steps = path.split(".")
    at = drifted
    for step in steps[:-1]:
        at = at[int(step)] if isinstance(at, list) else at[step]
    value = at[steps[-1]]
    at[steps[-1]] = {bool: lambda: not value, list: list, str: lambda: "P9D" if value[:1] == "P" else "other"}.get(
        type(value), lambda: {"type": "noExpiration"} if "expiration" in path else {"pattern": {"type": "weekly"}}
    )()
    table = {
        LISTED: page({**drifted, "displayName": body["displayName"]}),
        f"GET {POLICIES}/{C}": drifted,
        f"PUT {POLICIES}/{C}": lambda sent: answer(200, {"id": C, **sent.body}),
    }
    options = {}
    if path == "displayName":
        options["policy_id"] = C
    resource, http = make(table, desired(EVERYTHING), **options)
    outcome = reconcile(resource)
    assert [change.property for change in outcome.changes] == [path]
    sent = written(http)
    assert sent.method == "PUT"
    same = next(prop.same for prop in PROPERTIES if prop.path == path)
    assert same(pick(sent.body, path)) == same(pick(body, path))


# -- update ----------------------------------------------------------------------------------------------------------


def updated(stored, options, **more):
    table = {
        LISTED: page(stored),
        f"GET {POLICIES}/{C}?$expand=accessPackage,customExtensionStageSettings($expand=customExtension)": stored,
        f"PUT {POLICIES}/{C}": lambda sent: answer(200, {"id": C}),
    }
    resource, http = make(table, desired(options), **more)
    outcome = reconcile(resource)
    return (http.sent[-1].body if http.sent[-1].method == "PUT" else None), outcome


def test_a_put_sends_everything_that_was_there():
    stored = copy.deepcopy(STORED)
    stored["questions"] = [{"@odata.type": "#microsoft.graph.accessPackageTextInputQuestion", "id": "q", "text": "Why?"}]
    stored["automaticRequestSettings"] = {"requestAccessForAllowedTargets": False}
    stored["unknownFuture"] = {"x": 1}
    body, outcome = updated(stored, {"name": "MSSP SOC users", "duration_days": 180})
    assert body["expiration"] == {"type": "afterDuration", "duration": "P180D", "endDateTime": None}
    expected = {
        key: value for key, value in stored.items() if key in TIER_1 or key in ("automaticRequestSettings", "unknownFuture")
    }
    expected = {**copy.deepcopy(expected), "id": C, "expiration": body["expiration"], "accessPackage": {"id": PACKAGE}}
    del expected["specificAllowedTargets"][0]["description"]
    assert body == expected
    assert [change.property for change in outcome.changes] == ["expiration"]


def test_a_put_leaves_out_what_graph_refuses_to_be_sent_back():
    body, dummy = updated(STORED, {"name": "MSSP SOC users", "duration_days": 180})
    assert "automaticRequestSettings" in body
    text = json.dumps(body)
    for word in ("createdDateTime", "modifiedDateTime", "@odata.context", "Fabrikam", "customExtensionStageSettings"):
        assert word not in text


def test_the_start_of_reviews_is_sent_again_and_never_moved():
    stored = copy.deepcopy(STORED)
    stored["reviewSettings"]["schedule"]["startDateTime"] = "2025-01-01T12:34:56Z"
    options = {"name": "MSSP SOC users", "reviews": {"enabled": True, "open_days": 20, "first_on": "2030-01-01T00:00:00Z"}}
    body, outcome = updated(stored, options)
    assert body["reviewSettings"]["schedule"]["startDateTime"] == "2025-01-01T12:34:56Z"
    assert [change.property for change in outcome.changes] == ["reviewSettings.schedule.expiration"]


def test_switching_reviews_on_fills_in_what_is_needed():
    stored = {**copy.deepcopy(STORED), "reviewSettings": None}
    body, dummy = updated(stored, {"name": "MSSP SOC users", "reviews": {"enabled": True, "self_review": True}})
    assert body["reviewSettings"] == TIER_1["reviewSettings"]


def test_a_stage_keeps_what_is_not_stated():
    # Nothing of it is what a new stage would get.
    there = {
        "durationBeforeAutomaticDenial": "P9D",
        "isApproverJustificationRequired": False,
        "isEscalationEnabled": True,
        "durationBeforeEscalation": "P2D",
        "approverInformationVisibility": "notVisible",
        "primaryApprovers": [subject("groupMembers", "groupId", APPROVERS)],
        "fallbackPrimaryApprovers": [subject("singleUser", "userId", C)],
        "escalationApprovers": [subject("singleUser", "userId", C)],
        "fallbackEscalationApprovers": [subject("singleUser", "userId", C)],
    }
    stored = copy.deepcopy(STORED)
    stored["requestApprovalSettings"]["stages"] = [copy.deepcopy(there), {**there, "durationBeforeAutomaticDenial": "P10D"}]
    options = {"name": "MSSP SOC users", "approval": {"stages": [{"approvers": [{"user": A}], "deny_after_days": 7}, {}]}}
    body, outcome = updated(stored, options)
    changed = {"primaryApprovers": [subject("singleUser", "userId", A)], "durationBeforeAutomaticDenial": "P7D"}
    assert body["requestApprovalSettings"]["stages"] == [
        {**there, **changed},
        {**there, "durationBeforeAutomaticDenial": "P10D"},
    ]
    at = "requestApprovalSettings.stages.0"
    assert {change.property for change in outcome.changes} == {f"{at}.{key}" for key in changed}


def test_another_stage_is_one_change_and_is_completed():
    stages = [{"approvers": [{"group": APPROVERS}]}, {"approvers": [{"user": A}]}]
    body, outcome = updated(STORED, {"name": "MSSP SOC users", "approval": {"stages": stages}})
    assert [change.property for change in outcome.changes] == ["requestApprovalSettings.stages"]
    first = TIER_1["requestApprovalSettings"]["stages"][0]
    second = {**first, "primaryApprovers": [subject("singleUser", "userId", A)]}
    assert body["requestApprovalSettings"]["stages"] == [first, second]


def test_no_stages_clears_them():
    body, dummy = updated(STORED, {"name": "MSSP SOC users", "approval": {"stages": []}})
    assert body["requestApprovalSettings"]["stages"] == []
    assert body["requestApprovalSettings"]["isApprovalRequiredForAdd"] is True


# -- pure functions --------------------------------------------------------------------------------------------------


def test_complete_keeps_what_is_there():
    before = copy.deepcopy(TIER_1)
    assert complete(TIER_1) == TIER_1 == before
    full = complete(desired(EVERYTHING))
    assert complete(full) == full


def test_complete_fills_in_nulls():
    stage = complete({"requestApprovalSettings": {"stages": [{"escalationApprovers": None, "durationBeforeEscalation": None}]}})
    assert stage["requestApprovalSettings"]["stages"] == [
        {
            "primaryApprovers": [],
            "fallbackPrimaryApprovers": [],
            "escalationApprovers": [],
            "fallbackEscalationApprovers": [],
            "durationBeforeAutomaticDenial": "P14D",
            "isApproverJustificationRequired": True,
            "isEscalationEnabled": False,
            "durationBeforeEscalation": "PT0S",
            "approverInformationVisibility": "default",
        }
    ]
    made = complete({"reviewSettings": {"isEnabled": True, "expirationBehavior": None, "schedule": {"startDateTime": "s"}}})
    assert made["reviewSettings"]["expirationBehavior"] == "removeAccess"
    assert made["reviewSettings"]["schedule"]["startDateTime"] == "s"
    assert made["reviewSettings"]["schedule"]["expiration"]["duration"] == "P25D"
    assert complete({"reviewSettings": {"isEnabled": False}}) == {"reviewSettings": {"isEnabled": False}}


def test_complete_shares_nothing_with_the_defaults():
    made = complete({"reviewSettings": {"isEnabled": True}})
    made["reviewSettings"]["schedule"]["recurrence"]["pattern"]["interval"] = 99
    made["reviewSettings"]["primaryReviewers"].append(1)
    again = complete({"reviewSettings": {"isEnabled": True}})
    assert again["reviewSettings"]["schedule"]["recurrence"]["pattern"]["interval"] == 1
    assert again["reviewSettings"]["primaryReviewers"] == []


def test_clean_keeps_custom_extensions_by_reference():
    extension = {"@odata.type": "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension", "id": "e", "displayName": "x"}
    made = clean(
        {"customExtensionStageSettings": [{"id": "s", "stage": "assignmentRequestCreated", "customExtension": extension}]}
    )
    assert made["customExtensionStageSettings"] == [
        {"stage": "assignmentRequestCreated", "customExtension": {"@odata.type": extension["@odata.type"], "id": "e"}}
    ]


def test_clean_gives_what_a_put_must_hold():
    assert clean({"displayName": "x", "notificationSettings": None}) == {
        "displayName": "x",
        "automaticRequestSettings": None,
        "questions": [],
        "specificAllowedTargets": [],
        "reviewSettings": None,
    }


def test_clean_keeps_the_description_of_everything_but_subjects():
    made = clean({"description": "of the policy", "questions": [{"description": "of a question"}]})
    assert made["description"] == "of the policy"
    assert made["questions"] == [{"description": "of a question"}]


def test_merged_changes_neither():
    before = copy.deepcopy(STORED)
    wanted = desired({"name": "n", "approval": {"stages": [{"deny_after_days": 3}]}})
    kept = copy.deepcopy(wanted)
    merged(STORED, wanted)
    assert (before, kept) == (STORED, wanted)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (None, {"type": "noExpiration"}, True),
        (None, {}, True),
        ({"type": "notSpecified"}, {"type": "noExpiration", "duration": None}, True),
        (
            {"type": "afterDuration", "duration": "P365D"},
            {"type": "AfterDuration", "duration": "PT8760H", "endDateTime": None},
            True,
        ),
        ({"type": "afterDuration", "duration": "P365D"}, {"type": "afterDuration", "duration": "P1Y"}, False),
        (
            {"type": "afterDateTime", "endDateTime": "2027-01-01T00:00:00Z", "duration": "P1D"},
            {"type": "afterDateTime", "endDateTime": "2027-01-01T00:00:00.0000000Z"},
            True,
        ),
        ({"type": "afterDuration", "duration": "P1D"}, {"type": "noExpiration", "duration": "P1D"}, False),
    ],
)
def test_expiration(one, other, equal):
    assert (expiration(one) == expiration(other)) is equal


# -- finding and refusing --------------------------------------------------------------------------------------------


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
    assert policy.Policy.on_create == {"description": ""}


# -- flags that some tenants' services forget (decisions S8) ---------------------------------------------------------

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
    assert pick(written(http).body, REQUESTOR) is True
    assert pick(written(http).body, APPROVER) is True
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


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_change_inside_one_stage_keeps_the_others_in_what_is_predicted(number):
    stages = [{"deny_after_days": days} for days in (7, 14, 21)]
    body = desired({"name": "p", "approval": {"stages": stages}})
    stored = {"id": C, **copy.deepcopy(body), "accessPackage": {"id": PACKAGE}}
    stored["requestApprovalSettings"]["stages"][number]["durationBeforeAutomaticDenial"] = "P9D"
    resource, dummy = make({LISTED: page(stored)}, body)
    outcome = reconcile(resource, check_mode=True)
    for whole in (outcome.after, outcome.entity):
        told = [x["durationBeforeAutomaticDenial"] for x in whole["requestApprovalSettings"]["stages"]]
        assert told == ["P7D", "P14D", "P21D"]


def test_fewer_stages_are_predicted_as_fewer():
    body = desired({"name": "p", "approval": {"stages": [{"deny_after_days": 7}]}})
    stored = {"id": C, **copy.deepcopy(body), "accessPackage": {"id": PACKAGE}}
    stored["requestApprovalSettings"]["stages"] *= 2
    resource, dummy = make({LISTED: page(stored)}, body)
    outcome = reconcile(resource, check_mode=True)
    assert len(outcome.entity["requestApprovalSettings"]["stages"]) == 1
