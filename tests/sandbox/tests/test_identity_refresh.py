# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refresh tokens: rotation, revocation, expiry, other applications and other tenants."""

from __future__ import annotations

from sandbox_building import user_id
from sandbox_harness import Graph, Running
from sandbox_people import (
    GUEST,
    PERSON,
    WORLD,
    begin_device,
    client_of,
    error_of,
    poll,
    refresh,
    sign_in,
    signed_in,
    token_request,
    verified,
)

SANDBOX = WORLD


def test_each_use_brings_a_new_one_and_the_old_one_stays(sandbox: Running) -> None:
    """Refresh tokens: "replaced with a new token upon every use", and the old one is not revoked by that."""
    first = signed_in(sandbox)["refresh_token"]
    answers = [refresh(sandbox, first).json(), refresh(sandbox, first).json()]
    tokens = {first, *(answer["refresh_token"] for answer in answers)}
    assert len(tokens) == 3
    assert all(refresh(sandbox, token).status_code == 200 for token in tokens)
    assert verified(sandbox, answers[0]["access_token"])["upn"] == PERSON


def test_other_scopes_than_at_first(sandbox: Running) -> None:
    """Refresh tokens are bound to neither resource nor scope; what was not consented to is AADSTS65001."""
    token = signed_in(sandbox)["refresh_token"]
    wider = refresh(sandbox, token, scope="Group.Read.All").json()
    assert verified(sandbox, wider["access_token"])["scp"] == "Group.Read.All"
    assert error_of(refresh(sandbox, token, scope="User.ReadWrite.All")) == (400, "invalid_grant", 65001)


def test_another_application(sandbox: Running) -> None:
    """Bound to the application: AADSTS700007 (Partner-Center-PowerShell #419)."""
    token = signed_in(sandbox)["refresh_token"]
    assert error_of(refresh(sandbox, token, "other device")) == (400, "invalid_grant", 700007)
    assert error_of(refresh(sandbox, "nonsense")) == (400, "invalid_grant", 9002313)
    assert error_of(refresh(sandbox, "")) == (400, "invalid_request", 900144)


def test_another_tenant(sandbox: Running) -> None:
    """Not bound to a tenant: works where the person is a guest; AADSTS50020 where not, 700016 without the application."""
    ana = signed_in(sandbox, GUEST, "approve")
    analyst = refresh(sandbox, ana["refresh_token"], "approve", "contoso.example").json()
    assert verified(sandbox, analyst["access_token"])["acct"] == 1
    person = signed_in(sandbox, PERSON, "approve")["refresh_token"]
    assert error_of(refresh(sandbox, person, "approve", "mssp.example")) == (400, "invalid_grant", 50020)
    assert error_of(refresh(sandbox, person, "approve", "fabrikam.example")) == (400, "unauthorized_client", 700016)
    assert error_of(refresh(sandbox, person, "approve", "nowhere.example")) == (400, "invalid_tenant", 90002)


def test_an_analyst_of_the_mssp_redeems_at_the_customer(sandbox: Running) -> None:
    """EM K: signed in at home, the refresh token is redeemed per customer tenant (CIPP Get-GraphToken)."""
    flow = begin_device(sandbox, "approve", "organizations", "User.Read offline_access")
    sign_in(sandbox, flow, GUEST)
    home = poll(sandbox, flow, "approve", "organizations").json()
    assert verified(sandbox, home["access_token"], 1)["acct"] == 0
    customer = refresh(sandbox, home["refresh_token"], "approve", "contoso.example").json()
    claims = verified(sandbox, customer["access_token"])
    assert (claims["tid"], claims["acct"], claims["email"]) == (sandbox.tenant()["tenant_id"], 1, GUEST)


def test_revoked_for_a_member(sandbox: Running) -> None:
    """practice M4: revokeSignInSessions ends a member's refresh tokens (AADSTS50173); access tokens live on."""
    graph = sandbox.graph()
    before = signed_in(sandbox)
    graph.ok("POST", f"/users/{user_id(graph, PERSON)}/revokeSignInSessions")
    answer = refresh(sandbox, before["refresh_token"])
    assert error_of(answer) == (400, "invalid_grant", 50173)
    assert "TokensValidFrom" in answer.json()["error_description"]
    Graph(sandbox, refresh(sandbox, signed_in(sandbox)["refresh_token"]).json()["access_token"], sandbox.tenant())
    assert verified(sandbox, before["access_token"])["upn"] == PERSON


