# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses

import pytest
import requests

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _client_secret, _msal
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import find_cloud
from ansible_collections.mssp.defender.tests.unit.fakes import answer

SECRET = "s3cret-value"
CONSENT = "https://login.test/contoso.com/adminconsent?client_id=app-1"
IDENTITY = Identity(
    tenant_id="contoso.com",
    client_id="app-1",
    login_url="https://login.test",
    scope="https://graph.test/.default",
    options={"client_secret": SECRET},
)
LEAK = f"POST body: client_secret={SECRET}"


def test_consent_url():
    assert _msal.consent_url(IDENTITY) == CONSENT


ANOTHER_CLOUD = (
    "the tenant is in another cloud ({}). Set cloud to that of the tenant, and client_id to an application that is registered "
    "in that cloud."
)
SECOND_FACTOR = (
    "this tenant wants a second factor of the person who signed in ({}). "
    "Sign in again with playbooks/sign_in.yml, to this tenant."
)
DEVICE = (
    "a Conditional Access policy of the customer wants a managed device of the person who signed in ({}). Sign in again with "
    "playbooks/sign_in.yml, in a browser on such a device, or ask the customer to except the person from it."
)
UNUSED = "the refresh token has expired, since nobody used it for too long ({}). Sign in again with playbooks/sign_in.yml."

# (code, what msg says after "no access token: ")
CODES = [
    ("AADSTS7000215", "the client secret is wrong ({}). Give the secret's value, not its id, of the application app-1."),
    ("AADSTS7000222", "the client secret has expired ({}). Create a new secret for the application app-1."),
    (
        "AADSTS700016",
        "the application app-1 is not known in this tenant ({}). An administrator of the customer consents to it here: "
        + CONSENT,
    ),
    (
        "AADSTS65001",
        "the application app-1 has no consent in this tenant ({}). An administrator of the customer consents to it here: "
        + CONSENT,
    ),
    (
        "AADSTS7000229",
        "the application app-1 has no service principal in this tenant ({}). "
        "An administrator of the customer consents to it here: " + CONSENT,
    ),
    (
        "AADSTS700027",
        "the certificate is not registered for the application app-1 ({}). "
        "Upload its public part to the application, or give the certificate that is registered.",
    ),
    ("AADSTS900382", ANOTHER_CLOUD),
    ("AADSTS90038", ANOTHER_CLOUD),
    ("AADSTS90002", "the tenant is not known in this cloud ({}). Check tenant_id and cloud."),
    ("AADSTS900023", "the tenant is not known in this cloud ({}). Check tenant_id and cloud."),
    (
        "AADSTS53003",
        "a Conditional Access policy of the customer blocks the application ({}). Ask the customer to except app-1 from it.",
    ),
    (
        "AADSTS7000112",
        "the application app-1 is disabled in this tenant ({}). "
        "An administrator of the customer enables it again under Enterprise applications, Properties.",
    ),
    (
        "AADSTS7000218",
        "the application app-1 is a confidential one, which has to prove itself as well ({}). "
        "Give client_secret or certificate_path with it, or allow public client flows for the application.",
    ),
    (
        "AADSTS700025",
        "the application app-1 is a public one, which takes neither secret nor certificate ({}). "
        "Leave them out; where the environment has some, set client_secret and certificate_path to an empty text.",
    ),
    ("AADSTS700082", UNUSED),
    ("AADSTS70008", UNUSED),
    (
        "AADSTS70043",
        "the customer's policy on how long a sign-in lasts has ended the refresh token ({}). "
        "Sign in again with playbooks/sign_in.yml, or ask the customer to except the person from it.",
    ),
    (
        "AADSTS50173",
        "the refresh token was revoked ({}). "
        "Sign in again with playbooks/sign_in.yml. A changed password and revoked sign-in sessions end it.",
    ),
    (
        "AADSTS9002313",
        "the refresh token is none of the identity platform, or not the whole of it ({}). "
        "Sign in again with playbooks/sign_in.yml, and take all of what it stores.",
    ),
    (
        "AADSTS700007",
        "the refresh token was issued to another application than app-1 ({}). "
        "Set client_id to the application that the person signed in to.",
    ),
    (
        "AADSTS50020",
        "the person who signed in is not known in this tenant ({}). "
        "Ask the customer to invite them as a guest, or sign in as somebody who is one.",
    ),
    (
        "AADSTS50057",
        "the account of the person who signed in is disabled ({}). Sign in as somebody else.",
    ),
    ("AADSTS50076", SECOND_FACTOR),
    ("AADSTS50078", SECOND_FACTOR),
    ("AADSTS50079", SECOND_FACTOR),
    ("AADSTS53000", DEVICE),
    ("AADSTS530003", DEVICE),
    (
        "AADSTS50105",
        "the person who signed in is not assigned to the application app-1 in this tenant ({}). "
        "An administrator of the customer assigns them under Enterprise applications, Users and groups.",
    ),
    ("AADSTS65004", "the person declined ({}). Run again for a new code, if that was a mistake."),
    ("AADSTS70020", "the code has expired before anybody signed in ({}). Run again for a new code."),
    (
        "AADSTS700211",
        "the application app-1 does not trust the issuer of the federated token ({}). "
        "Compare the federated credential of the application with iss in the token.",
    ),
    (
        "AADSTS700212",
        "the federated token has another audience than the application app-1 trusts ({}). "
        "Compare the federated credential of the application with aud in the token.",
    ),
    (
        "AADSTS700213",
        "the application app-1 does not trust the subject of the federated token ({}). "
        "Compare the federated credential of the application with sub in the token.",
    ),
    (
        "AADSTS70021",
        "the application app-1 does not trust the federated token ({}). "
        "Compare the federated credential of the application with iss, sub and aud in the token.",
    ),
    (
        "AADSTS70025",
        "the application app-1 has no federated credential ({}). "
        "Add one for the issuer of the token, under Certificates and secrets.",
    ),
    (
        "AADSTS700236",
        "a token of another Entra ID tenant is not taken as a federated token here ({}). Let an application of that token's own "
        "tenant trust it; it may be a multi-tenant one that the customer consents to.",
    ),
    (
        "AADSTS50027",
        "the signature of the assertion does not hold ({}). The federated token is not signed by a key that its issuer "
        "publishes, or was cut off on its way into the file.",
    ),
    (
        "AADSTS700024",
        "the assertion is outside its time ({}). "
        "The federated token has expired and its writer did not replace it, or the clock of this machine is wrong.",
    ),
    (
        "AADSTS500011",
        "the tenant's cloud knows no https://graph.test ({}). Check cloud: it has to be that of the tenant.",
    ),
]


