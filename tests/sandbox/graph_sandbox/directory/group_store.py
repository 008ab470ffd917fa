# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a group is made of, without any route: build, find, join, leave, delete."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING
from uuid import UUID

from ..graph.errors import Area, GraphError, not_found
from ..store import Row
from .state import DirectoryState

if TYPE_CHECKING:
    from ..world import Tenant


def make_group(row_id: str, created: str, **properties: object) -> Row:
    """A security group with every property that Microsoft documents in the answer (EM A.1)."""
    return {
        "_type": "group",
        "id": row_id,
        "deletedDateTime": None,
        "classification": None,
        "createdDateTime": created,
        "description": None,
        "displayName": None,
        "expirationDateTime": None,
        "groupTypes": [],
        "isAssignableToRole": None,
        "mail": None,
        "mailEnabled": False,
        "mailNickname": None,
        "membershipRule": None,
        "membershipRuleProcessingState": None,
        "onPremisesDomainName": None,
        "onPremisesLastSyncDateTime": None,
        "onPremisesNetBiosName": None,
        "onPremisesSamAccountName": None,
        "onPremisesSecurityIdentifier": None,
        "onPremisesSyncEnabled": None,
        "preferredDataLocation": None,
        "preferredLanguage": None,
        "proxyAddresses": [],
        "renewedDateTime": created,
        "resourceBehaviorOptions": [],
        "resourceProvisioningOptions": [],
        "securityEnabled": True,
        "securityIdentifier": security_identifier(row_id),
        "theme": None,
        "visibility": None,
        "onPremisesProvisioningErrors": [],
        "serviceProvisioningErrors": [],
        "uniqueName": None,
        "isManagementRestricted": None,
        **properties,
    }


def security_identifier(object_id: str) -> str:
    """The cloud SID: S-1-12-1 and the four 32-bit words of the object id."""
    return "S-1-12-1-" + "-".join(str(word) for word in struct.unpack("<4I", UUID(object_id).bytes_le))


def find_by_unique_name(directory: DirectoryState, name: str) -> Row | None:
    """The group with that alternate key."""
    return next((row for row in directory.groups if (row["uniqueName"] or "").lower() == name.lower()), None)


def require_group(directory: DirectoryState, group_id: str) -> Row:
    """The group as the service itself knows it, or a 404."""
    row = directory.groups.get(group_id)
    if row is None:
        raise not_found(Area.DIRECTORY, group_id)
    return row


def add_links(directory: DirectoryState, group: Row, relation: str, object_ids: list[str]) -> None:
    """Add members or owners, all or none (EM A.5)."""
    links = getattr(directory, relation).setdefault(group["id"], {})
    lowered = [object_id.lower() for object_id in object_ids]
    if len(set(lowered)) < len(lowered):
        raise GraphError(400, "Request_BadRequest", "Request contains a property with duplicate values.")
    for object_id in lowered:
        if directory.find(object_id) is None:
            raise not_found(Area.DIRECTORY, object_id)
    if any(object_id in links for object_id in lowered):
        raise GraphError(
            400,
            "Request_BadRequest",
            f"One or more added object references already exist for the following modified properties: '{relation}'.",
        )
    if relation == "members" and group["id"] in lowered:
        raise GraphError(400, "Request_BadRequest", "A group cannot be a member of itself.")
    links.update(dict.fromkeys(lowered))


def remove_link(directory: DirectoryState, group: Row, relation: str, object_id: str) -> None:
    """Take one member or owner out."""
    links = getattr(directory, relation).setdefault(group["id"], {})
    key = object_id.lower()
    if key not in links:
        raise not_found(Area.DIRECTORY, object_id)
    users = [owner for owner in links if owner in directory.users]
    if relation == "owners" and users == [key]:
        raise GraphError(400, "Request_BadRequest", "The group must have at least one owner, hence this owner cannot be removed.")
    del links[key]


def linked(directory: DirectoryState, group_id: str, relation: str) -> list[Row]:
    """Members or owners as objects."""
    rows = [directory.find(object_id) for object_id in getattr(directory, relation).get(group_id, {})]
    return [row for row in rows if row is not None]


def transitive_members(directory: DirectoryState, group_id: str) -> list[Row]:
    """Members, and members of member groups, each once."""
    found: dict[str, Row] = {}
    waiting = [group_id]
    while waiting:
        for row in linked(directory, waiting.pop(), "members"):
            if row["id"] not in found:
                found[row["id"]] = row
                if row["_type"] == "group":
                    waiting.append(row["id"])
    return list(found.values())


def delete_group(tenant: Tenant, group: Row, moment: str) -> None:
    """Move a group to the deleted items, or take it away for good where the tenant's service still does so."""
    directory = tenant.directory
    directory.groups.remove(group["id"])
    for links in (*directory.members.values(), *directory.owners.values()):
        links.pop(group["id"], None)
    if tenant.quirks.group_soft_delete:
        directory.deleted_groups.add({**group, "deletedDateTime": moment})
    else:
        directory.members.pop(group["id"], None)
        directory.owners.pop(group["id"], None)
