# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who call Graph: what their token says, and what they may do with it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import jwt
import pytest
from azure.identity import DeviceCodeCredential
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.graph_request_adapter import options
from msgraph_core import GraphClientFactory
from sandbox_building import EM, user_id
from sandbox_harness import BASIC, Graph, Running

DEFENDER = "/beta/roleManagement/defender"
GUEST = "ana_mssp.example#EXT#@contoso.example"
ROLES = {
    "plain@contoso.example": [],
    "global@contoso.example": ["Global Administrator"],
    "reader@contoso.example": ["Global Reader"],
    "governance@contoso.example": ["Identity Governance Administrator"],
    "groups@contoso.example": ["Groups Administrator"],
    "security@contoso.example": ["Security Administrator"],
}
CONTOSO: dict[str, Any] = BASIC["tenants"][0]
SANDBOX: dict[str, Any] = {
    **BASIC,
    "tenants": [
        {
            **CONTOSO,
            "users": [
                *CONTOSO["users"],
                *({"user_principal_name": name, "directory_roles": roles} for name, roles in ROLES.items()),
            ],
            "clients": [{"name": "narrow", "public": True, "permissions": [], "scopes": ["User.Read", "Group.Read.All"]}],
        },
        BASIC["tenants"][1],
    ],
}
GROUP_BODY = {"displayName": "By hand", "mailEnabled": False, "mailNickname": "byhand", "securityEnabled": True}


def token_for(sandbox: Running, user: str, **more: Any) -> str:
    return str(sandbox.control("POST", "tokens", {"tenant": "contoso.example", "user": user, **more})["access_token"])


def person(sandbox: Running, user: str, **more: Any) -> Graph:
    return Graph(sandbox, token_for(sandbox, user, **more), sandbox.tenant())


def device_credential(sandbox: Running) -> DeviceCodeCredential:
    """azure-identity's, with a person who types the code at once."""

    def prompt(verification_uri: str, user_code: str, expires_on: Any) -> None:
        sandbox.control("POST", "sign-in", {"user_code": user_code, "user": "plain@contoso.example"})

    client = next(item for item in sandbox.tenant()["clients"] if item["name"] == "narrow")
    return DeviceCodeCredential(
        client["client_id"],
        tenant_id=sandbox.tenant()["tenant_id"],
        prompt_callback=prompt,
        timeout=20,
        authority=sandbox.info["login_url"],
        disable_instance_discovery=True,
        connection_verify=sandbox.info["ca_path"],
    )


def verified(sandbox: Running, token: str) -> dict[str, Any]:
    """The claims, after PyJWT checked the signature against the tenant's published keys."""
    keys = sandbox.session().get(f"{sandbox.url}/{sandbox.tenant()['tenant_id']}/discovery/v2.0/keys").json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    found: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience="https://graph.microsoft.com")
    return found


def test_the_token_of_a_person(sandbox: Running, graph: Graph) -> None:
    """Access token claims reference: a delegated token has scp and no roles, and the person's oid."""
    claims = verified(sandbox, token_for(sandbox, "GOVERNANCE@contoso.example", scopes=["User.Read", "Group.Read.All"]))
    tenant = sandbox.tenant()
    assert claims["iss"] == f"https://sts.windows.net/{tenant['tenant_id']}/"
    assert (claims["tid"], claims["appid"], claims["appidacr"]) == (tenant["tenant_id"], tenant["client_id"], "0")
    assert claims["oid"] == user_id(graph, "governance@contoso.example")
    assert claims["sub"] != claims["oid"]
    assert (claims["idtyp"], claims["ver"], claims["acct"]) == ("user", "1.0", 0)
    assert claims["upn"] == claims["preferred_username"] == "governance@contoso.example"
    assert claims["scp"] == "Group.Read.All User.Read"
    assert "roles" not in claims
    assert "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e" in claims["wids"]


def test_the_token_of_a_guest(sandbox: Running) -> None:
    """A guest signs in to the tenant as the guest object there, and says so (acct)."""
    claims = verified(sandbox, token_for(sandbox, "ana@mssp.example"))
    assert (claims["upn"], claims["email"], claims["acct"], claims["wids"]) == (GUEST, "ana@mssp.example", 1, [])


