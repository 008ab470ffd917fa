# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authorization code flow with PKCE: a browser, played by an HTTP client, and MSAL or azure-identity beside it."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
import webbrowser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.identity import AuthorizationCodeCredential, InteractiveBrowserCredential
from sandbox_harness import Graph, Running
from sandbox_people import (
    ADMIN,
    GUEST,
    PERSON,
    REDIRECT,
    WORLD,
    client_of,
    error_of,
    public_application,
    token_request,
    verified,
)

SANDBOX = WORLD

VERIFIER = "a-verifier-of-more-than-forty-three-characters-in-length"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def browse(sandbox: Running, tenant: str = "contoso.example", client: str = "device", **query: str) -> Any:
    full = {
        "client_id": client_of(sandbox, client)["client_id"],
        "response_type": "code",
        "redirect_uri": f"{REDIRECT}:8400",
        "scope": "User.Read openid profile offline_access",
        "state": "12345",
        "login_hint": PERSON,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **query,
    }
    url = f"{sandbox.url}/{tenant}/oauth2/v2.0/authorize"
    wanted = {name: value for name, value in full.items() if value}
    return sandbox.session().get(url, params=wanted, allow_redirects=False)


def way_back(answer: Any, mark: str = "?") -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    address, _unused, query = answer.headers["Location"].partition(mark)
    assert address == f"{REDIRECT}:8400"
    return {name: values[0] for name, values in parse_qs(query).items()}


def redeem(sandbox: Running, code: str, tenant: str = "contoso.example", client: str = "device", **form: str) -> Any:
    full = {
        "grant_type": "authorization_code",
        "client_id": client_of(sandbox, client)["client_id"],
        "code": code,
        "redirect_uri": f"{REDIRECT}:8400",
        "code_verifier": VERIFIER,
        **form,
    }
    return token_request(sandbox, tenant, **full)


def test_a_code_works_once(sandbox: Running) -> None:
    """Authorization code flow: code and state come back; the code brings tokens, once (AADSTS54005)."""
    back = way_back(browse(sandbox))
    assert set(back) == {"code", "state"}
    assert back["state"] == "12345"
    answer = redeem(sandbox, back["code"]).json()
    assert verified(sandbox, answer["access_token"])["upn"] == PERSON
    assert {"refresh_token", "id_token"} <= set(answer)
    assert error_of(redeem(sandbox, back["code"])) == (400, "invalid_grant", 54005)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"code_verifier": "wrong"}, (400, "invalid_grant", 501481)),
        ({"redirect_uri": "http://localhost:9"}, (400, "invalid_client", 500112)),
        ({"client": "other device"}, (400, "invalid_grant", 700007)),
        ({"tenant": "common", "client": "device"}, (400, "invalid_grant", 700005)),
        ({"code": "nonsense"}, (400, "invalid_grant", 9002313)),
        ({"code": ""}, (400, "invalid_request", 900144)),
    ],
)
def test_codes_in_wrong_hands(sandbox: Running, change: dict[str, str], expected: tuple[int, str, int]) -> None:
    """Error codes reference: 501481, 700005, 500112; 700007 as for refresh tokens."""
    code = way_back(browse(sandbox))["code"]
    assert error_of(redeem(sandbox, **{"code": code, **change})) == expected
    assert redeem(sandbox, code).status_code == 200


def test_a_code_lives_ten_minutes(sandbox: Running) -> None:
    """ "Typically, they expire after about 10 minutes": AADSTS70008."""
    code = way_back(browse(sandbox))["code"]
    try:
        sandbox.control("POST", "clock", {"advance_seconds": 601})
        assert error_of(redeem(sandbox, code)) == (400, "invalid_grant", 70008)
    finally:
        sandbox.control("DELETE", "clock")


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"sandbox_cancel": "1"}, "access_denied"),
        ({"prompt": "none", "login_hint": ""}, "login_required"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "User.ReadWrite.All"}, "invalid_grant"),
        ({"login_hint": "nobody@contoso.example"}, "invalid_grant"),
    ],
)
def test_errors_go_back_to_the_application(sandbox: Running, query: dict[str, str], error: str) -> None:
    """Error codes for authorization endpoint errors, with the state."""
    back = way_back(browse(sandbox, **query))
    assert (back["error"], back["state"]) == (error, "12345")


