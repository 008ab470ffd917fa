# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who sign in, by plain HTTP, and issuers whose tokens an application trusts."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from harness.server import Sandbox
from harness.tenants import Tenant
from joserfc import jwt
from joserfc.jwk import RSAKey

ISSUER, SUBJECT, AUDIENCE = "https://issuer.example", "system:serviceaccount:mssp:ansible", "api://AzureADTokenExchange"


class Door:
    """The identity platform, for a person with a browser."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._url = sandbox.login_url
        self._http = requests.Session()
        self._http.verify = sandbox.ca_path
        self._http.trust_env = False

    def sign_in(self, tenant: Tenant, client: str, user: str, *, secret: bool = False, scope: str | None = None) -> str:
        """A refresh token of a person, by device code.

        :param user: their address.
        :param secret: whether the application proves itself.
        """
        known = tenant.client(client)
        wanted = scope or "https://graph.microsoft.com/.default offline_access"
        begun = self._post(f"{tenant.tenant_id}/oauth2/v2.0/devicecode", {"client_id": known["client_id"], "scope": wanted})
        self._control("sign-in", {"user_code": begun["user_code"], "user": user})
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "client_id": known["client_id"],
            "device_code": begun["device_code"],
            **({"client_secret": known["client_secret"]} if secret else {}),
        }
        return str(self._post(f"{tenant.tenant_id}/oauth2/v2.0/token", form)["refresh_token"])

    def access_token(self, tenant: Tenant, user: str, client: str, scopes: t.Sequence[str] | None = None) -> str:
        """An access token of a person."""
        body = {
            "tenant": tenant.tenant_id,
            "user": user,
            "client": client,
            **({"scopes": list(scopes)} if scopes is not None else {}),
        }
        return str(self._control("tokens", body)["access_token"])

    def _post(self, path: str, form: dict[str, str]) -> dict[str, t.Any]:
        answer = self._http.post(f"{self._url}/{path}", data=form, timeout=30)
        assert answer.status_code == 200, answer.text
        return t.cast("dict[str, t.Any]", answer.json())

    def _control(self, path: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
        answer = self._http.post(f"{self._url}/_sandbox/{path}", json=body, timeout=30)
        assert answer.status_code < 300, answer.text
        return t.cast("dict[str, t.Any]", answer.json()) if answer.content else {}


class Issuer:
    """Somebody whose tokens an application trusts: a cluster, a CI system."""

    def __init__(self, directory: Path) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self._key = RSAKey.import_key(private)
        self.keys = directory / "issuer.pem"
        self.keys.write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def trusted(self) -> dict[str, str]:
        """The federated credential of an application, in the sandbox's configuration."""
        return {"issuer": ISSUER, "subject": SUBJECT, "audience": AUDIENCE, "keys": str(self.keys)}

    def token(self, *, age: float = 0.0, **claims: t.Any) -> str:
        """A token of an hour."""
        now = int(time.time() - age)
        known = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 3600, **claims}
        return str(jwt.encode({"alg": "RS256", "typ": "JWT"}, known, self._key))
