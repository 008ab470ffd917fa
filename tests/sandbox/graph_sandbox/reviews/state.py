# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tenant's access reviews hold."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..store import Row, Store

if TYPE_CHECKING:
    from ..config.quirks import Quirks


@dataclass(slots=True)
class ReviewState:
    """Definitions, their instances and the decisions in those.

    Rows point to each other by private members: ``_policy_id``, ``_definition_id``, ``_instance_id``, ``_assignment_id``.
    """

    definitions: Store = field(default_factory=Store)
    instances: Store = field(default_factory=Store)
    decisions: Store = field(default_factory=Store)
    requests: dict[str, deque[float]] = field(default_factory=dict)
    """When each application called, in seconds since 1970: access reviews have a throttle of their own."""

    touched: bool = True
    """Something was written since somebody last looked what is due."""
    due: datetime | None = None
    """When the next review begins, ends or is applied."""
    quirks: Quirks | None = None
    """The switches that were in force when somebody last looked."""

    def instances_of(self, definition: Row) -> list[Row]:
        """The instances of a definition, oldest first."""
        return [row for row in self.instances if row["_definition_id"] == definition["id"]]

    def decisions_of(self, instance: Row) -> list[Row]:
        """The decisions of an instance."""
        return [row for row in self.decisions if row["_instance_id"] == instance["id"]]
