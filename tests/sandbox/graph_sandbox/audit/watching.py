# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two places where Graph's service tells the log of a request: before it is carried out, and after.

``AuditTable`` is made once from the routes; no handler knows of it.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from ..graph.errors import Area
from ..odata.bodies import is_guid
from ..store import Row
from .activities import ActivityTable, Write, core
from .observing import look, notice
from .recording import Actor, caller, changes, record, target
from .special import SPECIAL
from .state import Changed, Target

if TYPE_CHECKING:
    from ..exchange import Reply
    from ..graph.call import Call
    from ..graph.routing import Route, Router

_PARTNER = "Add a partner to cross-tenant access setting"
_RESTORE = "POST /directory/deletedItems/{}/restore"
_ADMINISTRATION = (Area.ENTITLEMENT, Area.GOVERNANCE)
"""Areas whose writes let entitlement management change memberships, not the caller."""


class AuditLog:
    """Watches the requests of every tenant."""

    def __init__(self, routers: list[Router]) -> None:
        self._table = ActivityTable(routers)

    def path_of(self, route: Route) -> str:
        """Method and template of a route, with ``{}`` for each variable."""
        return self._table.path_of(route)

    def begin(self, call: Call, request_id: str) -> None:
        """Before anything: of which request everything is part that happens now."""
        log = call.tenant.audit
        client_request_id = call.header("client-request-id")
        # A client's own id wins: by it the log and Graph's activity log are joined.
        log.correlation = client_request_id if is_guid(client_request_id) else request_id
        if log.seen is None:
            log.seen = look(call.tenant)

    def before(self, call: Call, route: Route, values: dict[str, str]) -> None:
        """Before the handler: remember what the request is about to write."""
        log = call.tenant.audit
        log.before = None
        if call.exchange.method == "GET":
            return
        if route.area not in _ADMINISTRATION:
            notice(call, None)  # what time did by itself is not the caller's doing
        row = self._row(call, route, values)
        log.before = copy(row) if row is not None else None

    def after(self, call: Call, route: Route, values: dict[str, str], reply: Reply) -> None:
        """Record what the request did, and what happened on the way."""
        if call.exchange.method == "GET" or reply.status >= 400:
            notice(call, None)
            return
        actor, path = caller(call), self._table.path_of(route)
        body: dict[str, Any] = reply.body if isinstance(reply.body, dict) else {}
        write = self._table.write_of(route)
        if write is not None:
            self._record(call, write, values, body, actor, reply.status)
        if path in SPECIAL:
            for activity, targets in SPECIAL[path](call, values, body):
                record(call.tenant, activity, call.world.clock.now(), actor, targets)
        notice(call, None if route.area in _ADMINISTRATION else actor, silent=path == _RESTORE)

    def _row(self, call: Call, route: Route, values: dict[str, str]) -> Row | None:
        """The object that a path names: the last one that can be found."""
        directory, path = call.tenant.directory, self._table.path_of(route)
        write = self._table.write_of(route)
        if path == "DELETE /groups/{}/members/{}":
            return directory.find(values["object_id"])
        if path.endswith("/directory/deletedItems/{}") or path == _RESTORE:
            stores = (directory.deleted_users, directory.deleted_groups, directory.deleted_service_principals)
            return next((row for row in (store.get(values["id"]) for store in stores) if row is not None), None)
        if path == "DELETE /roleManagement/directory/roleAssignments/{}":
            return directory.directory_role_assignments.get(values["id"])
        return write.find(call.tenant, next(iter(values.values()))) if write and write.find and values else None

    def _record(self, call: Call, write: Write, values: dict[str, str], body: dict[str, Any], actor: Actor, status: int) -> None:
        before = call.tenant.audit.before
        key = before["id"] if before else str(body.get("id") or next(iter(values.values()), ""))
        after = write.find(call.tenant, key) if write.find else None
        row = after or before
        activity = write.activity
        if write.activity.name == "Update group" and status == 201:
            activity = core("Add group", "GroupManagement", "Add")
            before = None
        changed = changes(before, after) if after is not None else ()
        if not write.always and status != 201 and not changed:
            return
        targets = [target(row, write.kind, changed)] if row is not None else [_named(write, values, body)]
        record(call.tenant, activity, call.world.clock.now(), actor, targets, details=_details(activity.name, row))
        if activity.name == "Invite external user":
            added = call.tenant.directory.find(str((body.get("invitedUser") or {}).get("id")))
            if added is not None:
                record(call.tenant, core("Add user", "UserManagement", "Add"), call.world.clock.now(), actor, [target(added)])


def _named(write: Write, values: dict[str, str], body: dict[str, Any]) -> Target:
    """Something of which only the path or the answer tells."""
    if write.activity.name == "Invite external user":
        user = body.get("invitedUser") or {}
        return Target(user.get("id"), body.get("invitedUserDisplayName"), "User", user.get("userPrincipalName"))
    changed: tuple[Changed, ...] = ()
    if write.activity.name == _PARTNER:
        changed = (Changed("tenantId", None, str(body.get("tenantId"))),)
    shown = body.get("id") or body.get("tenantId") or next(iter(values.values()), None)
    return Target(shown, body.get("displayName"), write.kind or "Other", None, changed)


def _details(activity: str, row: Row | None) -> list[tuple[str, str]]:
    """What entitlement management adds, as Microsoft's own alert rules look for it (governance-custom-alerts)."""
    if row is None:
        return []
    if activity.endswith("access package assignment policy") and "requestApprovalSettings" in row:
        approval, targets = row["requestApprovalSettings"], row["specificAllowedTargets"]
        return [
            ("IsApprovalRequiredForAdd", str(approval["isApprovalRequiredForAdd"])),
            ("IsApprovalRequiredForUpdate", str(approval["isApprovalRequiredForUpdate"])),
            ("AllowedTargetScope", row["allowedTargetScope"]),
            ("SpecificAllowedTargets", ", ".join(str(item.get("description")) for item in targets) or "None"),
        ]
    if activity.endswith("connected organization"):
        tenants = [str(source.get("tenantId") or source.get("domainName")) for source in row["identitySources"]]
        return [("Description", "\n".join([str(row["description"] or ""), *tenants]))]
    return []
