# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crash points, all of them: a run is cut at each of its requests, and the next one ends where an undisturbed run does."""

from __future__ import annotations

import contextlib

import pytest
from sweeps import sizes, state
from sweeps.cutting import Cut, Kind
from sweeps.role import Ending, Run
from sweeps.stories import STORIES, Undisturbed, begin, undisturbed
from sweeps.wire import Killed
from sweeps.worlds import World


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, Undisturbed]:
    """Each story without a disturbance."""
    return undisturbed(world)


def cut_short(world: World, story: str, kind: Kind, after: int, expected: state.State) -> tuple[str, list[str]]:
    """Cut one run, let the next one do its work: what was struck, and what is wrong then."""
    customer, wanted = begin(world, story)
    cut = Cut(kind, after)
    world.wire.hooks.append(cut)
    ending: Ending | None = None
    with contextlib.suppress(Killed):
        ending = Run(customer, wanted).play()
    world.quiet()
    assert cut.struck
    assert (ending is None) == (kind == "killed")
    problems = []
    if ending is not None and ending.failed:
        problems.append(f"one lost answer stopped the run: {ending.sentences}")
    finished = Run(customer, wanted).play()
    problems += [f"the next run failed: {words}" for words in finished.sentences]
    if ending is not None and not ending.failed and customer.writes():
        problems.append(f"the run was at its end, and the next one wrote: {customer.writes()}")
    problems += state.differences(state.read(customer), expected)
    world.quiet()
    again = Run(customer, wanted).play()
    if again.failed or again.changes or customer.writes():
        problems.append("the run after that had something to do")
    return cut.struck, problems


@pytest.mark.parametrize("part", range(sizes.PARTS))
@pytest.mark.parametrize("kind", ["killed", "lost"])
@pytest.mark.parametrize("story", STORIES)
def test_every_crash_point(world: World, expected: dict[str, Undisturbed], story: str, kind: Kind, part: int) -> None:
    whole = expected[story]
    # Killed before the first request, and after each one but the last; every answer lost.
    points = range(whole.requests) if kind == "killed" else range(1, whole.requests + 1)
    found = {}
    for after in points[part :: sizes.PARTS]:
        struck, problems = cut_short(world, story, kind, after, whole.state)
        found[f"{story}, {kind} after {after} ({struck})"] = problems

    assert not sizes.told(found), sizes.told(found)
