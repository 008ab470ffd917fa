# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The tenant that is being configured, and other tenants by id or domain.

Facts: EM B.8 (tenant lookup) and I (My Access links).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput, needing
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import Cloud
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid, literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._graph._session import Graph
from ansible_collections.mssp.defender.plugins.module_utils._resources.base import KNOWN_AFTER_APPLY
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import Permissions

PERMISSIONS = Permissions(read=("Organization.Read.All",), write=())
LOOKUP_PERMISSIONS = Permissions(read=("CrossTenantInformation.ReadBasic.All",), write=())


@dataclasses.dataclass(frozen=True)
class OtherTenant:
    """A tenant as Microsoft publishes it to everybody."""

    tenant_id: str
    name: str
    domain: str


# The request of `organization`, for who reads several things at once.
ORGANIZATION = ("organization", {"$select": "id,displayName,verifiedDomains"})


def organization(graph: Graph) -> dict[str, t.Any]:
    """The organization that the token belongs to: id, displayName, verifiedDomains.

    :raises Failure: Graph shows none.
    """
    listed = graph.list(*ORGANIZATION)
    if not listed:
        raise Failure("Graph shows no organization for this token", remedy="Check tenant_id.", code="NoOrganization")
    return listed[0]


def directory_hint(org: t.Mapping[str, t.Any]) -> str | None:
    """The domain for links: the initial one if there is one, because it never changes, else the default one."""
    domains = org.get("verifiedDomains") or []
    for mark in ("isInitial", "isDefault"):
        for domain in domains:
            if domain.get(mark):
                return str(domain["name"])
    return str(domains[0]["name"]) if domains else None


def hint_for_links(graph: Graph, given: str | None, warn: t.Callable[[str], None]) -> str | None:
    """The domain for links as given, else the tenant's own; None with a warning when that may not be read."""
    if given:
        return given
    try:
        return directory_hint(organization(graph))
    except GraphError as error:
        warn(f"The link to request a package is not known, because the tenant's domains cannot be read: {error}")
        return None


def look_up(graph: Graph, *, tenant_id: str | None = None, domain: str | None = None) -> OtherTenant | None:
    """Another tenant by id or by one of its domains; None when Microsoft knows none.

    :raises InvalidInput: the id is no GUID.
    """
    if tenant_id:
        if not is_guid(tenant_id):
            raise InvalidInput(f"'{tenant_id}' is not a tenant id", remedy="Give the GUID, or give the domain instead.")
        path = f"findTenantInformationByTenantId(tenantId={segment(literal(tenant_id))})"
    else:
        path = f"findTenantInformationByDomainName(domainName={segment(literal(str(domain)))})"
    try:
        with needing(*LOOKUP_PERMISSIONS.read):
            found = graph.get(f"tenantRelationships/{path}")
    except GraphError as error:
        # Which of the two Graph answers for an unknown tenant is not documented.
        if error.status in (400, 404):
            return None
        raise
    return OtherTenant(found["tenantId"], found.get("displayName") or "", found.get("defaultDomainName") or "")


def request_url(cloud: Cloud, hint: str | None, package_id: str) -> str | None:
    """The My Access page where people request a package; None where the cloud has no documented host."""
    if cloud.my_access_url is None or not hint:
        return None
    identifier = package_id if package_id == KNOWN_AFTER_APPLY else segment(package_id)
    return f"{cloud.my_access_url}/@{segment(hint)}#/access-packages/{identifier}"


def approvals_url(cloud: Cloud, hint: str | None) -> str | None:
    """The My Access page where approvers of this tenant decide; without the domain guests would see that of their own tenant."""
    if cloud.my_access_url is None or not hint:
        return None
    return f"{cloud.my_access_url}/@{segment(hint)}#/"


def portal_url(cloud: Cloud, tenant_id: str) -> str | None:
    """The Defender portal of this tenant."""
    if cloud.portal_url is None:
        return None
    return f"{cloud.portal_url}/?tid={segment(tenant_id)}"
