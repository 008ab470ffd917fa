# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clouds and audiences: each cloud's own Graph, and no other token."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_harness import Graph, Running, Start
from sandbox_people import PERSON, WORLD, verified

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


def test_tokens_for_another_resource_are_refused(sandbox: Running) -> None:
    """The audience must be Graph: a token for Azure Resource Manager holds, but not here."""
    token = answer_for(sandbox, "https://management.azure.com")["access_token"]
    assert verified(sandbox, token, audience="https://management.azure.com")
    answer = Graph(sandbox, token, sandbox.tenant())("GET", "/groups")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert answer.json()["error"]["message"] == "Access token validation failure. Invalid audience."
