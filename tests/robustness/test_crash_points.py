# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crash points, all of them: a run is cut at each of its requests, and the next one ends where an undisturbed run does."""

from __future__ import annotations

import pytest
from sweeps import crash_points, sizes
from sweeps.cutting import Kind
from sweeps.role import Run
from sweeps.stories import STORIES, Undisturbed, begin, undisturbed
from sweeps.worlds import World


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, Undisturbed]:
    """Each story without a disturbance."""
    return undisturbed(world)


@pytest.mark.parametrize("part", range(sizes.PARTS))
@pytest.mark.parametrize("kind", ["killed", "lost"])
@pytest.mark.parametrize("story", STORIES)
def test_every_crash_point(world: World, expected: dict[str, Undisturbed], story: str, kind: Kind, part: int) -> None:
    whole = expected[story]
    found = crash_points.problems(world, lambda: begin(world, story), Run, kind, part, whole.requests, whole.state)
    assert not sizes.told(found), sizes.told(found)
