# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consent per tenant: the administrator's page and its way back, and what tokens carry before and after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sandbox_harness import Running, Start, start_sandbox, stop_sandbox
from sandbox_people import ADMIN, PERSON, SCOPES, WORLD, begin_device, client_of, error_of, poll, sign_in, verified

APPLICATION_SCOPES = ["https://graph.microsoft.com/.default"]
BACK = "https://app.example/consented"


@pytest.fixture
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start_sandbox(tmp_path_factory.mktemp("consent"), WORLD)
    yield running
    stop_sandbox(running)


def consent(sandbox: Running, tenant: str, endpoint: str = "adminconsent", **query: str) -> Any:
    full = {"client_id": client_of(sandbox, "approve")["client_id"], **query}
    return sandbox.session().get(f"{sandbox.url}/{tenant}/{endpoint}", params=full, allow_redirects=False)


def way_back(answer: Any) -> dict[str, str]:
    """The query with which the browser is sent back."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(f"{BACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def application_token(sandbox: Running, tenant: str) -> dict[str, Any]:
    application = sandbox.application(client_of(sandbox, "approve"), tenant)
    answer: dict[str, Any] = application.acquire_token_for_client(APPLICATION_SCOPES)
    return answer


def knows(sandbox: Running, position: int) -> bool:
    """Whether the tenant's directory shows the application."""
    client_id = client_of(sandbox, "approve")["client_id"]
    return bool(sandbox.graph(position)("GET", f"/servicePrincipals(appId='{client_id}')").status_code == 200)


def test_a_tenant_that_did_not_know_the_application(sandbox: Running) -> None:
    """Admin consent: asked, shown, accepted; then the tenant knows it, and tokens carry what was asked for."""
    assert application_token(sandbox, "fabrikam.example")["error_codes"] == [700016]
    assert not knows(sandbox, 2)
    shown = consent(sandbox, "fabrikam.example", redirect_uri=BACK, state="12345").text
    for name in ("Group.Read.All (application)", "EntitlementManagement.ReadWrite.All (delegated)", "Accept", "Cancel"):
        assert name in shown
    assert application_token(sandbox, "fabrikam.example")["error_codes"] == [700016]
    answer = consent(sandbox, "fabrikam.example", redirect_uri=BACK, state="12345", grant="accept")
    assert way_back(answer) == {"admin_consent": "True", "tenant": sandbox.tenant(2)["tenant_id"], "state": "12345"}
    token = application_token(sandbox, "fabrikam.example")["access_token"]
    assert verified(sandbox, token, 2)["roles"] == ["Group.Read.All"]
    assert knows(sandbox, 2)


def test_the_newer_endpoint_says_the_scope(sandbox: Running) -> None:
    """Admin consent, successful response of /v2.0/adminconsent: the scope comes back as well."""
    answer = consent(
        sandbox, "contoso.example", "v2.0/adminconsent", redirect_uri=BACK, grant="accept", scope=APPLICATION_SCOPES[0]
    )
    assert way_back(answer)["scope"] == APPLICATION_SCOPES[0]


def test_declined(sandbox: Running) -> None:
    """Admin consent, error response: consent_required, AADSTS65004, admin_consent=True all the same."""
    back = way_back(consent(sandbox, "fabrikam.example", redirect_uri=BACK, state="s", grant="decline"))
    assert (back["error"], back["admin_consent"], back["state"]) == ("consent_required", "True", "s")
    assert back["error_description"].startswith("AADSTS65004: ")
    assert application_token(sandbox, "fabrikam.example")["error_codes"] == [700016]


def test_only_administrators_consent_for_all(sandbox: Running) -> None:
    """AADSTS90094 AdminConsentRequired for a person without such a role."""
    sandbox.control("POST", "consent", {"tenant": "contoso.example", "client": "approve", "permissions": [], "scopes": []})
    refused = way_back(consent(sandbox, "contoso.example", redirect_uri=BACK, grant="accept", login_hint=PERSON))
    assert refused["error_description"].startswith("AADSTS90094: ")
    accepted = way_back(consent(sandbox, "organizations", redirect_uri=BACK, grant="accept", login_hint=ADMIN))
    assert accepted["tenant"] == sandbox.tenant()["tenant_id"]


def test_where_the_browser_may_be_sent(sandbox: Running) -> None:
    """AADSTS50011: only to a registered redirect URI; without one, a page says that it is done."""
    stranger = consent(sandbox, "contoso.example", redirect_uri="https://evil.example/", grant="accept")
    assert stranger.status_code == 400
    assert "AADSTS50011" in stranger.text
    assert "Consent given" in consent(sandbox, "contoso.example", grant="accept").text
    unknown = consent(sandbox, "contoso.example", client_id="11111111-2222-3333-4444-555555555555")
    assert "AADSTS700016" in unknown.text


