# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import requests

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget
from ansible_collections.mssp.defender.tests.unit.fakes import URL, Clock, Http, Tokens, answer, graph, page, refusal

PATH = f"{URL}/v1.0/groups"
# What urllib3 and requests put into their texts must never be quoted.
LEAK = "Authorization: Bearer leaked-token"

DROPPED = [
    requests.exceptions.ConnectionError(LEAK),
    requests.exceptions.ReadTimeout(LEAK),
    requests.exceptions.ChunkedEncodingError(LEAK),
    requests.exceptions.ProxyError(LEAK),
]
UNKNOWN = [*DROPPED, *(answer(status) for status in (500, 502, 503, 504))]


def kinds(values):
    return [type(value).__name__ + str(getattr(value, "status_code", "")) for value in values]


# -- how a request looks ---------------------------------------------------------------------------------------------


def test_a_request():
    http = Http({"id": "1"})
    assert graph(http).get("groups/1", {"$select": "id,displayName"}) == {"id": "1"}
    sent = http.sent[0]
    assert sent.url == f"{URL}/v1.0/groups/1?$select=id,displayName"
    assert sent.headers["Authorization"] == "Bearer token-1"
    assert sent.options["timeout"] == 30
    # The bearer token must not travel on to wherever an answer points.
    assert sent.options["allow_redirects"] is False


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda g: g.get("x", beta=True), "GET /beta/x"),
        (lambda g: g.find("x", beta=True), "GET /beta/x"),
        (lambda g: g.list("x", beta=True), "GET /beta/x"),
        (lambda g: g.post("x", {}, beta=True), "POST /beta/x"),
        (lambda g: g.patch("x", {}, beta=True), "PATCH /beta/x"),
        (lambda g: g.delete("x", beta=True), "DELETE /beta/x"),
        (lambda g: g.put("x", {}), "PUT /v1.0/x"),
        (lambda g: g.get("/x"), "GET /v1.0/x"),
    ],
)
def test_version_and_verb(call, line):
    http = Http({"value": []})
    call(graph(http))
    assert http.lines == [line]


def test_prefer_is_sent_only_when_it_is_asked_for():
    http = Http({}, {})
    g = graph(http)
    g.patch("x", {}, prefer="create-if-missing")
    g.patch("x", {})
    assert http.sent[0].headers["Prefer"] == "create-if-missing"
    assert "Prefer" not in http.sent[1].headers


@pytest.mark.parametrize("empty", [answer(204), answer(200), answer(202, "")])
def test_an_answer_without_a_body_is_an_empty_object(empty):
    assert graph(Http(empty)).post("x", {}) == {}


def test_a_success_that_is_not_json():
    with pytest.raises(GraphError) as caught:
        graph(Http(answer(200, "<html>Welcome to the hotel</html>"))).get("x")
    assert str(caught.value) == (
        "the answer with status 200 is not JSON. "
        "Something between this machine and Graph answers in its place: check proxy and graph_url."
    )


def test_a_redirect_is_not_followed():
    http = Http(answer(302, None, Location="https://evil.test/"))
    with pytest.raises(GraphError, match="Graph answered 302"):
        graph(http).get("x")
    assert len(http.sent) == 1


# -- reading ---------------------------------------------------------------------------------------------------------


def test_find_is_none_on_404_only():
    assert graph(Http(refusal(404, "Request_ResourceNotFound"))).find("x") is None
    with pytest.raises(GraphError) as caught:
        graph(Http(refusal(403, "Forbidden"))).find("x")
    assert caught.value.status == 403


def test_pages_to_the_end_and_through_an_empty_one():
    http = Http(page(1, 2, next_link=f"{PATH}?$skiptoken=a"), page(next_link=f"{PATH}?$skiptoken=b"), page(3), page(9))
    assert graph(http).list("groups") == [1, 2, 3]
    assert http.lines == ["GET /v1.0/groups", "GET /v1.0/groups?$skiptoken=a", "GET /v1.0/groups?$skiptoken=b"]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/v1.0/groups?$skiptoken=a",
        "http://graph.test/v1.0/groups?$skiptoken=a",
        "https://graph.test.evil.test/v1.0/groups",
        "https://graph.test:444/v1.0/groups",
        "https://graph.test@evil.test/v1.0/groups",
        "//evil.test/v1.0/groups",
    ],
)
def test_a_foreign_next_page_gets_no_token(link):
    http = Http(page(1, next_link=link), page(2))
    with pytest.raises(GraphError) as caught:
        graph(http).list("groups")
    assert len(http.sent) == 1
    assert caught.value.code == "ForeignLink"
    assert str(caught.value) == "Graph's next page lies on another host, where the access token must not be sent."


