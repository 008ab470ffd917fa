# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import ssl

import pytest
import requests

from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph import _http
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget
from ansible_collections.mssp.defender.tests.unit.fakes import Clock, answer


@pytest.fixture(name="bundle")
def _bundle(tmp_path):
    path = tmp_path / "ca.pem"
    with open(requests.certs.where(), encoding="utf-8") as file:
        text = file.read()
    path.write_text(text[text.index("-----BEGIN") : text.index("-----END CERTIFICATE-----") + 26])
    return str(path)


def test_the_option_beats_the_environment_beats_certifi(monkeypatch):
    assert _http.trust_path(None) == requests.certs.where()
    monkeypatch.setenv("CURL_CA_BUNDLE", "/curl.pem")
    assert _http.trust_path(None) == "/curl.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/requests.pem")
    assert _http.trust_path(None) == "/requests.pem"
    assert _http.trust_path("/option.pem") == "/option.pem"


def test_a_session_is_one_per_process_and_bundle(bundle, monkeypatch):
    first = _http.session(bundle)
    assert _http.session(bundle) is first
    assert _http.session(None) is not first
    # After a fork the pid differs: an open connection must not be inherited.
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert _http.session(bundle) is not first


def test_a_bundle_is_parsed_once(bundle, monkeypatch):
    parsed = []
    real = ssl.create_default_context
    monkeypatch.setattr(_http, "_contexts", {})
    monkeypatch.setattr(ssl, "create_default_context", lambda **kwargs: parsed.append(kwargs) or real(**kwargs))
    _http.session(bundle)
    monkeypatch.setattr(_http, "_sessions", {})
    _http.session(bundle)
    assert parsed == [{"cafile": bundle, "capath": None}]


def test_a_directory_of_certificates_is_taken_too(tmp_path):
    assert _http.session(str(tmp_path)) is not None


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_cannot_be_read(tmp_path, content):
    path = tmp_path / "missing.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InvalidInput) as caught:
        _http.session(str(path))
    kind = "SSLError" if content else "FileNotFoundError"
    assert str(caught.value) == (
        f"the CA bundle {path} cannot be read ({kind}). Set ca_path (or REQUESTS_CA_BUNDLE) to a readable PEM file."
    )


def test_the_sessions_own_bundle_is_not_overridden_by_the_environment(bundle, monkeypatch):
    """requests lets REQUESTS_CA_BUNDLE override Session.verify: the adapter must not care."""
    session = _http.session(bundle)
    adapter = session.get_adapter("https://graph.test/")
    context = _http._contexts[bundle]
    assert adapter.poolmanager.connection_pool_kw["ssl_context"] is context
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1

    class Connection:
        cert_reqs = ca_certs = ca_cert_dir = None

    connection = Connection()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/elsewhere.pem")
    adapter.cert_verify(connection, "https://graph.test/", "/elsewhere.pem", None)
    assert (connection.cert_reqs, connection.ca_certs) == ("CERT_REQUIRED", None)
    seen = {}
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lambda self, request, **kwargs: seen.update(kwargs))
    adapter.send(None, verify=False)
    assert seen["verify"] is True


def test_preloading_never_raises(monkeypatch):
    monkeypatch.setattr(_http, "_contexts", {})
    monkeypatch.setattr(_http, "requests", None)
    _http.preload_trust()

    class Broken:
        class certs:
            @staticmethod
            def where():
                return "/nowhere.pem"

    monkeypatch.setattr(_http, "requests", Broken)
    _http.preload_trust()
    assert _http._contexts == {}


def test_preloading_does_not_read_the_environment(monkeypatch):
    monkeypatch.setattr(_http, "_contexts", {})
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    _http.preload_trust()
    assert list(_http._contexts) == [requests.certs.where()]


def test_every_request_of_msal_has_a_time_limit():
    sent = []

    class Session:
        def request(self, verb, url, **kwargs):
            sent.append((verb, url, kwargs))
            return answer(200, {})

    http = _http.BoundedHttp(Session(), 7.0, Budget(0, Clock()))
    http.get("u", params={"a": 1})
    http.post("u", data={"b": 2})
    http.close()
    assert [(verb, url) for verb, url, dummy in sent] == [("GET", "u"), ("POST", "u")]
    assert [kwargs["timeout"] for dummy, dummy2, kwargs in sent] == [7.0, 7.0]
    assert (sent[0][2]["params"], sent[1][2]["data"]) == ({"a": 1}, {"b": 2})


class Platform:
    """An identity platform that answers with these statuses, one after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def request(self, verb, url, **kwargs):
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_overloaded_identity_platform_is_asked_again(status):
    clock = Clock()
    platform = Platform(answer(status, {}, Retry_After="7"), answer(status, {}), answer(200, {"access_token": "x"}))
    http = _http.BoundedHttp(platform, 7.0, Budget(60, clock))
    assert http.post("https://login.test/t/token", data={}).status_code == 200
    assert clock.slept[0] == 7.0
    assert 0.5 <= clock.slept[1] <= 1.0


@pytest.mark.parametrize(("seconds", "tries"), [(60, "4 times"), (6, "1 time")])
def test_it_is_not_asked_for_ever(seconds, tries):
    clock = Clock()
    platform = Platform(*(answer(503, {}, Retry_After="7") for dummy in range(9)))
    http = _http.BoundedHttp(platform, 7.0, Budget(seconds, clock))
    with pytest.raises(GraphError) as caught:
        http.get("https://login.test/t/v2.0/.well-known/openid-configuration")
    assert str(caught.value) == (
        f"no access token: the identity platform https://login.test answered 503 (tried {tries}). "
        "It is overloaded or down: run again later, or use fewer forks."
    )
    assert (caught.value.status, caught.value.code) == (503, "IdentityUnavailable")


@pytest.mark.parametrize("status", [200, 400, 401])
def test_an_answer_is_an_answer(status):
    http = _http.BoundedHttp(Platform(answer(status, {})), 7.0, Budget(60, Clock()))
    assert http.post("u").status_code == status


def test_a_dropped_connection_is_made_again():
    clock = Clock()
    platform = Platform(requests.exceptions.ConnectionError("x"), requests.exceptions.ConnectTimeout("x"), answer(200, {}))
    assert _http.BoundedHttp(platform, 7.0, Budget(60, clock)).post("u").status_code == 200
    assert len(clock.slept) == 2


@pytest.mark.parametrize(
    ("kind", "seconds", "tries"),
    [
        (requests.exceptions.ConnectionError, 60, 4),
        (requests.exceptions.ConnectionError, 0, 1),
        # Another try finds the same certificate, and waits as long for the same answer.
        (requests.exceptions.SSLError, 60, 1),
        (requests.exceptions.ReadTimeout, 60, 1),
    ],
)
def test_a_platform_that_cannot_be_had(kind, seconds, tries):
    platform = Platform(*(kind("x") for dummy in range(9)))
    with pytest.raises(kind):
        _http.BoundedHttp(platform, 7.0, Budget(seconds, Clock())).get("u")
    assert len(platform.answers) == 9 - tries
