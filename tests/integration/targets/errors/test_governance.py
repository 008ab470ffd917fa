# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures of what governs access, word for word: Defender roles, entitlement management, and the role that builds all of it."""

from __future__ import annotations

import typing as t

from troubleshooting.checks import Checks


class TestGovernance(Checks):
    """The rows of these files of the table."""

    SUBJECTS: t.ClassVar[tuple[str, ...]] = ("preflight", "defender", "organizations", "catalogs", "policies", "requests")