def test_pages_in_a_circle_end():
    first, second = (f"https://graph.test/v1.0/groups?$skiptoken={x}" for x in "ab")
    http = Http(page(1, next_link=first), page(2, next_link=second), page(3, next_link=first))
    with pytest.raises(GraphError, match="lead back to one that was read already") as caught:
        graph(http).list("groups")
    assert (caught.value.code, len(http.sent)) == ("EndlessPages", 3)


def test_what_was_read_is_shared_until_a_write():
    http = Http(page(1, next_link=f"{PATH}?b"), page(2), {"id": "new"}, page(1, next_link=f"{PATH}?b"), page(2, 3))
    g = graph(http)
    assert g.list("groups") == g.list("groups") == [1, 2]
    g.post("groups", {})
    assert g.list("groups") == [1, 2, 3]
    assert len(http.sent) == 5


def test_what_was_read_is_told_apart_by_query_and_version():
    http = Http({"a": 1}, {"a": 2}, {"a": 3})
    g = graph(http)
    found = [g.get("x"), g.get("x", {"$select": "a"}), g.get("x", beta=True), g.get("x")]
    assert found == [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 1}]


@pytest.mark.parametrize(
    "write",
    [
        lambda g: g.post("y", {}),
        lambda g: g.patch("y", {}),
        lambda g: g.put("y", {}),
        lambda g: g.delete("y"),
    ],
)
def test_every_write_drops_what_was_read_even_one_that_fails(write):
    http = Http({"a": 1}, refusal(400, "BadRequest"), {"a": 2})
    g = graph(http)
    g.get("x")
    with pytest.raises(GraphError):
        write(g)
    assert g.get("x") == {"a": 2}


def test_fresh_asks_again_on_every_page():
    http = Http(page(1, next_link=f"{PATH}?b"), page(2), page(1, next_link=f"{PATH}?b"), page(3))
    g = graph(http)
    assert g.list("groups") == [1, 2]
    assert g.list("groups", fresh=True) == [1, 3]
    assert g.list("groups") == [1, 3]


def test_a_caller_cannot_lengthen_what_was_read():
    g = graph(Http(page(1)))
    g.list("groups").append(2)
    assert g.list("groups") == [1]


def test_not_found_is_not_remembered():
    g = graph(Http(refusal(404), {"id": 1}))
    assert g.find("x") is None
    assert g.find("x") == {"id": 1}


def test_what_is_gone_already_is_gone():
    graph(Http(refusal(404, "Request_ResourceNotFound"))).delete("groups/1")
    with pytest.raises(GraphError):
        graph(Http(refusal(409, "Conflict"))).delete("groups/1")


# -- throttling ------------------------------------------------------------------------------------------------------

VERBS = {
    "GET": lambda g: g.get("x"),
    "POST": lambda g: g.post("x", {"a": 1}),
    "PATCH": lambda g: g.patch("x", {"a": 1}),
    "PUT": lambda g: g.put("x", {"a": 1}),
    "DELETE": lambda g: g.delete("x"),
}
every_verb = pytest.mark.parametrize("verb", list(VERBS))
repeatable = pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "POST"])


@every_verb
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_to_the_second_whatever_the_verb(verb, status):
    clock = Clock()
    http = Http(refusal(status, "TooManyRequests", Retry_After="17"), refusal(status, Retry_After="3"), {"id": "1"})
    VERBS[verb](graph(http, clock=clock))
    assert clock.slept == [17.0, 3.0]
    assert [sent.body for sent in http.sent] == [http.sent[0].body] * 3


@every_verb
def test_429_without_retry_after_backs_off(verb):
    clock = Clock()
    VERBS[verb](graph(Http(refusal(429), refusal(429), refusal(429), {}), clock=clock))
    for pause, ceiling in zip(clock.slept, [0.5, 1.0, 2.0], strict=True):
        assert ceiling / 2 <= pause <= ceiling