def test_the_table_is_tested_in_full():
    assert {code for code, dummy in CODES} == set(_msal._ADVICE)


@pytest.mark.parametrize(("code", "words"), CODES)
def test_known_codes(code, words):
    description = f"{code}: Words of Microsoft. Trace ID: 1 Correlation ID: 2 Timestamp: 2026-01-01 00:00:00Z"
    failure = _msal.refused(IDENTITY, {"error": "invalid_client", "error_description": description, "trace_id": "trace-1"})
    assert str(failure) == "no access token: " + words.format(code)
    assert failure.code == code
    assert failure.request_id == "trace-1"


@pytest.mark.parametrize("code", ["AADSTS70002150", "AADSTS7000", "AADSTS50034"])
def test_a_code_that_only_begins_like_a_known_one_is_unknown(code):
    description = f"{code}: The clock is wrong. More words.\r\nTrace ID: 1"
    failure = _msal.refused(IDENTITY, {"error": "invalid_request", "error_description": description})
    assert str(failure) == (
        f"no access token: the identity platform refused the credential ({code}: The clock is wrong). "
        "Check client_id, the credential and the application's state in the tenant."
    )
    assert failure.code == code


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"error": "invalid_client"}, "invalid_client", "the identity platform refused the credential (invalid_client)"),
        ({}, "AuthenticationFailed", "the identity platform refused the credential (AuthenticationFailed)"),
        ({"error": "invalid_tenant"}, "invalid_tenant", "the identity platform knows no such tenant"),
    ],
)
def test_answers_without_a_code(given, code, words):
    failure = _msal.refused(IDENTITY, given)
    assert failure.code == code
    assert failure.cause == f"no access token: {words}"


# -- through MSAL itself ---------------------------------------------------------------------------------------------

DISCOVERY = {
    "token_endpoint": "https://login.test/contoso.com/oauth2/v2.0/token",
    "authorization_endpoint": "https://login.test/contoso.com/oauth2/v2.0/authorize",
    "issuer": "https://login.test/contoso.com/v2.0",
}


class Login:
    """The identity platform, for MSAL's http_client."""

    def __init__(self, post, get=None):
        # An answer of status 400 is false.
        self._get, self._post = (answer(200, DISCOVERY) if get is None else get), post
        self.sent = []

    def get(self, url, **kwargs):
        return self._respond("GET", url, kwargs, self._get)

    def post(self, url, **kwargs):
        return self._respond("POST", url, kwargs, self._post)

    def _respond(self, verb, url, kwargs, step):
        self.sent.append((verb, url, kwargs))
        if isinstance(step, Exception):
            raise step
        return step

    def close(self):
        pass


