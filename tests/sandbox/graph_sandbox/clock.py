# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's time, and the ways in which Microsoft's services write it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

Move = Callable[[datetime, datetime], None]
"""Called after a test moved the clock, with the time before and the time after (UTC)."""


class Clock:
    """The real time, moved. It ticks by itself, and a test can move it (``POST /_sandbox/clock``).

    What depends on the time either compares with ``now()`` when it is asked, which is enough for most things (token
    lifetimes, assignments that end), or asks to be called at each move: ``world.clock.every_move(callback)``. The
    callbacks run in the order in which they were added, within the request that moves the clock. Between moves nobody
    is called: what must happen at a time of its own accord has to be found due when somebody looks.
    """

    def __init__(self, offset_seconds: float = 0) -> None:
        self._configured = timedelta(seconds=offset_seconds)
        self._offset = self._configured
        self._listeners: list[Move] = []

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(timezone.utc) + self._offset

    def timestamp(self) -> int:
        """Whole seconds since 1970, as tokens carry them."""
        return int(self.now().timestamp())

    @property
    def offset_seconds(self) -> float:
        """How far the clock is ahead of the real time."""
        return self._offset.total_seconds()

    def every_move(self, callback: Move) -> None:
        """Have a function called after each move."""
        self._listeners.append(callback)

    def advance(self, seconds: float) -> None:
        """Let time pass. It does not run backwards: ValueError for less than nothing. OverflowError beyond year 9999."""
        if not seconds >= 0:
            raise ValueError("advance_seconds must not be negative; use set to go back")
        self._move(self._offset + timedelta(seconds=seconds))

    def set(self, moment: datetime) -> None:
        """Make it that time, with a zone. What happened because time passed is not undone by going back."""
        self._move(moment - datetime.now(timezone.utc))

    def reset(self) -> None:
        """Go back to the time that the configuration asks for."""
        self._move(self._configured)

    def _move(self, offset: timedelta) -> None:
        before = self.now()
        after = datetime.now(timezone.utc) + offset  # refuses a year that no date can have, before anything changed
        self._offset = offset
        for listener in self._listeners:
            listener(before, after)


def directory_time(moment: datetime) -> str:
    """As the directory writes it: whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def long_time(moment: datetime) -> str:
    """As entitlement management answers a POST: seven digits of a second (EM F.5)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "7Z"


def short_time(text: str) -> str:
    """The same instant as entitlement management answers a GET: two or three digits, trailing zeros cut (EM F.5)."""
    head, _unused, fraction = text.rstrip("Z").partition(".")
    digits = fraction[:3].rstrip("0")
    return f"{head}.{digits}Z" if digits else f"{head}Z"
