# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/users``: list, get by id or user principal name, create, update, delete, revoke sessions."""

from __future__ import annotations

from ..clock import directory_time
from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, bad_request, forbidden, not_found
from ..graph.routing import Router
from ..odata.bodies import BodyChecker
from ..odata.options import answer_entity
from ..store import Row
from .administrative_units import check_unrestricted
from .directory_roles import roles_held
from .queries import answer, count
from .role_catalogue import UNPRIVILEGED
from .sign_in_activity import check_activity
from .types import READ_USERS, USER, WRITE_USERS
from .user_store import delete_user, make_user

router = Router(Area.DIRECTORY)
_CHECKER = BodyChecker(Area.DIRECTORY)
_ENABLE = (*WRITE_USERS, "User.EnableDisableAccount.All")
_DELETE = (*WRITE_USERS, "User.DeleteRestore.All")
_REVOKE = (*WRITE_USERS, "User.RevokeSessions.All")
_MAY_CHANGE_ADMINISTRATORS = {"Global Administrator", "Privileged Authentication Administrator"}


def find_user(call: Call, key: str) -> Row:
    """A user by id or user principal name, as a reader sees it."""
    users = call.tenant.directory.users
    user = users.read(key)
    if user is None:
        named = next((row for row in users if str(row["userPrincipalName"]).lower() == key.lower()), None)
        user = users.read(named["id"]) if named else None
    if user is None:
        raise not_found(Area.DIRECTORY, key)
    return user


@router.get("/users", READ_USERS)
def list_users(call: Call) -> Reply:
    """All users; ``signInActivity`` only when asked for."""
    check_activity(call)
    return answer(call, USER, call.tenant.directory.users.list(), "users")


@router.get("/users/$count", READ_USERS)
def count_users(call: Call) -> Reply:
    """Their number, as plain text."""
    return count(call, USER, call.tenant.directory.users)


@router.get("/users/{id}", READ_USERS)
def get_user(call: Call, id: str) -> Reply:
    """One user."""
    check_activity(call, id)
    return answer_entity(call, USER, find_user(call, id), "users")


@router.post("/users", WRITE_USERS)
def create_user(call: Call) -> Reply:
    """A new member; required are the properties that the page "Create user" calls required."""
    body = call.body_object()
    _CHECKER.check(body, USER)
    for name in ("accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName"):
        if body.get(name) in (None, ""):
            raise bad_request(Area.DIRECTORY, f"A value is required for property '{name}' of resource 'User'.")
    tenant = call.tenant
    name = str(body["userPrincipalName"])
    if name.rpartition("@")[2].lower() not in tenant.names:
        raise bad_request(
            Area.DIRECTORY,
            "The domain portion of the userPrincipalName property is invalid. You must use one of "
            "the verified domain names in your organization.",
        )
    if any(str(row["userPrincipalName"]).lower() == name.lower() for row in tenant.directory.users):
        raise bad_request(Area.DIRECTORY, "Another object with the same value for property userPrincipalName already exists.")
    kept = {key: value for key, value in body.items() if key != "passwordProfile"}  # a password is never kept
    row = make_user(tenant.ids.next(), directory_time(call.world.clock.now()), **kept)
    tenant.directory.users.add(row, tenant.quirks.replication_lag_reads)
    return answer_entity(call, USER, row, "users", 201, {"Location": f"{call.root}/users/{row['id']}"})


@router.patch("/users/{id}", _ENABLE)
def update_user(call: Call, id: str) -> Reply:
    """Change properties; User.EnableDisableAccount.All suffices for accountEnabled alone."""
    body = call.body_object()
    _CHECKER.check(body, USER)
    if set(body) - {"accountEnabled"}:
        call.require(*WRITE_USERS)
    user = call.tenant.directory.users.get(find_user(call, id)["id"])
    if user is None:
        raise not_found(Area.DIRECTORY, id)
    check_unrestricted(call.tenant.directory, user)
    if "accountEnabled" in body or "passwordProfile" in body:
        _check_administrator(call, user)
    user.update({key: value for key, value in body.items() if key != "passwordProfile"})
    return Reply(204)


@router.delete("/users/{id}", _DELETE)
def remove_user(call: Call, id: str) -> Reply:
    """204; the user can be restored for 30 days."""
    user = find_user(call, id)
    check_unrestricted(call.tenant.directory, user)
    _check_administrator(call, user)
    delete_user(call.tenant.directory, user, directory_time(call.world.clock.now()))
    return Reply(204)


@router.post("/users/{id}/revokeSignInSessions", _REVOKE)
def revoke_sessions(call: Call, id: str) -> Reply:
    """Answers true for guests as well, although it does nothing for them (practice M4)."""
    user = find_user(call, id)
    if user["userType"] == "Guest" and not call.tenant.quirks.revoke_sessions_ignores_guests:
        raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    if user["userType"] != "Guest":
        call.world.sessions.revoke(call.tenant.id, user["id"])
    return Reply(200, {"@odata.context": f"{call.root}/$metadata#Edm.Boolean", "value": True})


def _check_administrator(call: Call, user: Row) -> None:
    """A holder of a privileged role is changed only by a holder of one (user-update, "sensitive actions")."""
    directory = call.tenant.directory
    if not set(roles_held(directory, user["id"])) - UNPRIVILEGED:
        return
    caller = call.user_id or call.caller.object_id
    if not _MAY_CHANGE_ADMINISTRATORS.intersection(roles_held(directory, caller)):
        raise forbidden(Area.DIRECTORY)