@pytest.mark.parametrize(
    ("tenant", "query", "code"),
    [
        ("contoso.example", {"redirect_uri": "https://evil.example/"}, 50011),
        ("contoso.example", {"redirect_uri": "http://localhost:8400/elsewhere"}, 50011),
        ("contoso.example", {"client": "web", "redirect_uri": "https://app.example/back/"}, 50011),
        ("contoso.example", {"client": "web", "redirect_uri": "https://app.example:444/back"}, 50011),
        ("contoso.example", {"client_id": "11111111-2222-3333-4444-555555555555"}, 700016),
        ("common", {}, 50194),
        ("nowhere.example", {}, 90002),
    ],
)
def test_errors_that_stay_on_the_page(sandbox: Running, tenant: str, query: dict[str, str], code: int) -> None:
    """Nobody is sent to an address that is not registered (AADSTS50011)."""
    answer = browse(sandbox, tenant, **query)
    assert answer.status_code == 400
    assert f"AADSTS{code}: " in answer.text


def test_the_person_tells_the_tenant(sandbox: Running) -> None:
    """/common: a multi-tenant application, and the tenant that the person belongs to; redeemed at /common as well."""
    code = way_back(browse(sandbox, "common", "approve", login_hint="ben@mssp.example"))["code"]
    answer = redeem(sandbox, code, "organizations", "approve").json()
    assert verified(sandbox, answer["access_token"], 1)["upn"] == "ben@mssp.example"
    nobody = way_back(browse(sandbox, "common", "approve", login_hint="x@nowhere.example"))
    assert nobody["error_description"].startswith("AADSTS50059: ")


def test_response_modes(sandbox: Running) -> None:
    """query is the default; fragment and form_post on demand."""
    assert way_back(browse(sandbox, response_mode="fragment"), "#")["code"]
    form = browse(sandbox, response_mode="form_post")
    assert form.status_code == 200
    assert f'action="{REDIRECT}:8400"' in form.text
    assert 'name="code"' in form.text


def test_the_page_lets_one_choose(sandbox: Running) -> None:
    """Without login_hint: the accounts of the tenant, each a link that signs in."""
    shown = browse(sandbox, login_hint="").text
    assert f"Sign in as {ADMIN}" in shown
    assert f"Sign in as {GUEST}" in shown


def test_msal_with_pkce(sandbox: Running) -> None:
    """MSAL's initiate_auth_code_flow and acquire_token_by_auth_code_flow; it checks state and nonce itself."""
    application = public_application(sandbox, "device", "contoso.example")
    flow = application.initiate_auth_code_flow(["Group.Read.All"], redirect_uri=f"{REDIRECT}:8400", login_hint=PERSON)
    seen = sandbox.session().get(flow["auth_uri"], allow_redirects=False)
    back = {name: values[0] for name, values in parse_qs(urlsplit(seen.headers["Location"]).query).items()}
    answer = application.acquire_token_by_auth_code_flow(flow, back)
    assert answer["id_token_claims"]["preferred_username"] == PERSON
    Graph(sandbox, answer["access_token"], sandbox.tenant()).ok("GET", "/groups")


class Browser(webbrowser.BaseBrowser):
    """A browser that follows redirects and submits what a page submits by itself."""

    def __init__(self, sandbox: Running) -> None:
        super().__init__("sandbox")
        self.sandbox = sandbox

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        threading.Thread(target=self._go, args=(url,), daemon=True).start()
        return True

    def _go(self, url: str) -> None:

        answer = self.sandbox.session().get(url)
        form = re.search(r'action="([^"]+)"', answer.text)
        if form:
            fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', answer.text))
            self.sandbox.session().post(form[1], data=fields)


def test_azure_identity_in_a_browser(sandbox: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """InteractiveBrowserCredential: its own web server, its own MSAL; only the browser is ours."""
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})
    webbrowser.register("sandbox", None, Browser(sandbox), preferred=True)
    credential = InteractiveBrowserCredential(
        authority=sandbox.info["login_url"],
        tenant_id=sandbox.tenant()["tenant_id"],
        client_id=client_of(sandbox, "device")["client_id"],
        login_hint=PERSON,
        disable_instance_discovery=True,
        connection_verify=sandbox.info["ca_path"],
        timeout=20,
    )
    token = credential.get_token("https://graph.microsoft.com/User.Read").token
    assert verified(sandbox, token)["upn"] == PERSON


def test_azure_identity_with_a_code(sandbox: Running) -> None:
    """AuthorizationCodeCredential, a web application that redeems with its secret."""
    back = browse(sandbox, client="web", redirect_uri="https://app.example/back", code_challenge="", code_challenge_method="")
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    client = client_of(sandbox, "web")
    credential = AuthorizationCodeCredential(
        sandbox.tenant()["tenant_id"],
        client["client_id"],
        code,
        "https://app.example/back",
        client_secret=client["client_secret"],
        authority=sandbox.info["login_url"],
        connection_verify=sandbox.info["ca_path"],
    )
    claims = verified(sandbox, credential.get_token("https://graph.microsoft.com/User.Read").token)
    assert (claims["upn"], claims["appidacr"]) == (PERSON, "1")
