# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Federated token files and refresh tokens: what is sent, what is remembered as secret, what keeps cached tokens apart."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _federated, _refresh_token
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._tokens import TokenSource
from ansible_collections.mssp.defender.tests.unit.fakes import answer

ROOT = "https://login.test/contoso.com"


class Login:
    """Gives a token to whoever asks; remembers the forms."""

    def __init__(self):
        self.forms = []

    def get(self, url, **kwargs):
        names = ("token_endpoint", "authorization_endpoint", "issuer")
        return answer(200, dict.fromkeys(names, f"{ROOT}/oauth2/v2.0/token"))

    def post(self, url, **kwargs):
        self.forms.append(kwargs["data"])
        return answer(200, {"access_token": "t", "expires_in": 3600, "token_type": "Bearer", "refresh_token": "0.the-next-one"})

    def close(self):
        pass


def identity(**options):
    return Identity("contoso.com", "app-1", "https://login.test", "https://graph.test/.default", options)


def test_the_assertion_is_the_files_content_as_it_is_now(tmp_path):
    file, login = tmp_path / "token", Login()
    for content in ("a.first.one\n", "  a.second.one  "):
        file.write_text(content, encoding="ascii")
        assert _federated.acquire(identity(federated_token_file=str(file)), login)["access_token"] == "t"
    assert [form["client_assertion"] for form in login.forms] == ["a.first.one", "a.second.one"]
    assert {form["grant_type"] for form in login.forms} == {"client_credentials"}
    assert {"a.first.one", "a.second.one"} <= _secrets.seen()


@pytest.mark.parametrize("content", [b"", b"\n", b"no token", b"a.b", b"a.b.c.d", b"\xff\xfe", b"a." * 50000])
def test_a_file_without_a_token(tmp_path, content):
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        _federated.acquire(identity(federated_token_file=str(file)), None)
    assert str(caught.value).startswith(f"the federated token file {file} holds no token. It holds one token of the trusted")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        _federated.acquire(identity(federated_token_file=str(tmp_path)), None)
    assert f"the federated token file {tmp_path} cannot be read (Is a directory). Set" in str(caught.value)


def test_a_renewed_file_is_the_same_credential(tmp_path):
    file = tmp_path / "token"
    before = _federated.fingerprint(identity(federated_token_file=str(file)))
    file.write_text("a.b.c", encoding="ascii")
    assert _federated.fingerprint(identity(federated_token_file=str(file))) == before
    assert _federated.fingerprint(identity(federated_token_file="/another")) != before


@pytest.mark.parametrize("secret", [None, "", "the-secret-of-it"])
def test_a_confidential_application_proves_itself_as_well(secret):
    login = Login()
    _refresh_token.acquire(identity(refresh_token=" 0.given-refresh-token\n", client_secret=secret), login)
    (form,) = login.forms
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "0.given-refresh-token")
    assert form.get("client_secret") == (secret or None)
    assert "https://graph.test/.default" in form["scope"]


def test_the_next_refresh_token_is_a_secret_and_goes_nowhere(tmp_path):
    login = Login()
    tokens = TokenSource(identity(refresh_token="0.given-refresh-token"), _refresh_token, login, str(tmp_path))
    assert tokens.get() == "t"
    tokens.drop()
    assert tokens.get() == "t"
    assert [form["refresh_token"] for form in login.forms] == ["0.given-refresh-token"] * 2
    assert "0.the-next-one" in _secrets.seen()
    for path in tmp_path.iterdir():
        assert "refresh" not in path.read_text(encoding="utf-8")
        assert "next" not in path.read_text(encoding="utf-8")


def test_another_token_or_another_proof_is_another_credential(tmp_path):
    file = tmp_path / "both.pem"
    file.write_text("x", encoding="ascii")
    known = [{}, {"client_secret": "one"}, {"client_secret": "two"}, {"certificate_path": str(file)}]
    seen = {_refresh_token.fingerprint(identity(refresh_token=token, **more)) for token in ("one", "two") for more in known}
    assert len(seen) == 8
