# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed identities through MSAL: which endpoint, which identity, and what is wrong."""

from __future__ import annotations

import time

import pytest
import requests

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _managed_identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.tests.unit.fakes import answer

NAMES = (
    *("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "IDENTITY_SERVER_THUMBPRINT"),
    *("MSI_ENDPOINT", "MSI_SECRET", "AZURE_POD_IDENTITY_AUTHORITY_HOST"),
)
SECRET = "s3cret-of-the-endpoint"
APP_SERVICE = {"IDENTITY_ENDPOINT": "https://user:pw@app.test:8081/msi/token?x=y", "IDENTITY_HEADER": SECRET}
METADATA = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "https://metadata.test"}


class Endpoint:
    """Answers with what it was given; remembers what it was asked."""

    def __init__(self, step):
        self._step = step
        self.sent = []

    def get(self, url, **kwargs):
        self.sent.append((url, kwargs))
        if isinstance(self._step, Exception):
            raise self._step
        return self._step


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)

    def connect(*args, **kwargs):
        raise OSError("no network in a unit test")

    monkeypatch.setattr(_managed_identity.socket, "create_connection", connect)


def surround(monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def identity(client_id=""):
    return Identity("contoso.com", client_id, "https://login.test", "https://graph.test/.default", {})


def good():
    ends = str(int(time.time()) + 3600)
    return answer(200, {"access_token": "t", "expires_in": "3600", "expires_on": ends, "resource": "https://graph.test"})


@pytest.mark.parametrize(
    ("variables", "there"),
    [
        ({}, False),
        (APP_SERVICE, True),
        ({"IDENTITY_ENDPOINT": "https://x"}, False),
        ({"IDENTITY_ENDPOINT": "https://x", "IMDS_ENDPOINT": "https://y"}, True),
        ({"MSI_ENDPOINT": "https://x"}, False),
        ({"MSI_ENDPOINT": "https://x", "MSI_SECRET": SECRET}, True),
        (METADATA, True),
        ({"AZURE_POD_IDENTITY_AUTHORITY_HOST": ""}, False),
    ],
)
def test_auto_tries_it_where_its_endpoint_is_configured(monkeypatch, variables, there):
    surround(monkeypatch, variables)
    assert _managed_identity.available({}) is there


@pytest.mark.parametrize("variables", [APP_SERVICE, METADATA], ids=["app-service", "metadata"])
@pytest.mark.parametrize("client_id", ["", "mine"])
def test_the_machines_own_or_the_one_that_is_named(monkeypatch, variables, client_id):
    surround(monkeypatch, variables)
    endpoint = Endpoint(good())
    got = _managed_identity.acquire(identity(client_id), endpoint)
    assert (got["access_token"], got["expires_in"]) == ("t", pytest.approx(3600, abs=2))
    ((dummy, sent),) = endpoint.sent
    assert sent["params"]["resource"] == "https://graph.test"
    assert sent["params"].get("client_id") == (client_id or None)


def test_the_endpoints_secret_is_remembered_and_passes_no_proxy(monkeypatch):
    surround(monkeypatch, APP_SERVICE)
    endpoint = Endpoint(good())
    _managed_identity.acquire(identity(), endpoint)
    assert SECRET in _secrets.seen()
    assert endpoint.sent[0][1]["proxies"] == {"http": "", "https": ""}


@pytest.mark.parametrize(
    "given",
    [
        answer(400, {"error": "invalid_request", "error_description": f"Identity not found {SECRET}"}),
        answer(401, {"statusCode": 401, "message": f"Unauthorized {SECRET}"}),
        answer(200, f"<html>{SECRET}"),
        answer(200, "[]"),
        answer(200, {"access_token": "", "expires_on": "1"}),
    ],
    ids=["unknown", "unauthorized", "html", "list", "empty"],
)
def test_no_token_is_one_sentence(monkeypatch, given):
    surround(monkeypatch, APP_SERVICE)
    with pytest.raises(Failure) as caught:
        _managed_identity.acquire(identity("mine"), Endpoint(given))
    assert str(caught.value) == (
        "no access token: the managed identity endpoint https://app.test:8081 gave none for the client_id mine. Assign a managed "
        "identity to this machine or service; set client_id to that of a user-assigned one, and leave it out for the "
        "system-assigned one."
    )


@pytest.mark.parametrize("variables", [APP_SERVICE, METADATA], ids=["app-service", "metadata"])
def test_a_machine_of_another_cloud_says_so(monkeypatch, variables):
    surround(monkeypatch, variables)
    words = f"AADSTS500011: The resource principal named https://graph.test was not found. {SECRET}"
    refusal = {"error": "invalid_resource", "error_description": words, "statusCode": 400, "message": words}
    with pytest.raises(Failure) as caught:
        _managed_identity.acquire(identity("mine"), Endpoint(answer(400, refusal)))
    assert str(caught.value) == (
        "no access token: the tenant's cloud knows no https://graph.test (AADSTS500011). "
        "Check cloud: it has to be that of the tenant."
    )


@pytest.mark.parametrize("exc", [requests.exceptions.ConnectTimeout(SECRET), requests.exceptions.SSLError(SECRET)])
def test_nobody_answers(monkeypatch, exc):
    surround(monkeypatch, METADATA)
    with pytest.raises(Failure) as caught:
        _managed_identity.acquire(identity(), Endpoint(exc))
    assert caught.value.code == "ManagedIdentityUnreachable"
    assert str(caught.value).startswith("no access token: no managed identity answers at https://metadata.test. auth_method")


def test_where_nothing_is_configured_it_is_known_at_once():
    endpoint = Endpoint(good())
    with pytest.raises(Failure) as caught:
        _managed_identity.acquire(identity(), endpoint)
    assert endpoint.sent == []
    assert "no managed identity answers at http://169.254.169.254." in str(caught.value)


def test_another_endpoint_is_another_credential(monkeypatch):
    seen = {_managed_identity.fingerprint(identity())}
    for variables in (METADATA, APP_SERVICE, {"IDENTITY_HEADER": "another"}):
        surround(monkeypatch, variables)
        seen.add(_managed_identity.fingerprint(identity()))
    assert len(seen) == 4
