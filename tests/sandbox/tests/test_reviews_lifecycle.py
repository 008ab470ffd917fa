# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reviews that a policy makes: their shape, when they begin and end, and what becomes of the assignments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from reviews_building import BUILT, CONFIG, REVIEWS, START, Review, build, give, iso, put_clock, schedule
from sandbox_building import EM, user_id
from sandbox_harness import Running

SANDBOX = CONFIG


@pytest.fixture(autouse=True)
def put_back(sandbox: Running) -> Iterator[None]:
    yield
    sandbox.control("DELETE", "quirks")
    sandbox.control("DELETE", "clock")


def statuses(review: Review, days: float) -> list[str]:
    return [row["status"] for row in review.instances(put_clock(review.sandbox, days))]


def test_a_policy_makes_a_definition(sandbox: Running) -> None:
    """EM H: the definition's scope names package and policy; fillers in the recurrence are those of the list page."""
    review = build(sandbox)
    graph = put_clock(sandbox, -8)
    (definition,) = review.definitions(graph)
    assert definition["status"] == "NotStarted"
    assert definition["scope"]["@odata.type"] == "#microsoft.graph.accessReviewQueryScope"
    assert definition["reviewers"] == [
        {
            "@odata.type": "#microsoft.graph.accessReviewReviewerScope",
            "query": f"/users/{user_id(graph, 'rita@contoso.example')}",
            "queryType": "MicrosoftGraph",
            "queryRoot": None,
        }
    ]
    settings = definition["settings"]
    assert (settings["instanceDurationInDays"], settings["autoApplyDecisionsEnabled"]) == (25, True)
    assert (settings["justificationRequiredOnApproval"], settings["recommendationsEnabled"]) == (True, True)
    assert settings["recurrence"]["pattern"] == {
        "type": "absoluteYearly",
        "interval": 1,
        "month": 0,
        "dayOfMonth": 0,
        "daysOfWeek": [],
        "firstDayOfWeek": "sunday",
        "index": "first",
    }
    assert settings["recurrence"]["range"] == {
        "type": "noEnd",
        "startDate": "2030-01-10",
        "endDate": "9999-12-31",
        "numberOfOccurrences": 0,
        "recurrenceTimeZone": None,
    }
    assert graph.ok("GET", f"{REVIEWS}/definitions/{definition['id']}")["id"] == definition["id"]
    (instance,) = graph.ok("GET", f"{REVIEWS}/definitions/{definition['id']}/instances")["value"]
    assert (instance["status"], instance["startDateTime"], instance["endDateTime"]) == (
        "NotStarted",
        "2030-01-10T00:00:00Z",
        "2030-02-04T00:00:00Z",
    )
    assert review.decisions(graph) == []


@pytest.mark.parametrize(
    ("behaviour", "default"),
    [("keepAccess", (False, "None")), ("removeAccess", (True, "Deny")), ("acceptAccessRecommendation", (True, "Recommendation"))],
)
def test_the_definition_says_what_silence_means(sandbox: Running, behaviour: str, default: tuple[bool, str]) -> None:
    """EM F.3 expirationBehavior, as defaultDecision shows it (EM H)."""
    review = build(sandbox, expirationBehavior=behaviour)
    settings = review.definitions(put_clock(sandbox, -8))[0]["settings"]
    assert (settings["defaultDecisionEnabled"], settings["defaultDecision"]) == default


