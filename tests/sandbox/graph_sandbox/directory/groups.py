# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/groups``: create, read, change, delete, and upsert by uniqueName (EM A.1 to A.4)."""

from __future__ import annotations

import re
from typing import Any

from ..clock import directory_time
from ..exchange import Reply
from ..graph.call import Call, reference_id
from ..graph.errors import Area, GraphError, bad_request, forbidden, not_found
from ..graph.routing import Router
from ..odata.bodies import BodyChecker
from ..odata.options import answer_entity
from ..store import Row
from .administrative_units import check_unrestricted
from .group_store import add_links, delete_group, find_by_unique_name, make_group, require_group
from .queries import answer, count
from .types import CREATE_GROUPS, GROUP, READ_GROUPS, WRITE_GROUPS, WRITE_MEMBERS

router = Router(Area.DIRECTORY)
_CHECKER = BodyChecker(Area.DIRECTORY)
_MAXIMUM_BINDS = 20
_BAD_NICKNAME = re.compile(r'[@()\\\[\]";:<>, ]|[^\x00-\x7f]')
_ROLE_MANAGEMENT = "RoleManagement.ReadWrite.Directory"


@router.get("/groups", READ_GROUPS)
def list_groups(call: Call) -> Reply:
    """All groups."""
    return answer(call, GROUP, call.tenant.directory.groups.list(), "groups")


@router.get("/groups/$count", READ_GROUPS)
def count_groups(call: Call) -> Reply:
    """The number of groups, as plain text."""
    return count(call, GROUP, call.tenant.directory.groups)


@router.get("/groups/{id}", READ_GROUPS)
def get_group(call: Call, id: str) -> Reply:
    """One group by id."""
    row = call.tenant.directory.groups.read(id)
    if row is None:
        raise not_found(Area.DIRECTORY, id)
    return answer_entity(call, GROUP, row, "groups")


@router.get("/groups(uniqueName={name})", READ_GROUPS)
def get_by_unique_name(call: Call, name: str) -> Reply:
    """One group by its alternate key."""
    found = find_by_unique_name(call.tenant.directory, name)
    row = call.tenant.directory.groups.read(found["id"]) if found else None
    if row is None:
        raise not_found(Area.DIRECTORY, name)
    return answer_entity(call, GROUP, row, "groups")


@router.post("/groups", CREATE_GROUPS)
def create_group(call: Call) -> Reply:
    """201 with the whole group."""
    return _create(call, call.body_object())


@router.patch("/groups(uniqueName={name})", WRITE_GROUPS)
def upsert_group(call: Call, name: str) -> Reply:
    """Change the group of that name, or create it when the caller prefers so (group-upsert)."""
    found = find_by_unique_name(call.tenant.directory, name)
    if found is not None:
        return _update(call, found)
    if not call.prefers("create-if-missing"):
        raise not_found(Area.DIRECTORY, name)
    return _create(call, {**call.body_object(), "uniqueName": name})


@router.patch("/groups/{id}", WRITE_MEMBERS)
def update_group(call: Call, id: str) -> Reply:
    """204. GroupMember.ReadWrite.All suffices when only members are added."""
    if set(call.body_object()) - {"members@odata.bind"}:
        call.require(*WRITE_GROUPS)
    return _update(call, require_group(call.tenant.directory, id))


@router.delete("/groups/{id}", WRITE_GROUPS)
def remove_group(call: Call, id: str) -> Reply:
    """204; the group can be restored."""
    return _delete(call, require_group(call.tenant.directory, id))


@router.delete("/groups(uniqueName={name})", WRITE_GROUPS)
def remove_by_unique_name(call: Call, name: str) -> Reply:
    """204; as by id."""
    found = find_by_unique_name(call.tenant.directory, name)
    if found is None:
        raise not_found(Area.DIRECTORY, name)
    return _delete(call, found)


def _create(call: Call, body: dict[str, Any]) -> Reply:
    _CHECKER.check(body, GROUP)
    for name in ("displayName", "mailEnabled", "mailNickname", "securityEnabled"):
        if body.get(name) in (None, ""):
            raise bad_request(Area.DIRECTORY, f"A value is required for property '{name}' of resource 'Group'.")
    _check_values(body)
    if body.get("isAssignableToRole") and not call.holds(_ROLE_MANAGEMENT):
        raise forbidden(Area.DIRECTORY)
    _check_unique_name(call, body.get("uniqueName"))
    binds = {relation: _binds(body, relation) for relation in ("members", "owners")}
    if sum(map(len, binds.values())) > _MAXIMUM_BINDS:
        raise bad_request(Area.DIRECTORY, "The number of references in the request exceeds the maximum of 20.")
    tenant = call.tenant
    row = make_group(
        tenant.ids.next(),
        directory_time(call.world.clock.now()),
        **_stored(body),
    )
    if body.get("isAssignableToRole") or "Unified" in row["groupTypes"]:
        row["visibility"] = row["visibility"] or ("Private" if body.get("isAssignableToRole") else "Public")
    if row["mailEnabled"]:
        row["mail"] = f"{row['mailNickname']}@{tenant.domain}"
    for relation, object_ids in binds.items():
        add_links(tenant.directory, row, relation, object_ids)
    tenant.directory.groups.add(row, tenant.quirks.replication_lag_reads)
    return answer_entity(
        call,
        GROUP,
        row,
        "groups",
        201,
        {"Location": f"{call.root}/directoryObjects/{row['id']}/Microsoft.DirectoryServices.Group"},
    )


