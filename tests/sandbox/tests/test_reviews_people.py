# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reviews, what they may do, and who may look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from reviews_building import CONFIG, REVIEWS, Review, build, give, person, put_clock, single
from sandbox_building import EM, make_group, user_id
from sandbox_harness import Graph, Running, start_sandbox, stop_sandbox

YES = {"decision": "Approve", "justification": "Still on the team."}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    crowd = [{"user_principal_name": f"one{number:03d}@contoso.example"} for number in range(101)]
    tenant = CONFIG["tenants"][0]
    config = {**CONFIG, "tenants": [{**tenant, "users": [*tenant["users"], *crowd]}]}
    running = start_sandbox(tmp_path_factory.mktemp("reviewers"), config)
    yield running
    stop_sandbox(running)


@pytest.fixture(autouse=True)
def put_back(sandbox: Running) -> Iterator[None]:
    yield
    sandbox.control("DELETE", "quirks")
    sandbox.control("DELETE", "clock")


def begun(sandbox: Running, people: tuple[str, ...] = ("ada",), **settings: Any) -> tuple[Review, Graph, str]:
    """A review of which an instance is open, Graph, and the path of the instance."""
    review = build(sandbox, people, **settings)
    graph = put_clock(sandbox, 1)
    return review, graph, review.instance_path(graph)


def decide(sandbox: Running, review: Review, path: str, about: str, by: str, body: Any = None) -> int:
    decision = review.decision(sandbox.graph(), about)
    return int(person(sandbox, by)("PATCH", f"{path}/decisions/{decision['id']}", body or YES).status_code)


def reviewers(graph: Graph, path: str) -> list[str]:
    rows = graph.ok("GET", f"{path}/contactedReviewers")["value"]
    return sorted(row["userPrincipalName"].partition("@")[0] for row in rows)


def test_a_named_reviewer_decides(sandbox: Running) -> None:
    """EM H: decisions are recorded by PATCH; 204 and no body."""
    review, graph, path = begun(sandbox, ("ada", "ben"))
    assert reviewers(graph, path) == ["rita"]
    assert decide(sandbox, review, path, "ada", "rita") == 204
    assert decide(sandbox, review, path, "ben", "rita", {"decision": "Deny"}) == 204
    row = review.decision(graph, "ada")
    assert (row["decision"], row["justification"], row["applyResult"]) == ("Approve", "Still on the team.", "New")
    assert row["reviewedBy"]["userPrincipalName"] == "rita@contoso.example"
    assert row["reviewedDateTime"].startswith("2030-01-11")
    assert review.members(graph) == ["ada", "ben"]  # nothing is applied before the end
    graph = put_clock(sandbox, 26)
    assert review.members(graph) == ["ada"]
    assert [review.decision(graph, name)["applyResult"] for name in ("ada", "ben")] == ["AppliedSuccessfully"] * 2


def test_doubt_changes_nothing(sandbox: Running) -> None:
    """EM H DontKnow: no more than no answer, and no default either."""
    review, _graph, path = begun(sandbox)
    assert decide(sandbox, review, path, "ada", "rita", {"decision": "DontKnow"}) == 204
    assert review.members(put_clock(sandbox, 26)) == ["ada"]


@pytest.mark.parametrize(
    ("by", "body", "status"),
    [
        ("rolf", YES, 403),
        ("governor", YES, 403),
        ("rita", {"decision": "Approve"}, 400),
        ("rita", {"decision": "Perhaps"}, 400),
        ("rita", {"justification": "x"}, 400),
        ("rita", {"decision": "Deny", "recommendation": "Deny"}, 400),
        ("rita", {"decision": "NotReviewed"}, 204),
    ],
)
def test_who_and_how(sandbox: Running, by: str, body: dict[str, Any], status: int) -> None:
    """accessreviewinstancedecisionitem-update: only a listed reviewer, whatever their role; a justification to approve (EM H)."""
    review, _graph, path = begun(sandbox)
    assert decide(sandbox, review, path, "ada", by, body) == status


def test_no_justification_where_none_is_wanted(sandbox: Running) -> None:
    """EM F.3 isReviewerJustificationRequired."""
    review, _graph, path = begun(sandbox, isReviewerJustificationRequired=False)
    assert decide(sandbox, review, path, "ada", "rita", {"decision": "Approve"}) == 204