def test_what_is_not_asked_for_any_more_is_revoked(sandbox: Running) -> None:
    """practice M12: consent for the whole tenant grants what the registration asks for, and just that."""
    wider = {"permissions": ["Group.Read.All", "User.Read.All"], "scopes": []}
    sandbox.control("POST", "consent", {"tenant": "contoso.example", "client": "approve", **wider})
    roles = verified(sandbox, application_token(sandbox, "contoso.example")["access_token"])["roles"]
    assert roles == ["Group.Read.All", "User.Read.All"]
    consent(sandbox, "contoso.example", redirect_uri=BACK, grant="accept")
    roles = verified(sandbox, application_token(sandbox, "contoso.example")["access_token"])["roles"]
    assert roles == ["Group.Read.All"]


def test_consent_for_people_is_another_matter(sandbox: Running) -> None:
    """Delegated permissions go and come apart from the application's own."""
    permissions = {"tenant": "contoso.example", "client": "approve", "permissions": ["Group.Read.All"]}
    sandbox.control("POST", "consent", {**permissions, "scopes": []})
    flow = begin_device(sandbox, "approve", scope=" ".join(SCOPES))
    sign_in(sandbox, flow)
    assert error_of(poll(sandbox, flow, "approve")) == (400, "invalid_grant", 65001)
    sandbox.control("POST", "consent", {**permissions, "scopes": SCOPES})
    assert set(verified(sandbox, poll(sandbox, flow, "approve").json()["access_token"])["scp"].split()) == set(SCOPES)


def test_disabled_by_the_customer(sandbox: Running) -> None:
    """AADSTS7000112 UnauthorizedClientApplicationDisabled: for the application and for its people, until it is enabled."""
    graph, client = sandbox.graph(), client_of(sandbox, "approve")
    url = f"/servicePrincipals(appId='{client['client_id']}')"
    flow = begin_device(sandbox, "approve")
    sign_in(sandbox, flow)
    graph("PATCH", url, {"accountEnabled": False}, 204)
    assert application_token(sandbox, "contoso.example")["error_codes"] == [7000112]
    assert error_of(poll(sandbox, flow, "approve")) == (400, "unauthorized_client", 7000112)
    assert "access_token" in application_token(sandbox, "mssp.example")
    graph("PATCH", url, {"accountEnabled": True}, 204)
    assert "access_token" in application_token(sandbox, "contoso.example")
    assert poll(sandbox, flow, "approve").status_code == 200


def test_made_known_by_graph_first(sandbox: Running) -> None:
    """A service principal that an administrator made (POST /servicePrincipals) is the one that consent then finds."""
    graph, client_id = sandbox.graph(2), client_of(sandbox, "approve")["client_id"]
    made = graph.ok("POST", "/servicePrincipals", {"appId": client_id}, 201)
    assert "roles" not in verified(sandbox, application_token(sandbox, "fabrikam.example")["access_token"], 2)
    consent(sandbox, "fabrikam.example", redirect_uri=BACK, grant="accept")
    found = graph.ok("GET", f"/servicePrincipals?$filter=appId eq '{client_id}'")["value"]
    assert [row["id"] for row in found] == [made["id"]]
    claims = verified(sandbox, application_token(sandbox, "fabrikam.example")["access_token"], 2)
    assert (claims["oid"], claims["roles"]) == (made["id"], ["Group.Read.All"])


def test_withdrawn_altogether(sandbox: Running) -> None:
    """The enterprise application is deleted (decisions, offboarding): no token can be had any more."""
    assert knows(sandbox, 0)
    sandbox.control("POST", "consent", {"tenant": "contoso.example", "client": "approve", "permissions": None})
    assert application_token(sandbox, "contoso.example")["error_codes"] == [700016]
    assert not knows(sandbox, 0)
    assert "access_token" in application_token(sandbox, "mssp.example")


def test_configured_apart(start: Start) -> None:
    """consent in the configuration may name both kinds."""
    tenants = [{**WORLD["tenants"][0], "consent": {"approve": {"permissions": [], "scopes": ["User.Read"]}}}]
    sandbox = start({**WORLD, "tenants": tenants})
    assert "roles" not in verified(sandbox, application_token(sandbox, "contoso.example")["access_token"])
    flow = begin_device(sandbox, "approve", scope="https://graph.microsoft.com/.default")
    sign_in(sandbox, flow)
    assert verified(sandbox, poll(sandbox, flow, "approve").json()["access_token"])["scp"] == "User.Read"
