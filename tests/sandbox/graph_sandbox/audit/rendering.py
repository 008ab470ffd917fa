# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An entry as it is read (resources/directoryaudit; directoryaudit-list, example 2)."""

from __future__ import annotations

from typing import Any

from ..clock import long_time
from ..store import Row
from .state import Entry, Target

_SERVICES = {
    "Core Directory": "Directory",
    "Entitlement Management": "ELM",
    "Access Reviews": "AccessReviews",
    "Invited Users": "Invited",
}
"""What ids of entries begin with; only the core directory's is known."""


def entry_row(entry: Entry) -> Row:
    """The entry with every property that reads show."""
    actor: dict[str, Any] = dict(entry.actor)
    person = "userPrincipalName" in actor
    prefix = _SERVICES.get(entry.activity.service, entry.activity.service)
    return {
        "id": f"{prefix}_{entry.correlation}_SANDBOX_{entry.number:08d}",
        "category": entry.activity.category,
        "correlationId": entry.correlation,
        "result": entry.result,
        "resultReason": entry.reason,
        "activityDisplayName": entry.activity.name,
        "activityDateTime": long_time(entry.moment),
        "loggedByService": entry.activity.service,
        "operationType": entry.activity.operation,
        "initiatedBy": {"user": actor if person else None, "app": None if person else actor},
        "targetResources": [_target(item) for item in entry.targets],
        "additionalDetails": [{"key": key, "value": value} for key, value in entry.details],
    }


def _target(item: Target) -> Row:
    return {
        "id": item.id,
        "displayName": item.name or None,
        "type": item.type,
        "userPrincipalName": item.principal_name,
        "groupType": "azureAD" if item.type == "Group" else None,
        "modifiedProperties": [
            {"displayName": changed.name, "oldValue": changed.old, "newValue": changed.new} for changed in item.changed
        ],
    }
