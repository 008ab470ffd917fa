# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates against the identity platform: every form in which people keep them, and what is wrong with them."""

from __future__ import annotations

import collections.abc
import datetime
import typing as t
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from harness import server, world
from harness.playbook import Result, run_playbook
from harness.tenants import Tenant

PASSWORD = "a-long-password-of-a-certificate"


class Pair(t.NamedTuple):
    """A certificate and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def pair(name: str) -> Pair:
    """A new self-signed certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return Pair(made, key)


def pem(one: Pair, password: str | None = None, *, key_first: bool = False) -> bytes:
    """Certificate and key in one file."""
    encryption: t.Any = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password.encode())
    key = one.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    parts = [one.certificate.public_bytes(serialization.Encoding.PEM), key]
    return b"".join(reversed(parts) if key_first else parts)


def pfx(one: Pair, password: str | None = None) -> bytes:
    """Certificate and key as PKCS 12."""
    encryption: t.Any = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(b"x", one.key, one.certificate, None, encryption)


REGISTERED, STRANGER = pair("registered"), pair("stranger")


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Tenant]:
    """A customer who has an application with a certificate."""
    directory = tmp_path_factory.mktemp("certificates")
    public = directory / "public.pem"
    public.write_bytes(REGISTERED.certificate.public_bytes(serialization.Encoding.PEM))
    config = world.config(customers=1)
    config["tenants"][0]["clients"].append({"name": "certified", "certificate": str(public)})
    with server.running(directory, config) as sandbox:
        yield sandbox.tenants[0]


def ask(tenant: Tenant, directory: Path, content: bytes | None, password: str | None = None) -> Result:
    """tenant_info with a certificate, at the highest verbosity."""
    file = directory / "certificate"
    if content is not None:
        file.write_bytes(content)
    options = {name: value for name, value in tenant.options("certified").items() if name != "client_secret"}
    task: dict[str, t.Any] = {**options, "certificate_path": str(file)}
    if password:
        task["certificate_password"] = password
    play = {"name": "Ask", "hosts": "all", "gather_facts": False, "tasks": [{"name": "ask", "mssp.defender.tenant_info": task}]}
    return run_playbook([play], directory, verbosity=5)


@pytest.mark.parametrize(
    ("content", "password"),
    [
        pytest.param(pem(REGISTERED), None, id="pem"),
        pytest.param(pem(REGISTERED, key_first=True), None, id="pem-key-first"),
        pytest.param(pem(REGISTERED, PASSWORD), PASSWORD, id="pem-encrypted"),
        pytest.param(pfx(REGISTERED), None, id="pfx"),
        pytest.param(pfx(REGISTERED, PASSWORD), PASSWORD, id="pfx-encrypted"),
    ],
)
def test_forms(tenant: Tenant, tmp_path: Path, content: bytes, password: str | None) -> None:
    """A token is had, and neither password nor token is told."""
    result = ask(tenant, tmp_path, content, password)
    assert result.rc == 0, result
    assert result.task("ask").result["application"]["client_id"] == tenant.client("certified")["client_id"]
    everything = result.stdout + result.stderr + str(result.task("ask").result)
    assert PASSWORD not in everything
    assert "eyJ" not in everything


@pytest.mark.parametrize(
    ("content", "password", "words"),
    [
        pytest.param(
            None, None, "cannot be read (No such file or directory). Set certificate_path to a readable PEM", id="no-file"
        ),
        pytest.param(pem(STRANGER), None, "is not registered for the application", id="not-registered"),
        pytest.param(pem(REGISTERED, PASSWORD), None, "cannot be used. Check that it is PEM or PFX", id="pem-no-password"),
        pytest.param(pem(REGISTERED, PASSWORD), "another-password", "and that certificate_password is right", id="pem-wrong"),
        pytest.param(pfx(REGISTERED, PASSWORD), "another-password", "and that certificate_password is right", id="pfx-wrong"),
        pytest.param(b"rubbish", None, "cannot be used. Check that it is PEM or PFX", id="rubbish"),
        pytest.param(
            REGISTERED.certificate.public_bytes(serialization.Encoding.PEM),
            None,
            "does not hold both a certificate and a private key. Put both into one file",
            id="no-key",
        ),
    ],
)
def test_what_is_wrong(tenant: Tenant, tmp_path: Path, content: bytes | None, password: str | None, words: str) -> None:
    """One sentence with the remedy."""
    result = ask(tenant, tmp_path, content, password)
    said = result.task("ask").result["msg"]
    assert words in said
    assert said.startswith(f"Tenant {tenant.tenant_id}: ")
    assert "Traceback" not in result.stdout
