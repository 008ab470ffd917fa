# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sweeps have found, each as small as it gets."""

from __future__ import annotations

import typing as t

from sweeps import state
from sweeps.role import Run
from sweeps.turns import Turns
from sweeps.wanted import published
from sweeps.worlds import World


def made_twice(world: World, **variables: t.Any) -> set[str]:
    """What two runs at once make twice in one interleaving or another, by kind."""
    found: set[str] = set()
    for seed in range(12):
        customer, _number = world.customer()
        wanted = published(**variables)
        Turns(world, seed, {name: Run(customer, wanted) for name in ("one", "other")}).play()
        found |= {words.partition(" ")[0] for words in state.twice(state.read(customer))}
    return found


def test_two_runs_at_once_make_each_role_once(world: World) -> None:
    """Defender takes two roles of one name."""
    assert not made_twice(world) & {"role", "assignment"}


def test_two_runs_at_once_make_one_catalog(world: World) -> None:
    """A tenant may take two catalogs of one name."""
    assert "catalog" not in made_twice(world, skip_defender=True)
