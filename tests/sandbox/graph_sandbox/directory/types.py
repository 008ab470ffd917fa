# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of the directory, and the permissions that its routes ask for.

Properties: Graph v1.0 metadata; which are returned by default, and lengths: DC group-post-groups (EM A.1).
Permissions: the "Permissions" section of each operation's page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph.errors import Area
from ..odata.schema import READ_ONLY_ID, READ_ONLY_TIME, EntityType, Navigation, Property, flag, text
from ..store import Row

if TYPE_CHECKING:
    from ..graph.call import Call

_READ_ONLY = Property("any", read_only=True)
_HIDDEN = Property("any", read_only=True, on_request=True)


def _members(call: Call, row: Row) -> list[Row]:
    return _linked(call, call.tenant.directory.members.get(row["id"], {}))


def _owners(call: Call, row: Row) -> list[Row]:
    return _linked(call, call.tenant.directory.owners.get(row["id"], {}))


def _manager(call: Call, row: Row) -> Row | None:
    found = _linked(call, {call.tenant.directory.managers.get(row["id"], ""): None})
    return found[0] if found else None


def _sponsors(call: Call, row: Row) -> list[Row]:
    return _linked(call, call.tenant.directory.sponsors.get(row["id"], {}))


def _linked(call: Call, ids: dict[str, None]) -> list[Row]:
    """What $expand shows: at most 20 objects (DC concepts/query-parameters)."""
    found = (call.tenant.directory.find(object_id) for object_id in ids)
    return [with_type(row) for row in found if row is not None][:MAXIMUM_EXPANDED]


def _group(call: Call, row: Row) -> Row:
    directory = call.tenant.directory
    restricted = any(
        unit["isMemberManagementRestricted"] and row["id"] in directory.unit_members.get(unit["id"], {})
        for unit in directory.administrative_units
    )
    return {**row, "isManagementRestricted": True} if restricted else row


def _user(call: Call, row: Row) -> Row:
    """``identities`` of a guest name where the guest signs in; how, is a quirk (practice S10)."""
    if row["identities"] or row["userPrincipalName"] is None:
        return row
    own = {"signInType": "userPrincipalName", "issuer": call.tenant.domain, "issuerAssignedId": row["userPrincipalName"]}
    if row["userType"] != "Guest":
        return {**row, "identities": [own]}
    domain = str(row["mail"] or "").rpartition("@")[2]
    issuer = domain if call.tenant.quirks.guest_identity_issuer == "home_domain" and domain else "ExternalAzureAD"
    return {**row, "identities": [{"signInType": "federated", "issuer": issuer, "issuerAssignedId": None}, own]}


MAXIMUM_EXPANDED = 20

GROUP = EntityType(
    "group",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "deletedDateTime": READ_ONLY_TIME,
        "classification": text(),
        "createdDateTime": READ_ONLY_TIME,
        "description": text(1024),
        "displayName": text(256, nullable=False),
        "expirationDateTime": READ_ONLY_TIME,
        "groupTypes": Property("strings"),
        "isAssignableToRole": flag(),
        "mail": _READ_ONLY,
        "mailEnabled": flag(nullable=False),
        "mailNickname": text(64, nullable=False),
        "membershipRule": text(),
        "membershipRuleProcessingState": text(),
        "onPremisesDomainName": _READ_ONLY,
        "onPremisesLastSyncDateTime": _READ_ONLY,
        "onPremisesNetBiosName": _READ_ONLY,
        "onPremisesSamAccountName": _READ_ONLY,
        "onPremisesSecurityIdentifier": _READ_ONLY,
        "onPremisesSyncEnabled": _READ_ONLY,
        "preferredDataLocation": text(),
        "preferredLanguage": text(),
        "proxyAddresses": _READ_ONLY,
        "renewedDateTime": READ_ONLY_TIME,
        "resourceBehaviorOptions": Property("strings"),
        "resourceProvisioningOptions": Property("strings"),
        "securityEnabled": flag(nullable=False),
        "securityIdentifier": _READ_ONLY,
        "theme": text(),
        "visibility": text(),
        "onPremisesProvisioningErrors": _READ_ONLY,
        "serviceProvisioningErrors": _READ_ONLY,
        "uniqueName": text(128, on_request=True),
        "isManagementRestricted": _HIDDEN,
    },
    navigation={
        "members": Navigation(_members, lambda: DIRECTORY_OBJECT, many=True),
        "owners": Navigation(_owners, lambda: DIRECTORY_OBJECT, many=True),
    },
    present=_group,
    advanced_only=True,
)

