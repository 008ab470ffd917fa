# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import requests

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget
from ansible_collections.mssp.defender.tests.unit.fakes import URL, Clock, Http, Tokens, answer, graph, refusal


def inner(number, status=200, body=None, **headers):
    return {"id": str(number), "status": status, "headers": headers, "body": body if body is not None else {}}


def batch(*responses):
    return {"responses": list(responses)}


def error(status, code, **headers):
    return inner(0, status, {"error": {"code": code, "message": "No."}}, **headers)


def test_the_envelope():
    http = Http(batch(inner(0, body={"id": "a"}), inner(1, body={"id": "b"})))
    found = graph(http).together([("groups/a", {"$select": "id"}), ("users/b", None)])
    assert found == [{"id": "a"}, {"id": "b"}]
    assert http.lines == ["POST /v1.0/$batch"]
    assert http.sent[0].body == {
        "requests": [
            {"id": "0", "method": "GET", "url": "/groups/a?$select=id"},
            {"id": "1", "method": "GET", "url": "/users/b"},
        ]
    }


def test_beta():
    http = Http(batch(inner(0)))
    graph(http).together([("x", None)], beta=True)
    assert http.lines == ["POST /beta/$batch"]
    assert http.sent[0].body["requests"][0]["url"] == "/x"


def test_nothing_to_ask():
    assert graph(Http()).together([]) == []


def test_answers_come_in_any_order():
    http = Http(batch(inner(2, body={"n": 2}), inner(0, body={"n": 0}), inner(1, body={"n": 1})))
    assert [x["n"] for x in graph(http).together([("x", None)] * 3)] == [0, 1, 2]


def test_a_refusal_is_no_failure_of_the_others():
    http = Http(batch(inner(1, body={"n": 1}), error(403, "Authorization_RequestDenied", **{"request-id": "r"})))
    refused, read = graph(http).together([("x", None), ("y", None)])
    assert isinstance(refused, GraphError)
    assert (refused.status, refused.code, refused.request_id) == (403, "Authorization_RequestDenied", "r")
    assert read == {"n": 1}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_only_what_was_not_worked_is_asked_for_again(status):
    http = Http(
        batch(inner(0, body={"n": 0}), {**error(status, "busy", **{"retry-after": "7"}), "id": "1"}),
        batch(inner(1, body={"n": 1})),
    )
    clock = Clock()
    found = graph(http, clock=clock).together([("x", None), ("y", None)])
    assert found == [{"n": 0}, {"n": 1}]
    assert [request["id"] for request in http.sent[1].body["requests"]] == ["1"]
    assert clock.slept == [7]


def test_the_longest_pause_is_kept_and_the_budget_ends_it():
    busy = {**error(429, "TooManyRequests", **{"Retry-After": "400"}), "id": "1"}
    clock = Clock()
    found = graph(Http(batch(error(429, "TooManyRequests", **{"Retry-After": "1"}), busy)), clock=clock).together(
        [("x", None)] * 2
    )
    assert [x.status for x in found] == [429, 429]
    assert clock.slept == []


def test_it_ends_without_a_word_on_how_long_to_wait():
    http = Http(*(batch(error(503, "busy")) for dummy in range(6)))
    (found,) = graph(http).together([("x", None)])
    assert found.status == 503
    assert http.script == []


def test_what_the_answer_leaves_out_is_asked_for_again():
    http = Http(batch(inner(0, body={"n": 0})), batch(inner(1, body={"n": 1})))
    assert graph(http).together([("x", None), ("y", None)]) == [{"n": 0}, {"n": 1}]


def test_a_batch_may_be_lost_and_sent_again():
    http = Http(requests.exceptions.ConnectionError("no"), answer(502), batch(inner(0, body={"n": 0})))
    assert graph(http).together([("x", None)]) == [{"n": 0}]


def test_a_batch_that_is_refused_as_a_whole():
    with pytest.raises(GraphError) as caught:
        graph(Http(refusal(400, "BadRequest", "No batch."))).together([("x", None)])
    assert caught.value.code == "BadRequest"


def test_it_reads_and_so_leaves_what_was_read():
    http = Http({"id": "1"}, batch(inner(0)))
    g = graph(http)
    g.get("x")
    g.together([("y", None)])
    g.get("x")
    assert http.lines == ["GET /v1.0/x", "POST /v1.0/$batch"]


