# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a connected organization's people come from, and how the service resolves it (EM B.2, B.7).

The status of the two conflicts is not recorded; 400 is assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.errors import GraphError
from ..odata.schema import filled
from ..store import Row
from .common import invalid_model
from .types import IDENTITY_SOURCE

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..world import Tenant, World

TENANT_TYPE = "#microsoft.graph.azureActiveDirectoryTenant"
DOMAIN_TYPE = "#microsoft.graph.domainIdentitySource"


def resolve_sources(call: Call, sources: list[dict[str, Any]]) -> list[Row]:
    """The sources as they are stored: a domain of a known tenant becomes that tenant."""
    return [_resolve(call, filled(IDENTITY_SOURCE, source)) for source in sources]


def source_key(source: Row) -> tuple[str, str]:
    """What makes a source the same as another."""
    if source.get("tenantId"):
        return "tenant", str(source["tenantId"]).lower()
    if source.get("domainName"):
        return "domain", str(source["domainName"]).lower()
    return "social", str(source.get("socialIdentitySourceType"))


def check_unused(tenant: Tenant, sources: list[Row], owner: str | None, code: str) -> None:
    """A source can be in one connected organization only."""
    keys = {source_key(source) for source in sources}
    for row in tenant.entitlement.connected_organizations:
        if row["id"] != owner and any(source_key(source) in keys for source in row["identitySources"]):
            message = (
                "The connected organization already exists."
                if code == "ConnectedOrganizationAlreadyExists"
                else "The identity provider is already configured for another connected organization."
            )
            raise GraphError(400, code, message)


def organization_of(tenant: Tenant, world: World, user: Row) -> Row | None:
    """The connected organization that a guest comes from, by the domain of the mail address (practice S10)."""
    domain = str(user.get("mail") or "").rpartition("@")[2].lower()
    if not domain or user.get("userType") != "Guest":
        return None
    known = world.find_known(domain)
    keys = {("domain", domain)} | ({("tenant", known.tenant_id)} if known else set())
    return next(
        (
            row
            for row in tenant.entitlement.connected_organizations
            if any(source_key(source) in keys for source in row["identitySources"])
        ),
        None,
    )


def _resolve(call: Call, source: Row) -> Row:
    if source["@odata.type"] == TENANT_TYPE:
        return _by_tenant(call, source)
    if source["@odata.type"] == DOMAIN_TYPE:
        if not source["domainName"]:
            raise invalid_model()
        known = call.world.find_known(source["domainName"]) if call.tenant.quirks.resolve_domain_sources else None
        if known is not None:
            return {"@odata.type": TENANT_TYPE, "tenantId": known.tenant_id, "displayName": known.display_name}
    return source


def _by_tenant(call: Call, source: Row) -> Row:
    quirks = call.tenant.quirks
    tenant_id = source["tenantId"]
    if not tenant_id or not quirks.connected_org_by_tenant:
        raise invalid_model()
    known = call.world.find_known(tenant_id)
    if known is None and quirks.connected_org_unknown_tenant == "refused":
        raise GraphError(400, "TenantNotFound", f"The tenant '{tenant_id}' was not found.")
    name = known.display_name if known else source["displayName"]
    return {**source, "tenantId": tenant_id.lower(), "displayName": name}
