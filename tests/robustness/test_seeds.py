# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeds: each draws a tenant's moods and mishaps, the role is run into them, and must end where an undisturbed run does."""

from __future__ import annotations

import contextlib

import pytest
from sweeps import discipline, sizes, state
from sweeps.customer import Customer
from sweeps.cutting import Cut
from sweeps.lots import LAGS, Lots, draw, usual
from sweeps.role import Ending, Run
from sweeps.stories import STORIES, Undisturbed, begin, undisturbed
from sweeps.wanted import Wanted
from sweeps.wire import Killed
from sweeps.worlds import World

_SMALL, _FULL = 150, 2000
# Runs of the role while things go wrong; then one more, when they do not.
_ATTEMPTS = 2


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, Undisturbed]:
    """Each story without a disturbance."""
    return undisturbed(world)


def attempt(world: World, customer: Customer, wanted: Wanted, lots: Lots, number: int) -> tuple[Ending | None, list[str]]:
    """One run into whatever goes wrong, and what it did that it must not; no ending when it was killed."""
    if number == 0 and lots.killed is not None:
        world.wire.hooks.append(Cut("killed", lots.killed))
    run = Run(customer, wanted, wait_timeout=lots.wait_timeout)
    began = len(world.wire.sent)
    ending = None
    with contextlib.suppress(Killed):
        ending = run.play()
    world.wire.hooks.clear()
    sent = world.wire.sent[began:]
    problems = discipline.repeated(sent) + discipline.hasty(sent)
    problems += [f"a task waited {x:.0f} of {lots.wait_timeout} s" for x in run.waited if x > lots.wait_timeout + 0.001]
    if ending is not None:
        problems += discipline.told_badly(ending)
    return ending, problems


def sweep(world: World, lots: Lots, expected: Undisturbed) -> list[str]:
    """What is wrong with what one seed leads to."""
    customer, wanted = begin(world, lots.story)
    world.draw_from(str(lots.seed))
    customer.quirks(**lots.quirks)
    customer.faults(*lots.faults, lots=lots.random_faults)
    problems = []
    for number in range(_ATTEMPTS):
        ending, wrong = attempt(world, customer, wanted, lots, number)
        problems += wrong
        if ending is not None and not ending.failed:
            break
        calm(world, customer, lots)
    calm(world, customer, lots, faults=False)
    # The grants have arrived as well: they are waited for by nobody.
    customer.quirks(grant_lag=0)
    sent = list(world.wire.sent)
    last = Run(customer, wanted).play()
    problems += [f"failed although nothing went wrong any more: {words}" for words in last.sentences]
    problems += discipline.repeated(world.wire.sent[len(sent) :])
    calm(world, customer, lots, faults=False)
    customer.quirks(**usual(lots.quirks))
    problems += state.differences(state.read(customer), expected.state)
    superfluous = discipline.writes(world.wire.sent, state.names(customer)) - expected.writes
    problems += [f"never needed: {method} {path} {body[:300]}" for method, path, body in sorted(superfluous)]
    world.quiet()
    again = Run(customer, wanted).play()
    if again.failed or again.changes or customer.writes():
        problems.append(f"the run after that had something to do: {again.sentences} {again.changes}")
    return problems


def calm(world: World, customer: Customer, lots: Lots, *, faults: bool = True) -> None:
    """Between two runs: what was written comes into sight; what goes wrong waits meanwhile, or is over."""
    wire = world.wire
    schedule = wire.control("GET", "faults")
    customer.faults()
    world.timeline.elapsed += 60
    state.settle(customer, sum(value for name, value in lots.quirks.items() if name in LAGS))
    if faults:
        # The next run meets other lots than the one before.
        lot = schedule["random_faults"]
        customer.faults(lots={**lot, "seed": f"{lot['seed']}+"})


@pytest.mark.parametrize("part", range(sizes.PARTS))
def test_every_seed_converges_or_says_why_and_is_resumed(world: World, expected: dict[str, Undisturbed], part: int) -> None:
    found = {}
    for seed in sizes.seeds(_SMALL, _FULL, part):
        lots = draw(seed, sorted(STORIES)[:2], world.timeline)
        problems = sweep(world, lots, expected[lots.story])
        if problems:
            found[f"seed {seed} (MSSP_SEED={seed} python -m pytest tests/robustness/test_seeds.py): {lots}"] = problems

    assert not found, sizes.told(found)
