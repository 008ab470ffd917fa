# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Users that a module only reads: named ones, those of a group, everybody."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import needing
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._normalise import type_name
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.plugins.module_utils._resources.user import PAGE, SHOWN, find_users, shown

_TOLD_TOO = ("determined_by", "signInActivity")


def named(graph: Graph, keys: t.Iterable[str]) -> list[Entity]:
    """Those of these ids, principal names and mail addresses who are there, each once."""
    found = {str(user["id"]): user for key in keys for user in find_users(graph, key)}
    return list(found.values())


def members(graph: Graph, group: Ref) -> list[Entity]:
    """The users who are direct members of a group."""
    with needing("GroupMember.Read.All", "User.Read.All"):
        listed = graph.list(f"groups/{segment(group.id)}/members", {"$select": ",".join(SHOWN), "$top": PAGE})
    users = [member for member in listed if type_name(member) == "user"]
    # Whoever may read groups and not users is told ids and nothing else: asked for by itself, Graph says why.
    return [full for user in users for full in ([user] if user.get("userPrincipalName") else find_users(graph, str(user["id"])))]


def shown_with(users: t.Iterable[Entity], graph: Graph, *, sign_in: bool) -> list[Entity]:
    """Users as a module returns them; with `sign_in` also when each was there last."""
    if sign_in:
        users = [{**user, "signInActivity": _activity(graph, str(user["id"]))} for user in users]
    return [{**shown(user), **{key: user[key] for key in _TOLD_TOO if key in user}} for user in users]


def _activity(graph: Graph, user_id: str) -> t.Any:
    # Graph tells it neither of a group's members nor in a page of more than a few.
    with needing("AuditLog.Read.All", "User.Read.All"):
        found = graph.find(f"users/{segment(user_id)}", {"$select": "id,signInActivity"})
    return found.get("signInActivity") if found else None
