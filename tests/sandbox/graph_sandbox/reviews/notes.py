# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reviews write into the audit log (reference-audit-activities, "Access reviews")."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..audit.activities import review
from ..audit.recording import ACCESS_REVIEWS, caller, record
from ..audit.recording import service as by_service
from ..audit.state import Target
from ..store import Row

if TYPE_CHECKING:
    from ..graph.call import Call


def service(call: Call, activity: str, definition: Row, moment: datetime, decision: Row | None = None) -> None:
    """Something that the service did by itself."""
    actor = by_service(call.tenant, ACCESS_REVIEWS)
    record(call.tenant, review(activity), moment, actor, _targets(definition, decision))


def person(call: Call, activity: str, definition: Row, decision: Row | None = None) -> None:
    """Something that the caller did."""
    record(call.tenant, review(activity), call.world.clock.now(), caller(call), _targets(definition, decision))


def _targets(definition: Row, decision: Row | None) -> list[Target]:
    targets = [Target(definition["id"], definition["displayName"], "AccessReview")]
    if decision is not None:
        principal = decision["principal"]
        targets.append(Target(principal["id"], principal["displayName"], "User", principal.get("userPrincipalName")))
    return targets
