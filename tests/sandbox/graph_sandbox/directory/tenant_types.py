# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of the tenant itself, and what other tenants may know of it (M; resources/organization, -domain, -subscribedsku)."""

from __future__ import annotations

from ..graph.errors import Area
from ..odata.schema import READ_ONLY_ID, READ_ONLY_TIME, ComplexType, EntityType, Property, flag, text

_READ_ONLY = Property("any", read_only=True)

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
    {
        "authenticationType": text(),
        "availabilityStatus": text(),
        "id": text(),
        "isAdminManaged": flag(),
        "isDefault": flag(),
        "isInitial": flag(),
        "isRoot": flag(),
        "isVerified": flag(),
        "supportedServices": Property("strings"),
    },
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

SUBSCRIBED_SKU = EntityType(
    "subscribedSku",
    Area.DIRECTORY,
    {
        "accountName": text(),
        "accountId": text(),
        "appliesTo": text(),
        "capabilityStatus": text(),
        "consumedUnits": Property("int"),
        "id": text(),
        "skuId": text(),
        "skuPartNumber": text(),
        "subscriptionIds": Property("strings"),
        "prepaidUnits": Property("object"),
        "servicePlans": Property("objects"),
    },
)

READ_DOMAINS = ("Domain.Read.All", "Directory.Read.All", "Directory.ReadWrite.All")
READ_ORGANIZATION = ("Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All")
READ_TENANT_INFORMATION = ("CrossTenantInformation.ReadBasic.All",)
