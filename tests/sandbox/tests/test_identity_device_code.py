# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device code flow: what a device is told, what a person does, judged by documents and by MSAL."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sandbox_harness import Graph, Running
from sandbox_people import (
    ADMIN,
    GUEST,
    PERSON,
    SCOPES,
    WORLD,
    begin_device,
    client_of,
    error_of,
    poll,
    public_application,
    sign_in,
    signed_in,
    token_request,
    verified,
)

SANDBOX = WORLD


def test_the_answer_has_what_the_page_names(sandbox: Running) -> None:
    """Device authorization response; verification_uri_complete "isn't included"."""
    flow = begin_device(sandbox)
    assert set(flow) == {"user_code", "device_code", "verification_uri", "expires_in", "interval", "message"}
    assert (flow["expires_in"], flow["interval"]) == (900, 1)
    assert flow["user_code"] in flow["message"]
    assert flow["verification_uri"] in flow["message"]
    assert begin_device(sandbox)["user_code"] != flow["user_code"]


def test_pending_then_a_token_then_the_code_is_spent(sandbox: Running) -> None:
    """Expected errors: authorization_pending until the person is done; a device code works once."""
    flow = begin_device(sandbox, scope="User.Read Group.Read.All openid profile offline_access")
    assert error_of(poll(sandbox, flow)) == (400, "authorization_pending", 70016)
    assert sign_in(sandbox, flow).status_code == 204
    answer = poll(sandbox, flow).json()
    assert set(answer) == {
        "token_type",
        "scope",
        "expires_in",
        "ext_expires_in",
        "access_token",
        "refresh_token",
        "id_token",
    }
    assert answer["scope"].split() == ["openid", "profile", "User.Read", "Group.Read.All"]
    assert error_of(poll(sandbox, flow)) == (400, "bad_verification_code", 70018)
    claims = verified(sandbox, answer["access_token"])
    assert set(claims["scp"].split()) == {"User.Read", "Group.Read.All", "openid", "profile"}
    assert (claims["upn"], claims["idtyp"], claims["appidacr"]) == (PERSON, "user", "0")
    Graph(sandbox, answer["access_token"], sandbox.tenant()).ok("GET", "/groups")


def test_tokens_only_as_asked(sandbox: Running) -> None:
    """id_token "issued if the original scope included openid", refresh_token if it included offline_access."""
    answer = signed_in(sandbox, scope="User.Read")
    assert set(answer) == {"token_type", "scope", "expires_in", "ext_expires_in", "access_token"}


@pytest.mark.parametrize("by", ["control", "page"])
def test_declined(sandbox: Running, by: str) -> None:
    """Expected errors: authorization_declined."""
    flow = begin_device(sandbox)
    if by == "control":
        assert sign_in(sandbox, flow, decline=True).status_code == 204
    else:
        form = {"user_code": flow["user_code"], "user": PERSON, "action": "decline"}
        assert "Cancelled" in sandbox.session().post(flow["verification_uri"], data=form).text
    assert error_of(poll(sandbox, flow)) == (400, "authorization_declined", 65004)


def test_expired_and_unknown_codes(sandbox: Running) -> None:
    """Expected errors: expired_token after fifteen minutes, bad_verification_code."""
    flow = begin_device(sandbox)
    try:
        sandbox.control("POST", "clock", {"advance_seconds": 901})
        assert error_of(poll(sandbox, flow)) == (400, "expired_token", 70020)
        assert sign_in(sandbox, flow).status_code == 404
    finally:
        sandbox.control("DELETE", "clock")
    assert error_of(poll(sandbox, {"device_code": "nonsense"})) == (400, "bad_verification_code", 70018)


def test_the_code_belongs_to_its_application(sandbox: Running) -> None:
    """ "client_id must match the client_id used in the initial request"."""
    assert error_of(poll(sandbox, begin_device(sandbox), "other device")) == (400, "invalid_grant", 700007)


def test_a_confidential_client_must_prove_itself(sandbox: Running) -> None:
    """AADSTS7000218: without public client flows, a device code is not enough."""
    flow = begin_device(sandbox, "web")
    sign_in(sandbox, flow)
    assert error_of(poll(sandbox, flow, "web")) == (401, "invalid_client", 7000218)


