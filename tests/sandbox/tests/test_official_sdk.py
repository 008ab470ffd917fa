# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official Graph SDK with azure-identity, over its own HTTP stack: credentials, errors, retries, pages, batches (EM 1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox_building import unique
from sandbox_harness import BASIC, Running, start_sandbox, stop_sandbox
from test_identity import make_certificate

pytest.importorskip("msgraph")
pytest.importorskip("msgraph_beta")
pytest.importorskip("azure.identity")
pytest.importorskip("deprecated")

from azure.core.exceptions import ClientAuthenticationError
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from official.clients import Official, ask, certificate_credential, every, listed, options, secret_credential

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """A key with its certificate, and the path of the certificate alone."""
    key, _thumbprint, path = make_certificate(tmp_path_factory.mktemp("certificates"), "right")
    return key.encode() + path.read_bytes(), path


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[bytes, Path]) -> Iterator[Running]:
    """A sandbox with small pages, and an application with a certificate."""
    first = {**BASIC["tenants"][0], "clients": [{"name": "cert", "certificate": str(certificate[1])}]}
    config = {**BASIC, "tenants": [first, *BASIC["tenants"][1:]], "journal": {"answers": True}, "page_size": 3}
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"), config)
    yield running
    stop_sandbox(running)


@pytest.fixture(scope="module")
def official(sandbox: Running) -> Official:
    """The clients with a secret."""
    return Official(sandbox)


def new_group(name: str) -> Group:
    return Group(display_name=name, mail_enabled=False, mail_nickname="sdk", security_enabled=True)


def test_secret(official: Official) -> None:
    async def story() -> None:
        organizations = await official.v1.organization.get()
        assert [item.display_name for item in organizations.value] == ["Contoso"]
        assert organizations.value[0].verified_domains[0].name == "contoso.example"

    official.run(story())


@pytest.mark.parametrize("send_chain", [False, True])
def test_certificate(sandbox: Running, certificate: tuple[bytes, Path], send_chain: bool) -> None:
    client = next(client for client in sandbox.tenant()["clients"] if client["name"] == "cert")
    credential = certificate_credential(sandbox, client["client_id"], certificate[0], send_certificate_chain=send_chain)
    official = Official(sandbox, credential)

    async def story() -> None:
        assert (await official.v1.organization.get()).value[0].display_name == "Contoso"

    official.run(story())
    entries = [entry for entry in sandbox.control("GET", "requests")["requests"] if entry["area"] == "graph"]
    assert [entry["client_id"] for entry in entries] == [client["client_id"]]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"client_secret": "nonsense"}, "AADSTS7000215"), ({"client_id": "1" * 8 + "-1111" * 3 + "-" + "1" * 12}, "AADSTS700016")],
)
def test_wrong_credentials(sandbox: Running, wrong: dict[str, str], code: str) -> None:
    """azure-identity shows the identity platform's own words."""
    with pytest.raises(ClientAuthenticationError, match=code):
        secret_credential(sandbox, **wrong).get_token("https://graph.microsoft.com/.default")


def test_errors(official: Official) -> None:
    """EM 1.2: an error is the SDK's ODataError, with all that support asks for."""

    async def story() -> None:
        with pytest.raises(ODataError) as refusal:
            await official.v1.groups.by_group_id("nobody").get()
        error = refusal.value.error
        assert (refusal.value.response_status_code, error.code) == (404, "Request_ResourceNotFound")
        assert (
            error.message == "Resource 'nobody' does not exist or one of its queried reference-property objects are not present."
        )
        assert error.inner_error.request_id == refusal.value.response_headers["request-id"]
        assert error.inner_error.client_request_id == refusal.value.response_headers["client-request-id"]
        assert error.inner_error.date is not None

    official.run(story())


