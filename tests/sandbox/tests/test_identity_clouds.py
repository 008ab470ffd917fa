# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds and audiences: each cloud's own Graph, and no other token."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_harness import Graph, Running, Start
from sandbox_people import PERSON, WORLD, client_of, verified

AGENCY = "7f1d9c3e-0000-4000-8000-0000000000bb"
CLOUDS = {
    "public": "https://graph.microsoft.com",
    "usgov": "https://graph.microsoft.us",
    "usgov_dod": "https://dod-graph.microsoft.us",
    "china": "https://microsoftgraph.chinacloudapi.cn",
}


def answer_for(sandbox: Running, resource: str) -> dict[str, Any]:
    application = sandbox.application(sandbox.tenant(), "contoso.example")
    answer: dict[str, Any] = application.acquire_token_for_client([f"{resource}/.default"])
    return answer


@pytest.mark.parametrize("cloud", list(CLOUDS))
def test_a_cloud_knows_its_own_graph_only(start: Start, cloud: str) -> None:
    """EM 0.1: one Graph per cloud; another cloud's is AADSTS500011, a resource that the tenant does not have."""
    sandbox = start({**WORLD, "cloud": cloud})
    for name, resource in CLOUDS.items():
        answer = answer_for(sandbox, resource)
        if name != cloud:
            assert answer["error_codes"] == [500011]
            assert f"The resource principal named {resource} was not found" in answer["error_description"]
            continue
        assert verified(sandbox, answer["access_token"], audience=resource)["aud"] == resource
        Graph(sandbox, answer["access_token"], sandbox.tenant()).ok("GET", "/groups")
    person = sandbox.control("POST", "tokens", {"tenant": "contoso.example", "user": PERSON})["access_token"]
    Graph(sandbox, person, sandbox.tenant()).ok("GET", "/groups")
    document = sandbox.session().get(f"{sandbox.url}/contoso.example/v2.0/.well-known/openid-configuration").json()
    assert document["msgraph_host"] == CLOUDS[cloud].removeprefix("https://")


def test_tokens_of_another_cloud_are_refused(start: Start) -> None:
    """EM 0.1: "tokens of one cloud are not accepted by another"; another cloud has other keys."""
    public, government = start(WORLD), start({**WORLD, "cloud": "usgov"})
    token = answer_for(government, CLOUDS["usgov"])["access_token"]
    answer = Graph(public, token, public.tenant())("GET", "/groups")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_a_tenant_of_another_cloud_is_sent_there(start: Start) -> None:
    """AADSTS900382 (documented; by design for confidential clients) and AADSTS90038 (NationalCloudTenantRedirection)."""
    agency = {"display_name": "An agency", "domain": "agency.example", "tenant_id": AGENCY, "cloud": "usgov"}
    known = {"display_name": "The same cloud", "domain": "same.example", "cloud": "public"}
    sandbox = start({**WORLD, "external_tenants": [agency, known]})
    document = sandbox.session().get(f"{sandbox.url}/{AGENCY}/v2.0/.well-known/openid-configuration").json()
    assert (document["cloud_instance_name"], document["msgraph_host"]) == ("microsoftonline.us", "graph.microsoft.us")
    client = sandbox.tenant()["clients"][0]
    for name in (AGENCY, "Agency.example"):
        answer = sandbox.application(client, name).acquire_token_for_client([f"{CLOUDS['public']}/.default"])
        assert (answer["error"], answer["error_codes"]) == ("invalid_request", [900382])
        assert "Confidential Client is not supported in Cross Cloud request." in answer["error_description"]
    form = {"client_id": client_of(sandbox, "device")["client_id"], "scope": f"{CLOUDS['public']}/.default"}
    asked = sandbox.session().post(f"{sandbox.url}/{AGENCY}/oauth2/v2.0/devicecode", data=form).json()
    assert asked["error_codes"] == [90038]
    assert "redirected to the National Cloud 'microsoftonline.us'" in asked["error_description"]
    # A tenant that is merely unknown is another matter, and one of this cloud can still be looked up.
    assert sandbox.session().get(f"{sandbox.url}/nowhere.example/v2.0/.well-known/openid-configuration").status_code == 400
    graph = Graph(sandbox, answer_for(sandbox, CLOUDS["public"])["access_token"], sandbox.tenant())
    found = "/tenantRelationships/findTenantInformationByDomainName(domainName='{}')"
    assert graph("GET", found.format("same.example")).status_code == 200
    assert graph("GET", found.format("agency.example")).status_code == 404


def test_tokens_for_another_resource_are_refused(sandbox: Running) -> None:
    """The audience must be Graph: a token for Azure Resource Manager holds, but not here."""
    token = answer_for(sandbox, "https://management.azure.com")["access_token"]
    assert verified(sandbox, token, audience="https://management.azure.com")
    answer = Graph(sandbox, token, sandbox.tenant())("GET", "/groups")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert answer.json()["error"]["message"] == "Access token validation failure. Invalid audience."
