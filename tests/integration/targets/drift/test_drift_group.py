# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift of groups, property by property."""

from __future__ import annotations

from harness.drift import EXACT, NO_NAME, Body, Case, Empty, Fixed, Patched, Spelled
from harness.drift_promises import EveryProperty, WhatIsFixed
from harness.drift_story import Table

from ansible_collections.mssp.defender.plugins.module_utils._resources.group import Group

_SELECT = "displayName,description,mailNickname,uniqueName,securityEnabled,mailEnabled,groupTypes,isAssignableToRole"


class Groups(Patched):
    """Groups with people in them. What nobody may assign to a role says so with null, which is false."""

    module = "aad_group"
    collection = "groups"
    select = f"?$select=id,{_SELECT}"
    sets = {"owners": None, "members": None}
    options = {
        "name": "{name}",
        "description": "Analysts",
        "mail_nickname": "tier-1",
        "unique_name": "{unique}",
        "role_assignable": False,
        "owners": ["{ada}", "{ben}"],
        "members": ["{ada}", "{cyd}"],
    }

    def create(self, number: int) -> str:
        body = {"displayName": "{name}", "description": "Analysts", "mailNickname": "tier-1", "uniqueName": "{unique}"}
        created = self.tenant.post("groups", {**self.filled(body), "mailEnabled": False, "securityEnabled": True})
        for relation in self.sets:
            for person in self.filled(self.options[relation]):
                self.tenant.link(f"groups/{created['id']}/{relation}", person)
        return str(created["id"])

    def key(self, identifier: str) -> Body:
        return {"group_id": identifier}


CASES = {
    "displayName": Case("{renamed}", NO_NAME, EXACT),
    "description": Case(
        "Somebody's words",
        Empty({"description": ""}, None),
        {"empty for null": Spelled({"description": None}, {"description": ""}, "")},
    ),
    "mailNickname": Case("by-hand", "a group always has a nickname", {"case": "TIER-1"}),
    "owners": Case(["{ada}", "{dee}"], "the directory keeps the last owner", {"order": ["{ben}", "{ada}"]}),
    "members": Case(["{cyd}", "{dee}"], Empty({"members": []}, []), {"order": ["{cyd}", "{ada}"]}),
}
FIXED = {
    "uniqueName": Fixed("set once", {"unique_name": "mssp-other"}, "CannotBeAdopted", "cannot be changed"),
    "isAssignableToRole": Fixed(
        "decided at creation",
        {"role_assignable": True},
        "CannotBeChanged",
        "role_assignable is not set and cannot be changed to true",
    ),
}
_PARTS = {part.property: part.property for part in Group(None, {}).parts()}  # type: ignore[arg-type]
TABLE = Table(Groups, {**{prop.path: prop.option for prop in Group.properties}, **_PARTS}, CASES, FIXED)


class TestGroup(EveryProperty, WhatIsFixed):
    table = TABLE