@pytest.mark.parametrize(
    ("user", "code"),
    [("nobody@contoso.example", 50034), ("blocked@contoso.example", 50057), ("ben@mssp.example", 50034)],
)
def test_who_may_not_sign_in(sandbox: Running, user: str, code: int) -> None:
    """Error codes reference: 50034 UserAccountNotFound, 50057 UserDisabled. The device goes on waiting."""
    flow = begin_device(sandbox)
    refused = sign_in(sandbox, flow, user)
    assert (refused.status_code, refused.json()["error"].split(":")[0]) == (400, f"AADSTS{code}")
    assert error_of(poll(sandbox, flow)) == (400, "authorization_pending", 70016)


def test_blocked_by_policy(sandbox: Running) -> None:
    """practice M7 and S6: conditional access often blocks the device code flow; the person sees AADSTS53003."""
    flow = begin_device(sandbox)
    sandbox.graph().quirk(device_code_blocked=True)
    try:
        assert sign_in(sandbox, flow).json()["error"].startswith("AADSTS53003: ")
        assert error_of(poll(sandbox, flow)) == (400, "authorization_pending", 70016)
    finally:
        sandbox.control("DELETE", "quirks")


def test_scopes_without_consent(sandbox: Running) -> None:
    """AADSTS65001 DelegationDoesNotExist, with the suberror that MSAL reads."""
    flow = begin_device(sandbox, "other device", scope="Group.Read.All")
    sign_in(sandbox, flow)
    answer = poll(sandbox, flow, "other device")
    assert error_of(answer) == (400, "invalid_grant", 65001)
    assert answer.json()["suberror"] == "consent_required"


@pytest.mark.parametrize(
    ("tenant", "form", "expected"),
    [
        ("contoso.example", {"client_id": ""}, (400, "invalid_request", 900144)),
        ("contoso.example", {"scope": ""}, (400, "invalid_request", 900144)),
        ("contoso.example", {"client_id": "11111111-2222-3333-4444-555555555555"}, (400, "unauthorized_client", 700016)),
        ("contoso.example", {"scope": "https://graph.microsoft.us/User.Read"}, (400, "invalid_resource", 500011)),
        (
            "contoso.example",
            {"scope": "https://graph.microsoft.com/User.Read https://management.azure.com/user_impersonation"},
            (400, "invalid_request", 28000),
        ),
        ("contoso.example", {"scope": "https://graph.microsoft.com/.default User.Read"}, (400, "invalid_scope", 70011)),
        ("nowhere.example", {}, (400, "invalid_tenant", 90002)),
        ("common", {}, (400, "invalid_request", 50194)),
    ],
)
def test_requests_that_are_refused(sandbox: Running, tenant: str, form: dict[str, str], expected: tuple[int, str, int]) -> None:
    """Error codes reference; a single-tenant application at /common is AADSTS50194."""
    full = {"client_id": client_of(sandbox, "device")["client_id"], "scope": "User.Read", **form}
    assert error_of(sandbox.session().post(f"{sandbox.url}/{tenant}/oauth2/v2.0/devicecode", data=full)) == expected


@pytest.mark.parametrize("authority", ["common", "organizations"])
def test_the_person_tells_the_tenant(sandbox: Running, authority: str) -> None:
    """/common and /organizations: the tenant is the one that the person belongs to."""
    tenants = {}
    for user, position in ((PERSON, 0), (GUEST, 1)):
        flow = begin_device(sandbox, "approve", authority)
        assert sign_in(sandbox, flow, user).status_code == 204
        answer = poll(sandbox, flow, "approve", authority).json()
        claims = verified(sandbox, answer["access_token"], position)
        tenants[user] = (claims["tid"], claims["acct"])
    assert tenants == {PERSON: (sandbox.tenant(0)["tenant_id"], 0), GUEST: (sandbox.tenant(1)["tenant_id"], 0)}


def test_a_guest_signs_in_to_the_customer(sandbox: Running) -> None:
    """practice S6: a guest approver needs a token issued by the customer's tenant."""
    claims = verified(sandbox, signed_in(sandbox, GUEST)["access_token"])
    assert (claims["tid"], claims["acct"], claims["email"]) == (sandbox.tenant()["tenant_id"], 1, GUEST)


