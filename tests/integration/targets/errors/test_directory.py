# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures up to the customer's directory, word for word: options, credentials, network, references, groups."""

from __future__ import annotations

import typing as t

from troubleshooting.checks import Checks


class TestDirectory(Checks):
    """The rows of these files of the table."""

    SUBJECTS: t.ClassVar[tuple[str, ...]] = ("options", "credentials", "connection", "references", "groups", "customers")
