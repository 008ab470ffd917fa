# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/servicePrincipals``: the applications that a tenant knows, and the one that is Microsoft Graph.

Sources: serviceprincipal-list, -get, -post-serviceprincipals, -update, -delete. A deleted enterprise application gets
no token any more (practice M5).
"""

from __future__ import annotations

from dataclasses import replace

from ..clock import directory_time
from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, bad_request, not_found
from ..graph.routing import Router
from ..ids import derive_guid
from ..odata.bodies import BodyChecker
from ..odata.options import answer_entity
from ..store import Row
from .app_role_assignments import forget_principal
from .graph_permissions import app_roles, graph_service_principal, permission_scopes
from .queries import answer, count
from .types import READ_SERVICE_PRINCIPALS, SERVICE_PRINCIPAL

router = Router(Area.DIRECTORY)
WRITE_APPLICATIONS = ("Application.ReadWrite.All", "Directory.ReadWrite.All")
_CHECKER = BodyChecker(Area.DIRECTORY)


def make_service_principal(row_id: str, **properties: object) -> Row:
    """A service principal with every property that reads show."""
    return {
        "_type": "servicePrincipal",
        "id": row_id,
        "deletedDateTime": None,
        "accountEnabled": True,
        "alternativeNames": [],
        "appDescription": None,
        "appDisplayName": None,
        "appId": None,
        "applicationTemplateId": None,
        "appOwnerOrganizationId": None,
        "appRoleAssignmentRequired": False,
        "createdDateTime": None,
        "description": None,
        "disabledByMicrosoftStatus": None,
        "displayName": None,
        "homepage": None,
        "loginUrl": None,
        "logoutUrl": None,
        "notes": None,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": None,
        "replyUrls": [],
        "servicePrincipalNames": [],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "appRoles": [],
        "oauth2PermissionScopes": [],
        "keyCredentials": [],
        "passwordCredentials": [],
        **properties,
    }


def make_graph(tenant_id: str) -> Row:
    """Microsoft Graph, whose app roles and scopes are shared by all tenants."""
    own = graph_service_principal(tenant_id)
    return make_service_principal(
        own.pop("id"),
        **own,
        appRoles=app_roles(),
        oauth2PermissionScopes=permission_scopes(),
        tags=["WindowsAzureActiveDirectoryIntegratedApp"],
    )


def find_application(call: Call, app_id: str) -> Row:
    """One by the application's id."""
    rows = call.tenant.directory.service_principals.list(lambda row: row["appId"] == app_id.lower())
    if not rows:
        raise not_found(Area.DIRECTORY, app_id)
    return rows[0]


def find_principal(call: Call, object_id: str) -> Row:
    """One by object id."""
    row = call.tenant.directory.service_principals.read(object_id)
    if row is None:
        raise not_found(Area.DIRECTORY, object_id)
    return row


@router.get("/servicePrincipals", READ_SERVICE_PRINCIPALS)
def list_service_principals(call: Call) -> Reply:
    """All of them."""
    return answer(call, SERVICE_PRINCIPAL, call.tenant.directory.service_principals.list(), "servicePrincipals")


@router.get("/servicePrincipals/$count", READ_SERVICE_PRINCIPALS)
def count_service_principals(call: Call) -> Reply:
    """Their number."""
    return count(call, SERVICE_PRINCIPAL, call.tenant.directory.service_principals)


@router.get("/servicePrincipals/{id}", READ_SERVICE_PRINCIPALS)
def get_service_principal(call: Call, id: str) -> Reply:
    """One by object id."""
    return answer_entity(call, SERVICE_PRINCIPAL, find_principal(call, id), "servicePrincipals")


@router.get("/servicePrincipals(appId={app_id})", READ_SERVICE_PRINCIPALS)
def get_by_application(call: Call, app_id: str) -> Reply:
    """One by the application's id."""
    return answer_entity(call, SERVICE_PRINCIPAL, find_application(call, app_id), "servicePrincipals")


@router.post("/servicePrincipals", WRITE_APPLICATIONS)
def create_service_principal(call: Call) -> Reply:
    """201: make a multi-tenant application known here; it may do nothing yet."""
    body = call.body_object()
    _CHECKER.check(body, SERVICE_PRINCIPAL)
    app_id = str(body.get("appId") or "").lower()
    tenant = call.tenant
    shared = next((other.clients[app_id] for other in call.world.tenants.values() if app_id in other.clients), None)
    if shared is None or not any(shared.name == application.name for application in call.world.config.applications):
        raise bad_request(
            Area.DIRECTORY,
            f"The appId '{body.get('appId')}' of the service principal does not reference a valid application object.",
        )
    if any(row["appId"] == app_id for row in tenant.directory.service_principals):
        raise GraphError(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            f"The service principal cannot be created, updated, or restored because the service principal name {app_id} is "
            "already in use.",
        )
    row_id = tenant.ids.next()
    client = replace(shared, object_id=row_id, permissions=frozenset(), scopes=frozenset())
    tenant.clients[app_id] = client
    row = make_service_principal(
        row_id,
        **{
            "appId": app_id,
            "displayName": client.name,
            "appDisplayName": client.name,
            "servicePrincipalNames": [app_id],
            "signInAudience": "AzureADMultipleOrgs",
            "createdDateTime": directory_time(call.world.clock.now()),
            "appOwnerOrganizationId": derive_guid(call.world.config.seed, "owner of applications"),
            **{name: value for name, value in body.items() if name != "appId"},
        },
    )
    tenant.directory.service_principals.add(row)
    return answer_entity(call, SERVICE_PRINCIPAL, row, "servicePrincipals", 201)


def _update(call: Call, row: Row) -> Reply:
    body = call.body_object()
    _CHECKER.check(body, SERVICE_PRINCIPAL)
    row.update({name: value for name, value in body.items() if "@" not in name})
    return Reply(204)


def _delete(call: Call, row: Row) -> Reply:
    directory = call.tenant.directory
    directory.service_principals.remove(row["id"])
    directory.forget(row["id"])
    client = call.tenant.clients.pop(row["appId"], None)
    if client is not None:
        # Consent does not come back with the application (serviceprincipal restore).
        client = replace(client, permissions=frozenset(), scopes=frozenset())
    forget_principal(directory, row["id"])
    moment = directory_time(call.world.clock.now())
    directory.deleted_service_principals.add({**row, "deletedDateTime": moment, "_client": client})
    return Reply(204)


@router.patch("/servicePrincipals/{id}", WRITE_APPLICATIONS)
def update_service_principal(call: Call, id: str) -> Reply:
    """204."""
    return _update(call, find_principal(call, id))


@router.patch("/servicePrincipals(appId={app_id})", WRITE_APPLICATIONS)
def update_by_application(call: Call, app_id: str) -> Reply:
    """204."""
    return _update(call, find_application(call, app_id))


@router.delete("/servicePrincipals/{id}", WRITE_APPLICATIONS)
def delete_service_principal(call: Call, id: str) -> Reply:
    """204; the enterprise application can be restored for 30 days."""
    return _delete(call, find_principal(call, id))


@router.delete("/servicePrincipals(appId={app_id})", WRITE_APPLICATIONS)
def delete_by_application(call: Call, app_id: str) -> Reply:
    """204."""
    return _delete(call, find_application(call, app_id))
