# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a partner's tenant holds of its customers."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..store import Store


@dataclass(slots=True)
class RelationshipState:
    """GDAP relationships with their access assignments, requests and operations.

    The latter three point to their relationship by ``_relationship_id``.
    """

    relationships: Store = field(default_factory=Store)
    assignments: Store = field(default_factory=Store)
    requests: Store = field(default_factory=Store)
    operations: Store = field(default_factory=Store)