def test_an_instance_asks_about_everybody_who_has_access(sandbox: Running) -> None:
    """EM H: the shape of a decision that nobody took, word for word as on the list page."""
    review = build(sandbox, ("ada", "ben"))
    graph = put_clock(sandbox, 1)
    assert review.definitions(graph)[0]["status"] == "InProgress"
    assert [row["status"] for row in review.instances(graph)] == ["InProgress"]
    nobody = {"id": "00000000-0000-0000-0000-000000000000", "displayName": "", "userPrincipalName": ""}
    ada = user_id(graph, "ada@contoso.example")
    decision = review.decision(graph, "ada")
    policy = graph.ok("GET", f"{EM}/assignmentPolicies/{review.policy}")
    package = graph.ok("GET", f"{EM}/accessPackages/{review.package}")
    assert decision == {
        "id": decision["id"],
        "accessReviewId": review.instances(graph)[0]["id"],
        "reviewedDateTime": None,
        "decision": "NotReviewed",
        "justification": "",
        "appliedDateTime": None,
        "applyResult": "New",
        "recommendation": "Deny",
        "principalLink": f"https://graph.microsoft.com/v1.0/users/{ada}",
        "resourceLink": None,
        "resource": {
            "@odata.type": "#microsoft.graph.accessReviewInstanceDecisionItemAccessPackageAssignmentPolicyResource",
            "id": review.policy,
            "displayName": policy["displayName"],
            "type": "accessPackageAssignmentPolicy",
            "accessPackageId": review.package,
            "accessPackageDisplayName": package["displayName"],
        },
        "reviewedBy": nobody,
        "appliedBy": nobody,
        "principal": {
            "@odata.type": "#microsoft.graph.userIdentity",
            "id": ada,
            "displayName": "ada",
            "userPrincipalName": "ada@contoso.example",
        },
    }
    assert len(review.decisions(graph)) == 2
    give(graph, review, "cleo")
    graph.ok("GET", f"{EM}/assignments")
    assert len(review.decisions(graph)) == 2  # who comes later is asked about next time


def test_silence_removes(sandbox: Running) -> None:
    """EM F.3 removeAccess; the removal of the assignment takes the membership along (EM G.2)."""
    review = build(sandbox, ("ada", "ben"))
    assert review.members(put_clock(sandbox, 24.9)) == ["ada", "ben"]
    graph = put_clock(sandbox, 25.1)
    assert review.members(graph) == []
    assert review.assignments(graph) == {"ada": "expired", "ben": "expired"}
    decision = review.decision(graph, "ada")
    assert (decision["decision"], decision["applyResult"]) == ("Deny", "AppliedSuccessfully")
    assert decision["reviewedBy"]["displayName"] == decision["appliedBy"]["displayName"] == "AAD Access Review"
    assert decision["appliedDateTime"].startswith("2030-02-04T00:00:00")
    requests = graph.ok("GET", f"{EM}/assignmentRequests?$filter=accessPackage/id eq '{review.package}'")["value"]
    assert sorted(row["requestType"] for row in requests) == ["adminAdd", "adminAdd", "systemRemove", "systemRemove"]


def test_silence_keeps(sandbox: Running) -> None:
    """EM F.3 keepAccess: nothing is decided and nothing applied."""
    review = build(sandbox, expirationBehavior="keepAccess")
    graph = put_clock(sandbox, 26)
    assert review.members(graph) == ["ada"]
    decision = review.decision(graph, "ada")
    assert (decision["decision"], decision["applyResult"], decision["appliedDateTime"]) == ("NotReviewed", "New", None)


def test_silence_follows_the_recommendation(sandbox: Running) -> None:
    """practice B.1: who signed in within 30 days is recommended to stay, everybody else to go."""
    review = build(sandbox, ("active", "ada"), expirationBehavior="acceptAccessRecommendation")
    graph = put_clock(sandbox, 1)
    assert {row["principal"]["displayName"]: row["recommendation"] for row in review.decisions(graph)} == {
        "active": "Approve",
        "ada": "Deny",
    }
    expanded = graph.ok("GET", f"{review.instance_path(graph)}/decisions?$expand=insights")["value"]
    assert [row["insights"][0]["lastSignInDateTime"] for row in expanded] == ["2030-01-01T08:00:00Z", None]
    assert review.members(put_clock(sandbox, 26)) == ["active"]


def test_without_recommendations_there_is_none(sandbox: Running) -> None:
    """EM F.3 isRecommendationEnabled; EM H NoInfoAvailable."""
    review = build(sandbox, isRecommendationEnabled=False, expirationBehavior="acceptAccessRecommendation")
    assert review.decision(put_clock(sandbox, 1), "ada")["recommendation"] == "NoInfoAvailable"
    assert review.members(put_clock(sandbox, 26)) == ["ada"]


def test_a_series_goes_on(sandbox: Running) -> None:
    """EM F.4: yearly; each instance is asked about those who have access then."""
    review = build(sandbox, expirationBehavior="keepAccess", expiration="P730D")
    assert statuses(review, 26) == ["Applied", "NotStarted"]
    graph = put_clock(sandbox, 366)
    assert [row["startDateTime"] for row in review.instances(graph)] == ["2030-01-10T00:00:00Z", "2031-01-10T00:00:00Z"]
    assert [row["status"] for row in review.instances(graph)] == ["Applied", "InProgress"]
    assert [len(review.decisions(graph, number)) for number in (0, 1)] == [1, 1]
    assert review.definitions(graph)[0]["status"] == "InProgress"