def test_an_application_decides_nothing(sandbox: Running) -> None:
    """accessreviewinstancedecisionitem-update: Application, not supported (EM H)."""
    review, graph, path = begun(sandbox)
    decision = review.decision(graph, "ada")
    assert graph.refused("PATCH", f"{path}/decisions/{decision['id']}", YES)[0] == 403
    assert graph.refused("POST", f"{path}/acceptRecommendations")[0] == 403


def test_self_review(sandbox: Running) -> None:
    """practice B.1: each answers for themselves; reviewers that are named beside it are ignored."""
    review, graph, path = begun(sandbox, ("ada", "ben"), isSelfReview=True)
    assert reviewers(graph, path) == ["ada", "ben"]
    assert decide(sandbox, review, path, "ada", "rita") == 403
    assert decide(sandbox, review, path, "ada", "ben") == 403
    assert decide(sandbox, review, path, "ada", "ada") == 204
    own = person(sandbox, "ben").ok("GET", f"{path}/decisions/filterByCurrentUser(on='reviewer')")["value"]
    assert [row["principal"]["displayName"] for row in own] == ["ben"]
    assert review.members(put_clock(sandbox, 26)) == ["ada"]


def test_a_group_reviews(sandbox: Running) -> None:
    """EM F.3 subject sets: the members of the group at the beginning are the reviewers."""
    graph = put_clock(sandbox, -9)
    group = make_group(graph)
    for name in ("rita", "rolf", "away"):
        member = user_id(graph, f"{name}@contoso.example")
        graph("POST", f"/groups/{group}/members/$ref", {"@odata.id": f"{sandbox.url}/v1.0/users/{member}"}, 204)
    named = {"@odata.type": "#microsoft.graph.groupMembers", "groupId": group}
    review, graph, path = begun(sandbox, primaryReviewers=[named])
    assert reviewers(graph, path) == ["rita", "rolf"]
    assert review.definitions(graph)[0]["reviewers"][0]["query"] == f"/groups/{group}/transitiveMembers"
    assert decide(sandbox, review, path, "ada", "rolf") == 204