@pytest.mark.parametrize(
    ("user", "method", "path", "body", "status"),
    [
        ("plain", "GET", "/groups", None, 200),
        ("plain", "POST", "/groups", GROUP_BODY, 403),
        ("plain", "GET", f"{EM}/catalogs", None, 403),
        ("plain", "GET", f"{DEFENDER}/roleDefinitions", None, 403),
        ("global", "POST", "/groups", GROUP_BODY, 201),
        ("global", "GET", f"{EM}/catalogs", None, 200),
        ("reader", "GET", f"{EM}/catalogs", None, 200),
        ("reader", "POST", f"{EM}/catalogs", {"displayName": "x"}, 403),
        ("governance", "POST", f"{EM}/catalogs", {"displayName": "By governance"}, 201),
        ("governance", "POST", "/groups", GROUP_BODY, 403),
        ("groups", "POST", "/groups", GROUP_BODY, 201),
        ("groups", "GET", f"{EM}/catalogs", None, 403),
        ("security", "GET", f"{DEFENDER}/roleDefinitions", None, 200),
    ],
)
def test_a_role_decides_what_all_scopes_are_worth(
    sandbox: Running, user: str, method: str, path: str, body: Any, status: int
) -> None:
    """EM 1.4 and Defender 1.2: with delegated permissions the person needs a role that covers the work as well."""
    person(sandbox, f"{user}@contoso.example")(method, path, body, status)


def test_a_scope_decides_what_a_role_is_worth(sandbox: Running) -> None:
    """Effective permissions are the intersection of scopes and privileges: a Global Administrator is bound by them too."""
    reader = person(sandbox, "global@contoso.example", scopes=["Group.Read.All"])
    reader("GET", "/groups", status=200)
    assert reader.refused("POST", "/groups", GROUP_BODY) == (403, "Authorization_RequestDenied")
    assert reader.refused("GET", f"{EM}/catalogs") == (403, "UnAuthorized")


def test_a_guest_may_not_look_around(sandbox: Running) -> None:
    """Default user permissions: a guest does not enumerate users and groups."""
    guest = person(sandbox, GUEST)
    assert guest.refused("GET", "/groups") == (403, "Authorization_RequestDenied")
    assert guest.refused("GET", "/users") == (403, "Authorization_RequestDenied")


def test_the_log_names_the_person(sandbox: Running, graph: Graph) -> None:
    plain = user_id(graph, "plain@contoso.example")
    sandbox.control("DELETE", "requests")
    person(sandbox, "plain@contoso.example").ok("GET", "/groups")
    graph.ok("GET", "/groups")
    assert [entry["user_id"] for entry in sandbox.control("GET", "requests")["requests"] if entry["area"] == "graph"] == [
        plain,
        None,
    ]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"user": "nobody@contoso.example"}, 404, "has no user nobody@contoso.example"),
        ({"user": "plain@contoso.example", "client": "other"}, 404, "knows no client other"),
        ({"user": "plain@contoso.example", "tenant": "nowhere.example"}, 404, "There is no tenant nowhere.example"),
        ({"user": "plain@contoso.example", "client": "narrow", "scopes": ["User.Read.All"]}, 400, "not consented User.Read.All"),
    ],
)
def test_the_shortcut_says_what_is_wrong(sandbox: Running, body: dict[str, Any], status: int, words: str) -> None:
    answer = sandbox.session().post(f"{sandbox.url}/_sandbox/tokens", json={"tenant": "contoso.example", **body})
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_the_shortcut_takes_what_was_consented(sandbox: Running) -> None:
    answer = sandbox.control("POST", "tokens", {"user": "plain@contoso.example", "client": "narrow"})
    assert answer["scope"] == "Group.Read.All User.Read"
    assert answer["expires_in"] == 3600


def test_me(sandbox: Running, graph: Graph) -> None:
    """user-get: /me is the person who signed in, guests too; an application is told that it has none."""
    assert person(sandbox, "plain@contoso.example", scopes=["User.Read"]).ok("GET", "/me")["id"] == user_id(
        graph, "plain@contoso.example"
    )
    assert person(sandbox, GUEST, scopes=["User.Read"]).ok("GET", "/me?$select=mail")["mail"] == "ana@mssp.example"
    other = person(sandbox, "plain@contoso.example", client="narrow", scopes=["Group.Read.All"])
    assert other.refused("GET", "/me") == (403, "Authorization_RequestDenied")
    assert graph.refused("GET", "/me") == (400, "BadRequest")


def test_the_official_sdk_with_a_person_who_types_a_code(sandbox: Running) -> None:
    """msgraph-sdk and DeviceCodeCredential: who am I?"""

    async def scenario() -> str | None:
        provider = AzureIdentityAuthenticationProvider(
            device_credential(sandbox), scopes=["https://graph.microsoft.com/.default"], allowed_hosts=["localhost"]
        )
        http = httpx.AsyncClient(verify=sandbox.info["ca_path"], trust_env=False)
        adapter = GraphRequestAdapter(
            provider, client=GraphClientFactory.create_with_default_middleware(client=http, options=options)
        )
        adapter.base_url = f"{sandbox.url}/v1.0"
        return (await GraphServiceClient(request_adapter=adapter).me.get()).user_principal_name

    assert asyncio.run(scenario()) == "plain@contoso.example"
