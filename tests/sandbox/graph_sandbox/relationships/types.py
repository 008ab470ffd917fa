# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of delegated administration (resources/delegatedadmincustomer, -relationship, -accessassignment)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph.errors import Area
from ..odata.schema import READ_ONLY_TIME, EntityType, Navigation, Property, text
from ..store import Row

if TYPE_CHECKING:
    from ..graph.call import Call

READ = ("DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All")
BASE = "/tenantRelationships"
CONTEXT = "tenantRelationships/"
_SERVICES = {
    "Microsoft 365": "https://admin.microsoft.com/Partner/BeginClientSession.aspx?CTID={tenant}&CSDEST=o365admincenter",
    "Microsoft Entra": "https://entra.microsoft.com/{tenant}/",
    "Microsoft Defender": "https://security.microsoft.com/?tid={tenant}",
}


def services(tenant_id: str) -> list[Row]:
    """Where the partner administers the customer."""
    return [
        {"id": name.replace(" ", ""), "serviceName": name, "serviceManagementUrl": url.format(tenant=tenant_id)}
        for name, url in _SERVICES.items()
    ]


SERVICE_DETAIL = EntityType(
    "delegatedAdminServiceManagementDetail",
    Area.DIRECTORY,
    {"id": text(), "serviceName": text(), "serviceManagementUrl": text()},
)
CUSTOMER = EntityType(
    "delegatedAdminCustomer",
    Area.DIRECTORY,
    {"id": text(), "tenantId": text(), "displayName": text()},
    navigation={
        "serviceManagementDetails": Navigation(lambda _call, row: services(row["tenantId"]), lambda: SERVICE_DETAIL, many=True)
    },
)


def _assignments(call: Call, row: Row) -> list[Row]:
    return [item for item in call.tenant.relationships.assignments if item["_relationship_id"] == row["id"]]


ACCESS_ASSIGNMENT = EntityType(
    "delegatedAdminAccessAssignment",
    Area.DIRECTORY,
    {
        "@odata.etag": text(),
        "id": text(),
        "status": text(),
        "createdDateTime": READ_ONLY_TIME,
        "lastModifiedDateTime": READ_ONLY_TIME,
        "accessContainer": Property("object"),
        "accessDetails": Property("object"),
    },
)
RELATIONSHIP = EntityType(
    "delegatedAdminRelationship",
    Area.DIRECTORY,
    {
        "@odata.etag": text(),
        "id": text(),
        "displayName": text(),
        "duration": Property("duration"),
        "autoExtendDuration": Property("duration"),
        "status": text(),
        "createdDateTime": READ_ONLY_TIME,
        "lastModifiedDateTime": READ_ONLY_TIME,
        "activatedDateTime": READ_ONLY_TIME,
        "endDateTime": READ_ONLY_TIME,
        "customer": Property("object"),
        "accessDetails": Property("object"),
    },
    navigation={"accessAssignments": Navigation(_assignments, lambda: ACCESS_ASSIGNMENT, many=True)},
)
OPERATION = EntityType(
    "delegatedAdminRelationshipOperation",
    Area.DIRECTORY,
    {
        "id": text(),
        "operationType": text(),
        "status": text(),
        "data": text(),
        "createdDateTime": READ_ONLY_TIME,
        "lastModifiedDateTime": READ_ONLY_TIME,
    },
)
REQUEST = EntityType(
    "delegatedAdminRelationshipRequest",
    Area.DIRECTORY,
    {
        "id": text(),
        "action": text(),
        "status": text(),
        "createdDateTime": READ_ONLY_TIME,
        "lastModifiedDateTime": READ_ONLY_TIME,
    },
)