def test_a_token_by_the_secret():
    login = Login(answer(200, {"access_token": "t", "expires_in": 3599, "token_type": "Bearer"}))
    got = _client_secret.acquire(IDENTITY, login)
    assert (got["access_token"], got["expires_in"]) == ("t", 3599)
    # Nothing goes to login.microsoftonline.com: an authority of another host is taken at its word.
    assert {url.split("/")[2] for dummy, url, dummy2 in login.sent} == {"login.test"}
    data = login.sent[-1][2]["data"]
    assert (data["grant_type"], data["client_id"], data["scope"]) == (
        "client_credentials",
        "app-1",
        "https://graph.test/.default",
    )


def test_a_refusal_by_the_identity_platform():
    description = "AADSTS7000215: Invalid client secret provided. Trace ID: 1"
    login = Login(answer(401, {"error": "invalid_client", "error_description": description}))
    given = _client_secret.acquire(IDENTITY, login)
    assert str(_msal.refused(IDENTITY, given)).startswith("no access token: the client secret is wrong (AADSTS7000215).")


def test_a_tenant_that_discovery_does_not_know():
    unknown = {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'contoso.com' not found."}
    login = Login(None, get=answer(400, unknown))
    with pytest.raises(Failure) as caught:
        _client_secret.acquire(IDENTITY, login)
    assert str(caught.value) == (
        "no access token: the tenant is not known in this cloud (AADSTS90002). Check tenant_id and cloud."
    )


def lives_at(host):
    """A tenant whose endpoints are at this host, and how Entra ID's discovery names it."""
    return {name: url.replace("login.test", host) for name, url in DISCOVERY.items()}


@pytest.mark.parametrize(
    ("cloud", "host", "where"),
    [
        ("public", "login.microsoftonline.us", "usgov or usgov_dod"),
        ("public", "login.partner.microsoftonline.cn", "china"),
        ("usgov", "login.microsoftonline.com", "public"),
        ("usgov_dod", "login.chinacloudapi.cn", "china"),
        ("china", "login.microsoftonline.com", "public"),
    ],
)
def test_a_credential_is_not_sent_to_another_cloud(cloud, host, where):
    login = Login(None, get=answer(200, lives_at(host)))
    of_cloud = dataclasses.replace(IDENTITY, scope=f"{find_cloud(cloud).graph_url}/.default")
    with pytest.raises(Failure) as caught:
        _client_secret.acquire(of_cloud, login)
    assert str(caught.value) == (
        f"no access token: the tenant is in the cloud {where}, not in {cloud}. Set cloud to that of the tenant, and client_id to "
        "an application that is registered in that cloud."
    )
    assert caught.value.code == "AnotherCloud"
    assert {verb for verb, dummy, dummy2 in login.sent} == {"GET"}


@pytest.mark.parametrize(
    ("cloud", "host"),
    [
        ("public", "login.microsoftonline.com"),
        ("public", "login.windows.net"),
        ("usgov", "login.microsoftonline.us"),
        ("usgov_dod", "login.microsoftonline.us"),
        ("china", "login.partner.microsoftonline.cn"),
        ("china", "login.chinacloudapi.cn"),
        ("china", "login.of-a-gateway.test"),
    ],
)
def test_a_cloud_has_more_than_one_name_for_its_identity_platform(cloud, host):
    login = Login(answer(200, {"access_token": "t", "expires_in": 3599}), get=answer(200, lives_at(host)))
    of_cloud = dataclasses.replace(IDENTITY, scope=f"{find_cloud(cloud).graph_url}/.default")
    assert _client_secret.acquire(of_cloud, login)["access_token"] == "t"


@pytest.mark.parametrize("where", ["get", "post"])
@pytest.mark.parametrize(
    ("exception", "words", "code"),
    [
        (
            requests.exceptions.SSLError(LEAK),
            "the TLS certificate of https://login.test cannot be verified. "
            "Set ca_path (or REQUESTS_CA_BUNDLE) to the CA bundle that signs it, and check login_url.",
            "TlsError",
        ),
        (
            requests.exceptions.ConnectionError(LEAK),
            "the identity platform https://login.test cannot be reached. Check network, proxy, cloud and login_url.",
            "ConnectionError",
        ),
        (
            requests.exceptions.ReadTimeout(LEAK),
            "the identity platform https://login.test cannot be reached. Check network, proxy, cloud and login_url.",
            "ConnectionError",
        ),
    ],
)
def test_an_identity_platform_that_does_not_answer(where, exception, words, code):
    login = Login(exception) if where == "post" else Login(None, get=exception)
    with pytest.raises(GraphError) as caught:
        _client_secret.acquire(IDENTITY, login)
    assert str(caught.value) == words
    assert caught.value.code == code


def test_the_fingerprint_is_no_secret_and_tells_secrets_apart():
    one = _client_secret.fingerprint(IDENTITY)
    assert SECRET not in one
    assert one == _client_secret.fingerprint(IDENTITY)
    other = Identity("t", "c", "l", "s", {"client_secret": "other-secret"})
    assert one != _client_secret.fingerprint(other)
