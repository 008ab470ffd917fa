# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official clients, unmodified but for where they find Graph, the identity platform and the sandbox's CA."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx
from azure.identity import CertificateCredential, ClientSecretCredential, DeviceCodeCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphServiceClient
from msgraph import graph_request_adapter as v1_adapter
from msgraph_beta import GraphServiceClient as BetaServiceClient
from msgraph_beta import graph_request_adapter as beta_adapter
from msgraph_core import GraphClientFactory, PageIterator
from sandbox_harness import Running

from official.judge import judge_all

SCOPES = ["https://graph.microsoft.com/.default"]


class Official:
    """Microsoft's clients for v1.0 and beta, with one credential.

    :param credential: the default client's secret when left out.
    """

    def __init__(self, sandbox: Running, credential: Any = None) -> None:
        self.sandbox = sandbox
        self._ca = sandbox.info["ca_path"]
        # One loop for all stories: connections live in it.
        self._loop = asyncio.new_event_loop()
        self._provider = AzureIdentityAuthenticationProvider(
            credential or secret_credential(sandbox), scopes=SCOPES, allowed_hosts=["localhost"]
        )
        self.v1 = GraphServiceClient(request_adapter=self._adapter(v1_adapter, "v1.0"))
        self.beta = BetaServiceClient(request_adapter=self._adapter(beta_adapter, "beta"))

    def run(self, story: Coroutine[Any, Any, Any], judged: bool = True) -> Any:
        """Tell a story; then everything that was sent and answered in it is judged, unless it asks for nonsense."""
        self.sandbox.control("DELETE", "requests")
        told = self._loop.run_until_complete(story)
        found = judge_all(self.sandbox.control("GET", "requests")["requests"]) if judged else []
        assert not found, "\n".join(found)
        return told

    def _adapter(self, module: Any, version: str) -> Any:
        client = httpx.AsyncClient(verify=self._ca, trust_env=False)
        http = GraphClientFactory.create_with_default_middleware(options=module.options, client=client)
        adapter = module.GraphRequestAdapter(self._provider, client=http)
        adapter.base_url = f"{self.sandbox.url}/{version}"
        return adapter


def secret_credential(sandbox: Running, **more: Any) -> ClientSecretCredential:
    """The secret of the first tenant's default client."""
    tenant = {**sandbox.tenant(), **more}
    return ClientSecretCredential(tenant["tenant_id"], tenant["client_id"], tenant["client_secret"], **_where(sandbox))


def certificate_credential(sandbox: Running, client_id: str, pem: bytes, **more: Any) -> CertificateCredential:
    """A certificate with its key, as PEM."""
    return CertificateCredential(sandbox.tenant()["tenant_id"], client_id, certificate_data=pem, **{**_where(sandbox), **more})


def person_credential(sandbox: Running, client_id: str, name: str) -> DeviceCodeCredential:
    """Somebody who signs in with a device code, on another device, at once."""

    def sign_in(_address: str, code: str, _expires: Any) -> None:
        sandbox.control("POST", "sign-in", {"user_code": code, "user": name})

    tenant = sandbox.tenant()["tenant_id"]
    return DeviceCodeCredential(client_id, tenant_id=tenant, prompt_callback=sign_in, **_where(sandbox))


def _where(sandbox: Running) -> dict[str, Any]:
    return {
        "authority": sandbox.info["login_url"],
        "disable_instance_discovery": True,
        "connection_verify": sandbox.info["ca_path"],
    }


def options(builder: Any, headers: dict[str, str] | None = None, **query: Any) -> Any:
    """How a GET is configured: ``filter``, ``select`` and so on, as the builder's own parameters."""
    kinds = [value for name, value in vars(type(builder)).items() if name.endswith("GetQueryParameters")]
    configuration: Any = RequestConfiguration(query_parameters=kinds[0](**query) if query else None)
    configuration.headers = HeadersCollection()
    for name, value in (headers or {}).items():
        configuration.headers.add(name, value)
    return configuration


async def ask(builder: Any, headers: dict[str, str] | None = None, **query: Any) -> Any:
    """A GET with query options."""
    return await builder.get(options(builder, headers, **query))


async def listed(builder: Any, headers: dict[str, str] | None = None, **query: Any) -> list[Any]:
    """The first page of a list."""
    return (await ask(builder, headers, **query)).value or []


async def every(client: Any, builder: Any, **query: Any) -> tuple[list[Any], int]:
    """All pages of a list, by the SDK's own iterator; and how many items the first page had."""
    page = await ask(builder, **query)
    first = len(page.value)
    items: list[Any] = []

    def take(item: Any) -> bool:
        items.append(item)
        return True

    await PageIterator(page, client.request_adapter).iterate(take)
    return items, first


def reference(sandbox: Running, path: str) -> str:
    """An ``@odata.id``."""
    return f"{sandbox.url}/v1.0/{path}"
