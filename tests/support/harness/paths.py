# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things lie in the checkout."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SUPPORT = REPOSITORY / "tests" / "support"

# What has `ansible_collections` in it: the checkout's own surroundings where it lies as ansible-test wants it, else the link
# that the Makefile has made.
_AS_INSTALLED = REPOSITORY.parents[1].name == "ansible_collections"
COLLECTIONS = REPOSITORY.parents[2] if _AS_INSTALLED else REPOSITORY / ".venv" / "collections"
