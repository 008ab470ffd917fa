# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user is made of, without any route: build, delete, restore."""

from __future__ import annotations

from ..graph.errors import GraphError
from ..store import Row
from .state import DirectoryState


def make_user(row_id: str, created: str, **properties: object) -> Row:
    """A user with every property that reads show."""
    return {
        "_type": "user",
        "id": row_id,
        "deletedDateTime": None,
        "businessPhones": [],
        "displayName": None,
        "givenName": None,
        "jobTitle": None,
        "mail": None,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": None,
        "userPrincipalName": None,
        "accountEnabled": True,
        "createdDateTime": created,
        "userType": "Member",
        "externalUserState": None,
        "externalUserStateChangeDateTime": None,
        "creationType": None,
        "identities": [],
        "mailNickname": None,
        "usageLocation": None,
        "department": None,
        "companyName": None,
        "otherMails": [],
        "onPremisesSyncEnabled": None,
        "signInActivity": None,
        **properties,
    }


def delete_user(directory: DirectoryState, user: Row, moment: str) -> None:
    """Move a user to the deleted items; the principal name makes room for another user (user-delete)."""
    directory.users.remove(user["id"])
    memberships = [(name, key) for name in ("members", "owners") for key, ids in _links(directory, name) if user["id"] in ids]
    directory.forget(user["id"])
    directory.deleted_users.add(
        {
            **user,
            "deletedDateTime": moment,
            "userPrincipalName": f"{user['id'].replace('-', '')}{user['userPrincipalName']}",
            "_principal_name": user["userPrincipalName"],
            "_memberships": memberships,
        }
    )


def restore_user(directory: DirectoryState, row: Row) -> None:
    """Bring a user back, into the groups that are still there."""
    name = row["_principal_name"]
    if any(str(user["userPrincipalName"]).lower() == name.lower() for user in directory.users):
        raise GraphError(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "Another object with the same value for property userPrincipalName already exists.",
        )
    row["userPrincipalName"] = row.pop("_principal_name")
    directory.users.add(row)
    for relation, key in row.pop("_memberships"):
        if key in directory.groups:
            getattr(directory, relation).setdefault(key, {})[row["id"]] = None


def _links(directory: DirectoryState, relation: str) -> list[tuple[str, dict[str, None]]]:
    return list(getattr(directory, relation).items())
