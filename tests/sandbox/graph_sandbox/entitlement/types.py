# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of entitlement management but for policies: organizations, catalogs, resources, packages (EM B to E).

Names and types as in Graph's v1.0 metadata (M).
"""

# The lambdas name types and functions that are defined further down.
# pylint: disable=unnecessary-lambda

from __future__ import annotations

from typing import TYPE_CHECKING

from ..directory.types import DIRECTORY_OBJECT, GROUP, with_type
from ..graph.errors import Area
from ..odata.schema import (
    READ_ONLY_ID,
    READ_ONLY_TIME,
    ComplexType,
    EntityType,
    Navigation,
    Property,
    choice,
    flag,
    text,
)
from ..store import Row
from .common import REFERENCE, with_read_times
from .resource_store import roles_of, scopes_of

if TYPE_CHECKING:
    from ..graph.call import Call

_DISPLAY = {"displayName": text()}
IDENTITY_SOURCE: ComplexType = ComplexType(
    "identitySource",
    {},
    {
        "azureActiveDirectoryTenant": ComplexType("azureActiveDirectoryTenant", {"tenantId": Property("guid"), **_DISPLAY}),
        "crossCloudAzureActiveDirectoryTenant": ComplexType(
            "crossCloudAzureActiveDirectoryTenant",
            {"cloudInstance": text(nullable=False), "tenantId": Property("guid"), **_DISPLAY},
        ),
        "domainIdentitySource": ComplexType("domainIdentitySource", {"domainName": text(), **_DISPLAY}),
        "externalDomainFederation": ComplexType(
            "externalDomainFederation", {"domainName": text(), "issuerUri": text(), **_DISPLAY}
        ),
        "socialIdentitySource": ComplexType("socialIdentitySource", {"socialIdentitySourceType": text(), **_DISPLAY}),
    },
)


def _linked(call: Call, row: Row, relation: str) -> list[Row]:
    ids = getattr(call.tenant.entitlement, relation).get(row["id"], {})
    found = (call.tenant.directory.find(object_id) for object_id in ids)
    return [with_type(entry) for entry in found if entry is not None]


def _present_organization(call: Call, row: Row) -> Row:
    shown = with_read_times(call, row)
    if not call.tenant.quirks.drop_hash_in_types:
        return shown
    sources = [{**source, "@odata.type": source["@odata.type"].removeprefix("#")} for source in row["identitySources"]]
    return {**shown, "identitySources": sources}


CONNECTED_ORGANIZATION: EntityType = EntityType(
    "connectedOrganization",
    Area.ENTITLEMENT,
    {
        "id": READ_ONLY_ID,
        "displayName": text(),
        "description": text(),
        "createdDateTime": READ_ONLY_TIME,
        "modifiedDateTime": READ_ONLY_TIME,
        "state": choice("configured", "proposed", nullable=False),
        "identitySources": Property("objects", of=IDENTITY_SOURCE),
    },
    navigation={
        "internalSponsors": Navigation(
            lambda call, row: _linked(call, row, "internal_sponsors"), lambda: DIRECTORY_OBJECT, many=True
        ),
        "externalSponsors": Navigation(
            lambda call, row: _linked(call, row, "external_sponsors"), lambda: DIRECTORY_OBJECT, many=True
        ),
    },
    present=_present_organization,
)


CATALOG: EntityType = EntityType(
    "accessPackageCatalog",
    Area.ENTITLEMENT,
    {
        "id": READ_ONLY_ID,
        "displayName": text(nullable=False),
        "description": text(),
        "catalogType": choice("userManaged", "serviceDefault", "serviceManaged", read_only=True),
        "state": choice("unpublished", "published", nullable=False),
        "isExternallyVisible": flag(nullable=False),
        "createdDateTime": READ_ONLY_TIME,
        "modifiedDateTime": READ_ONLY_TIME,
    },
    navigation={
        "accessPackages": Navigation(
            lambda call, row: call.tenant.entitlement.packages.list(lambda package: package["_catalog_id"] == row["id"]),
            lambda: ACCESS_PACKAGE,
            many=True,
        ),
        "resources": Navigation(
            lambda call, row: call.tenant.entitlement.resources.list(lambda resource: resource["_catalog_id"] == row["id"]),
            lambda: RESOURCE,
            many=True,
        ),
    },
    present=with_read_times,
)

RESOURCE: EntityType = EntityType(
    "accessPackageResource",
    Area.ENTITLEMENT,
    {
        "id": READ_ONLY_ID,
        "displayName": text(),
        "description": text(),
        "originId": text(),
        "originSystem": text(),
        "attributes": Property("objects"),
        "createdDateTime": READ_ONLY_TIME,
        "modifiedDateTime": READ_ONLY_TIME,
    },
    navigation={
        "roles": Navigation(roles_of, lambda: RESOURCE_ROLE, many=True),
        "scopes": Navigation(lambda _call, row: scopes_of(row), lambda: RESOURCE_SCOPE, many=True),
    },
    present=with_read_times,
)

RESOURCE_ROLE: EntityType = EntityType(
    "accessPackageResourceRole",
    Area.ENTITLEMENT,
    {
        "id": text(),
        "displayName": text(),
        "description": text(),
        "originId": text(),
        "originSystem": text(),
    },
    navigation={
        "resource": Navigation(lambda call, row: call.tenant.entitlement.resources.get(row["_resource_id"]), lambda: RESOURCE),
    },
)

RESOURCE_SCOPE: EntityType = EntityType(
    "accessPackageResourceScope",
    Area.ENTITLEMENT,
    {
        "id": text(),
        "displayName": text(),
        "description": text(),
        "originId": text(),
        "originSystem": text(),
        "isRootScope": flag(),
    },
)

RESOURCE_REQUEST: EntityType = EntityType(
    "accessPackageResourceRequest",
    Area.ENTITLEMENT,
    {
        "id": READ_ONLY_ID,
        "requestType": text(),
        "state": text(),
        "createdDateTime": READ_ONLY_TIME,
    },
)

ACCESS_PACKAGE: EntityType = EntityType(
    "accessPackage",
    Area.ENTITLEMENT,
    {
        "id": READ_ONLY_ID,
        "displayName": text(nullable=False),
        "description": text(),
        "isHidden": flag(),
        "createdDateTime": READ_ONLY_TIME,
        "modifiedDateTime": READ_ONLY_TIME,
    },
    navigation={
        "catalog": Navigation(lambda call, row: call.tenant.entitlement.catalogs.get(row["_catalog_id"]), lambda: CATALOG),
        "resourceRoleScopes": Navigation(
            lambda call, row: call.tenant.entitlement.role_scopes.list(lambda entry: entry["_package_id"] == row["id"]),
            lambda: ROLE_SCOPE,
            many=True,
        ),
        "assignmentPolicies": Navigation(
            lambda call, row: call.tenant.entitlement.policies.list(lambda policy: policy["_package_id"] == row["id"]),
            lambda: _policy_type(),
            many=True,
        ),
        "incompatibleGroups": Navigation(lambda call, row: _linked(call, row, "incompatible_groups"), lambda: GROUP, many=True),
        "incompatibleAccessPackages": Navigation(
            lambda call, row: incompatible_packages(call, row), lambda: ACCESS_PACKAGE, many=True
        ),
        "accessPackagesIncompatibleWith": Navigation(
            lambda call, row: incompatible_with(call, row), lambda: ACCESS_PACKAGE, many=True
        ),
    },
    present=with_read_times,
)

PACKAGE_TO_CREATE: ComplexType = ComplexType(
    "accessPackage",
    {
        **ACCESS_PACKAGE.properties,
        "catalog": Property("object", of=REFERENCE),
    },
)

ROLE_SCOPE: EntityType = EntityType(
    "accessPackageResourceRoleScope",
    Area.ENTITLEMENT,
    {
        "id": text(),
        "createdDateTime": READ_ONLY_TIME,
    },
    navigation={
        "role": Navigation(lambda _call, row: row["_role"], lambda: RESOURCE_ROLE),
        "scope": Navigation(lambda _call, row: row["_scope"], lambda: RESOURCE_SCOPE),
    },
    present=with_read_times,
)

_SCOPE_BODY: ComplexType = ComplexType(
    "accessPackageResourceScope",
    {
        "id": text(),
        "displayName": text(),
        "description": text(),
        "originId": text(),
        "originSystem": text(),
        "isRootScope": flag(),
    },
)
_RESOURCE_BODY: ComplexType = ComplexType(
    "accessPackageResource",
    {
        "id": text(),
        "displayName": text(),
        "description": text(),
        "originId": text(),
        "originSystem": text(),
        "attributes": Property("objects"),
    },
)
ROLE_SCOPE_BODY: ComplexType = ComplexType(
    "accessPackageResourceRoleScope",
    {
        "role": Property(
            "object",
            of=ComplexType(
                "accessPackageResourceRole",
                {
                    "id": text(),
                    "displayName": text(),
                    "description": text(),
                    "originId": text(),
                    "originSystem": text(),
                    "resource": Property("object", of=_RESOURCE_BODY),
                },
            ),
        ),
        "scope": Property("object", of=_SCOPE_BODY),
    },
)
RESOURCE_REQUEST_BODY: ComplexType = ComplexType(
    "accessPackageResourceRequest",
    {
        "requestType": text(),
        "resource": Property("object", of=_RESOURCE_BODY),
        "catalog": Property("object", of=REFERENCE),
        "justification": text(),
    },
)
SETTINGS: ComplexType = ComplexType(
    "entitlementManagementSettings",
    {
        "durationUntilExternalUserDeletedAfterBlocked": Property("duration"),
        "externalUserLifecycleAction": choice("none", "blockSignIn", "blockSignInAndDelete"),
    },
)


def incompatible_packages(call: Call, row: Row) -> list[Row]:
    """Packages that nobody may have together with this one."""
    state = call.tenant.entitlement
    found = (state.packages.get(package_id) for package_id in state.incompatible_packages.get(row["id"], {}))
    return [package for package in found if package is not None]


def incompatible_with(call: Call, row: Row) -> list[Row]:
    """Packages that name this one as incompatible."""
    state = call.tenant.entitlement
    return [package for package in state.packages if row["id"] in state.incompatible_packages.get(package["id"], {})]


def _policy_type() -> EntityType:
    from .policy_entity import POLICY  # it refers back to this module

    return POLICY