def test_the_page(sandbox: Running) -> None:
    """A person with a browser: a wrong code is said, a right one signs in."""
    flow = begin_device(sandbox)
    shown = sandbox.session().get(flow["verification_uri"])
    assert shown.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'name="user_code"' in shown.text
    wrong = sandbox.session().post(flow["verification_uri"], data={"user_code": '"><b>', "user": PERSON})
    assert wrong.status_code == 400
    assert "<b>" not in wrong.text
    done = sandbox.session().post(flow["verification_uri"], data={"user_code": flow["user_code"].lower(), "user": PERSON})
    assert "You have signed in" in done.text
    assert poll(sandbox, flow).status_code == 200


def test_msal_waits_for_the_person(sandbox: Running) -> None:
    """MSAL's PublicClientApplication, unmodified: it polls, gets its tokens, knows the account, refreshes silently."""
    application = public_application(sandbox, "device", "contoso.example")
    flow = application.initiate_device_flow(["Group.Read.All"])
    later = threading.Timer(0.5, lambda: sign_in(sandbox, flow, ADMIN))
    later.start()
    answer = application.acquire_token_by_device_flow(flow)
    later.join()
    assert answer["id_token_claims"]["preferred_username"] == ADMIN
    assert answer["id_token_claims"]["iss"] == f"{sandbox.url}/{sandbox.tenant()['tenant_id']}/v2.0"
    (account,) = application.get_accounts()
    assert (account["username"], account["realm"]) == (ADMIN, sandbox.tenant()["tenant_id"])
    silent = application.acquire_token_silent(["Group.Read.All"], account)
    assert silent["access_token"] == answer["access_token"]
    again = application.acquire_token_silent(["Group.Read.All"], account, force_refresh=True)
    assert again["access_token"] != answer["access_token"]
    Graph(sandbox, again["access_token"], sandbox.tenant()).ok("GET", "/groups")


def test_msal_hears_no(sandbox: Running) -> None:
    application = public_application(sandbox, "device", "contoso.example")
    flow = application.initiate_device_flow(["User.Read"])
    sign_in(sandbox, flow, decline=True)
    assert application.acquire_token_by_device_flow(flow)["error"] == "authorization_declined"


def test_msal_asks_the_sandbox_which_hosts_are_its_cloud(sandbox: Running) -> None:
    """Instance discovery, at the sandbox instead of at Microsoft: MSAL takes the endpoint's address as a setting."""
    discovery = f"{sandbox.url}/common/discovery/instance"
    application = public_application(sandbox, "device", "contoso.example", instance_discovery=discovery)
    assert "user_code" in application.initiate_device_flow(["User.Read"])
    stranger = sandbox.session().get(discovery, params={"authorization_endpoint": "https://evil.example/x/oauth2/authorize"})
    assert error_of(stranger) == (400, "invalid_instance", 50049)


def test_a_hasty_device_is_slowed_down(start: Any) -> None:
    """RFC 8628 3.5, behind a switch: MSAL heeds it and still gets its token."""
    sandbox = start({**WORLD, "device_code_slow_down": True})
    flow = begin_device(sandbox)
    assert error_of(poll(sandbox, flow))[1] == "authorization_pending"
    assert error_of(poll(sandbox, flow))[1] == "slow_down"
    time.sleep(1.1)
    assert error_of(poll(sandbox, flow))[1] == "authorization_pending"


def test_a_password_is_not_taken(sandbox: Running) -> None:
    """AADSTS70003: the resource owner password grant is not offered, right or wrong."""
    form = {"client_id": client_of(sandbox, "device")["client_id"], "username": PERSON, "password": "x", "scope": "User.Read"}
    answer = token_request(sandbox, "contoso.example", grant_type="password", **form)
    assert error_of(answer) == (400, "unsupported_grant_type", 70003)


def test_default_scope_is_all_that_was_consented(sandbox: Running) -> None:
    """ ".default": every delegated permission that was consented to, and the answer's scope says .default as well."""
    answer = signed_in(sandbox, scope="https://graph.microsoft.com/.default")
    assert sorted(verified(sandbox, answer["access_token"])["scp"].split()) == sorted(SCOPES)
    assert "https://graph.microsoft.com/.default" in answer["scope"].split()
