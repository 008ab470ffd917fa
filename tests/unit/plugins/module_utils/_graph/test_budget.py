# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget, backoff
from ansible_collections.mssp.defender.tests.unit.fakes import Clock


def test_what_is_left_shrinks_and_never_is_negative():
    clock = Clock()
    budget = Budget(10, clock)
    assert budget.left == 10
    budget.sleep(4)
    assert budget.left == 6
    assert budget.fits(6)
    assert not budget.fits(6.1)
    budget.sleep(60)
    assert budget.left == 0
    assert budget.fits(0)


def test_poll_returns_what_it_finds_at_once_without_a_pause():
    clock = Clock()
    assert Budget(0, clock).poll("x", lambda: "found") == "found"
    assert clock.slept == []


@pytest.mark.parametrize("found", [False, 0, "", []])
def test_poll_takes_everything_but_none(found):
    assert Budget(0, Clock()).poll("x", lambda: found) == found


def test_poll_pauses_longer_each_time_up_to_the_longest():
    clock = Clock()
    answers = iter([None] * 10 + ["found"])
    assert Budget(100, clock).poll("x", lambda: next(answers)) == "found"
    assert clock.slept == sorted(clock.slept)
    assert clock.slept[0] == pytest.approx(0.3)
    assert max(clock.slept) == 5.0


def test_poll_says_what_it_waited_for_and_how_long():
    clock = Clock()
    with pytest.raises(Failure) as caught:
        Budget(20, clock).poll("the group 'x' to be visible", lambda: None)
    assert caught.value.code == "Timeout"
    assert str(caught.value) == (
        "waited 20 seconds for the group 'x' to be visible, in vain. "
        "Microsoft Graph becomes consistent with a delay: run again, or raise wait_timeout."
    )
    assert sum(clock.slept) <= 20


def test_poll_raises_what_the_probe_raises():
    def probe():
        raise Failure("no")

    with pytest.raises(Failure, match="no"):
        Budget(20, Clock()).poll("x", probe)


@pytest.mark.parametrize("attempt", range(12))
def test_backoff_lies_between_half_of_the_ceiling_and_the_ceiling(attempt):
    ceiling = min(30.0, 0.5 * 2**attempt)
    pauses = [backoff(attempt, rng=random.Random(seed)) for seed in range(200)]
    assert min(pauses) >= ceiling / 2 > 0
    assert max(pauses) <= ceiling
    assert max(pauses) - min(pauses) > ceiling / 4  # jitter: workers that failed together do not come back together
