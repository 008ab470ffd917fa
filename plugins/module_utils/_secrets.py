# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Every secret value this process has seen at run time, so that no text that leaves it can quote one.

Ansible masks the options that are marked `no_log`; it cannot know the tokens and assertions that are acquired
while a module runs. They are registered here and masked by the same function at the end of every task.
"""

from __future__ import annotations

_seen: set[str] = set()

# Shorter values would star out innocent text, and no token or assertion is that short.
_SHORTEST = 8


def remember(value: str | None) -> None:
    """Mask this value in everything that this process reports from now on."""
    if value and len(value) >= _SHORTEST:
        _seen.add(value)


def seen() -> frozenset[str]:
    """The values to mask."""
    return frozenset(_seen)