def test_managers_and_their_fallback(sandbox: Running) -> None:
    """EM F.3 fallbackReviewers: for those whose manager cannot be found."""
    manager = {"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 1}
    rolf = single(put_clock(sandbox, -9), "rolf")
    review, graph, path = begun(sandbox, ("managed", "ada"), primaryReviewers=[manager], fallbackReviewers=[rolf])
    assert reviewers(graph, path) == ["boss", "rolf"]
    assert decide(sandbox, review, path, "managed", "rolf") == 403
    assert decide(sandbox, review, path, "managed", "boss") == 204
    assert decide(sandbox, review, path, "ada", "rolf") == 204
    definition = review.definitions(graph)[0]
    assert (definition["reviewers"][0]["query"], definition["reviewers"][0]["queryRoot"]) == ("./manager", "decisions")
    assert len(definition["fallbackReviewers"]) == 1


def test_a_blocked_reviewer_is_none(sandbox: Running) -> None:
    """EM F.3: the fallback also stands in for people who cannot sign in (inferred)."""
    graph = put_clock(sandbox, -9)
    away, rolf = single(graph, "away"), single(graph, "rolf")
    _review, graph, path = begun(sandbox, primaryReviewers=[away], fallbackReviewers=[rolf])
    assert reviewers(graph, path) == ["rolf"]


def test_a_reviewer_finds_their_reviews(sandbox: Running) -> None:
    """accessreviewscheduledefinition-filterbycurrentuser and its kin: no directory role is needed (EM H)."""
    review, _graph, path = begun(sandbox)
    rita, rolf = person(sandbox, "rita"), person(sandbox, "rolf")
    mine = rita.ok("GET", f"{REVIEWS}/definitions/filterByCurrentUser(on='reviewer')")["value"]
    assert review.scope_query in [row["scope"]["query"] for row in mine]
    assert rolf.ok("GET", f"{path}/decisions/filterByCurrentUser(on='reviewer')")["value"] == []
    instances = path.rpartition("/")[0]
    assert len(rita.ok("GET", f"{instances}/filterByCurrentUser(on='reviewer')")["value"]) == 1
    assert rita.refused("GET", f"{path}/decisions/filterByCurrentUser(on='approver')")[0] == 400
    assert sandbox.graph().refused("GET", f"{path}/decisions/filterByCurrentUser(on='reviewer')")[0] == 403


def test_batch(sandbox: Running) -> None:
    """accessreviewinstance-batchrecorddecisions: by principal, by resource, or all; applications too (EM H)."""
    review, graph, path = begun(sandbox, ("ada", "ben"))
    ada = user_id(graph, "ada@contoso.example")
    graph("POST", f"{path}/batchRecordDecisions", {**YES, "principalId": ada}, 204)
    assert [review.decision(graph, name)["decision"] for name in ("ada", "ben")] == ["Approve", "NotReviewed"]
    graph("POST", f"{path}/batchRecordDecisions", {"decision": "Deny", "resourceId": review.package}, 204)
    assert review.decision(graph, "ben")["decision"] == "NotReviewed"
    graph("POST", f"{path}/batchRecordDecisions", {"decision": "Deny", "resourceId": review.policy}, 204)
    assert [row["decision"] for row in review.decisions(graph)] == ["Deny", "Deny"]
    assert person(sandbox, "rolf").refused("POST", f"{path}/batchRecordDecisions", YES)[0] == 403
    person(sandbox, "rita")("POST", f"{path}/batchRecordDecisions", YES, 204)
    assert [row["decision"] for row in review.decisions(graph)] == ["Approve", "Approve"]


def test_reset_and_reminder(sandbox: Running) -> None:
    """accessreviewinstance-resetdecisions, -sendreminder: 204 (EM H)."""
    review, graph, path = begun(sandbox)
    before = review.decisions(graph)
    graph("POST", f"{path}/batchRecordDecisions", YES, 204)
    assert review.decisions(graph) != before
    graph("POST", f"{path}/resetDecisions", status=204)
    assert review.decisions(graph) == before
    graph("POST", f"{path}/sendReminder", status=204)


def test_accept_recommendations(sandbox: Running) -> None:
    """accessreviewinstance-acceptrecommendations: what the reviewer has not answered (EM H)."""
    review, graph, path = begun(sandbox, ("active", "ada", "ben"))
    assert decide(sandbox, review, path, "ben", "rita") == 204
    person(sandbox, "rita")("POST", f"{path}/acceptRecommendations", status=204)
    decisions = {row["principal"]["displayName"]: row["decision"] for row in review.decisions(graph)}
    assert decisions == {"active": "Approve", "ada": "Deny", "ben": "Approve"}


def test_stop_and_apply(sandbox: Running) -> None:
    """accessreviewinstance-stop, -applydecisions: Completed, then applied on demand (EM H)."""
    review, graph, path = begun(sandbox, ("ada", "ben"))
    assert graph.refused("POST", f"{path}/applyDecisions")[0] == 400
    ada = user_id(graph, "ada@contoso.example")
    graph("POST", f"{path}/batchRecordDecisions", {**YES, "principalId": ada}, 204)
    graph("POST", f"{path}/stop", status=204)
    instance = graph.ok("GET", path)
    assert (instance["status"], instance["endDateTime"][:10]) == ("Completed", "2030-01-11")
    assert decide(sandbox, review, path, "ben", "rita") == 400
    assert graph.refused("POST", f"{path}/stop")[0] == 400
    assert review.members(put_clock(sandbox, 26)) == ["ada", "ben"]
    graph = put_clock(sandbox, 27)
    graph("POST", f"{path}/applyDecisions", status=204)
    assert (graph.ok("GET", path)["status"], review.members(graph)) == ("Applied", ["ada"])


def test_what_is_gone_cannot_be_taken_away(sandbox: Running) -> None:
    """EM H AppliedSuccessfullyButObjectNotFound."""
    review, graph, _path = begun(sandbox)
    found = graph.ok("GET", f"{EM}/assignments?$filter=accessPackage/id eq '{review.package}'")["value"][0]["id"]
    graph("POST", f"{EM}/assignmentRequests", {"requestType": "adminRemove", "assignment": {"id": found}}, 201)
    graph.ok("GET", f"{EM}/assignments")
    graph.ok("GET", f"{EM}/assignments")
    graph = put_clock(sandbox, 26)
    assert review.decision(graph, "ada")["applyResult"] == "AppliedSuccessfullyButObjectNotFound"


def test_a_review_of_packages_is_not_made_through_the_api(sandbox: Running) -> None:
    """EM N 15, EM H: 400 "is not supported" (T graph-docs#19809); nor changed, nor deleted."""
    review = build(sandbox)
    graph = put_clock(sandbox, -8)
    scope = {"@odata.type": "#microsoft.graph.accessReviewQueryScope", "query": review.scope_query, "queryType": "MicrosoftGraph"}
    answer = graph("POST", f"{REVIEWS}/definitions", {"displayName": "Mine", "scope": scope}, 400)
    assert "is not supported. Please pass in one of the following queries" in answer.json()["error"]["message"]
    assert review.scope_query in answer.json()["error"]["message"]
    path = review.path(graph)
    assert graph.refused("PUT", path, {"displayName": "Mine"})[0] == 400
    assert graph.refused("DELETE", path)[0] == 400
    assert graph.refused("PATCH", path, {})[0] == 405
    assert len(review.definitions(graph)) == 1


def test_permissions(sandbox: Running) -> None:
    """EM 1.4 and EM H: AccessReview.Read.All is enough to read, for an application too; nothing else is."""
    _review, _graph, path = begun(sandbox)
    audit, narrow = sandbox.graph(client="audit"), sandbox.graph(client="narrow")
    for below in ("", "/decisions", "/contactedReviewers", "/stages"):
        assert audit("GET", f"{path}{below}").status_code == 200
        assert narrow.refused("GET", f"{path}{below}") == (403, "UnauthorizedAccessException")
    assert audit.refused("POST", f"{path}/stop")[0] == 403
    assert person(sandbox, "governor")("GET", f"{path}/decisions").status_code == 200
    assert person(sandbox, "rita").refused("GET", f"{path}/decisions")[0] == 403


@pytest.mark.parametrize("licence", ["p1", "none"])
def test_reviews_want_p2(sandbox: Running, licence: str) -> None:
    """EM 1.3: AadPremiumLicenseRequired; that access reviews say it in PIM's words is assumed."""
    graph = put_clock(sandbox, -9)
    graph.quirk(licence=licence)
    assert graph.refused("GET", f"{REVIEWS}/definitions") == (403, "AadPremiumLicenseRequired")


def test_a_throttle_of_their_own(sandbox: Running) -> None:
    """EM 1.3: 429 with the category accessreviews.app.10s, Retry-After; other services go on (EM N 2)."""
    graph, audit = put_clock(sandbox, -9), sandbox.graph(client="audit")
    graph.quirk(access_review_requests_per_10s=2)
    answers = [graph("GET", f"{REVIEWS}/definitions") for _unused in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 10
    message = answers[2].json()["error"]["message"]
    assert "under category:throttle.msgraph.accessreviews.app.10s. Please try again later." in message
    assert graph("GET", "/groups").status_code == 200
    assert audit("GET", f"{REVIEWS}/definitions").status_code == 200
    sandbox.control("POST", "clock", {"advance_seconds": 11})
    assert graph("GET", f"{REVIEWS}/definitions").status_code == 200


def test_an_injected_429_names_the_category(sandbox: Running) -> None:
    """EM 1.3, the last line of the table: access reviews name their own category, other services do not."""
    graph = put_clock(sandbox, -9)
    sandbox.control("POST", "faults", [{"status": 429, "retry_after": 3}])
    words = [graph("GET", path, status=429).json()["error"]["message"] for path in (f"{REVIEWS}/definitions", "/groups")]
    sandbox.control("DELETE", "faults")
    assert ["accessreviews.app.10s" in message for message in words] == [True, False]


def test_a_hundred_decisions_on_a_page(sandbox: Running) -> None:
    """EM N 14: the page size of decisions is 100; $top and $skip go on, and so does the nextLink."""
    review = build(sandbox)
    graph = put_clock(sandbox, -8)
    for number in range(101):
        give(graph, review, f"one{number:03d}")
    graph.ok("GET", f"{EM}/assignments")
    graph = put_clock(sandbox, 1)
    path = f"{review.instance_path(graph)}/decisions"
    first = graph.ok("GET", path)
    assert (len(first["value"]), first["@odata.count"]) == (100, 100)
    second = graph.ok("GET", first["@odata.nextLink"])
    assert (len(second["value"]), "@odata.nextLink" in second) == (2, False)
    assert len(graph.ok("GET", f"{path}?$top=100&$skip=100")["value"]) == 2
    assert len({row["id"] for row in [*first["value"], *second["value"]]}) == 102
    graph("POST", f"{review.instance_path(graph)}/stop", status=204)