@pytest.mark.parametrize("value", ["", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_429_with_a_retry_after_that_is_no_number_backs_off(value):
    clock = Clock()
    graph(Http(refusal(429, Retry_After=value), {}), clock=clock).get("x")
    assert 0.25 <= clock.slept[0] <= 0.5


def test_a_retry_after_may_be_a_date_by_the_servers_clock():
    clock = Clock()
    told = {"Date": "Wed, 21 Oct 2015 07:28:00 GMT", "Retry_After": "Wed, 21 Oct 2015 07:28:40 GMT"}
    graph(Http(refusal(429, **told), {}), clock=clock).get("x")
    assert clock.slept == [40.0]


@pytest.mark.parametrize("verb", ["POST", "PATCH", "PUT", "DELETE"])
def test_nothing_is_written_after_the_tasks_time_limit(verb):
    clock = Clock()
    http = Http(refusal(429, Retry_After="5"), {})
    made = graph(http, clock=clock)
    made.budget = Budget(300, clock, limit=4)
    with pytest.raises(Failure, match="the time limit of the task ran out before this was sent") as told:
        VERBS[verb](made)
    assert (len(http.sent), told.value.code) == (1, "Timeout")


def test_reading_goes_on_after_the_tasks_time_limit():
    clock = Clock()
    made = graph(Http({"id": "1"}), clock=clock)
    made.budget = Budget(300, clock, limit=0)
    assert made.get("x") == {"id": "1"}


@pytest.mark.parametrize("value", ["0", "-5"])
def test_a_retry_after_of_nothing_backs_off(value):
    clock = Clock()
    graph(Http(refusal(429, Retry_After=value), {}), clock=clock).get("x")
    assert 0.25 <= clock.slept[0] <= 0.5


def test_a_pause_that_does_not_fit_is_not_begun():
    clock = Clock()
    http = Http(refusal(429, "TooManyRequests", "Slow down.", Retry_After="301", request_id="r-1"))
    with pytest.raises(GraphError) as caught:
        graph(http, seconds=300, clock=clock).get("x")
    assert clock.slept == []
    assert str(caught.value) == (
        "Graph answered 429 TooManyRequests: Slow down (request-id r-1) (tried 1 time). "
        "Graph throttles this tenant: run again later, raise wait_timeout, or use fewer forks."
    )
    assert not caught.value.outcome_unknown


def test_throttling_without_end_is_given_up():
    clock = Clock()
    http = Http(*[refusal(429) for dummy in range(500)])
    with pytest.raises(GraphError) as caught:
        graph(http, seconds=100, clock=clock).get("x")
    assert 50 < sum(clock.slept) <= 100
    assert f"(tried {len(http.sent)} times)" in str(caught.value)


def test_the_budget_is_one_for_all_requests_of_a_task():
    clock = Clock()
    g = graph(Http(refusal(429, Retry_After="6"), {}, refusal(429, Retry_After="6"), {}), seconds=10, clock=clock)
    g.get("x")
    with pytest.raises(GraphError, match="429"):
        g.get("y")
    assert clock.slept == [6.0]


# -- unknown outcomes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", UNKNOWN, ids=kinds(UNKNOWN))
def test_a_post_of_unknown_outcome_is_never_sent_again(step):
    clock = Clock()
    http = Http(step)
    with pytest.raises(GraphError) as caught:
        graph(http, clock=clock).post("x", {})
    assert caught.value.outcome_unknown
    assert len(http.sent) == 1
    assert clock.slept == []
    assert LEAK not in str(caught.value)


@repeatable
@pytest.mark.parametrize("step", UNKNOWN, ids=kinds(UNKNOWN))
def test_what_is_harmless_to_repeat_is_repeated(verb, step):
    clock = Clock()
    http = Http(step, step, {})
    VERBS[verb](graph(http, clock=clock))
    assert [sent.method for sent in http.sent] == [verb] * 3
    assert len(clock.slept) == 2


@pytest.mark.parametrize("verb", ["GET", "PATCH"])
def test_503_without_retry_after_backs_off(verb):
    clock = Clock()
    VERBS[verb](graph(Http(refusal(503), {}), clock=clock))
    assert 0.25 <= clock.slept[0] <= 0.5


@every_verb
@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 412, 501])
def test_a_plain_refusal_is_final(verb, status):
    http = Http(refusal(status, "BadRequest", "No."))
    if (verb, status) == ("DELETE", 404):
        VERBS[verb](graph(http))
    else:
        with pytest.raises(GraphError) as caught:
            VERBS[verb](graph(http))
        assert caught.value.status == status
        assert not caught.value.outcome_unknown
    assert len(http.sent) == 1


def test_a_post_that_exists_already_is_of_unknown_outcome():
    http = Http(refusal(409, "DuplicateKey", "There."))
    with pytest.raises(GraphError) as caught:
        graph(http).post("x", {})
    assert caught.value.outcome_unknown
    assert len(http.sent) == 1


