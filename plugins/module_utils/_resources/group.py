# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Security groups of Microsoft Entra ID.

Facts: EM A (groups), and practice M6 (a name is no proof of origin).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, needing, some
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import key_segment, literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import exact, flag, text, word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import Part, Property, Resource
from ansible_collections.mssp.defender.plugins.module_utils._resources.directory_objects import DirectoryObjects
from ansible_collections.mssp.defender.plugins.module_utils._resources.group_use import uses
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref

# Takes a group that may hold directory roles, to make it and to change who is in it.
ROLE_ASSIGNABLE = "RoleManagement.ReadWrite.Directory"

SELECT = ",".join(
    (
        "id",
        "displayName",
        "description",
        "mailNickname",
        "mailEnabled",
        "securityEnabled",
        "groupTypes",
        "uniqueName",
        "isAssignableToRole",
        "isManagementRestricted",
        "onPremisesSyncEnabled",
    )
)

_SHOWN = ("id", "displayName", "description", "mailNickname", "uniqueName", "isAssignableToRole", "securityEnabled")


class Group(Resource):
    """One security group.

    :param group_id: matches by id; then the name is a property like any other.
    :param adopt: take a group over that is matched by name alone although it is in use or has owners or members.
    :param members: None leaves them alone, as for `owners`.
    :param append: leave other owners and members in it.
    """

    type = "group"
    permissions: t.ClassVar[Permissions] = Permissions(read=("GroupMember.Read.All",), write=("Group.ReadWrite.All",))
    properties = (
        Property("displayName", "name", exact),
        Property("description", "description", text),
        Property("mailNickname", "mail_nickname", word),
        Property("uniqueName", "unique_name", word),
        Property(
            "isAssignableToRole",
            "role_assignable",
            flag,
            fixed="Entra ID decides this when a group is created: create another group, or leave role_assignable out.",
        ),
    )

    def __init__(
        self,
        graph: Graph,
        desired: Entity,
        *,
        group_id: str | None = None,
        adopt: bool = False,
        members: list[Ref] | None = None,
        owners: list[Ref] | None = None,
        append: bool = False,
    ) -> None:
        self.graph = graph
        self.desired = desired
        self.identifier = group_id
        self._adopt = adopt
        self._parts = (
            DirectoryObjects(graph, "groups", "owners", owners, append=append, targets_path="directoryObjects"),
            DirectoryObjects(graph, "groups", "members", members, append=append, targets_path="directoryObjects"),
        )
        # Whoever is named may still be in it when it is deleted.
        self._accounted_for = {word(ref.id) for ref in members or ()}
        self._by_name_alone = False

    @property
    def name(self) -> str:
        return str(self.desired.get("displayName") or self.identifier or self.desired.get("uniqueName"))

    def parts(self) -> t.Sequence[Part]:
        return self._parts

    def find(self, *, fresh: bool = False) -> Entity | None:
        self._by_name_alone = False
        if self.identifier:
            found = self.graph.find(f"groups/{segment(self.identifier)}", {"$select": SELECT}, fresh=fresh)
            return t.cast("Entity | None", found)
        unique_name = self.desired.get("uniqueName")
        if unique_name:
            found = self.graph.find(f"groups{key_segment('uniqueName', unique_name)}", {"$select": SELECT}, fresh=fresh)
            if found is not None:
                return t.cast(Entity, found)
        return self._find_by_name(fresh)

    def _find_by_name(self, fresh: bool) -> Entity | None:
        name = self.desired.get("displayName")
        if not name:
            return None
        listed = self.graph.list("groups", {"$filter": f"displayName eq {literal(name)}", "$select": SELECT}, fresh=fresh)
        found = [group for group in listed if group.get("displayName") == name]
        if len(found) > 1:
            ids = ", ".join(str(group["id"]) for group in found)
            raise Failure(
                f"{len(found)} groups have this name ({ids})",
                remedy="Name the right one by group_id, or rename the others.",
                code="Ambiguous",
            )
        # A replica that did not know the unique name a moment ago, or another run that made the group meanwhile: it is ours.
        ours = word(self.desired.get("uniqueName"))
        self._by_name_alone = bool(found) and not (ours and word(found[0].get("uniqueName")) == ours)
        return found[0] if found else None

    def manageable(self, current: Entity) -> None:
        kinds = {
            "it is not a security group": not current.get("securityEnabled") or current.get("mailEnabled"),
            "its members are decided by a rule (dynamic group)": "DynamicMembership" in (current.get("groupTypes") or []),
            "it is synchronised from an on-premises directory": current.get("onPremisesSyncEnabled"),
            "it lies in a restricted management administrative unit, where entitlement management cannot manage it": (
                current.get("isManagementRestricted")
            ),
        }
        for cause, so in kinds.items():
            if so:
                raise Failure(
                    f"{cause} (id {current['id']})",
                    remedy="Use another name, or let the customer rename that group.",
                    code="CannotBeAdopted",
                )

    def guard(self, current: Entity) -> None:
        held = self.desired.get("uniqueName")
        if held and current.get("uniqueName") and word(current["uniqueName"]) != word(held):
            raise Failure(
                f"the group {current['id']} carries another unique name ('{current['uniqueName']}'), which cannot be changed",
                remedy="Another tool or another MSSP made it: use another name, or name a prefix.",
                code="CannotBeAdopted",
            )
        if held and self.identifier and not current.get("uniqueName"):
            other = self.graph.find(f"groups{key_segment('uniqueName', held)}", {"$select": SELECT})
            if other is not None and word(other.get("id")) != word(current["id"]):
                raise Failure(
                    f"the unique name '{held}' belongs to another group ('{other.get('displayName')}', id {other.get('id')})",
                    remedy="Name that group, or let the customer delete it first; a deleted group may hold its name for 30 days.",
                    code="CannotBeAdopted",
                )
        if self._by_name_alone and not self._adopt:
            self._refuse_squatted(current)

    def _refuse_squatted(self, current: Entity) -> None:
        # Any member of the directory may create a group of this name, own it and sit in it, and wait for what we
        # would link to it. So people in it who were not named are a reason to stop.
        found = []
        for part in self._parts:
            stated = {link.key for link in part.wanted() or []}
            strangers = [link.name for link in part.stored(current) if link.key not in stated]
            if strangers:
                found.append(f"{part.property} {', '.join(repr(name) for name in strangers)}")
        there = f"a group of this name (id {current['id']}) is there already"
        if found:
            raise Failure(
                f"{there}, with {' and '.join(found)} whom nobody named",
                remedy="Check who they are; then name the group by group_id, or set adopt: true.",
                code="AdoptionRefused",
            )
        # A unique name is a claim of origin, and this group does not carry it: what else it opens is none of ours.
        if used := uses(self.graph, str(current["id"])) if self.desired.get("uniqueName") else []:
            raise Failure(
                f"{there}, and in use: {'; '.join(used)}",
                remedy="Check what it is for; then name the group by group_id, or set adopt: true.",
                code="AdoptionRefused",
            )

    def create(self, body: Entity) -> Entity:
        if body.get("isAssignableToRole"):
            # Entra ID wants more of whoever makes a group that may hold roles (practice S3).
            with needing(*self.permissions.write, ROLE_ASSIGNABLE):
                return self._create(body)
        return self._create(body)

    def _create(self, body: Entity) -> Entity:
        complete = {
            "mailEnabled": False,
            "securityEnabled": True,
            "groupTypes": [],
            "mailNickname": nickname(body["displayName"]),
            **body,
        }
        if not body.get("uniqueName"):
            return t.cast(Entity, self.graph.post("groups", complete))
        # An upsert makes exactly one group however often it is sent, and whoever else sends it.
        unique_name = complete.pop("uniqueName")
        path = f"groups{key_segment('uniqueName', unique_name)}"
        made = self.graph.patch(path, complete, prefer="create-if-missing")
        if not made.get("id"):
            made = self.graph.budget.poll("the group to be visible", lambda: self.find(fresh=True))
        return {**made, "uniqueName": unique_name}

    def update(self, current: Entity, changed: Entity) -> Entity:
        body = {key: value if value != "" else None for key, value in changed.items()}
        self.graph.patch(f"groups/{current['id']}", body)
        return {**current, **changed}

    def obstacles(self, current: Entity) -> list[str]:
        listed = self.graph.list(f"groups/{current['id']}/members", {"$select": "id"})
        others = [x for x in listed if word(x.get("id")) not in self._accounted_for]
        return [f"it has {some(len(others), 'member')}"] if others else []

    def delete(self, current: Entity) -> None:
        self.graph.delete(f"groups/{current['id']}")

    def shown(self, entity: Entity) -> Entity:
        return {key: entity[key] for key in (*_SHOWN, "owners", "members") if key in entity}


def nickname(name: str) -> str:
    """A mail nickname that Graph takes (ASCII letters, digits, hyphens; at most 64). Security groups may share one."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return plain[:64] or "group"
