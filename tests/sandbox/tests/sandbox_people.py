# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who sign in: a world of two tenants, a shared application, and what clients need to talk to it."""

from __future__ import annotations

from typing import Any

import jwt
import msal
import requests
from sandbox_harness import Running

GRAPH = "https://graph.microsoft.com"
PERSON = "plain@contoso.example"
ADMIN = "admin@contoso.example"
GUEST = "ana@mssp.example"
REDIRECT = "http://localhost"
"""A desktop application's; any port will do."""

SCOPES = ["User.Read", "Group.Read.All", "EntitlementManagement.ReadWrite.All"]
WORLD: dict[str, Any] = {
    "tenants": [
        {
            "display_name": "Contoso",
            "domain": "contoso.example",
            "users": [
                {"user_principal_name": ADMIN, "directory_roles": ["Global Administrator"]},
                {"user_principal_name": PERSON},
                {"user_principal_name": "blocked@contoso.example", "account_enabled": False},
                {"user_principal_name": "ana_mssp.example#EXT#@contoso.example", "mail": GUEST, "user_type": "Guest"},
            ],
            "clients": [
                {"name": "device", "public": True, "permissions": [], "scopes": SCOPES, "redirect_uris": [REDIRECT]},
                {"name": "other device", "public": True, "permissions": [], "scopes": ["User.Read"]},
                {"name": "web", "permissions": [], "scopes": SCOPES, "redirect_uris": ["https://app.example/back"]},
            ],
        },
        {
            "display_name": "MSSP",
            "domain": "mssp.example",
            "users": [{"user_principal_name": GUEST}, {"user_principal_name": "ben@mssp.example"}],
        },
        {"display_name": "Fabrikam", "domain": "fabrikam.example", "consent": {"approve": None}},
    ],
    "applications": [
        {
            "name": "approve",
            "public": True,
            "permissions": ["Group.Read.All"],
            "scopes": SCOPES,
            "redirect_uris": [REDIRECT, "https://app.example/consented"],
        }
    ],
    "device_code_interval": 1,
}


def client_of(sandbox: Running, name: str, tenant: int = 0) -> dict[str, Any]:
    """A client of sandbox.json by name."""
    found: dict[str, Any] = next(item for item in sandbox.tenant(tenant)["clients"] if item["name"] == name)
    return found


def public_application(sandbox: Running, name: str, authority: str, **more: Any) -> msal.PublicClientApplication:
    """MSAL's public client, unmodified."""
    return msal.PublicClientApplication(
        client_of(sandbox, name)["client_id"],
        authority=f"{sandbox.info['login_url']}/{authority}",
        http_client=sandbox.session(),
        **{"instance_discovery": False, **more},
    )


def verified(sandbox: Running, token: str, tenant: int = 0, audience: str = GRAPH) -> dict[str, Any]:
    """A token's claims, after PyJWT checked signature, audience and times against the tenant's published keys."""
    name = sandbox.tenant(tenant)["tenant_id"]
    document = sandbox.session().get(f"{sandbox.url}/{name}/v2.0/.well-known/openid-configuration").json()
    keys = jwt.PyJWKSet.from_dict(sandbox.session().get(document["jwks_uri"]).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    required = ["exp", "nbf", "iat", "iss", "sub"]
    found: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=audience, options={"require": required})
    return found


def token_request(sandbox: Running, tenant: str, **form: str) -> requests.Response:
    """A request to the token endpoint."""
    return sandbox.session().post(f"{sandbox.url}/{tenant}/oauth2/v2.0/token", data=form)


def error_of(response: requests.Response) -> tuple[int, str, int]:
    """Status, error and AADSTS code; the description must begin with the code."""
    body = response.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: "), body
    return response.status_code, body["error"], body["error_codes"][0]


def begin_device(sandbox: Running, name: str = "device", tenant: str = "contoso.example", scope: str = "User.Read") -> Any:
    """Ask for a device code; returns the answer."""
    url = f"{sandbox.url}/{tenant}/oauth2/v2.0/devicecode"
    answer = sandbox.session().post(url, data={"client_id": client_of(sandbox, name)["client_id"], "scope": scope})
    assert answer.status_code == 200, answer.text
    return answer.json()


def sign_in(sandbox: Running, flow: Any, user: str = PERSON, **more: Any) -> requests.Response:
    """The person's half of the device flow."""
    body = {"user_code": flow["user_code"], "user": user, **more}
    return sandbox.session().post(f"{sandbox.url}/_sandbox/sign-in", json=body)


def poll(sandbox: Running, flow: Any, name: str = "device", tenant: str = "contoso.example") -> requests.Response:
    """The device's half."""
    return token_request(
        sandbox,
        tenant,
        grant_type="urn:ietf:params:oauth:grant-type:device_code",
        client_id=client_of(sandbox, name)["client_id"],
        device_code=flow["device_code"],
    )


def signed_in(
    sandbox: Running, user: str = PERSON, name: str = "device", scope: str = "User.Read offline_access openid profile"
) -> Any:
    """The answer that a device gets after a person signed in."""
    flow = begin_device(sandbox, name, scope=scope)
    assert sign_in(sandbox, flow, user).status_code == 204
    answer = poll(sandbox, flow, name)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refresh(
    sandbox: Running, token: str, name: str = "device", tenant: str = "contoso.example", **form: str
) -> requests.Response:
    """Use a refresh token."""
    client_id = client_of(sandbox, name)["client_id"]
    return token_request(
        sandbox, tenant, **{"grant_type": "refresh_token", "client_id": client_id, "refresh_token": token, **form}
    )
