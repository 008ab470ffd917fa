# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/applications``: applications registered in the tenant itself, read only (application-list, -get).

A multi-tenant application of somebody else's is not among them: of it the tenant has a service principal only.
"""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..graph.routing import Router
from ..identity.tokens import GRAPH_APP_ID
from ..ids import derive_guid
from ..odata.options import answer_entity
from ..odata.schema import READ_ONLY_ID, READ_ONLY_TIME, EntityType, Property, text
from ..store import Row
from .graph_permissions import app_role_id
from .queries import answer
from .types import READ_SERVICE_PRINCIPALS

router = Router(Area.DIRECTORY)

APPLICATION = EntityType(
    "application",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "deletedDateTime": READ_ONLY_TIME,
        "appId": text(),
        "createdDateTime": READ_ONLY_TIME,
        "description": text(),
        "displayName": text(),
        "identifierUris": Property("strings"),
        "publisherDomain": text(),
        "signInAudience": text(),
        "tags": Property("strings"),
        "uniqueName": text(on_request=True),
        "requiredResourceAccess": Property("objects"),
        "keyCredentials": Property("objects"),
        "passwordCredentials": Property("objects"),
    },
    advanced_only=True,
)


def _applications(call: Call) -> list[Row]:
    tenant = call.tenant
    shared = {application.name for application in call.world.config.applications}
    return [
        {
            "id": derive_guid(client.object_id, "application"),
            "deletedDateTime": None,
            "appId": client.client_id,
            "createdDateTime": "2020-01-01T00:00:00Z",
            "description": None,
            "displayName": client.name,
            "identifierUris": [],
            "publisherDomain": tenant.domain,
            "signInAudience": "AzureADMyOrg",
            "tags": [],
            "uniqueName": None,
            "requiredResourceAccess": [
                {
                    "resourceAppId": GRAPH_APP_ID,
                    "resourceAccess": [{"id": app_role_id(name), "type": "Role"} for name in sorted(client.permissions)],
                }
            ],
            "keyCredentials": [],
            "passwordCredentials": [],
        }
        for client in tenant.clients.values()
        if client.name not in shared
    ]


@router.get("/applications", READ_SERVICE_PRINCIPALS)
def list_applications(call: Call) -> Reply:
    """All of them."""
    return answer(call, APPLICATION, _applications(call), "applications")


def _answer(call: Call, key: str, name: str) -> Reply:
    row = next((row for row in _applications(call) if row[name] == key.lower()), None)
    if row is None:
        raise not_found(Area.DIRECTORY, key)
    return answer_entity(call, APPLICATION, row, "applications")


@router.get("/applications/{id}", READ_SERVICE_PRINCIPALS)
def get_application(call: Call, id: str) -> Reply:
    """One by object id."""
    return _answer(call, id, "id")


@router.get("/applications(appId={app_id})", READ_SERVICE_PRINCIPALS)
def get_by_app_id(call: Call, app_id: str) -> Reply:
    """One by the application's id."""
    return _answer(call, app_id, "appId")
