# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import os

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _certificate
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.tests.unit.fakes import answer

PASSWORD = "p4ssword-value"
KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

UNUSABLE = (
    "the certificate file {} cannot be used. "
    "Check that it is PEM or PFX with a private key, and that certificate_password is right."
)


def identity(path, password=None):
    options = {"certificate_path": str(path), "certificate_password": password}
    return Identity("contoso.com", "app-1", "https://login.test", "https://graph.test/.default", options)


class Login:
    """The identity platform: discovery, then a token."""

    def __init__(self):
        self.assertions = []

    def get(self, url, **kwargs):
        base = url.partition("/v2.0/")[0]
        return answer(
            200, {"token_endpoint": f"{base}/token", "authorization_endpoint": f"{base}/authorize", "issuer": f"{base}/v2.0"}
        )

    def post(self, url, data=None, **kwargs):
        self.assertions.append(data["client_assertion"])
        return answer(200, {"access_token": "t", "expires_in": 3599, "token_type": "Bearer"})

    def close(self):
        pass


@pytest.fixture(name="made", scope="module")
def _made():
    """A key and its certificate, in every form that operators have."""
    pytest.importorskip("cryptography")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs12

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mssp")])
    now = datetime.datetime(2026, 1, 1)

    def valid(days):
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=days))
            .sign(key, hashes.SHA256())
        )

    certificate, ended = valid(3650), valid(30)
    locked = serialization.BestAvailableEncryption(PASSWORD.encode())
    form = serialization.PrivateFormat.PKCS8

    def pem(encryption):
        return key.private_bytes(serialization.Encoding.PEM, form, encryption)

    public = certificate.public_bytes(serialization.Encoding.PEM)
    return {
        "pem": pem(serialization.NoEncryption()) + public,
        "pem, certificate first": public + pem(serialization.NoEncryption()),
        "pem with bag attributes": b"Bag Attributes\n    friendlyName: x\n" + pem(serialization.NoEncryption()) + public,
        "locked pem": pem(locked) + public,
        "pfx": pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, serialization.NoEncryption()),
        "locked pfx": pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, locked),
        "another key's pem": rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM, form, serialization.NoEncryption()
        )
        + public,
        "ended pem": pem(serialization.NoEncryption()) + ended.public_bytes(serialization.Encoding.PEM),
        "ended pfx": pkcs12.serialize_key_and_certificates(b"x", key, ended, None, locked),
    }


@pytest.mark.parametrize(
    ("form", "password"),
    [
        ("pem", None),
        ("pem, certificate first", None),
        ("pem with bag attributes", None),
        ("locked pem", PASSWORD),
        ("pfx", None),
        ("locked pfx", PASSWORD),
    ],
)
def test_every_form_gives_a_signed_assertion(made, tmp_path, form, password):
    path = tmp_path / "certificate"
    path.write_bytes(made[form])
    login = Login()
    assert _certificate.acquire(identity(path, password), login)["access_token"] == "t"
    assert len(login.assertions) == 1


@pytest.mark.parametrize(("form", "password"), [("ended pem", None), ("ended pfx", PASSWORD)])
def test_an_expired_certificate_is_told_before_anybody_is_asked(made, tmp_path, form, password):
    path = tmp_path / "certificate"
    path.write_bytes(made[form])
    login = Login()
    with pytest.raises(Failure) as caught:
        _certificate.acquire(identity(path, password), login)
    assert str(caught.value) == (
        f"the certificate of {path} expired on 2026-01-31. "
        "Register a new one for the application app-1, and give its file in certificate_path."
    )
    assert (caught.value.code, login.assertions) == ("CertificateExpired", [])


def test_a_certificate_beside_the_key_of_another_one(made, tmp_path):
    path = tmp_path / "mixed.pem"
    path.write_bytes(made["another key's pem"])
    login = Login()
    with pytest.raises(InvalidInput) as caught:
        _certificate.acquire(identity(path), login)
    assert str(caught.value).startswith(
        f"the certificate and the private key in {path} do not belong together. Put the key beside"
    )
    assert login.assertions == []


def test_a_missing_file():
    with pytest.raises(InvalidInput) as caught:
        _certificate.fingerprint(identity("/nowhere/both.pem"))
    assert str(caught.value) == (
        "the certificate file /nowhere/both.pem cannot be read (No such file or directory). "
        "Set certificate_path to a readable PEM or PFX file that holds certificate and private key."
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "both.pem"
    path.write_text(KEY + CERTIFICATE)
    path.chmod(0)
    with pytest.raises(InvalidInput, match=r"cannot be read \(Permission denied\)"):
        _certificate.acquire(identity(path), Login())


def test_a_directory(tmp_path):
    with pytest.raises(InvalidInput, match=r"cannot be read \(Is a directory\)"):
        _certificate.acquire(identity(tmp_path), Login())


@pytest.mark.parametrize("content", [KEY, CERTIFICATE, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_pem_file_needs_both(tmp_path, content):
    path = tmp_path / "half.pem"
    path.write_text(content)
    with pytest.raises(InvalidInput) as caught:
        _certificate.acquire(identity(path), Login())
    assert str(caught.value) == (
        f"the PEM file {path} does not hold both a certificate and a private key. "
        "Put both into one file: cat certificate.pem key.pem > both.pem."
    )


def test_a_locked_pem_without_its_password(made, tmp_path):
    path = tmp_path / "locked.pem"
    path.write_bytes(made["locked pem"])
    with pytest.raises(Failure) as caught:
        _certificate.acquire(identity(path), Login())
    assert str(caught.value) == UNUSABLE.format(path)


@pytest.mark.parametrize(
    ("form", "password"), [("locked pem", "wrong-password"), ("locked pfx", "wrong-password"), ("locked pfx", None)]
)
def test_a_wrong_password_fails_without_being_quoted(made, tmp_path, form, password):
    path = tmp_path / "locked"
    path.write_bytes(made[form])
    with pytest.raises(Failure) as caught:
        _certificate.acquire(identity(path, password), Login())
    assert "wrong-password" not in str(caught.value.as_result())
    assert str(caught.value) == UNUSABLE.format(path)


@pytest.mark.parametrize("content", [b"garbage", b"", (KEY + CERTIFICATE).encode()])
def test_a_file_that_is_no_certificate(tmp_path, content):
    path = tmp_path / "certificate"
    path.write_bytes(content)
    with pytest.raises(Failure) as caught:
        _certificate.acquire(identity(path), Login())
    assert str(caught.value) == UNUSABLE.format(path)


def test_a_renewed_certificate_is_another_credential(tmp_path):
    path = tmp_path / "both.pem"
    path.write_text(KEY + CERTIFICATE)
    one = _certificate.fingerprint(identity(path))
    assert one == _certificate.fingerprint(identity(path))
    path.write_text(KEY + CERTIFICATE + "\n")
    assert _certificate.fingerprint(identity(path)) != one
    assert "AAAA" not in one
