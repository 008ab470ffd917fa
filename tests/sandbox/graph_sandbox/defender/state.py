# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tenant's Defender unified RBAC holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..store import Store


@dataclass(slots=True)
class DefenderState:
    """Roles and their assignments."""

    roles: Store = field(default_factory=Store)
    assignments: Store = field(default_factory=Store)