def _update(call: Call, group: Row) -> Reply:
    body = call.body_object()
    check_unrestricted(call.tenant.directory, group)
    _CHECKER.check(body, GROUP)
    _check_values(body)
    if group["isAssignableToRole"] and not call.holds(_ROLE_MANAGEMENT):
        raise forbidden(Area.DIRECTORY)
    if "isAssignableToRole" in body and bool(body["isAssignableToRole"]) != bool(group["isAssignableToRole"]):
        raise bad_request(Area.DIRECTORY, "The property 'isAssignableToRole' cannot be changed after the group is created.")
    if "displayName" in body and not body["displayName"]:
        raise bad_request(Area.DIRECTORY, "Invalid value specified for property 'displayName' of resource 'Group'.")
    unique_name = body.get("uniqueName", group["uniqueName"])
    if unique_name != group["uniqueName"]:
        if group["uniqueName"] is not None:
            raise bad_request(Area.DIRECTORY, "The property 'uniqueName' cannot be changed once it is set.")
        _check_unique_name(call, unique_name)
    members = _binds(body, "members")
    if len(members) > _MAXIMUM_BINDS:
        raise bad_request(Area.DIRECTORY, "The number of references in the request exceeds the maximum of 20.")
    directory = call.tenant.directory
    add_links(directory, group, "members", members)
    directory.groups.keep_stale(group["id"], call.tenant.quirks.stale_patch_reads)
    group.update(_stored(body))
    return Reply(204)


def _delete(call: Call, group: Row) -> Reply:
    check_unrestricted(call.tenant.directory, group)
    if group["isAssignableToRole"] and not call.holds(_ROLE_MANAGEMENT):
        raise forbidden(Area.DIRECTORY)
    delete_group(call.tenant, group, directory_time(call.world.clock.now()))
    return Reply(204)


def _stored(body: dict[str, Any]) -> Row:
    """The properties of a body; a collection that is null is kept as an empty one."""
    return {
        name: [] if value is None and GROUP.properties[name].kind == "strings" else value
        for name, value in body.items()
        if "@" not in name
    }


def _check_values(body: dict[str, Any]) -> None:
    nickname = body.get("mailNickname")
    if nickname is not None and _BAD_NICKNAME.search(nickname):
        raise bad_request(Area.DIRECTORY, "Invalid value specified for property 'mailNickname' of resource 'Group'.")
    if body.get("mailEnabled") and "Unified" not in (body.get("groupTypes") or []):
        raise bad_request(
            Area.DIRECTORY,
            "The service does not currently support writes of mail-enabled groups. Please ensure "
            "that the mail-enablement property is unset and the security-enablement property is set.",
        )
    if body.get("mailEnabled") is False and body.get("securityEnabled") is False:
        raise bad_request(Area.DIRECTORY, "Invalid value specified for property 'securityEnabled' of resource 'Group'.")
    if body.get("isAssignableToRole") and (
        not body.get("securityEnabled", True) or "DynamicMembership" in (body.get("groupTypes") or [])
    ):
        raise bad_request(Area.DIRECTORY, "A role-assignable group must be security-enabled and cannot have dynamic membership.")


def _check_unique_name(call: Call, name: str | None) -> None:
    if name is None:
        return
    directory = call.tenant.directory
    held = find_by_unique_name(directory, name) is not None
    if call.tenant.quirks.unique_name_held_by_deleted:
        held = held or any(row["uniqueName"] == name for row in directory.deleted_groups)
    if held:
        raise GraphError(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "A conflicting object with one or more of the specified property values is present in the directory.",
        )


def _binds(body: dict[str, Any], relation: str) -> list[str]:
    urls = body.get(f"{relation}@odata.bind", [])
    if not isinstance(urls, list):
        raise bad_request(Area.DIRECTORY, f"Invalid value specified for '{relation}@odata.bind': a collection is expected.")
    return [reference_id(url, Area.DIRECTORY) for url in urls]
