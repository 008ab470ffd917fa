# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throttling: Retry-After is kept to the second, pauses of one's own have jitter and a budget, and time limits are told."""

from __future__ import annotations

import email.utils
import re
import typing as t

import pytest
from sweeps.customer import Customer
from sweeps.role import Run
from sweeps.wanted import published
from sweeps.wire import Sent
from sweeps.worlds import World

# The first that a run asks of Graph, in a batch with what it asks next.
_PATH = "/organization"


def struck(world: World, customer: Customer, wait_timeout: int = 300, **fault: t.Any) -> tuple[list[Sent], Run, list[str]]:
    """A first onboarding whose first request meets a fault: that request, each time it was sent, the run, what it said."""
    customer.faults({"method": "GET", "path": _PATH, **fault})
    run = Run(customer, published(), wait_timeout=wait_timeout)
    ending = run.play()
    return [one for one in world.wire.sent if _PATH in one.url or f'"{_PATH}?' in one.body], run, ending.sentences


def gaps(sent: list[Sent]) -> list[float]:
    """Seconds between each of them and the next."""
    return [round(later.at - earlier.at, 6) for earlier, later in zip(sent, sent[1:], strict=False)]


@pytest.mark.parametrize("seconds", [1, 7, 61, 299])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept_to_the_second(world: World, status: int, seconds: int) -> None:
    customer, _number = world.customer()
    reads, _run, sentences = struck(world, customer, status=status, retry_after=seconds, times=1)

    assert sentences == []
    assert gaps(reads)[0] == seconds


def test_retry_after_as_a_date_is_kept_to_the_second(world: World) -> None:
    customer, _number = world.customer()
    # Dates have whole seconds.
    world.timeline.elapsed += 1 - world.timeline.time() % 1
    until = email.utils.formatdate(world.timeline.time() + 42, usegmt=True)
    reads, _run, sentences = struck(world, customer, status=429, retry_after=until, times=1)

    assert sentences == []
    assert gaps(reads)[0] == pytest.approx(42, abs=1)


def test_no_write_is_sent_while_graph_asks_to_wait(world: World) -> None:
    customer, _number = world.customer()
    customer.faults({"method": "POST", "path": "/catalogs$", "status": 429, "retry_after": 20, "times": 3})
    ending = Run(customer, published()).play()
    posts = [one for one in world.wire.sent if one.method == "POST" and one.url.endswith("/catalogs")]

    assert ending.sentences == []
    assert [one.status for one in posts] == [429, 429, 429, 201]
    assert gaps(posts) == [20, 20, 20]


def test_pauses_of_ones_own_grow_and_differ(world: World) -> None:
    seen = []
    for seed in range(20):
        customer, _number = world.customer()
        world.quiet()
        world.draw_from(str(seed))
        reads, _run, sentences = struck(world, customer, status=429, times=4)
        assert sentences == []
        seen.append(gaps(reads)[:4])
    for number, ceiling in enumerate([0.5, 1.0, 2.0, 4.0]):
        pauses = [each[number] for each in seen]
        assert all(ceiling / 2 - 1e-9 <= pause <= ceiling + 1e-9 for pause in pauses)
        # Customers that are throttled together do not come back together.
        assert len({round(pause, 3) for pause in pauses}) > 10


@pytest.mark.parametrize("wait_timeout", [0, 5, 60, 300])
@pytest.mark.parametrize("retry_after", [None, 0, 4])
def test_a_task_waits_no_longer_than_its_budget(world: World, wait_timeout: int, retry_after: int | None) -> None:
    customer, _number = world.customer()
    fault = {"status": 429} if retry_after is None else {"status": 429, "retry_after": retry_after}
    reads, run, sentences = struck(world, customer, wait_timeout, **fault)

    assert max(run.waited) <= wait_timeout + 0.001
    # The whole budget is used: the next pause would not have fitted.
    assert max(run.waited) + (retry_after or 30) > wait_timeout - 0.001
    assert len(sentences) == 1
    assert f"(tried {len(reads)} time" in sentences[0]
    assert "Graph throttles this tenant" in sentences[0]
    assert customer.writes() == []


@pytest.mark.parametrize("wait_timeout", [3, 20])
def test_what_was_waited_for_is_told(world: World, wait_timeout: int) -> None:
    customer, _number = world.customer()
    customer.quirks(resource_visible_lag=10_000)
    run = Run(customer, published(), wait_timeout=wait_timeout)
    ending = run.play()

    assert len(ending.sentences) == 1
    groups = "the groups 'Tier 1 Analyst', 'Tier 2 Analyst', 'MSSP Analyst Approvers'"
    assert f"waited {wait_timeout} seconds for {groups} to be visible" in ending.sentences[0]
    assert "raise wait_timeout" in ending.sentences[0]
    assert wait_timeout - 5 < max(run.waited) <= wait_timeout + 0.001


@pytest.mark.parametrize("request_timeout", [1, 30])
def test_a_slow_answer_ends_at_request_timeout(world: World, request_timeout: int) -> None:
    customer, _number = world.customer()
    customer.faults({"method": "GET", "path": _PATH, "latency_ms": 60_000})
    began = world.timeline.elapsed
    ending = Run(customer, published(), wait_timeout=0, request_timeout=request_timeout).play()

    assert len(ending.sentences) == 1
    assert re.search(rf"did not answer within {request_timeout} seconds?\b", ending.sentences[0])
    assert world.timeline.elapsed - began == pytest.approx(request_timeout)


@pytest.mark.parametrize("seconds", [2, 10])
def test_the_timeout_keyword_of_the_task_comes_first(world: World, seconds: int) -> None:
    """One second before Ansible's own end of the task, in our words."""
    customer, _number = world.customer()
    customer.faults({"method": "GET", "path": _PATH, "status": 429, "retry_after": 0})
    run = Run(customer, published(), task_seconds=seconds)
    ending = run.play()

    assert len(ending.sentences) == 1
    assert "Graph throttles this tenant" in ending.sentences[0]
    assert max(run.waited) <= seconds - 1 + 0.001


def test_nothing_is_written_after_the_end_of_the_task(world: World) -> None:
    """What Ansible has given up may still run, on the ordinary way: it must not write any more."""
    customer, _number = world.customer()
    # The answer to the look before the first write comes too late.
    customer.faults({"method": "GET", "path": "uniqueName=.*tier1", "request": 1, "latency_ms": 6000})
    ending = Run(customer, published(), task_seconds=5).play()

    assert ending.failed
    assert "the time limit of the task ran out before this was sent" in ending.sentences[0]
    assert [write for write in customer.writes() if "tier1" in write["path"]] == []
