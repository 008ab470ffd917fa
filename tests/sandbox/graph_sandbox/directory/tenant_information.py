# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/tenantRelationships/findTenantInformation...``: look up another tenant (EM B.8).

The status for an unknown tenant is not recorded anywhere; 404 is assumed.
"""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, bad_request
from ..graph.routing import Router
from ..odata.bodies import is_guid
from .tenant_types import READ_TENANT_INFORMATION

router = Router(Area.DIRECTORY)


@router.get("/tenantRelationships/findTenantInformationByTenantId(tenantId={tenant_id})", READ_TENANT_INFORMATION)
def by_tenant_id(call: Call, tenant_id: str) -> Reply:
    """By id."""
    if not is_guid(tenant_id):
        raise bad_request(Area.DIRECTORY, f"Invalid value '{tenant_id}' for parameter tenantId: a GUID is expected.")
    return _find(call, tenant_id)


@router.get("/tenantRelationships/findTenantInformationByDomainName(domainName={domain})", READ_TENANT_INFORMATION)
def by_domain_name(call: Call, domain: str) -> Reply:
    """By any verified domain."""
    return _find(call, domain if "." in domain else "")


def _find(call: Call, name: str) -> Reply:
    known = call.world.find_known(name)
    if known is None:
        raise GraphError(404, "Request_ResourceNotFound", f"Unable to find tenant information for '{name}'.")
    return Reply(
        200,
        {
            "@odata.context": f"{call.root}/$metadata#microsoft.graph.tenantInformation",
            "tenantId": known.tenant_id,
            "federationBrandName": None,
            "displayName": known.display_name,
            "defaultDomainName": known.domain,
        },
    )