def test_not_revoked_for_a_guest(sandbox: Running) -> None:
    """practice M4: "this API doesn't revoke sign-in sessions for external users"; it answers true all the same."""
    graph = sandbox.graph()
    guest = graph.ok("GET", f"/users?$filter=mail eq '{GUEST}'")["value"][0]["id"]
    token = signed_in(sandbox, GUEST)["refresh_token"]
    assert graph.ok("POST", f"/users/{guest}/revokeSignInSessions")["value"] is True
    assert refresh(sandbox, token).status_code == 200


def test_blocked_and_deleted_people(sandbox: Running) -> None:
    """AADSTS50057 for a blocked account, 50034 for one that is gone."""
    graph = sandbox.graph()
    body = {
        "displayName": "Short stay",
        "accountEnabled": True,
        "mailNickname": "short",
        "userPrincipalName": "short@contoso.example",
        "passwordProfile": {"password": "not kept"},
    }
    person = graph.ok("POST", "/users", body, 201)["id"]
    token = signed_in(sandbox, "short@contoso.example")["refresh_token"]
    graph("PATCH", f"/users/{person}", {"accountEnabled": False}, 204)
    assert error_of(refresh(sandbox, token)) == (400, "invalid_grant", 50057)
    graph("DELETE", f"/users/{person}", status=204)
    assert error_of(refresh(sandbox, token)) == (400, "invalid_grant", 50034)


def test_ninety_days_without_use(sandbox: Running) -> None:
    """AADSTS700082: expired due to inactivity; a used one lives on in its successor."""
    idle = signed_in(sandbox)["refresh_token"]
    try:
        sandbox.control("POST", "clock", {"advance_seconds": 60 * 86400})
        used = refresh(sandbox, idle).json()["refresh_token"]
        sandbox.control("POST", "clock", {"advance_seconds": 31 * 86400})
        assert error_of(refresh(sandbox, idle)) == (400, "invalid_grant", 700082)
        assert refresh(sandbox, used).status_code == 200
    finally:
        sandbox.control("DELETE", "clock")


def test_the_log_holds_no_grant(sandbox: Running) -> None:
    """The request log says who came from which application, and keeps neither codes nor tokens."""
    sandbox.control("DELETE", "requests")
    flow = begin_device(sandbox, scope="User.Read offline_access")
    sign_in(sandbox, flow)
    answer = poll(sandbox, flow).json()
    after = refresh(sandbox, answer["refresh_token"]).json()
    entries = sandbox.control("GET", "requests")["requests"]
    assert [entry["path"].rsplit("/", 1)[-1] for entry in entries] == ["devicecode", "token", "token"]
    assert {entry["client_id"] for entry in entries} == {client_of(sandbox, "device")["client_id"]}
    for secret in (flow["device_code"], answer["refresh_token"], answer["access_token"], after["refresh_token"]):
        assert secret not in str(entries)


def test_a_confidential_client_refreshes_with_its_secret(sandbox: Running) -> None:
    """AADSTS7000218 without, AADSTS7000215 with a wrong one."""
    flow = begin_device(sandbox, "web", scope="User.Read offline_access")
    sign_in(sandbox, flow)
    client = client_of(sandbox, "web")
    proof = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    answer = token_request(sandbox, "contoso.example", grant_type="device_code", device_code=flow["device_code"], **proof).json()
    token = answer["refresh_token"]
    assert verified(sandbox, answer["access_token"])["appidacr"] == "1"
    assert error_of(refresh(sandbox, token, "web")) == (401, "invalid_client", 7000218)
    assert error_of(refresh(sandbox, token, "web", client_secret="wrong")) == (401, "invalid_client", 7000215)
    assert refresh(sandbox, token, "web", client_secret=client["client_secret"]).status_code == 200
