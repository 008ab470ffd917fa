# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members and owners of a group (EM A.5)."""

from __future__ import annotations

from ..clock import directory_time
from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, bad_request, forbidden, not_found
from ..graph.routing import Router
from ..odata.options import answer_collection
from ..store import Row
from .group_store import add_links, delete_group, linked, remove_link, require_group, transitive_members
from .types import DIRECTORY_OBJECT, READ_GROUPS, READ_USERS, WRITE_GROUPS, WRITE_MEMBERS, WRITE_USERS, with_type

router = Router(Area.DIRECTORY)
_MAXIMUM_OWNERS = 100
_READ_BEYOND_ID = {"user": READ_USERS, "group": READ_GROUPS}


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
    if group["isAssignableToRole"] and not call.holds("RoleManagement.ReadWrite.Directory"):
        raise forbidden(Area.DIRECTORY)
    if "DynamicMembership" in group["groupTypes"]:
        raise bad_request(Area.DIRECTORY, "Insufficient privileges to complete the operation: the group has dynamic membership.")


@router.get("/groups/{id}/members", READ_GROUPS)
def list_members(call: Call, id: str) -> Reply:
    """Direct members."""
    rows = linked(call.tenant.directory, _readable_group(call, id)["id"], "members")
    return answer_collection(call, DIRECTORY_OBJECT, _shown(call, rows), "directoryObjects")


@router.get("/groups/{id}/members/$count", READ_GROUPS)
def count_members(call: Call, id: str) -> Reply:
    """The number of direct members, as plain text."""
    if call.header("consistencylevel").lower() != "eventual":
        raise bad_request(Area.DIRECTORY, "$count is not currently supported.")
    return Reply(200, text=str(len(linked(call.tenant.directory, _readable_group(call, id)["id"], "members"))))


@router.get("/groups/{id}/members/{kind}", READ_GROUPS)
def list_members_of_kind(call: Call, id: str, kind: str) -> Reply:
    """Direct members of one kind: ``microsoft.graph.user``."""
    wanted = kind.removeprefix("microsoft.graph.")
    rows = [row for row in linked(call.tenant.directory, _readable_group(call, id)["id"], "members") if row["_type"] == wanted]
    return answer_collection(call, DIRECTORY_OBJECT, _shown(call, rows), "directoryObjects")


@router.get("/groups/{id}/transitiveMembers", READ_GROUPS)
def list_transitive_members(call: Call, id: str) -> Reply:
    """Members, and members of member groups."""
    rows = transitive_members(call.tenant.directory, _readable_group(call, id)["id"])
    return answer_collection(call, DIRECTORY_OBJECT, _shown(call, rows), "directoryObjects")


@router.get("/groups/{id}/owners", READ_GROUPS)
def list_owners(call: Call, id: str) -> Reply:
    """Owners."""
    rows = linked(call.tenant.directory, _readable_group(call, id)["id"], "owners")
    return answer_collection(call, DIRECTORY_OBJECT, _shown(call, rows), "directoryObjects")


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
    remove_link(call.tenant.directory, require_group(call.tenant.directory, id), "owners", object_id)
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
        directory.users.remove(object_id)
        directory.forget(user["id"])
        directory.deleted_users.add({**user, "deletedDateTime": moment})
    elif nested is not None:
        call.require(*WRITE_GROUPS)
        delete_group(call.tenant, nested, moment)
    else:
        raise forbidden(Area.DIRECTORY)
    return Reply(204)