def test_it_is_read_although_the_task_is_over():
    clock = Clock()
    g = graph(Http(batch(inner(0, body={"n": 0}))), clock=clock)
    g.budget = Budget(300, clock, limit=0)
    assert g.together([("x", None)]) == [{"n": 0}]


def test_pages_behind_the_first():
    link = f"{URL}/v1.0/x?$skiptoken=2"
    http = Http(batch(inner(0, body={"value": [1], "@odata.nextLink": link})), {"value": [2]})
    assert graph(http).together([("x", None)]) == [{"value": [1, 2]}]
    assert http.lines[1:] == ["GET /v1.0/x?$skiptoken=2"]


def test_a_page_on_another_host_is_not_followed():
    link = "https://elsewhere.test/v1.0/x"
    (found,) = graph(Http(batch(inner(0, body={"value": [], "@odata.nextLink": link})))).together([("x", None)])
    assert (found.code, found.status) == ("ForeignLink", None)


def test_twenty_in_a_batch():
    http = Http(batch(*(inner(n, body={"n": n}) for n in range(20))), batch(inner(20, body={"n": 20})))
    assert [x["n"] for x in graph(http).together([("x", None)] * 21)] == list(range(21))
    assert [len(sent.body["requests"]) for sent in http.sent] == [20, 1]


def test_tokens_are_renewed_as_for_any_request():
    tokens = Tokens()
    g = graph(Http(refusal(401, "InvalidAuthenticationToken"), batch(inner(0, body={"n": 0}))), tokens=tokens)
    assert g.together([("x", None)]) == [{"n": 0}]
    assert tokens.dropped == 1


# -- reading ahead ---------------------------------------------------------------------------------------------------


def test_what_was_read_ahead_is_not_asked_for_again():
    http = Http(batch(inner(0, body={"value": [{"id": "a"}]}), inner(1, body={"id": "b"})))
    session = graph(http)
    session.read_ahead([("groups", {"$select": "id"}), ("users/b", None)])
    assert session.list("groups", {"$select": "id"}) == [{"id": "a"}]
    assert session.get("users/b") == {"id": "b"}
    assert http.lines == ["POST /v1.0/$batch"]


def test_what_could_not_be_read_ahead_is_left_to_who_asks():
    refused = {"error": {"code": "Authorization_RequestDenied", "message": "No."}}
    http = Http(batch(inner(0, 403, refused), inner(1, body={"n": 1})), refusal(403, "Authorization_RequestDenied"))
    session = graph(http)
    session.read_ahead([("x", None), ("y", None)])
    with pytest.raises(GraphError) as caught:
        session.get("x")
    assert (caught.value.status, session.get("y")) == (403, {"n": 1})
    assert http.lines == ["POST /v1.0/$batch", "GET /v1.0/x"]


@pytest.mark.parametrize(("status", "code"), [(429, "TooManyRequests"), (503, "ServiceUnavailable")])
def test_what_is_throttled_without_end_is_not_asked_for_again(status, code):
    busy = {"error": {"code": code, "message": "No."}}
    http = Http(
        *[batch(inner(0, status, busy, **{"Retry-After": "60"}), inner(1, body={"n": 1}))]
        + [batch(inner(0, status, busy, **{"Retry-After": "60"}))] * 4
    )
    clock = Clock()
    with pytest.raises(GraphError, match=r"\(tried 5 times\)"):
        graph(http, clock=clock, seconds=240).read_ahead([("x", None), ("y", None)])
    assert clock.slept == [60] * 4


def test_one_thing_is_not_worth_reading_ahead():
    http = Http({"n": 0}, {"n": 1})
    session = graph(http)
    session.get("x")
    session.read_ahead([("x", None), ("y", None)])
    assert session.get("y") == {"n": 1}
    assert http.lines == ["GET /v1.0/x", "GET /v1.0/y"]


def test_a_write_drops_what_was_read_ahead():
    http = Http(batch(inner(0, body={"n": 0}), inner(1, body={"n": 1})), {}, {"n": 2})
    session = graph(http)
    session.read_ahead([("x", None), ("y", None)])
    session.post("z", {})
    assert session.get("x") == {"n": 2}
