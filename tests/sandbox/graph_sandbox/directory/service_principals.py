# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/servicePrincipals``: the applications that a tenant knows. Read only."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..graph.routing import Router
from ..odata.options import answer_collection, answer_entity
from .types import READ_SERVICE_PRINCIPALS, SERVICE_PRINCIPAL

router = Router(Area.DIRECTORY)


@router.get("/servicePrincipals", READ_SERVICE_PRINCIPALS)
def list_service_principals(call: Call) -> Reply:
    """All of them."""
    rows = call.tenant.directory.service_principals.list()
    return answer_collection(call, SERVICE_PRINCIPAL, rows, "servicePrincipals")


@router.get("/servicePrincipals/{id}", READ_SERVICE_PRINCIPALS)
def get_service_principal(call: Call, id: str) -> Reply:
    """One by object id."""
    row = call.tenant.directory.service_principals.read(id)
    if row is None:
        raise not_found(Area.DIRECTORY, id)
    return answer_entity(call, SERVICE_PRINCIPAL, row, "servicePrincipals")


@router.get("/servicePrincipals(appId={app_id})", READ_SERVICE_PRINCIPALS)
def get_by_application(call: Call, app_id: str) -> Reply:
    """One by the application's id."""
    rows = call.tenant.directory.service_principals.list(lambda row: row["appId"] == app_id.lower())
    if not rows:
        raise not_found(Area.DIRECTORY, app_id)
    return answer_entity(call, SERVICE_PRINCIPAL, rows[0], "servicePrincipals")
