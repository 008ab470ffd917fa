# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/groupSettings``: the naming policy of Microsoft 365 groups, read only (group-list-settings, groupsetting-get).

A tenant in which nobody set anything has no such object: the defaults of its template hold.
"""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..graph.routing import Router
from ..ids import derive_guid
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import READ_ONLY_ID, ComplexType, EntityType, Property, text
from ..store import Row

router = Router(Area.DIRECTORY, versions=("v1.0",))
READ = (
    "GroupSettings.Read.All",
    "GroupSettings.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
)
_CONTEXT = "groupSettings"
_UNIFIED = "62375ab9-6b52-47ed-826b-58e47e0e304b"
_VALUE = ComplexType("settingValue", {"name": text(), "value": text()})

GROUP_SETTING = EntityType(
    "groupSetting",
    Area.DIRECTORY,
    {"id": READ_ONLY_ID, "displayName": text(), "templateId": text(), "values": Property("objects", of=_VALUE)},
)


def _settings(call: Call) -> list[Row]:
    naming = call.tenant.quirks.group_naming
    if not naming:
        return []
    values = {
        "EnableMIPLabels": "false",
        "CustomBlockedWordsList": naming.get("blocked", ""),
        "EnableMSStandardBlockedWords": "false",
        "PrefixSuffixNamingRequirement": naming.get("requirement", ""),
        "AllowGuestsToAccessGroups": "true",
        "AllowToAddGuests": "true",
        "EnableGroupCreation": "true",
    }
    return [
        {
            "id": derive_guid(call.tenant.id, "group settings"),
            "displayName": "Group.Unified",
            "templateId": _UNIFIED,
            "values": [{"name": name, "value": value} for name, value in values.items()],
        }
    ]


@router.get("/groupSettings", READ)
def list_settings(call: Call) -> Reply:
    """The tenant's one object, if there is any."""
    return answer_collection(call, GROUP_SETTING, _settings(call), _CONTEXT)


@router.get("/groupSettings/{id}", READ)
def get_setting(call: Call, id: str) -> Reply:
    """One of them."""
    row = next((row for row in _settings(call) if row["id"] == id.lower()), None)
    if row is None:
        raise not_found(Area.DIRECTORY, id)
    return answer_entity(call, GROUP_SETTING, row, _CONTEXT)
