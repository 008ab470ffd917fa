# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time that passes only when somebody waits, the same for the collection and for the sandbox."""

from __future__ import annotations

import datetime
import typing as t

from graph_sandbox.clock import Clock


class Timeline:
    """Stands in for the module `time` in the collection.

    :param start: the time of day at the beginning, in UTC.
    """

    def __init__(self, start: datetime.datetime) -> None:
        self._start = start
        self.elapsed = 0.0
        # How long was slept, in order.
        self.pauses: list[float] = []
        # Who else has something to do meanwhile (`turns.py`).
        self.elsewhere: t.Callable[[float], None] | None = None

    def monotonic(self) -> float:
        """Seconds since the beginning."""
        return self.elapsed

    def time(self) -> float:
        """Seconds since 1970."""
        return self._start.timestamp() + self.elapsed

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.pauses.append(seconds)
        if self.elsewhere is None:
            self.elapsed += seconds
        else:
            self.elsewhere(seconds)

    def now(self) -> datetime.datetime:
        """The time of day in UTC."""
        return self._start + datetime.timedelta(seconds=self.elapsed)


def clock_of(timeline: Timeline) -> type[Clock]:
    """A class of clock for the sandbox that follows the timeline."""

    class Following(Clock):
        """The sandbox's clock, without a tick of its own."""

        def now(self) -> datetime.datetime:
            return timeline.now() + self._offset

    return Following
