# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judges are the sandbox's: they know nothing of the collection."""

from __future__ import annotations

import sys

from harness.paths import REPOSITORY

sys.path.append(str(REPOSITORY / "tests" / "sandbox" / "tests"))
