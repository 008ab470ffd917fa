# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large the sweeps are, and how they are spread over the tests that run at the same time."""

from __future__ import annotations

import os

FULL = os.environ.get("MSSP_SWEEP") == "full"
# One seed only: what a failing sweep prints.
SEED = os.environ.get("MSSP_SEED")

# Each part of a sweep is a test, so that two processes share the work.
PARTS = 8


def seeds(small: int, full: int, part: int, parts: int = PARTS) -> list[int]:
    """The seeds of one part."""
    if SEED is not None:
        return [int(SEED)] if int(SEED) % parts == part else []
    return list(range(part, full if FULL else small, parts))


def told(problems: dict[str, list[str]]) -> str:
    """What a sweep found, a line each; empty when nothing."""
    return "\n".join(f"{where}: {words}" for where, found in problems.items() for words in found)
