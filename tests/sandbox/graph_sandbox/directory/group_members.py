# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members and owners of a group (EM A.5)."""

from __future__ import annotations

from collections.abc import Callable

from ..clock import directory_time
from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, bad_request, forbidden, not_found
from ..graph.routing import Router
from ..store import Row
from .administrative_units import check_unrestricted
from .group_store import add_links, delete_group, linked, remove_link, require_group, transitive_members
from .queries import answer, count
from .types import DIRECTORY_OBJECT, GROUP, READ_GROUPS, READ_USERS, USER, WRITE_GROUPS, WRITE_MEMBERS, WRITE_USERS, with_type
from .user_store import delete_user

router = Router(Area.DIRECTORY)
_MAXIMUM_OWNERS = 100
_READ_BEYOND_ID = {"user": READ_USERS, "group": READ_GROUPS, "servicePrincipal": ("Application.Read.All",)}
_KINDS = {"microsoft.graph.user": USER, "microsoft.graph.group": GROUP}


def _shown(call: Call, rows: list[Row]) -> list[Row]:
    """Objects that the caller may not read come with nothing but id and type."""
    return [
        with_type(row)
        if call.holds(*_READ_BEYOND_ID.get(row["_type"], ()), "Directory.Read.All", "Directory.ReadWrite.All")
        else {"@odata.type": f"#microsoft.graph.{row['_type']}", "id": row["id"]}
        for row in rows
    ]


def _readable_group(call: Call, group_id: str) -> Row:
    row = call.tenant.directory.groups.read(group_id)
    if row is None:
        raise not_found(Area.DIRECTORY, group_id)
    return row


def _guard(call: Call, group: Row) -> None:
    check_unrestricted(call.tenant.directory, group)
    if group["isAssignableToRole"] and not call.holds("RoleManagement.ReadWrite.Directory"):
        raise forbidden(Area.DIRECTORY)
    if "DynamicMembership" in group["groupTypes"]:
        raise bad_request(Area.DIRECTORY, "Insufficient privileges to complete the operation: the group has dynamic membership.")


def _lists(relation: str, find: Callable[[Call, Row], list[Row]]) -> None:
    """The relation itself, its number, and its objects of one kind: ``microsoft.graph.user``."""

    @router.get(f"/groups/{{id}}/{relation}", READ_GROUPS)
    def list_all(call: Call, id: str) -> Reply:
        return answer(call, DIRECTORY_OBJECT, _shown(call, find(call, _readable_group(call, id))), "directoryObjects")

    @router.get(f"/groups/{{id}}/{relation}/$count", READ_GROUPS)
    def count_all(call: Call, id: str) -> Reply:
        return count(call, DIRECTORY_OBJECT, find(call, _readable_group(call, id)))

    @router.get(f"/groups/{{id}}/{relation}/{{kind}}", READ_GROUPS)
    def list_kind(call: Call, id: str, kind: str) -> Reply:
        rows = _of_kind(find(call, _readable_group(call, id)), kind)
        return answer(call, _KINDS.get(kind.lower(), DIRECTORY_OBJECT), _shown(call, rows), f"{kind.rsplit('.', 1)[-1]}s")

    @router.get(f"/groups/{{id}}/{relation}/{{kind}}/$count", READ_GROUPS)
    def count_kind(call: Call, id: str, kind: str) -> Reply:
        return count(call, DIRECTORY_OBJECT, _of_kind(find(call, _readable_group(call, id)), kind))


def _of_kind(rows: list[Row], kind: str) -> list[Row]:
    if not kind.lower().startswith("microsoft.graph."):
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{kind}'.")
    return [row for row in rows if f"microsoft.graph.{row['_type']}".lower() == kind.lower()]


_lists("members", lambda call, group: linked(call.tenant.directory, group["id"], "members"))
_lists("transitiveMembers", lambda call, group: transitive_members(call.tenant.directory, group["id"]))
_lists("owners", lambda call, group: linked(call.tenant.directory, group["id"], "owners"))


@router.post("/groups/{id}/members/$ref", WRITE_MEMBERS)
def add_member(call: Call, id: str) -> Reply:
    """204; 400 when already a member; 404 when either is missing."""
    group = require_group(call.tenant.directory, id)
    _guard(call, group)
    add_links(call.tenant.directory, group, "members", [call.reference()])
    return Reply(204)


@router.post("/groups/{id}/owners/$ref", WRITE_GROUPS)
def add_owner(call: Call, id: str) -> Reply:
    """204; at most 100 owners."""
    directory = call.tenant.directory
    group = require_group(directory, id)
    check_unrestricted(directory, group)
    if len(directory.owners.get(group["id"], {})) >= _MAXIMUM_OWNERS:
        raise bad_request(Area.DIRECTORY, "The group cannot have more than 100 owners.")
    add_links(directory, group, "owners", [call.reference()])
    return Reply(204)


@router.delete("/groups/{id}/members/{object_id}/$ref", WRITE_MEMBERS)
def remove_member(call: Call, id: str, object_id: str) -> Reply:
    """204; 404 when not a member."""
    group = require_group(call.tenant.directory, id)
    _guard(call, group)
    remove_link(call.tenant.directory, group, "members", object_id)
    return Reply(204)


@router.delete("/groups/{id}/owners/{object_id}/$ref", WRITE_GROUPS)
def remove_owner(call: Call, id: str, object_id: str) -> Reply:
    """204; the last owner that is a user stays."""
    group = require_group(call.tenant.directory, id)
    check_unrestricted(call.tenant.directory, group)
    remove_link(call.tenant.directory, group, "owners", object_id)
    return Reply(204)


@router.delete("/groups/{id}/members/{object_id}", WRITE_MEMBERS)
def delete_member_object(call: Call, id: str, object_id: str) -> Reply:
    """Without ``/$ref`` the member itself is deleted, if the caller may (group-delete-members)."""
    directory = call.tenant.directory
    group = require_group(directory, id)
    if object_id.lower() not in directory.members.get(group["id"], {}):
        raise not_found(Area.DIRECTORY, object_id)
    moment = directory_time(call.world.clock.now())
    user, nested = directory.users.get(object_id), directory.groups.get(object_id)
    if user is not None:
        call.require(*WRITE_USERS)
        delete_user(directory, user, moment)
    elif nested is not None:
        call.require(*WRITE_GROUPS)
        delete_group(call.tenant, nested, moment)
    else:
        raise forbidden(Area.DIRECTORY)
    return Reply(204)