@pytest.mark.parametrize(
    ("kind", "interval", "second"),
    [
        ("weekly", 1, "2030-01-17"),
        ("absoluteMonthly", 1, "2030-02-10"),
        ("absoluteMonthly", 3, "2030-04-10"),
        ("absoluteMonthly", 6, "2030-07-10"),
        ("absoluteMonthly", 12, "2031-01-10"),
        ("absoluteYearly", 1, "2031-01-10"),
    ],
)
def test_the_frequencies_of_the_portal(sandbox: Running, kind: str, interval: int, second: str) -> None:
    """EM F.4: weekly, monthly, quarterly, half-yearly, and annual in both spellings."""
    plan = schedule(days=3, kind=kind)
    plan["recurrence"]["pattern"]["interval"] = interval
    review = build(sandbox, schedule=plan, expirationBehavior="keepAccess")
    assert [row["startDateTime"][:10] for row in review.instances(put_clock(sandbox, 4))] == ["2030-01-10", second]


def test_a_long_sleep_is_made_up_for(sandbox: Running) -> None:
    """Three weekly instances went by while nobody looked; the range lets no fourth begin (EM F.3 recurrence)."""
    plan = schedule(days=3, kind="weekly", type="numbered")
    plan["recurrence"]["range"]["numberOfOccurrences"] = 3
    review = build(sandbox, schedule=plan, expirationBehavior="keepAccess")
    assert statuses(review, 60) == ["Applied", "Applied", "Applied"]
    assert [len(review.decisions(put_clock(sandbox, 60), number)) for number in range(3)] == [1, 1, 1]


def test_a_series_that_ends_on_a_date(sandbox: Running) -> None:
    """EM F.3 recurrence range endDate."""
    plan = schedule(days=3, kind="weekly", type="endDate", endDate="2030-01-20")
    review = build(sandbox, schedule=plan, expirationBehavior="keepAccess")
    assert statuses(review, 60) == ["Applied", "Applied"]


def test_what_ended_before_is_not_reviewed(sandbox: Running) -> None:
    """practice M10.1: a first review after the first expiry reviews nobody."""
    review = build(sandbox, expiration="P5D")
    graph = put_clock(sandbox, 1)
    assert review.decisions(graph) == []
    assert review.assignments(graph) == {"ada": "expired"}


def test_a_review_does_not_move_the_end(sandbox: Running) -> None:
    """practice M10.5: the answer to a review never moves the expiry date."""
    review = build(sandbox, expiration="P40D", expirationBehavior="keepAccess")
    assert review.members(put_clock(sandbox, 26)) == ["ada"]
    assert review.assignments(put_clock(sandbox, 32)) == {"ada": "expired"}


def test_reviews_switched_off(sandbox: Running) -> None:
    """EM F.2: a PUT without review settings takes them away; what had begun stays to be read and changes nothing."""
    begun, waiting = build(sandbox), build(sandbox, ("ben",))
    graph = put_clock(sandbox, -8)
    waiting.put_policy(graph, isEnabled=False)
    assert waiting.definitions(graph) == []
    graph = put_clock(sandbox, 1)
    assert begun.put_policy(graph, isEnabled=False).status_code == 200
    assert [row["status"] for row in begun.instances(graph)] == ["Completed"]
    assert begun.members(put_clock(sandbox, 26)) == ["ada"]


def test_no_policy_no_review(sandbox: Running) -> None:
    """A policy that goes before its first review takes the definition along."""
    review = build(sandbox, ())
    graph = put_clock(sandbox, -8)
    assert len(review.definitions(graph)) == 1
    graph("DELETE", f"{EM}/assignmentPolicies/{review.policy}", status=204)
    assert review.definitions(graph) == []


