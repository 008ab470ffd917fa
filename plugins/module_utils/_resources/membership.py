# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Who is in a group through whatever groups, and where a person is in. Read only."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import type_name
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions

PERMISSIONS = Permissions(read=("GroupMember.Read.All", "User.Read.All"), write=())
_SELECT = {"$select": "id,displayName,userPrincipalName,mail,userType,accountEnabled,externalUserState,groupTypes", "$top": "999"}
_PERSON = ("userPrincipalName", "mail", "userType", "accountEnabled", "externalUserState")


def of_group(graph: Graph, group_id: str) -> Entity:
    """A group's direct members and owners, and everybody who is in it through other groups too.

    :return: `id`; `found`, whether it is there; `members`, `transitive_members`, `owners`.
    """
    path = f"groups/{segment(group_id)}"
    group = graph.find(path, {"$select": "id,displayName"})
    if group is None:
        return {"id": group_id, "displayName": None, "found": False, "members": [], "transitive_members": [], "owners": []}
    members = _listed(graph, f"{path}/members")
    # Without a group among them there is nobody more.
    nested = any(member["type"] == "group" for member in members)
    return {
        "id": group_id,
        "displayName": group.get("displayName"),
        "found": True,
        "members": members,
        "transitive_members": _listed(graph, f"{path}/transitiveMembers") if nested else members,
        "owners": _listed(graph, f"{path}/owners"),
    }


def of_user(graph: Graph, user_id: str) -> Entity:
    """The groups, directory roles and administrative units that a user is in, through groups too."""
    return {"id": user_id, "member_of": _listed(graph, f"users/{segment(user_id)}/transitiveMemberOf")}


def _listed(graph: Graph, path: str) -> list[Entity]:
    return [_shown(x) for x in graph.list(path, _SELECT)]


def _shown(found: t.Mapping[str, t.Any]) -> Entity:
    kind = type_name(found)
    made: Entity = {"id": found.get("id"), "type": kind, "displayName": found.get("displayName")}
    if kind == "user":
        made.update({key: found.get(key) for key in _PERSON})
    if kind == "group":
        made["groupTypes"] = list(found.get("groupTypes") or [])
    return made
