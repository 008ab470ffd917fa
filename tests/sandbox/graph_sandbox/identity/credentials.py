# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an application proves who it is: a secret in the form or in a Basic header, a signed assertion, or not at all.

Facts: learn.microsoft.com, "OAuth 2.0 client credentials flow" and "Certificate credentials".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from .errors import (
    CLOCK_SKEW,
    application_disabled,
    application_not_found,
    bad_assertion,
    credential_missing,
    invalid_secret,
    outside_its_time,
    parameter_missing,
    secret_expired,
)
from .federation import check_federated

if TYPE_CHECKING:
    from ..world import Client, Tenant, World


class _AssertionRegistry(jws.JWSRegistry):
    """joserfc's rules, with room for a header that carries the certificate itself (x5c), as MSAL's may."""

    max_header_length = 32_768


_ASSERTIONS = _AssertionRegistry(algorithms=["PS256", "RS256", "ES256"])
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def authenticate_client(world: World, tenant: Tenant, form: dict[str, str], authorization: str) -> Client:
    """The application that the request proves to come from."""
    client_id, secret = _basic(authorization)
    client = known_client(tenant, client_id or form.get("client_id", ""))
    secret = secret or form.get("client_secret", "")
    if form.get("client_assertion"):
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise parameter_missing("client_assertion_type")
        _check_assertion(world, tenant, client, form["client_assertion"])
    elif secret:
        if not hmac.compare_digest(secret.encode(), client.secret.encode()):
            raise invalid_secret(client.client_id)
        if client.secret_ends is not None and client.secret_ends <= world.clock.now():
            raise secret_expired(client.client_id)
    else:
        raise credential_missing()
    return client


def authenticate_public(world: World, tenant: Tenant, form: dict[str, str], authorization: str) -> Client:
    """The application behind a grant that belongs to a person: a public client proves nothing, any other does."""
    if form.get("client_secret") or form.get("client_assertion") or authorization:
        return authenticate_client(world, tenant, form, authorization)
    client = known_client(tenant, form.get("client_id", ""))
    if not client.public:
        raise credential_missing()
    return client


def known_client(tenant: Tenant, client_id: str) -> Client:
    """The application that the tenant knows by that id."""
    if not client_id:
        raise parameter_missing("client_id")
    client = tenant.clients.get(client_id.lower())
    if client is None:
        raise application_not_found(client_id, tenant.display_name)
    principal = tenant.directory.service_principals.get(client.object_id)
    if principal is not None and not principal["accountEnabled"]:
        raise application_disabled(client.client_id, client.name)
    return client


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _unused, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _unused, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


@lru_cache(maxsize=64)
def _registered(path: Path) -> tuple[RSAKey, str, str, datetime]:
    """Key, thumbprints (x5t, x5t#S256) and end of a registered certificate."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    der = certificate.public_bytes(Encoding.DER)
    pem = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def encode(digest: bytes) -> str:
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    thumbprints = encode(hashlib.sha1(der).digest()), encode(hashlib.sha256(der).digest())
    return RSAKey.import_key(pem), *thumbprints, certificate.not_valid_after_utc


def _check_assertion(world: World, tenant: Tenant, client: Client, assertion: str) -> None:
    try:
        signed = jws.extract_compact(assertion.encode(), registry=_ASSERTIONS)
        header, said = signed.headers(), json.loads(signed.payload)
    except (JoseError, ValueError):
        raise bad_assertion("Invalid JWT token. The token is malformed.", 50027) from None
    if isinstance(said, dict) and str(said.get("iss", "")).startswith("https://"):
        check_federated(world, tenant, client, assertion, said)
        return
    if client.certificate is None:
        raise bad_assertion(
            "The certificate with identifier used to sign the client assertion is not registered on "
            "application. [Reason - The key was not found.]"
        )
    key, x5t, x5t_s256, ends = _registered(client.certificate)
    thumbprint = header.get("x5t#S256") or header.get("x5t")
    if str(thumbprint).rstrip("=") not in (x5t, x5t_s256):
        raise bad_assertion(
            "The certificate with identifier used to sign the client assertion is not registered on "
            f"application. [Reason - The key was not found., Thumbprint of key used by client: '{thumbprint}']"
        )
    if ends <= world.clock.now():
        raise bad_assertion(
            "The certificate with identifier used to sign the client assertion is expired on application. [Reason - The key used "
            f"is expired., Thumbprint of key used by client: '{thumbprint}']"
        )
    try:
        claims = jwt.decode(assertion, key, registry=_ASSERTIONS).claims
    except (JoseError, ValueError):
        raise bad_assertion(
            "Client assertion failed signature validation. [Reason - The provided signature value did not "
            "match the expected signature value.]"
        ) from None
    now = world.clock.timestamp()
    not_before, expires = claims.get("nbf", now), claims.get("exp", 0)
    numbers = isinstance(not_before, (int, float)) and isinstance(expires, (int, float))
    if not numbers or not not_before - CLOCK_SKEW <= now < expires + CLOCK_SKEW:
        raise outside_its_time(now, not_before, expires)
    if str(claims.get("iss", "")).lower() != client.client_id or str(claims.get("sub", "")).lower() != client.client_id:
        raise bad_assertion("Client assertion application identifier doesn't match 'client_id' parameter.", 700021)
    audiences = {
        f"{world.base_url}/{name}{tail}"
        for name in tenant.names
        for tail in ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/")
    }
    if str(claims.get("aud", "")).lower() not in audiences:
        raise bad_assertion("Client assertion audience claim does not match Realm issuer.", 700023)
