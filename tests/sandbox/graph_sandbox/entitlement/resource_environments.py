# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``resourceEnvironments``: where SharePoint keeps its sites (entitlementmanagement-list-accesspackageresourceenvironments)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError
from ..ids import derive_guid
from ..odata.options import answer_collection
from ..odata.schema import READ_ONLY_TIME, EntityType, flag, text
from .common import CONTEXT, READ, make_router, with_read_times

router = make_router()
_CREATED = "2020-01-01T00:00:00Z"

RESOURCE_ENVIRONMENT = EntityType(
    "accessPackageResourceEnvironment",
    Area.ENTITLEMENT,
    {
        "id": text(),
        "originSystem": text(),
        "originId": text(),
        "displayName": text(),
        "description": text(),
        "isDefaultEnvironment": flag(),
        "createdDateTime": READ_ONLY_TIME,
        "modifiedDateTime": READ_ONLY_TIME,
    },
    present=with_read_times,
)


@router.get("/resourceEnvironments", READ)
def list_environments(call: Call) -> Reply:
    """The tenant's one geography; the filter must name the origin system, as for resource roles."""
    if "originsystem" not in call.query.get("$filter", "").lower():
        raise GraphError(400, "InvalidFilter", "Origin system is required.")
    name = call.tenant.domain.partition(".")[0]
    row = {
        "id": derive_guid(call.tenant.id, "resource environment"),
        "originSystem": "SharePointOnline",
        "originId": f"https://{name}-admin.sharepoint.com/",
        "displayName": f"https://{name}-admin.sharepoint.com/",
        "description": "SharePoint Online admin site",
        "isDefaultEnvironment": True,
        "createdDateTime": _CREATED,
        "modifiedDateTime": _CREATED,
    }
    return answer_collection(call, RESOURCE_ENVIRONMENT, [row], f"{CONTEXT}resourceEnvironments")
