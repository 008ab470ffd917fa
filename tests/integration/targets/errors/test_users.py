# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures of what blocks people and lets them in, word for word."""

from __future__ import annotations

import typing as t

from troubleshooting.checks import Checks


class TestUsers(Checks):
    """The rows of this file of the table."""

    SUBJECTS: t.ClassVar[tuple[str, ...]] = ("users",)