USER = EntityType(
    "user",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "businessPhones": Property("strings"),
        "displayName": text(256, nullable=False),
        "givenName": text(),
        "jobTitle": text(),
        "mail": text(),
        "mobilePhone": text(),
        "officeLocation": text(),
        "preferredLanguage": text(),
        "surname": text(),
        "userPrincipalName": text(nullable=False),
        "accountEnabled": flag(on_request=True, nullable=False),
        "createdDateTime": Property("datetime", read_only=True, on_request=True),
        "userType": text(on_request=True),
        "externalUserState": _HIDDEN,
        "externalUserStateChangeDateTime": _HIDDEN,
        "creationType": _HIDDEN,
        "identities": _HIDDEN,
        "mailNickname": text(64, on_request=True),
        "usageLocation": text(on_request=True),
        "passwordProfile": Property("object", on_request=True),
        "signInActivity": _HIDDEN,
        "department": text(on_request=True),
        "companyName": text(on_request=True),
        "otherMails": Property("strings", on_request=True),
        "onPremisesSyncEnabled": _HIDDEN,
        "deletedDateTime": Property("datetime", read_only=True, on_request=True),
        "securityIdentifier": _HIDDEN,
        "isManagementRestricted": _HIDDEN,
    },
    navigation={
        "manager": Navigation(_manager, lambda: DIRECTORY_OBJECT),
        "sponsors": Navigation(_sponsors, lambda: DIRECTORY_OBJECT, many=True),
    },
    present=_user,
    advanced_only=True,
)

DIRECTORY_OBJECT: EntityType = EntityType(
    "directoryObject",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        **{name: declared for name, declared in {**GROUP.properties, **USER.properties}.items() if name != "id"},
        "appId": _READ_ONLY,
        "servicePrincipalType": _READ_ONLY,
        "roleTemplateId": _READ_ONLY,
        "isMemberManagementRestricted": _READ_ONLY,
    },
    advanced_only=True,
    derived=lambda: (USER, GROUP, SERVICE_PRINCIPAL, DIRECTORY_ROLE, ADMINISTRATIVE_UNIT),
)

SERVICE_PRINCIPAL: EntityType = EntityType(
    "servicePrincipal",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "deletedDateTime": READ_ONLY_TIME,
        "accountEnabled": flag(),
        "alternativeNames": Property("strings"),
        "appDescription": _READ_ONLY,
        "appDisplayName": _READ_ONLY,
        "appId": text(nullable=False),
        "applicationTemplateId": _READ_ONLY,
        "appOwnerOrganizationId": _READ_ONLY,
        "appRoleAssignmentRequired": flag(),
        "createdDateTime": _READ_ONLY,
        "description": text(1024),
        "disabledByMicrosoftStatus": _READ_ONLY,
        "displayName": text(),
        "homepage": text(),
        "loginUrl": text(),
        "logoutUrl": text(),
        "notes": text(),
        "notificationEmailAddresses": Property("strings"),
        "preferredSingleSignOnMode": text(),
        "replyUrls": Property("strings"),
        "servicePrincipalNames": Property("strings"),
        "servicePrincipalType": _READ_ONLY,
        "signInAudience": _READ_ONLY,
        "tags": Property("strings"),
        "appRoles": _READ_ONLY,
        "oauth2PermissionScopes": _READ_ONLY,
        "keyCredentials": _READ_ONLY,
        "passwordCredentials": _READ_ONLY,
    },
    advanced_only=True,
)

DIRECTORY_ROLE: EntityType = EntityType(
    "directoryRole",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "deletedDateTime": READ_ONLY_TIME,
        "description": text(),
        "displayName": text(),
        "roleTemplateId": text(),
    },
)

ADMINISTRATIVE_UNIT: EntityType = EntityType(
    "administrativeUnit",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "deletedDateTime": READ_ONLY_TIME,
        "displayName": text(),
        "description": text(),
        "isMemberManagementRestricted": flag(),
        "membershipType": text(on_request=True),
        "membershipRule": text(on_request=True),
        "membershipRuleProcessingState": text(on_request=True),
        "visibility": text(),
    },
    advanced_only=True,
)

READ_GROUPS = (
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
CREATE_GROUPS = ("Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All")
WRITE_GROUPS = ("Group.ReadWrite.All", "Directory.ReadWrite.All")
WRITE_MEMBERS = ("GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All")
READ_USERS = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
WRITE_USERS = ("User.ReadWrite.All", "Directory.ReadWrite.All")
READ_OBJECTS = (
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Application.Read.All",
)
READ_MEMBERSHIPS = {
    "users": ("User.Read.All", "User.ReadWrite.All", "GroupMember.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    "groups": READ_GROUPS,
    "servicePrincipals": ("Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    "directoryObjects": READ_OBJECTS,
}
READ_SERVICE_PRINCIPALS = (
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)

_KINDS = {
    "group": GROUP,
    "user": USER,
    "servicePrincipal": SERVICE_PRINCIPAL,
    "directoryRole": DIRECTORY_ROLE,
    "administrativeUnit": ADMINISTRATIVE_UNIT,
}


def type_of(row: Row) -> EntityType:
    """The type of a directory object."""
    return _KINDS[row["_type"]]


def with_type(row: Row) -> Row:
    """A directory object as collections of mixed objects show it: with ``@odata.type``, without private members."""
    return {"@odata.type": f"#microsoft.graph.{row['_type']}", **row}
