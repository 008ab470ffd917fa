# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once on one customer: nothing twice, nothing half, and whoever loses says so or converges.

Without Defender roles, and in a tenant whose catalogs have unique names: what the service lets two runs make twice is in
test_found.py.
"""

from __future__ import annotations

import json
import typing as t

import pytest
from sweeps import discipline, sizes, state
from sweeps.customer import Customer
from sweeps.role import Ending, Run
from sweeps.turns import Turns
from sweeps.wanted import changed, published
from sweeps.worlds import World

_SMALL, _FULL = 40, 400
# The loser says so: what the other has just made looks like somebody else's.
_SAID = discipline.CODES | {"DuplicateKey", "DuplicateAccessPackage", "ResourceAlreadyOnboarded", "MadeTwice"}
# And that a role which the other has just assigned to the group that both make is held by somebody whom this run cannot know yet.
_SAID |= {"AdoptionRefused"}


def fresh(world: World) -> tuple[Customer, int]:
    """A customer of its own, and nothing in the log."""
    customer, number = world.customer()
    world.quiet()
    return customer, number


def told_badly(endings: dict[str, Ending]) -> list[str]:
    """What the runs said that is no clear sentence."""
    return [f"{who}: {words}" for who, ending in endings.items() for words in discipline.told_badly(ending, _SAID)]


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, state.State]:
    """The two wishes, each alone: the published one, and the changed one after it."""
    customer, number = fresh(world)
    found = {}
    for name, wanted in (("published", published()), ("changed", changed(number))):
        ending = Run(customer, wanted).play()
        assert not ending.failed, ending.sentences
        found[name] = _comparable(state.read(customer))
    return found


def _comparable(found: state.State) -> state.State:
    # A group's nickname is that of its first name, and either may be the first.
    return {**found, "group": [(label, {**group, "mailNickname": None}) for label, group in found["group"]]}


def same(world: World, seed: int, expected: dict[str, state.State]) -> list[str]:
    """Two runs that want the same."""
    customer, _number = fresh(world)
    wanted = published()
    endings = Turns(world, seed, {"one": Run(customer, wanted), "other": Run(customer, wanted)}).play()
    problems = told_badly(endings)
    after = _comparable(state.read(customer))
    # One of the two is always at its end; where the other was stopped, nothing is missing all the same.
    if all(ending.failed for ending in endings.values()):
        problems += state.twice(after)
    else:
        problems += state.differences(after, expected["published"])
    last = Run(customer, wanted).play()
    problems += [f"the next run failed: {words}" for words in last.sentences]
    return problems + state.differences(_comparable(state.read(customer)), expected["published"])


def doubled(found: state.State) -> list[str]:
    """What is there twice.

    Two assignments of a role with different scopes are what each of the two wished for, and the next run ends it.
    """
    links = [f"{label} {json.dumps(link, sort_keys=True)}" for label, link in found["assignment"]]
    problems = [f"there twice with the same scopes: assignment '{link}'" for link in set(links) if links.count(link) > 1]
    return problems + [words for words in state.twice(found) if not words.startswith("assignment ")]


def different(world: World, seed: int, expected: dict[str, state.State]) -> list[str]:
    """Two operators with different wishes."""
    customer, number = fresh(world)
    wishes = {"published": published(), "changed": changed(number)}
    endings = Turns(world, seed, {name: Run(customer, wanted) for name, wanted in wishes.items()}).play()
    after = _comparable(state.read(customer))
    problems = told_badly(endings) + doubled(after)
    for label, policy in after["policy"]:
        whole = [dict(each["policy"]).get(label) for each in expected.values()]
        if _own(policy) not in [_own(one) for one in whole if one]:
            problems.append(f"the policy '{label}' is neither the one nor the other: {policy}")
    last = Run(customer, wishes["changed"]).play()
    problems += [f"the next run failed: {words}" for words in last.sentences]
    # What only the other wished for may be there or not, as far as it has come.
    whole_state = _comparable(state.read(customer))
    problems += [x for x in state.differences(whole_state, expected["changed"]) if "Tier 2 Analyst" not in x]
    return problems


def _own(policy: dict[str, t.Any]) -> dict[str, t.Any]:
    """The policy without what it repeats of its package."""
    return {key: value for key, value in policy.items() if key != "accessPackage"}


SWEEPS = {"the same": same, "something else": different}


@pytest.mark.parametrize("part", range(sizes.PARTS))
@pytest.mark.parametrize("wish", SWEEPS)
def test_two_runs_at_once(world: World, expected: dict[str, state.State], wish: str, part: int) -> None:
    found = {}
    for seed in sizes.seeds(_SMALL, _FULL, part):
        problems = SWEEPS[wish](world, seed, expected)
        if problems:
            found[f"{wish}, seed {seed} (MSSP_SEED={seed} python -m pytest tests/robustness/test_two_at_once.py)"] = problems

    assert not found, sizes.told(found)
