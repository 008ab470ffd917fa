# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate for an application, and its private key as people keep it: PEM and PFX, encrypted."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID


class Certified:
    """A new self-signed certificate, in files of a directory.

    :param days: when it ends, from today.
    :param password: encrypts `pem` and `pfx`, which hold certificate and key; `public` holds the certificate alone.
    """

    def __init__(self, directory: Path, password: str, days: int = 30) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        certificate = _self_signed(key, days)
        locked = serialization.BestAvailableEncryption(password.encode())
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        self.password = password
        # The key's text, not encrypted: what nobody may ever see.
        self.private_key = key.private_bytes(pem, pkcs8, serialization.NoEncryption()).decode()
        self.public = directory / "public.pem"
        self.pem = directory / "both.pem"
        self.pfx = directory / "both.pfx"
        self.public.write_bytes(certificate.public_bytes(pem))
        self.pem.write_bytes(certificate.public_bytes(pem) + key.private_bytes(pem, pkcs8, locked))
        self.pfx.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, locked))


def _self_signed(key: rsa.RSAPrivateKey, days: int) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mssp")])
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
