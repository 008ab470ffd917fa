# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's time, and the ways in which Microsoft's services write it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone


class Clock:
    """The real time, moved by a fixed offset."""

    def __init__(self, offset_seconds: float = 0) -> None:
        self._offset = timedelta(seconds=offset_seconds)

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(timezone.utc) + self._offset

    def timestamp(self) -> int:
        """Whole seconds since 1970, as tokens carry them."""
        return int(self.now().timestamp())


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
