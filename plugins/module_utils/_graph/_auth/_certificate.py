# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""A certificate whose public part is registered with the application: PEM or PFX, encrypted or not."""

from __future__ import annotations

import datetime
import hashlib
import os
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import acquire_for_client

NAME = "certificate"
NEEDS = ("client_id", "certificate_path")
STORED = True
ANY_TENANT = False

_PEM = b"-----BEGIN"


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as exc:
        raise InvalidInput(
            # By its number: the text of an exception is never quoted.
            f"the certificate file {path} cannot be read ({os.strerror(exc.errno or 0)})",
            remedy="Set certificate_path to a readable PEM or PFX file that holds certificate and private key.",
        ) from exc


def available(options: t.Mapping[str, t.Any]) -> bool:
    """Whether it can be tried."""
    return all(options.get(name) for name in NEEDS)


def fingerprint(identity: Identity) -> str:
    """A digest of the file: a renewed certificate is another credential."""
    return hashlib.sha256(_read(identity.options["certificate_path"])).hexdigest()


def acquire(identity: Identity, http: t.Any) -> t.Mapping[str, t.Any]:
    """A token by a signed assertion."""
    return acquire_for_client(identity, credential(identity), http)


def credential(identity: Identity) -> dict[str, t.Any]:
    """The certificate as MSAL wants it."""
    path = identity.options["certificate_path"]
    password = identity.options.get("certificate_password")
    content = _read(path)
    made: dict[str, t.Any]
    is_pem = _PEM in content
    if is_pem:
        text = content.decode("ascii", "replace")
        if "PRIVATE KEY-----" not in text or "BEGIN CERTIFICATE-----" not in text:
            raise InvalidInput(
                f"the PEM file {path} does not hold both a certificate and a private key",
                remedy="Put both into one file: cat certificate.pem key.pem > both.pem.",
            )
        made = {"private_key": text, "public_certificate": text[text.index("-----BEGIN CERTIFICATE-----") :]}
    else:
        made = {"private_key_pfx_path": path}
    if password:
        made["passphrase"] = password
    opened = _opened(content, password, is_pem)
    if opened is None:
        raise InvalidInput(
            f"the certificate file {path} cannot be used",
            remedy="Check that it is PEM or PFX with a private key, and that certificate_password is right.",
        )
    certificate, key = opened
    if _public(certificate) != _public(key):
        raise InvalidInput(
            f"the certificate and the private key in {path} do not belong together",
            remedy="Put the key beside the certificate that was made with it; in a PEM file with a chain the application's own "
            "certificate comes first.",
        )
    ends = _end(certificate)
    if ends < datetime.datetime.now(datetime.timezone.utc):
        raise Failure(
            f"the certificate of {path} expired on {ends:%Y-%m-%d}",
            remedy=f"Register a new one for the application {identity.client_id}, and give its file in certificate_path.",
            code="CertificateExpired",
        )
    return made


def _opened(content: bytes, password: str | None, is_pem: bool) -> tuple[t.Any, t.Any] | None:
    """The application's certificate and its key; None when either cannot be had.

    Opened before MSAL does, whose ValueError could as well come from the network, and before the identity platform is asked,
    which tells an expired certificate and an unknown one by the same code.
    """
    # cryptography is what MSAL itself needs for certificates.
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

    secret = password.encode() if password else None
    key: t.Any
    certificate: x509.Certificate | None
    try:
        if is_pem:
            key = load_pem_private_key(content, secret)
            certificate = x509.load_pem_x509_certificate(content[content.index(b"-----BEGIN CERTIFICATE-----") :])
        else:
            key, certificate, dummy = pkcs12.load_key_and_certificates(content, secret)
    except (ValueError, TypeError):
        return None
    return None if key is None or certificate is None else (certificate, key)


def _public(holder: t.Any) -> bytes:
    """The public key of a certificate or of a private key. As bytes: releases of cryptography before 40 compare none."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return t.cast(bytes, holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _end(certificate: t.Any) -> datetime.datetime:
    """When the certificate expires."""
    if hasattr(certificate, "not_valid_after_utc"):
        return t.cast(datetime.datetime, certificate.not_valid_after_utc)
    # Releases of cryptography before 42 tell it in UTC without saying so.
    return t.cast(datetime.datetime, certificate.not_valid_after).replace(tzinfo=datetime.timezone.utc)
