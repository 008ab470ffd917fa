# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""How long a task may wait: one budget for every pause it makes."""

from __future__ import annotations

import email.utils
import random
import time
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, some

T = t.TypeVar("T")

# Seconds before each call.
_GLANCES = (0.0, 1.0, 3.0, 6.0)


class Clock(t.Protocol):
    """Seconds that only grow, and a pause; replaced in tests."""

    def monotonic(self) -> float:
        """Seconds since some fixed point."""

    def sleep(self, seconds: float) -> None:
        """Pause."""


class Budget:
    """Seconds that a task may spend waiting, shared by retries and by polling.

    :param seconds: the task's `wait_timeout`, or less when Ansible's own `timeout` keyword ends the task sooner.
    :param limit: seconds until the `timeout` keyword ends the task; None without one.
    """

    def __init__(self, seconds: float, clock: Clock | None = None, *, limit: float | None = None) -> None:
        self._clock: Clock = clock or t.cast(Clock, time)
        self.seconds = seconds
        now = self._clock.monotonic()
        self._end = now + seconds
        self._last = None if limit is None else now + limit

    @property
    def left(self) -> float:
        """Seconds that may still be waited; never negative."""
        return max(0.0, self._end - self._clock.monotonic())

    @property
    def over(self) -> bool:
        """Whether Ansible has ended the task, or is about to: nothing may be written any more."""
        return self._last is not None and self._clock.monotonic() >= self._last

    def fits(self, pause: float) -> bool:
        """Whether a pause of this length ends within the budget."""
        return pause <= self.left

    def sleep(self, pause: float) -> None:
        """Pause."""
        self._clock.sleep(pause)

    def poll(self, what: str, probe: t.Callable[[], T | None], *, first: float = 0.3, longest: float = 5.0) -> T:
        """Call `probe` until it gives something, with growing pauses.

        :param what: what is waited for, as a clause: "the group 'x' to be visible to entitlement management".
        :param first: seconds before the second call; each pause is longer than the one before, up to `longest`.
        :raises Failure: with the code `Timeout`, when the next pause does not fit into the budget.
        """
        pause = first
        while True:
            found = probe()
            if found is not None:
                return found
            if not self.fits(pause):
                raise Failure(
                    f"waited {some(round(self.seconds), 'second')} for {what}, in vain",
                    remedy="Microsoft Graph becomes consistent with a delay: run again, or raise wait_timeout.",
                    code="Timeout",
                )
            self.sleep(pause)
            pause = min(longest, pause * 1.6)

    def glance(self, probe: t.Callable[[], T | None], *, times: int | None = None) -> T | None:
        """What `probe` gives within 10 seconds, or None: what was accepted may not be visible at once.

        Unlike `poll` for what may just as well not be there.

        :param times: so many calls at the most; None for four.
        """
        for pause in _GLANCES[:times]:
            if pause:
                if not self.fits(pause):
                    break
                self.sleep(pause)
            found = probe()
            if found is not None:
                return found
        return None


def backoff(attempt: int, *, base: float = 0.5, cap: float = 30.0, rng: random.Random | None = None) -> float:
    """Seconds before the next try (attempt 0 is the first retry): exponential, with full jitter, never zero."""
    ceiling = min(cap, base * 2.0**attempt)
    return ceiling / 2 + (rng or random).uniform(0, ceiling / 2)


def retry_after(answer: t.Any) -> float | None:
    """The seconds that an answer asks to wait; None when it asks for nothing, or in words that mean nothing."""
    if answer is None:
        return None
    value = answer.headers.get("Retry-After", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        # HTTP allows a date as well, which is told by the clock of the server.
        until = email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError):
        return None
    try:
        now = email.utils.parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError):
        now = time.time()
    return max(0.0, until - now)
