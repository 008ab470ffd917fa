# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of the directory, and the permissions that its routes ask for.

Properties: Graph v1.0 metadata; which are returned by default, and lengths: DC group-post-groups (EM A.1).
Permissions: the "Permissions" section of each operation's page.
"""

from __future__ import annotations

from ..graph.errors import Area
from ..odata.schema import READ_ONLY_ID, READ_ONLY_TIME, ComplexType, EntityType, Property, flag, text
from ..store import Row

_READ_ONLY = Property("any", read_only=True)
_HIDDEN = Property("any", read_only=True, on_request=True)

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
    },
    advanced_only=True,
)

DIRECTORY_OBJECT = EntityType(
    "directoryObject",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        **{name: declared for name, declared in {**GROUP.properties, **USER.properties}.items() if name != "id"},
        "appId": _READ_ONLY,
    },
    advanced_only=True,
)

SERVICE_PRINCIPAL = EntityType(
    "servicePrincipal",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "appId": _READ_ONLY,
        "displayName": text(),
        "appDisplayName": _READ_ONLY,
        "accountEnabled": flag(),
        "servicePrincipalType": _READ_ONLY,
        "appOwnerOrganizationId": _READ_ONLY,
    },
    advanced_only=True,
)

VERIFIED_DOMAIN = ComplexType(
    "verifiedDomain",
    {
        "capabilities": text(),
        "isDefault": flag(),
        "isInitial": flag(),
        "name": text(),
        "type": text(),
    },
)

ORGANIZATION = EntityType(
    "organization",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "displayName": text(),
        "createdDateTime": READ_ONLY_TIME,
        "tenantType": _READ_ONLY,
        "countryLetterCode": text(),
        "assignedPlans": _READ_ONLY,
        "verifiedDomains": Property("objects", read_only=True, of=VERIFIED_DOMAIN),
    },
)

DOMAIN = EntityType(
    "domain",
    Area.DIRECTORY,
    {"id": text(), "isDefault": flag(), "isInitial": flag(), "isVerified": flag(), "authenticationType": text()},
)

TENANT_INFORMATION = EntityType(
    "tenantInformation",
    Area.DIRECTORY,
    {
        "tenantId": _READ_ONLY,
        "federationBrandName": _READ_ONLY,
        "displayName": _READ_ONLY,
        "defaultDomainName": _READ_ONLY,
    },
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
READ_SERVICE_PRINCIPALS = (
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
READ_DOMAINS = ("Domain.Read.All", "Directory.Read.All", "Directory.ReadWrite.All")
READ_ORGANIZATION = ("Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All")
READ_TENANT_INFORMATION = ("CrossTenantInformation.ReadBasic.All",)

_KINDS = {"group": GROUP, "user": USER, "servicePrincipal": SERVICE_PRINCIPAL}


def type_of(row: Row) -> EntityType:
    """The type of a directory object."""
    return _KINDS[row["_type"]]


def with_type(row: Row) -> Row:
    """A directory object as collections of mixed objects show it: with ``@odata.type``, without private members."""
    return {"@odata.type": f"#microsoft.graph.{row['_type']}", **row}
