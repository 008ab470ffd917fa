# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once, interleaved request by request: who is next is drawn by a seed, so each interleaving can be had again."""

from __future__ import annotations

import random
import threading
import typing as t

import requests

from sweeps.role import Ending, Run
from sweeps.worlds import World

_SECONDS = 60.0


class _Player:
    """A run in a thread of its own, which works only when it has the turn."""

    def __init__(self, name: str, run: Run) -> None:
        self.name = name
        self.run = run
        self.turn = threading.Semaphore(0)
        self.wakes = 0.0
        self.ending: Ending | None = None
        self.error: BaseException | None = None
        self.over = False


class Turns:
    """A hook of the wire that lets one of several runs go on until its next request, then another one."""

    def __init__(self, world: World, seed: int, runs: dict[str, Run]) -> None:
        self._world = world
        self._rng = random.Random(f"turns {seed}")
        self._players = [_Player(name, run) for name, run in runs.items()]
        self._back = threading.Semaphore(0)
        self._now: _Player = self._players[0]

    def play(self) -> dict[str, Ending]:
        """Both to their end."""
        threads = [threading.Thread(target=self._perform, args=[player], daemon=True) for player in self._players]
        timeline = self._world.timeline
        self._world.wire.hooks.append(self)
        timeline.elsewhere = self._sleep
        try:
            for thread in threads:
                thread.start()
            while waiting := [player for player in self._players if not player.over]:
                awake = [player for player in waiting if player.wakes <= timeline.elapsed]
                if not awake:
                    timeline.elapsed = min(player.wakes for player in waiting)
                    continue
                # Now and then one runs far ahead: most of what goes wrong needs that.
                self._now = self._now if self._now in awake and self._rng.random() < 0.5 else self._rng.choice(awake)
                self._now.turn.release()
                assert self._back.acquire(timeout=_SECONDS), "a run does not come back"
        finally:
            timeline.elsewhere = None
            self._world.wire.hooks.remove(self)
        for player in self._players:
            if player.error is not None:
                raise player.error
        return {player.name: t.cast(Ending, player.ending) for player in self._players}

    def before(self, request: requests.PreparedRequest) -> None:
        """Each request is a chance for the other."""
        self._hand_over()

    def after(self, request: requests.PreparedRequest) -> None:
        """See `Hook`."""

    def _sleep(self, seconds: float) -> None:
        self._now.wakes = self._world.timeline.elapsed + seconds
        self._hand_over()

    def _hand_over(self) -> None:
        player = self._now
        self._back.release()
        player.turn.acquire()

    def _perform(self, player: _Player) -> None:
        player.turn.acquire()
        try:
            player.ending = player.run.play()
        except BaseException as error:  # pylint: disable=broad-except
            player.error = error
        player.over = True
        self._back.release()
