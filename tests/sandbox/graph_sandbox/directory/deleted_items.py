# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/directory/deletedItems``: what was deleted in the last 30 days (EM A.6).

Sources: directory-deleteditems-list, -get, -restore, -delete; without a cast: microsoft-graph-docs-contrib#4424.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, bad_query, not_found
from ..graph.routing import Router
from ..odata.options import answer_entity
from ..store import Row, Store
from .queries import answer, count
from .state import DirectoryState
from .types import GROUP, READ_GROUPS, READ_SERVICE_PRINCIPALS, READ_USERS, SERVICE_PRINCIPAL, USER, WRITE_GROUPS, type_of
from .user_store import restore_user

router = Router(Area.DIRECTORY)
RETENTION = timedelta(days=30)
_APPLICATIONS = ("Application.ReadWrite.All", "Directory.ReadWrite.All")
_READ = {"group": READ_GROUPS, "user": READ_USERS, "servicePrincipal": READ_SERVICE_PRINCIPALS}
_WRITE = {
    "group": WRITE_GROUPS,
    "user": ("User.DeleteRestore.All", "User.ReadWrite.All", "Directory.ReadWrite.All"),
    "servicePrincipal": _APPLICATIONS,
}
_KINDS = {"group": GROUP, "user": USER, "servicePrincipal": SERVICE_PRINCIPAL}
_BASE = "/directory/deletedItems"
_ANY_READ = tuple(dict.fromkeys(name for names in _READ.values() for name in names))
_ANY_WRITE = tuple(dict.fromkeys(name for names in _WRITE.values() for name in names))


def _store(directory: DirectoryState, kind: str) -> Store:
    stores = {
        "group": directory.deleted_groups,
        "user": directory.deleted_users,
        "servicePrincipal": directory.deleted_service_principals,
    }
    return stores[kind]


def _kept(call: Call, kind: str) -> Store:
    """The container, after what is older than 30 days has gone for good."""
    store = _store(call.tenant.directory, kind)
    limit = call.world.clock.now() - RETENTION
    for row in store:
        deleted = datetime.strptime(row["deletedDateTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        if deleted < limit:
            _purge(call.tenant.directory, kind, row["id"])
    return store


def _purge(directory: DirectoryState, kind: str, row_id: str) -> None:
    _store(directory, kind).remove(row_id)
    for links in (directory.members, directory.owners, directory.sponsors):
        links.pop(row_id.lower(), None)


def _find(call: Call, row_id: str) -> tuple[str, Row]:
    for kind in _KINDS:
        row = _kept(call, kind).read(row_id)
        if row is not None:
            return kind, row
    raise not_found(Area.DIRECTORY, row_id)


@router.get(_BASE, _ANY_READ)
def list_without_cast(call: Call) -> Reply:
    """The cast is a mandatory part of the address."""
    raise bad_query(Area.DIRECTORY, "Searches against this resource are not supported. Only specific instances can be queried.")


def _list(kind: str) -> None:
    @router.get(f"{_BASE}/microsoft.graph.{kind}", _READ[kind])
    def list_kind(call: Call) -> Reply:
        """Objects of one kind that can be restored."""
        return answer(call, _KINDS[kind], _kept(call, kind).list(), f"{_plural(kind)}")

    @router.get(f"{_BASE}/microsoft.graph.{kind}/$count", _READ[kind])
    def count_kind(call: Call) -> Reply:
        """Their number."""
        return count(call, _KINDS[kind], _kept(call, kind).list())


def _plural(kind: str) -> str:
    return f"{kind}s"


for _kind in _KINDS:
    _list(_kind)


@router.get(f"{_BASE}/{{id}}", _ANY_READ)
def get_deleted_item(call: Call, id: str) -> Reply:
    """One deleted object."""
    kind, row = _find(call, id)
    call.require(*_READ[kind])
    return _typed(call, kind, row)


@router.post(f"{_BASE}/{{id}}/restore", _ANY_WRITE)
def restore_item(call: Call, id: str) -> Reply:
    """200 with the object, which has its old id, and its old members or memberships."""
    kind, row = _find(call, id)
    call.require(*_WRITE[kind])
    directory = call.tenant.directory
    if kind == "user":
        restore_user(directory, row)
    elif kind == "group":
        _check_free(directory, row)
        directory.groups.add(row)
    else:
        directory.service_principals.add(row)
        client = row.pop("_client", None)
        if client is not None:
            call.tenant.clients[client.client_id] = client
    _store(directory, kind).remove(row["id"])
    row["deletedDateTime"] = None
    return _typed(call, kind, row)


@router.delete(f"{_BASE}/{{id}}", _ANY_WRITE)
def purge_item(call: Call, id: str) -> Reply:
    """204; gone for good."""
    kind, row = _find(call, id)
    call.require(*_WRITE[kind])
    _purge(call.tenant.directory, kind, row["id"])
    return Reply(204)


def _typed(call: Call, kind: str, row: Row) -> Reply:
    """An object with its type: the address does not say it."""
    reply = answer_entity(call, type_of(row), row, "directoryObjects")
    reply.body = {"@odata.type": f"#microsoft.graph.{kind}", **reply.body}
    return reply


def _check_free(directory: DirectoryState, group: Row) -> None:
    """A uniqueName that another group took meanwhile stands in the way."""
    name = (group["uniqueName"] or "").lower()
    if name and any((row["uniqueName"] or "").lower() == name for row in directory.groups):
        raise GraphError(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "A conflicting object with one or more of the specified property values is present in the directory.",
        )
