# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/me``: the person who signed in. An application has none, and is told so (user-get)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, forbidden
from ..graph.routing import Router
from ..odata.options import answer_entity
from ..store import Row
from .types import READ_USERS, USER

router = Router(Area.DIRECTORY)
_READ_ME = ("User.Read", "User.ReadWrite", *READ_USERS)
_REVOKE_ME = ("User.RevokeSessions.All", "User.ReadWrite", "User.ReadWrite.All", "Directory.ReadWrite.All")


@router.get("/me")
def get_me(call: Call) -> Reply:
    """The person's own account; no directory role is needed for that, and a guest has it too."""
    return answer_entity(call, USER, _me(call, _READ_ME), "users")


@router.post("/me/revokeSignInSessions")
def revoke_my_sessions(call: Call) -> Reply:
    """As for any user: nothing happens to a guest's (practice M4)."""
    me = _me(call, _REVOKE_ME)
    if me["userType"] != "Guest":
        call.world.sessions.revoke(call.tenant.id, me["id"])
    return Reply(200, {"@odata.context": f"{call.root}/$metadata#Edm.Boolean", "value": True})


def _me(call: Call, scopes: tuple[str, ...]) -> Row:
    if call.user_id is None:
        raise GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    if call.user is None or not call.has_scope(*scopes):
        raise forbidden(Area.DIRECTORY)
    return call.user
