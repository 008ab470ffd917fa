# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's manager, direct reports and sponsors (user-list-manager, -post-manager, -list-sponsors, -post-sponsors)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, bad_request, not_found
from ..graph.routing import Router
from ..odata.options import answer_entity
from ..store import Row
from .queries import answer
from .types import DIRECTORY_OBJECT, READ_USERS, USER, WRITE_USERS, with_type
from .users import find_user

router = Router(Area.DIRECTORY)


@router.get("/users/{id}/manager", READ_USERS)
def get_manager(call: Call, id: str) -> Reply:
    """The manager; 404 when there is none."""
    directory = call.tenant.directory
    manager = directory.users.get(directory.managers.get(find_user(call, id)["id"], ""))
    if manager is None:
        raise not_found(Area.DIRECTORY, "manager")
    reply = answer_entity(call, USER, manager, "directoryObjects")
    reply.body = {**reply.body, "@odata.type": "#microsoft.graph.user"}
    return reply


@router.put("/users/{id}/manager/$ref", WRITE_USERS)
def set_manager(call: Call, id: str) -> Reply:
    """204; replaces the one before."""
    directory = call.tenant.directory
    manager = directory.users.get(call.reference())
    if manager is None:
        raise not_found(Area.DIRECTORY, call.reference())
    directory.managers[find_user(call, id)["id"]] = manager["id"]
    return Reply(204)


@router.delete("/users/{id}/manager/$ref", WRITE_USERS)
def remove_manager(call: Call, id: str) -> Reply:
    """204; 404 when there is none."""
    if call.tenant.directory.managers.pop(find_user(call, id)["id"], None) is None:
        raise not_found(Area.DIRECTORY, "manager")
    return Reply(204)


@router.get("/users/{id}/directReports", READ_USERS)
def list_reports(call: Call, id: str) -> Reply:
    """Whose manager the user is."""
    directory, user = call.tenant.directory, find_user(call, id)
    found = (directory.users.get(report) for report, manager in directory.managers.items() if manager == user["id"])
    return answer(call, DIRECTORY_OBJECT, [with_type(row) for row in found if row], "directoryObjects")


@router.get("/users/{id}/sponsors", READ_USERS)
def list_sponsors(call: Call, id: str) -> Reply:
    """Users and groups that answer for the user."""
    directory = call.tenant.directory
    found = (directory.find(sponsor) for sponsor in directory.sponsors.get(find_user(call, id)["id"], {}))
    return answer(call, DIRECTORY_OBJECT, [with_type(row) for row in found if row], "directoryObjects")


@router.post("/users/{id}/sponsors/$ref", WRITE_USERS)
def add_sponsor(call: Call, id: str) -> Reply:
    """204; a user or a group, at most once."""
    directory, user = call.tenant.directory, find_user(call, id)
    sponsor = directory.users.get(call.reference()) or directory.groups.get(call.reference())
    if sponsor is None:
        raise not_found(Area.DIRECTORY, call.reference())
    sponsors = _sponsors(call, user)
    if sponsor["id"] in sponsors:
        raise bad_request(
            Area.DIRECTORY,
            "One or more added object references already exist for the following modified properties: 'sponsors'.",
        )
    sponsors[sponsor["id"]] = None
    return Reply(204)


@router.delete("/users/{id}/sponsors/{object_id}/$ref", WRITE_USERS)
def remove_sponsor(call: Call, id: str, object_id: str) -> Reply:
    """204; 404 when it is none."""
    sponsors = _sponsors(call, find_user(call, id))
    if object_id.lower() not in sponsors:
        raise not_found(Area.DIRECTORY, object_id)
    del sponsors[object_id.lower()]
    return Reply(204)


def _sponsors(call: Call, user: Row) -> dict[str, None]:
    return call.tenant.directory.sponsors.setdefault(user["id"], {})