@pytest.mark.parametrize(
    ("exception", "words", "code"),
    [
        (
            requests.exceptions.ConnectTimeout(LEAK),
            "no connection to https://graph.test within 30 seconds. "
            "Check network, proxy, cloud and graph_url, then run again: nothing is done twice.",
            "ConnectTimeout",
        ),
        (
            requests.exceptions.ReadTimeout(LEAK),
            "https://graph.test did not answer within 30 seconds. "
            "Check network, proxy, cloud and graph_url, then run again: nothing is done twice.",
            "RequestTimeout",
        ),
        (
            requests.exceptions.ConnectionError(LEAK),
            "https://graph.test cannot be reached or dropped the connection. "
            "Check network, proxy, cloud and graph_url, then run again: nothing is done twice.",
            "ConnectionError",
        ),
        (
            requests.exceptions.SSLError(LEAK),
            "the TLS certificate of https://graph.test cannot be verified. "
            "Set ca_path (or REQUESTS_CA_BUNDLE) to the CA bundle that signs it, and check graph_url.",
            "TlsError",
        ),
    ],
)
def test_no_answer_in_words(exception, words, code):
    with pytest.raises(GraphError) as caught:
        graph(Http(exception)).post("x", {})
    assert str(caught.value) == words
    assert caught.value.code == code


def test_a_certificate_that_cannot_be_verified_is_not_tried_again():
    http = Http(requests.exceptions.SSLError(LEAK))
    with pytest.raises(GraphError) as caught:
        graph(http).get("x")
    assert len(http.sent) == 1
    assert not caught.value.outcome_unknown


def test_a_host_that_stays_away_says_how_often_it_was_tried():
    http = Http(*[requests.exceptions.ConnectionError(LEAK) for dummy in range(50)])
    with pytest.raises(GraphError) as caught:
        graph(http, seconds=10_000).get("x")
    assert 3 < len(http.sent) < 10
    words = f"https://graph.test cannot be reached or dropped the connection (tried {len(http.sent)} times). Check"
    assert str(caught.value).startswith(words)


# -- the token -------------------------------------------------------------------------------------------------------


@every_verb
def test_401_takes_a_new_token_once(verb):
    tokens = Tokens()
    http = Http(refusal(401, "InvalidAuthenticationToken"), {"id": "1"})
    VERBS[verb](graph(http, tokens=tokens))
    assert [sent.headers["Authorization"] for sent in http.sent] == ["Bearer token-1", "Bearer token-2"]
    assert tokens.dropped == 1


def test_a_second_401_is_final():
    tokens = Tokens()
    http = Http(refusal(401, "InvalidAuthenticationToken", "Expired."), refusal(401, "InvalidAuthenticationToken", "Expired."))
    with pytest.raises(GraphError) as caught:
        graph(http, tokens=tokens).get("x")
    assert tokens.dropped == 1
    assert str(caught.value) == (
        "Graph answered 401 InvalidAuthenticationToken: Expired. "
        "The access token was refused: check that tenant_id, cloud and graph_url belong together."
    )


def test_401_and_throttling_mix():
    clock = Clock()
    http = Http(refusal(429, Retry_After="1"), refusal(401), refusal(429, Retry_After="2"), {"id": "1"})
    assert graph(http, clock=clock).post("x", {}) == {"id": "1"}
    assert clock.slept == [1.0, 2.0]


# -- waiting for consistency -----------------------------------------------------------------------------------------


def test_when_ready_repeats_only_the_codes_that_mean_not_yet():
    clock = Clock()
    http = Http(refusal(404, "resourcenotfound"), refusal(404, "ResourceNotFound"), {"id": "1"})
    g = graph(http, clock=clock)
    assert g.when_ready("it", ("ResourceNotFound",), lambda: g.post("x", {})) == {"id": "1"}
    assert len(clock.slept) == 2


def test_when_ready_raises_everything_else_at_once():
    http = Http(refusal(404, "ResourceNotFound"), refusal(403, "Forbidden"))
    g = graph(http)
    with pytest.raises(GraphError) as caught:
        g.when_ready("it", ("ResourceNotFound",), lambda: g.post("x", {}))
    assert caught.value.status == 403


def test_when_ready_does_not_repeat_a_post_of_unknown_outcome():
    http = Http(refusal(404, "ResourceNotFound"), answer(504))
    g = graph(http)
    with pytest.raises(GraphError) as caught:
        g.when_ready("it", ("ResourceNotFound",), lambda: g.post("x", {}))
    assert caught.value.outcome_unknown
    assert len(http.sent) == 2


def test_when_ready_ends_with_what_was_waited_for_and_graphs_last_word():
    http = Http(*[refusal(404, "ResourceNotFound", "The group does not exist.", request_id=f"r-{n}") for n in range(50)])
    g = graph(http, seconds=10)
    with pytest.raises(Failure) as caught:
        g.when_ready("the group 'x' to be known", ("ResourceNotFound",), lambda: g.post("x", {}))
    text = str(caught.value)
    assert text.startswith("waited 10 seconds for the group 'x' to be known, in vain; Graph answered 404 ResourceNotFound: ")
    assert caught.value.request_id == f"r-{len(http.sent) - 1}"
    assert caught.value.code == "Timeout"
