# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official Graph SDK with azure-identity, over its own HTTP stack, against the sandbox."""

from __future__ import annotations

import asyncio

import pytest
from sandbox_building import unique
from sandbox_harness import Running

pytest.importorskip("msgraph")
pytest.importorskip("azure.identity")

import httpx
from azure.identity import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.access_package_catalog import AccessPackageCatalog
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_core import GraphClientFactory

SCOPES = ["https://graph.microsoft.com/.default"]


def sdk_client(sandbox: Running) -> GraphServiceClient:
    tenant, ca_path = sandbox.tenant(), sandbox.info["ca_path"]
    credential = ClientSecretCredential(
        tenant["tenant_id"],
        tenant["client_id"],
        tenant["client_secret"],
        authority=sandbox.info["login_url"],
        disable_instance_discovery=True,
        connection_verify=ca_path,
    )
    provider = AzureIdentityAuthenticationProvider(credential, scopes=SCOPES, allowed_hosts=["localhost"])
    http = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(verify=ca_path, trust_env=False))
    adapter = GraphRequestAdapter(provider, client=http)
    adapter.base_url = f"{sandbox.url}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def test_official_sdk(sandbox: Running) -> None:
    async def scenario() -> None:
        client = sdk_client(sandbox)
        organizations = await client.organization.get()
        assert [item.display_name for item in organizations.value] == ["Contoso"]

        name = unique("SDK")
        body = Group(display_name=name, mail_enabled=False, mail_nickname="sdk", security_enabled=True)
        group = await client.groups.post(body)
        assert (await client.groups.by_group_id(group.id).get()).display_name == name

        catalogs = client.identity_governance.entitlement_management.catalogs
        catalog = await catalogs.post(AccessPackageCatalog(display_name=name, is_externally_visible=True))
        assert (await catalogs.by_access_package_catalog_id(catalog.id).get()).is_externally_visible is True

        with pytest.raises(ODataError) as refusal:
            await client.groups.by_group_id("nobody").get()
        assert refusal.value.error.code == "Request_ResourceNotFound"

    asyncio.run(scenario())