def test_the_definition_follows_the_policy(sandbox: Running) -> None:
    """The series shows what the policy says now."""
    review = build(sandbox)
    graph = put_clock(sandbox, -8)
    before = review.definitions(graph)[0]
    review.put_policy(graph, expirationBehavior="keepAccess", isSelfReview=True)
    after = review.definitions(graph)[0]
    assert (after["id"], after["reviewers"], after["settings"]["defaultDecision"]) == (before["id"], [], "None")


@pytest.mark.parametrize(
    ("days", "wanted", "status", "start"),
    [
        (-8, "kept", 200, "2030-03-01"),
        (1, "kept", 200, "2030-01-10"),
        (1, "refused", 400, "2030-01-10"),
        (1, "allowed", 200, "2030-03-01"),
    ],
)
def test_the_start_is_fixed_once_a_review_exists(sandbox: Running, days: int, wanted: str, status: int, start: str) -> None:
    """EM F.2: "A policy's review start date cannot be changed once a review exists"; how it is refused is unknown."""
    review = build(sandbox)
    graph = put_clock(sandbox, days)
    graph.quirk(review_start_change=wanted)
    review.instances(graph)
    answer = review.put_policy(graph, schedule=schedule(START + timedelta(days=50)))
    assert answer.status_code == status
    kept = graph.ok("GET", f"{EM}/assignmentPolicies/{review.policy}")["reviewSettings"]["schedule"]["startDateTime"]
    assert kept.startswith(start)
    if status == 200:
        assert answer.json()["reviewSettings"]["schedule"]["startDateTime"].startswith(start)


def test_a_review_begins_when_its_policy_is_older_than_its_start(sandbox: Running) -> None:
    """A start in the past begins at once; instances that were over before the policy was made never were."""
    review = build(sandbox, schedule=schedule(BUILT - timedelta(days=370)), expirationBehavior="keepAccess")
    (instance,) = review.instances(put_clock(sandbox, -8))
    assert (instance["startDateTime"], instance["status"]) == (iso(BUILT - timedelta(days=5)), "InProgress")


def test_a_definition_that_appears_late(sandbox: Running) -> None:
    """EM H leaves open whether the definition comes with the policy or with its first instance."""
    sandbox.graph().quirk(review_definition_appears="at_start")
    review = build(sandbox)
    assert review.definitions(put_clock(sandbox, -8)) == []
    assert statuses(review, 1) == ["InProgress"]


def test_no_instance_before_its_time(sandbox: Running) -> None:
    """EM H leaves open whether an instance that is to come is listed."""
    sandbox.graph().quirk(review_upcoming_instance=False)
    review = build(sandbox)
    assert [statuses(review, days) for days in (-8, 1, 26)] == [[], ["InProgress"], ["Applied"]]


@pytest.mark.parametrize("status", ["AutoReviewed", "AutoReviewing"])
def test_another_word_for_the_end(sandbox: Running, status: str) -> None:
    """EM H: the metadata ends with AutoReviewed; a review that hangs is AutoReviewing for ever."""
    sandbox.graph().quirk(review_final_status=status)
    assert statuses(build(sandbox), 26) == [status, "NotStarted"]


def test_decisions_that_are_applied_late(sandbox: Running) -> None:
    """EM G.2: entitlement changes can take up to a day; until then the instance is Completed (EM H)."""
    sandbox.graph().quirk(review_apply_seconds=86400)
    review = build(sandbox)
    assert (statuses(review, 25.5), review.members(sandbox.graph())) == (["Completed"], ["ada"])
    assert (statuses(review, 26.5), review.members(sandbox.graph())) == (["Applied", "NotStarted"], [])


def test_the_newer_scope(sandbox: Running) -> None:
    """EM H: accessReviewAccessPackageAssignmentPolicyScope; the documented filter finds nothing then."""
    review = build(sandbox)
    graph = put_clock(sandbox, -8)
    graph.quirk(review_scope="resource")
    assert review.definitions(graph) == []
    rows = graph.ok("GET", f"{REVIEWS}/definitions")["value"]
    scopes = [row["scope"]["resourceScopes"][0] for row in rows if "resourceScopes" in row["scope"]]
    (scope,) = [scope for scope in scopes if scope["resourceId"] == review.policy]
    assert (scope["accessPackageId"], scope["scopeType"]) == (review.package, "accessPackageAssignmentPolicy")
    assert scope["@odata.type"] == "#microsoft.graph.accessReviewAccessPackageAssignmentPolicyScope"
