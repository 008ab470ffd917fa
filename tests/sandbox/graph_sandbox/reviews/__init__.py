# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access reviews of access packages: made by a policy, begun and ended by the clock, decided by people (EM H)."""

from __future__ import annotations