def test_throttled_once(official: Official) -> None:
    """EM 1.7: the SDK waits as long as Retry-After says, and tries again."""
    official.sandbox.control("POST", "faults", [{"path": "/organization", "status": 429, "retry_after": 1, "times": 1}])

    async def story() -> None:
        assert (await official.v1.organization.get()).value[0].display_name == "Contoso"

    official.run(story())
    official.sandbox.control("DELETE", "faults")
    entries = official.sandbox.control("GET", "requests")["requests"]
    assert [entry["status"] for entry in entries if entry["path"].endswith("/organization")] == [429, 200]


def test_pages(official: Official) -> None:
    """EM 1.5: the SDK's iterator follows nextLink to the end; options hold on each page."""

    async def story() -> None:
        names = [unique("Paged") for _number in range(8)]
        for name in names:
            await official.v1.groups.post(new_group(name))
        groups, first = await every(official.v1, official.v1.groups, filter="startswith(displayName,'Paged')")
        assert (sorted(group.display_name for group in groups), first) == (sorted(names), 3)
        groups, first = await every(
            official.v1, official.v1.groups, filter="startswith(displayName,'Paged')", top=5, select=["id", "displayName"]
        )
        assert (len(groups), first) == (8, 5)
        assert {group.mail_nickname for group in groups} == {None}

    official.run(story())


def test_query_options(official: Official) -> None:
    """EM 1.5: a count, an order and what is selected."""

    async def story() -> None:
        names = [unique("Sorted") for _number in range(3)]
        for name in names:
            await official.v1.groups.post(new_group(name))
        eventual = {"ConsistencyLevel": "eventual"}
        wanted = "startswith(displayName,'Sorted')"
        counted = await ask(official.v1.groups, eventual, filter=wanted, count=True, orderby=["displayName desc"], top=2)
        assert counted.odata_count == 3
        assert [group.display_name for group in counted.value] == sorted(names, reverse=True)[:2]
        number = official.v1.groups.count
        assert await number.get(options(number, eventual, filter=wanted)) == 3
        (selected,) = await listed(official.v1.groups, filter=f"displayName eq '{names[0]}'", select=["displayName"])
        assert (selected.display_name, selected.security_enabled) == (names[0], None)

    official.run(story())


def batch_item(official: Official, identifier: str, request: Any) -> BatchRequestItem:
    """A request of a batch. By itself msgraph-core writes the whole URL into it, which Graph does not serve."""
    item = BatchRequestItem(request, identifier)
    item.url = item.url.removeprefix(official.v1.request_adapter.base_url)
    return item


def test_batch(official: Official) -> None:
    """EM 1.6: answers by id, errors among them. msgraph-core reads no bodies that are JSON: only states and headers."""

    async def story() -> None:
        name, groups = unique("Batched"), official.v1.groups
        content = BatchRequestContent()
        for identifier, request in {
            "make": groups.to_post_request_information(new_group(name)),
            "missing": groups.by_group_id("nobody").to_get_request_information(),
            "list": groups.to_get_request_information(),
        }.items():
            content.add_request(None, batch_item(official, identifier, request))
        answers = await BatchRequestBuilder(official.v1.request_adapter).post(content)
        assert answers.get_response_status_codes() == {"make": 201, "missing": 404, "list": 200}
        assert "application/json" in answers.get_response_by_id("make").content_type
        (made,) = await listed(groups, filter=f"displayName eq '{name}'")
        assert made.security_enabled

    official.run(story())


def test_batch_of_whole_urls(official: Official) -> None:
    """As others saw it: 400 for each request (msgraph-sdk-python #1015, msgraph-sdk-python-core #1116)."""

    async def story() -> None:
        # Before its first request the SDK knows no host, and its addresses are not whole.
        await official.v1.groups.get()
        content = BatchRequestContent()
        content.add_request(None, BatchRequestItem(official.v1.groups.to_get_request_information(), "list"))
        answers = await BatchRequestBuilder(official.v1.request_adapter).post(content)
        assert answers.get_response_status_codes() == {"list": 400}

    official.run(story(), judged=False)
