# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several stories of the official SDK need: groups, catalogs and packages, made by the SDK."""

from __future__ import annotations

from typing import Any

import pytest
from msgraph.generated.models.access_package import AccessPackage
from msgraph.generated.models.access_package_catalog import AccessPackageCatalog
from msgraph.generated.models.access_package_catalog_state import AccessPackageCatalogState
from msgraph.generated.models.access_package_request_type import AccessPackageRequestType
from msgraph.generated.models.access_package_resource import AccessPackageResource
from msgraph.generated.models.access_package_resource_request import AccessPackageResourceRequest
from msgraph.generated.models.access_package_resource_role import AccessPackageResourceRole
from msgraph.generated.models.access_package_resource_role_scope import AccessPackageResourceRoleScope
from msgraph.generated.models.access_package_resource_scope import AccessPackageResourceScope
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError as BetaError
from sandbox_building import unique

from official.clients import Official, listed


def governance(official: Official) -> Any:
    """The SDK's builder for entitlement management."""
    return official.v1.identity_governance.entitlement_management


async def refused(request: Any) -> tuple[int, str]:
    """The status and code of an error."""
    with pytest.raises((ODataError, BetaError)) as refusal:
        await request
    return refusal.value.response_status_code, refusal.value.error.code


async def user_id(official: Official, name: str = "admin@contoso.example") -> str:
    """The id of a user."""
    (found,) = await listed(official.v1.users, filter=f"userPrincipalName eq '{name}'", select=["id"])
    return str(found.id)


async def new_group(official: Official) -> str:
    """A security group; its id."""
    body = Group(display_name=unique("Official"), mail_enabled=False, mail_nickname="sdk", security_enabled=True)
    return str((await official.v1.groups.post(body)).id)


async def new_catalog(official: Official) -> Any:
    """A catalog."""
    return await governance(official).catalogs.post(
        AccessPackageCatalog(
            display_name=unique("Official"),
            description="d",
            state=AccessPackageCatalogState.Published,
            is_externally_visible=True,
        )
    )


async def new_package(official: Official, catalog: str) -> str:
    """A package; its id."""
    body = AccessPackage(display_name=unique("Official"), is_hidden=False, catalog=AccessPackageCatalog(id=catalog))
    return str((await governance(official).access_packages.post(body)).id)


def resource_request(kind: str, catalog: str, group: str, resource: str | None = None) -> AccessPackageResourceRequest:
    """A request to put a group into a catalog, or to take it out."""
    return AccessPackageResourceRequest(
        request_type=AccessPackageRequestType[kind],
        resource=AccessPackageResource(id=resource, origin_id=group, origin_system="AadGroup"),
        catalog=AccessPackageCatalog(id=catalog),
    )


async def offer(official: Official, catalog: str, group: str) -> None:
    """Put a group into a catalog."""
    await governance(official).resource_requests.post(resource_request("AdminAdd", catalog, group))


async def grant(official: Official, package: str, group: str, role: str = "Member") -> Any:
    """Let a package grant a role of a group that is in its catalog."""
    body = AccessPackageResourceRoleScope(
        role=AccessPackageResourceRole(
            display_name=role,
            origin_system="AadGroup",
            origin_id=f"{role}_{group}",
            resource=AccessPackageResource(origin_id=group, origin_system="AadGroup"),
        ),
        scope=AccessPackageResourceScope(origin_id=group, origin_system="AadGroup", is_root_scope=True),
    )
    return await governance(official).access_packages.by_access_package_id(package).resource_role_scopes.post(body)


async def granted_package(official: Official) -> tuple[str, str, str]:
    """A group in a catalog, granted by a package: (group, catalog, package)."""
    group, catalog = await new_group(official), (await new_catalog(official)).id
    await offer(official, catalog, group)
    package = await new_package(official, catalog)
    await grant(official, package, group)
    return group, catalog, package
