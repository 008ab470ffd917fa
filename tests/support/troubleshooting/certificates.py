# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate files that cannot be used, one for each reason."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

PASSWORD = "Th3-Passw0rd-of-a-certificate"


def write(directory: Path) -> None:
    """Write `good.pem`, `expired.pem`, `encrypted.pem`, `encrypted.pfx`, `mixed.pem`, `no-key.pem` and `rubbish`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mssp")])
    now = datetime.datetime.now(datetime.timezone.utc)

    def until(end: datetime.datetime) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - datetime.timedelta(days=31))
            .not_valid_after(end)
            .sign(key, hashes.SHA256())
        )

    certificate = until(now + datetime.timedelta(days=30))
    ended = until(datetime.datetime(2026, 1, 31, tzinfo=datetime.timezone.utc)).public_bytes(serialization.Encoding.PEM)
    locked = serialization.BestAvailableEncryption(PASSWORD.encode())
    public = certificate.public_bytes(serialization.Encoding.PEM)

    def private(encryption: serialization.KeySerializationEncryption) -> bytes:
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    (directory / "good.pem").write_bytes(public + private(serialization.NoEncryption()))
    (directory / "expired.pem").write_bytes(ended + private(serialization.NoEncryption()))
    (directory / "encrypted.pem").write_bytes(public + private(locked))
    (directory / "encrypted.pfx").write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, locked))
    another = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "mixed.pem").write_bytes(public + another)
    (directory / "no-key.pem").write_bytes(public)
    (directory / "rubbish").write_bytes(b"rubbish")
