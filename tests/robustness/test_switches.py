# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where nobody knows how the service behaves, a switch of the sandbox chooses: the collection is right under each choice.

Every switch, turned to each of its other values, under a first onboarding and a run after it; in full size under an update too.
"""

from __future__ import annotations

import re
import typing as t

import pytest
from graph_sandbox.config.quirks import Quirks
from sweeps import sizes, state
from sweeps.customer import Customer
from sweeps.role import Run
from sweeps.stories import STORIES, Undisturbed, begin, undisturbed
from sweeps.worlds import World

# What a service that behaves so refuses, and in which words the run says it.
REFUSED = {
    ("urbac_active", False): r"role-based access control does not answer .* 403 .*\[urbac_silent\]",
    ("post_roledef_500", True): r"Cannot create the Defender role '[^']+' in tenant .*: Graph answered 500 ",
    ("licence", "p1"): r"entitlement management does not work there\. .*\[licence_p1\]",
    ("licence", "none"): r"entitlement management does not work there\. .*\[licence_none\]",
    # A permission that was granted just now: the token has it, and Graph does not know it yet. The next run goes on.
    ("grant_lag", 2): r"Graph answered 403 .* unless its permission was granted a moment ago\. ",
}
# What leaves another state, or makes every run do something, and why that is right.
OTHERWISE = {
    ("justification_flags_stick", False): "two flags are not there, and each run tries to set them",
}


def _others(name: str) -> list[t.Any]:
    field = Quirks.model_fields[name]
    if field.annotation is bool:
        return [not field.default]
    if t.get_origin(field.annotation) is t.Literal:
        return [value for value in t.get_args(field.annotation) if value != field.default]
    return [2] if field.annotation in (int, float) else []


CHOICES = [(name, value) for name in Quirks.model_fields for value in _others(name)]


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, Undisturbed]:
    """Each story without a disturbance."""
    return undisturbed(world)


def settled(world: World, customer: Customer, expected: state.State) -> list[str]:
    """The differences that remain when all that lags has been read often enough and has had its time."""
    found: list[str] = []
    for _try in range(20):
        world.timeline.sleep(1)
        found = state.differences(state.read(customer), expected)
        if not found:
            break
    return found


@pytest.mark.parametrize("story", STORIES if sizes.FULL else ["first onboarding"])
@pytest.mark.parametrize(("name", "value"), CHOICES, ids=str)
def test_under_each_choice(world: World, expected: dict[str, Undisturbed], story: str, name: str, value: t.Any) -> None:
    customer, wanted = begin(world, story)
    customer.quirks(**{name: value})
    ending = Run(customer, wanted).play()
    if (name, value) in REFUSED:
        (sentence, *_more) = ending.sentences
        assert re.search(REFUSED[name, value], sentence), sentence
        customer.quirks(**{name: Quirks.model_fields[name].default})
        ending = Run(customer, wanted).play()
    assert ending.sentences == []
    usual = Quirks.model_fields[name].default
    customer.quirks(**{name: usual})
    assert (settled(world, customer, expected[story].state) != []) == ((name, value) in OTHERWISE)
    if isinstance(usual, (bool, str)) and (name, value) not in REFUSED:
        customer.quirks(**{name: value})
    world.quiet()

    again = Run(customer, wanted).play()

    assert (again.sentences, again.changes) == ([], [])
    assert (customer.writes() != []) == ((name, value) in OTHERWISE)
