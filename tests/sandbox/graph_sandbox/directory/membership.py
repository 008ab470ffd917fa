# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an object is a member of: ``memberOf``, ``transitiveMemberOf``, ``getMemberGroups`` and its kin.

Sources: user-list-memberof, -transitivememberof, directoryobject-getmembergroups, -checkmembergroups,
-getmemberobjects, -checkmemberobjects.
"""

from __future__ import annotations

from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, bad_request, not_found
from ..graph.routing import Router
from ..store import Row
from .directory_roles import directory_role, roles_held
from .queries import answer, count
from .state import DirectoryState
from .types import DIRECTORY_OBJECT, READ_MEMBERSHIPS, with_type
from .users import find_user

router = Router(Area.DIRECTORY)
_MAXIMUM_GROUPS = 20
_MAXIMUM_OBJECTS = 20


def groups_of(directory: DirectoryState, object_id: str, *, transitive: bool = False) -> list[Row]:
    """The groups that hold an object, directly or through groups, each once."""
    found: dict[str, Row] = {}
    waiting = [object_id]
    while waiting:
        wanted = waiting.pop()
        for group in directory.groups:
            if wanted in directory.members.get(group["id"], {}) and group["id"] not in found:
                found[group["id"]] = group
                if transitive:
                    waiting.append(group["id"])
    return list(found.values())


def _object(call: Call, collection: str, object_id: str) -> Row:
    if collection == "users":
        return find_user(call, object_id)
    store = {"groups": call.tenant.directory.groups, "servicePrincipals": call.tenant.directory.service_principals}
    row = store[collection].read(object_id) if collection in store else call.tenant.directory.read(object_id)
    if row is None:
        raise not_found(Area.DIRECTORY, object_id)
    return row


def _holders(call: Call, row: Row, *, transitive: bool) -> list[Row]:
    """Groups, directory roles and administrative units, in this order."""
    directory = call.tenant.directory
    groups = groups_of(directory, row["id"], transitive=transitive)
    holders = [row["id"], *((group["id"] for group in groups) if transitive else ())]
    roles = [directory_role(call.tenant, name) for name in roles_held(directory, *holders)]
    units = [unit for unit in directory.administrative_units if row["id"] in directory.unit_members.get(unit["id"], {})]
    return [*groups, *roles, *units]


def _list(collection: str, relation: str) -> None:
    def list_holders(call: Call, id: str, kind: str = "") -> Reply:
        rows = [with_type(row) for row in _holders(call, _object(call, collection, id), transitive=relation != "memberOf")]
        if kind.lower() == "$count":
            return count(call, DIRECTORY_OBJECT, rows)
        wanted = kind.removeprefix("microsoft.graph.")
        return answer(call, DIRECTORY_OBJECT, [row for row in rows if wanted in ("", row["_type"])], "directoryObjects")

    router.get(f"/{collection}/{{id}}/{relation}", READ_MEMBERSHIPS[collection])(list_holders)
    router.get(f"/{collection}/{{id}}/{relation}/{{kind}}", READ_MEMBERSHIPS[collection])(list_holders)


def _ids(call: Call, name: str, maximum: int) -> list[str]:
    ids = call.body_object().get(name)
    if not isinstance(ids, list) or not ids or len(ids) > maximum:
        raise bad_request(Area.DIRECTORY, f"The number of {name} must be between 1 and {maximum}.")
    return [str(item).lower() for item in ids]


def _strings(call: Call, ids: list[str]) -> Reply:
    return Reply(200, {"@odata.context": f"{call.root}/$metadata#Collection(Edm.String)", "value": ids})


def _actions(collection: str) -> None:
    permissions = READ_MEMBERSHIPS[collection]

    def member_groups(call: Call, id: str) -> list[Row]:
        return groups_of(call.tenant.directory, _object(call, collection, id)["id"], transitive=True)

    def get_member_groups(call: Call, id: str) -> Reply:
        """Ids of all groups, transitively; ``securityEnabledOnly`` is for users only, but tolerated."""
        body: dict[str, Any] = call.body_object()
        if not isinstance(body.get("securityEnabledOnly", False), bool):
            raise bad_request(Area.DIRECTORY, "Invalid value specified for property 'securityEnabledOnly'.")
        rows = member_groups(call, id)
        return _strings(call, [row["id"] for row in rows if row["securityEnabled"] or not body.get("securityEnabledOnly")])

    def check_member_groups(call: Call, id: str) -> Reply:
        """Those of at most 20 groups that hold the object, transitively."""
        wanted = _ids(call, "groupIds", _MAXIMUM_GROUPS)
        return _strings(call, [row["id"] for row in member_groups(call, id) if row["id"] in wanted])

    def get_member_objects(call: Call, id: str) -> Reply:
        """Groups, directory roles and administrative units."""
        call.body_object()
        return _strings(call, [row["id"] for row in _holders(call, _object(call, collection, id), transitive=True)])

    def check_member_objects(call: Call, id: str) -> Reply:
        """Those of at most 20 objects that hold the object, transitively."""
        wanted = _ids(call, "ids", _MAXIMUM_OBJECTS)
        rows = _holders(call, _object(call, collection, id), transitive=True)
        return _strings(call, [row["id"] for row in rows if row["id"] in wanted])

    for name, handler in (
        ("getMemberGroups", get_member_groups),
        ("checkMemberGroups", check_member_groups),
        ("getMemberObjects", get_member_objects),
        ("checkMemberObjects", check_member_objects),
    ):
        router.post(f"/{collection}/{{id}}/{name}", permissions)(handler)


for _collection in ("users", "groups", "servicePrincipals"):
    _list(_collection, "memberOf")
    _list(_collection, "transitiveMemberOf")
for _collection in ("users", "groups", "servicePrincipals", "directoryObjects"):
    _actions(_collection)
