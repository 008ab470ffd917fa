# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is cut at each of its requests: the next one ends where an undisturbed run does."""

from __future__ import annotations

import collections.abc
import contextlib

from sweeps import sizes, state
from sweeps.customer import Customer
from sweeps.cutting import Cut, Kind
from sweeps.role import Ending, Run
from sweeps.wanted import Wanted
from sweeps.wire import Killed
from sweeps.worlds import World

Begun = tuple[Customer, Wanted]


def problems(
    world: World,
    begin: collections.abc.Callable[[], Begun],
    run: type[Run],
    kind: Kind,
    part: int,
    requests: int,
    expected: state.State,
) -> dict[str, list[str]]:
    """What is wrong after each crash point of a part of them; an empty list where nothing is.

    :param begin: gives a customer of its own to each crash point.
    :param requests: how many an undisturbed run sends, and `expected` what it leaves.
    """
    # Killed before the first request, and after each one but the last; every answer lost.
    points = range(requests) if kind == "killed" else range(1, requests + 1)
    found = {}
    for after in points[part :: sizes.PARTS]:
        struck, wrong = _cut_short(world, begin(), run, Cut(kind, after), expected)
        found[f"{kind} after {after} ({struck})"] = wrong
    return found


def _cut_short(world: World, begun: Begun, run: type[Run], cut: Cut, expected: state.State) -> tuple[str, list[str]]:
    """Cut one run, let the next one do its work: what was struck, and what is wrong then."""
    customer, wanted = begun
    world.wire.hooks.append(cut)
    ending: Ending | None = None
    with contextlib.suppress(Killed):
        ending = run(customer, wanted).play()
    world.quiet()
    assert cut.struck
    assert (ending is None) == (cut.kind == "killed")
    wrong = []
    if ending is not None and ending.failed:
        wrong.append(f"one lost answer stopped the run: {ending.sentences}")
    finished = run(customer, wanted).play()
    wrong += [f"the next run failed: {words}" for words in finished.sentences]
    if ending is not None and not ending.failed and customer.writes():
        wrong.append(f"the run was at its end, and the next one wrote: {customer.writes()}")
    wrong += state.differences(state.read(customer), expected)
    world.quiet()
    again = run(customer, wanted).play()
    if again.failed or again.changes or customer.writes():
        wrong.append("the run after that had something to do")
    return cut.struck, wrong
