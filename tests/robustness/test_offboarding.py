# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crash points of an offboarding, all of them: cut at each request, the next run ends where an undisturbed one does."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

import pytest
from sweeps import crash_points, sizes, state
from sweeps.cutting import Kind
from sweeps.offboarding import Offboarding, begin
from sweeps.worlds import World

STORIES = ("nothing but ours", "used otherwise")


@dataclasses.dataclass(frozen=True)
class Undisturbed:
    """What a run leaves when nothing goes wrong, and how many requests it takes."""

    state: state.State
    requests: int


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, Undisturbed]:
    """Each story without a disturbance."""
    found = {}
    for story in STORIES:
        customer, wanted = begin(world, story)
        ending = Offboarding(customer, wanted).play()
        assert not ending.failed, ending.sentences
        requests = len(world.wire.sent)
        found[story] = Undisturbed(state.read(customer), requests)
    return found


def test_nothing_is_left_of_ours(world: World, expected: dict[str, Undisturbed]) -> None:
    fresh, _number = world.customer()
    assert state.differences(expected["nothing but ours"].state, state.read(fresh)) == []


def test_what_is_used_is_left_and_nothing_else(expected: dict[str, Undisturbed]) -> None:
    there = {kind: [label for label, _content in found] for kind, found in expected["used otherwise"].state.items()}
    assert there == {
        "group": ["Tier 2 Analyst"],
        "role": [],
        "assignment": [],
        "organization": ["Fabrikam Security"],
        "catalog": ["Internal"],
        "resource": [],
        "package": ["Finance"],
        "policy": ["Finance: Auditors"],
    }


# What a tenant may do beside answering at once and in full.
SLOW: list[dict[str, t.Any]] = [
    {"removal_lag": 6, "delivery_lag": 4},
    {"unuse_lag": 3},
    {"stale_lists": 1, "stale_reads": 1},
    {"lifecycle_action": "none"},
    {"empty_pages": True},
    {"defender_filter": "ignored"},
    {"put_requires_all": True, "policy_conflict_status": 400},
    {"group_soft_delete": False, "unique_name_held_by_deleted": True},
]


@pytest.mark.parametrize("switches", SLOW, ids=["-".join(x) for x in SLOW])
def test_a_tenant_that_is_slow_or_answers_otherwise(
    world: World, expected: dict[str, Undisturbed], switches: dict[str, t.Any]
) -> None:
    customer, wanted = begin(world, STORIES[0])
    customer.quirks(**switches)
    ending = Offboarding(customer, wanted).play()
    assert not ending.failed, ending.sentences
    customer.wire.control("DELETE", "quirks")
    for _look in range(3):
        # A list that still shows what is gone leads to what is not there.
        with contextlib.suppress(AssertionError, TypeError):
            state.read(customer)
    assert state.differences(state.read(customer), expected[STORIES[0]].state) == []
    world.quiet()
    again = Offboarding(customer, wanted).play()
    assert (again.failed, again.changes, customer.writes()) == (False, [], [])


@pytest.mark.parametrize("part", range(sizes.PARTS))
@pytest.mark.parametrize("kind", ["killed", "lost"])
@pytest.mark.parametrize("story", STORIES if sizes.FULL else STORIES[:1])
def test_every_crash_point(world: World, expected: dict[str, Undisturbed], story: str, kind: Kind, part: int) -> None:
    whole = expected[story]
    found = crash_points.problems(world, lambda: begin(world, story), Offboarding, kind, part, whole.requests, whole.state)
    assert not sizes.told(found), sizes.told(found)
