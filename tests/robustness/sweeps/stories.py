# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several sweeps tell: where a customer begins, and what an undisturbed run does and leaves."""

from __future__ import annotations

import dataclasses
import typing as t

from sweeps import discipline, sizes, state
from sweeps.customer import Customer
from sweeps.role import Run
from sweeps.wanted import Wanted, changed, published
from sweeps.worlds import World

Wish = t.Callable[[int], Wanted]


def _published(_number: int) -> Wanted:
    return published()


# name -> what is there before, and what is wanted then, each by the customer's number.
STORIES: dict[str, tuple[Wish | None, Wish]] = {
    "first onboarding": (None, _published),
    "update": (_published, changed),
}
if sizes.FULL:
    STORIES["update and back"] = (changed, _published)


@dataclasses.dataclass(frozen=True)
class Undisturbed:
    """What a run does and leaves when nothing goes wrong.

    :param requests: how many, those to the identity platform among them.
    :param writes: the different ones.
    """

    state: state.State
    requests: int
    writes: set[discipline.Write]


def begin(world: World, story: str) -> tuple[Customer, Wanted]:
    """A customer at the point where the story's run begins, and what that run wants."""
    before, wanted = STORIES[story]
    customer, number = world.customer()
    if before is not None:
        world.quiet()
        ending = Run(customer, before(number)).play()
        assert not ending.failed, ending.sentences
    world.quiet()
    return customer, wanted(number)


def undisturbed(world: World) -> dict[str, Undisturbed]:
    """Each story without a disturbance."""
    found = {}
    for story in STORIES:
        customer, wanted = begin(world, story)
        ending = Run(customer, wanted).play()
        assert not ending.failed, ending.sentences
        assert ending.changes
        sent = list(world.wire.sent)
        done = discipline.writes(sent, state.names(customer))
        found[story] = Undisturbed(state.read(customer), len(sent), done)
    return found
