# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's variables and its looks before the first write, word for word, through the playbook onboard."""

from __future__ import annotations

import typing as t

from troubleshooting.checks import Checks


class TestRole(Checks):
    """The rows of this file of the table."""

    SUBJECTS: t.ClassVar[tuple[str, ...]] = ("role",)
