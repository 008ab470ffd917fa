# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Catalogs and packages, lived through by the official SDK (EM B to E)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_building import unique
from sandbox_harness import BASIC, MSSP_TENANT, start_sandbox, stop_sandbox

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")
pytest.importorskip("azure.identity")

from msgraph.generated.models.access_package import AccessPackage
from msgraph.generated.models.access_package_catalog import AccessPackageCatalog
from msgraph.generated.models.access_package_catalog_state import AccessPackageCatalogState
from msgraph.generated.models.access_package_catalog_type import AccessPackageCatalogType
from msgraph.generated.models.access_package_external_user_lifecycle_action import (
    AccessPackageExternalUserLifecycleAction,
)
from msgraph.generated.models.access_package_request_state import AccessPackageRequestState
from msgraph.generated.models.azure_active_directory_tenant import AzureActiveDirectoryTenant
from msgraph.generated.models.connected_organization import ConnectedOrganization
from msgraph.generated.models.connected_organization_state import ConnectedOrganizationState
from msgraph.generated.models.domain_identity_source import DomainIdentitySource
from msgraph.generated.models.entitlement_management_settings import EntitlementManagementSettings
from msgraph.generated.models.reference_create import ReferenceCreate
from official.clients import Official, ask, every, listed, reference
from official.governing import (
    governance,
    grant,
    granted_package,
    new_catalog,
    new_group,
    new_package,
    offer,
    refused,
    resource_request,
    user_id,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    """The clients, with a sandbox of their own that keeps its answers. It says which type an identity source has."""
    config = {**BASIC, "journal": {"answers": True}, "quirks": {"drop_hash_in_types": False}, "page_size": 3}
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"), config)
    yield Official(running)
    stop_sandbox(running)


def test_connected_organization(official: Official) -> None:
    """EM B.2 to B.7."""

    async def story() -> None:
        organizations = governance(official).connected_organizations
        tenant = AzureActiveDirectoryTenant(tenant_id=MSSP_TENANT, display_name="The MSSP")
        body = ConnectedOrganization(
            display_name="The MSSP", description="d", state=ConnectedOrganizationState.Proposed, identity_sources=[tenant]
        )
        made = await organizations.post(body)
        assert (made.state, made.identity_sources) == (ConnectedOrganizationState.Proposed, [])
        assert await refused(organizations.post(body)) == (400, "ConnectedOrganizationAlreadyExists")
        one = organizations.by_connected_organization_id(made.id)
        (source,) = (await one.get()).identity_sources
        assert (type(source), source.tenant_id) == (AzureActiveDirectoryTenant, MSSP_TENANT)
        changed = await one.patch(ConnectedOrganization(description="changed", state=ConnectedOrganizationState.Configured))
        assert (changed.id, changed.description) == (made.id, "changed")
        by_tenant = "identitySources/any(is:is/microsoft.graph.azureActiveDirectoryTenant/tenantId eq '{}')"
        (found,) = await listed(organizations, filter=by_tenant.format(MSSP_TENANT), select=["id", "displayName", "state"])
        assert (found.id, found.state, found.description) == (made.id, ConnectedOrganizationState.Configured, None)
        domain = DomainIdentitySource(domain_name="unknown.example", display_name="unknown.example")
        second = await organizations.post(ConnectedOrganization(display_name="By domain", identity_sources=[domain]))
        read = await organizations.by_connected_organization_id(second.id).get()
        assert [type(each) for each in read.identity_sources] == [DomainIdentitySource]
        names = [each.display_name for each in await listed(organizations, orderby=["displayName desc"])]
        assert names == sorted(names, reverse=True)
        for identifier in (made.id, second.id):
            await organizations.by_connected_organization_id(identifier).delete()
        assert await refused(one.get()) == (404, "ResourceNotFound")

    official.run(story())


def test_sponsors(official: Official) -> None:
    """EM B.5: users and groups, inside and outside."""

    async def story() -> None:
        organizations = governance(official).connected_organizations
        domain = DomainIdentitySource(domain_name="sponsored.example", display_name="Sponsored")
        made = await organizations.post(ConnectedOrganization(display_name="Sponsored", identity_sources=[domain]))
        one = organizations.by_connected_organization_id(made.id)
        inside, outside = await user_id(official), await user_id(official, "ana_mssp.example#EXT#@contoso.example")
        await one.internal_sponsors.ref.post(ReferenceCreate(odata_id=reference(official.sandbox, f"users/{inside}")))
        await one.external_sponsors.ref.post(ReferenceCreate(odata_id=reference(official.sandbox, f"users/{outside}")))
        assert [each.id for each in await listed(one.internal_sponsors)] == [inside]
        (guest,) = await listed(one.external_sponsors)
        assert (guest.id, guest.user_principal_name) == (outside, "ana_mssp.example#EXT#@contoso.example")
        expanded = await ask(one, expand=["internalSponsors", "externalSponsors"])
        assert [len(expanded.internal_sponsors), len(expanded.external_sponsors)] == [1, 1]
        await one.internal_sponsors.by_directory_object_id(inside).ref.delete()
        assert await listed(one.internal_sponsors) == []

    official.run(story())


def test_catalog(official: Official) -> None:
    """EM C."""

    async def story() -> None:
        catalogs = governance(official).catalogs
        made = await new_catalog(official)
        assert (made.catalog_type, made.state) == (AccessPackageCatalogType.UserManaged, AccessPackageCatalogState.Published)
        one = catalogs.by_access_package_catalog_id(made.id)
        await one.patch(AccessPackageCatalog(state=AccessPackageCatalogState.Unpublished, is_externally_visible=False))
        read = await one.get()
        assert (read.state, read.is_externally_visible) == (AccessPackageCatalogState.Unpublished, False)
        for _number in range(5):
            await new_catalog(official)
        everything, first = await every(official.v1, catalogs)
        assert (len(everything) > 5, first) == (True, 3)
        (found,) = await listed(catalogs, filter=f"displayName eq '{made.display_name}'", select=["id"])
        assert (found.id, found.display_name) == (made.id, None)
        page = await ask(catalogs, count=True, top=2)
        assert (page.odata_count, len(page.value)) == (len(everything), 2)
        await one.delete()
        assert await refused(one.get()) == (404, "ResourceNotFound")

    official.run(story())


def test_resources(official: Official) -> None:
    """EM D: a group comes into a catalog and leaves it; the second time is refused."""

    async def story() -> None:
        group, catalog = await new_group(official), await new_catalog(official)
        requests = governance(official).resource_requests
        made = await requests.post(resource_request("AdminAdd", catalog.id, group))
        assert made.state == AccessPackageRequestState.Delivered
        assert await refused(requests.post(resource_request("AdminAdd", catalog.id, group))) == (400, "ResourceAlreadyOnboarded")
        one = governance(official).catalogs.by_access_package_catalog_id(catalog.id)
        (resource,) = await listed(one.resources, filter=f"originId eq '{group}'", expand=["roles", "scopes"])
        assert (resource.origin_id, resource.origin_system) == (group, "AadGroup")
        assert [scope.is_root_scope for scope in resource.scopes] == [True]
        wanted = f"(originSystem eq 'AadGroup' and resource/id eq '{resource.id}')"
        roles = await listed(one.resource_roles, filter=wanted, expand=["resource"])
        assert {role.origin_id for role in roles} == {f"Member_{group}", f"Owner_{group}"}
        await requests.post(resource_request("AdminRemove", catalog.id, group, resource.id))
        assert await listed(one.resources) == []
        (asked, *_others) = await listed(requests, filter=f"id eq '{made.id}'")
        assert asked.id == made.id

    official.run(story())


def test_package(official: Official) -> None:
    """EM E.1, E.2."""

    async def story() -> None:
        packages = governance(official).access_packages
        group, catalog, package = await granted_package(official)
        one = packages.by_access_package_id(package)
        read = await ask(one, expand=["catalog", "resourceRoleScopes($expand=role,scope)", "assignmentPolicies"])
        (scope,) = read.resource_role_scopes
        assert (read.catalog.id, read.assignment_policies) == (catalog, [])
        assert (scope.role.origin_id, scope.scope.origin_id) == (f"Member_{group}", group)
        assert scope.id == f"{scope.role.id}_{scope.scope.id}"
        await one.patch(AccessPackage(description="changed", is_hidden=True))
        plain = await one.get()
        assert (plain.description, plain.is_hidden, plain.catalog) == ("changed", True, None)
        (found,) = await listed(packages, filter=f"catalog/id eq '{catalog}'", expand=["catalog"], orderby=["displayName"])
        assert (found.id, found.catalog.id) == (package, catalog)
        (by_name,) = await listed(packages, filter=f"contains(tolower(displayName),'{read.display_name.lower()}')")
        assert by_name.id == package
        await one.resource_role_scopes.by_access_package_resource_role_scope_id(scope.id).delete()
        assert (await ask(one, expand=["resourceRoleScopes"])).resource_role_scopes == []
        await grant(official, package, group, "Owner")
        assert len((await ask(one, expand=["resourceRoleScopes"])).resource_role_scopes) == 1
        await one.delete()
        assert await refused(one.get()) == (404, "ResourceNotFound")

    official.run(story())


def test_incompatibilities(official: Official) -> None:
    """EM E.3."""

    async def story() -> None:
        packages = governance(official).access_packages
        catalog, group = await new_catalog(official), await new_group(official)
        first, second = await new_package(official, catalog.id), await new_package(official, catalog.id)
        one = packages.by_access_package_id(first)
        await one.incompatible_groups.ref.post(ReferenceCreate(odata_id=reference(official.sandbox, f"groups/{group}")))
        path = f"identityGovernance/entitlementManagement/accessPackages/{second}"
        await one.incompatible_access_packages.ref.post(ReferenceCreate(odata_id=reference(official.sandbox, path)))
        assert [each.id for each in await listed(one.incompatible_groups)] == [group]
        assert [each.id for each in await listed(one.incompatible_access_packages)] == [second]
        other = packages.by_access_package_id(second)
        assert [each.id for each in await listed(other.access_packages_incompatible_with)] == [first]
        await one.incompatible_groups.by_group_id(group).ref.delete()
        await one.incompatible_access_packages.by_access_package_id1(second).ref.delete()
        assert await listed(one.incompatible_groups) == await listed(one.incompatible_access_packages) == []

    official.run(story())


def test_settings(official: Official) -> None:
    async def story() -> None:
        settings = governance(official).settings
        read = await settings.get()
        assert read.duration_until_external_user_deleted_after_blocked.days > 0
        await settings.patch(
            EntitlementManagementSettings(external_user_lifecycle_action=AccessPackageExternalUserLifecycleAction.None_)
        )
        assert (await settings.get()).external_user_lifecycle_action.value == "none"

    official.run(story())


def test_a_name_twice_and_a_group_offered_twice(official: Official) -> None:
    """EM 1.3: the codes reach the SDK's callers."""

    async def story() -> None:
        group, catalog, package = await granted_package(official)
        name = (await governance(official).access_packages.by_access_package_id(package).get()).display_name
        again = AccessPackage(display_name=name, catalog=AccessPackageCatalog(id=catalog))
        assert (await refused(governance(official).access_packages.post(again)))[1] == "DuplicateAccessPackage"
        assert (await refused(offer(official, catalog, group)))[1] == "ResourceAlreadyOnboarded"
        unknown = governance(official).access_packages.by_access_package_id(unique("x"))
        assert (await refused(unknown.get()))[0] in (400, 404)

    official.run(story())
