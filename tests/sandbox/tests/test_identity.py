# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity platform, judged by MSAL and by what tokens must contain."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from sandbox_harness import BASIC, Graph, Running, Start

SCOPES = ["https://graph.microsoft.com/.default"]


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def token_url(sandbox: Running, tenant: str) -> str:
    return f"{sandbox.info['login_url']}/{tenant}/oauth2/v2.0/token"


def make_certificate(directory: Path, name: str) -> tuple[str, str, Path]:
    """A self-signed certificate: (private key PEM, SHA-1 thumbprint, path of the certificate)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{name}.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    thumbprint = hashlib.sha1(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
    return private.decode(), thumbprint, path


@pytest.mark.parametrize("named_by", ["tenant_id", "domain", "alias"])
def test_msal_gets_a_token_with_a_secret(sandbox: Running, named_by: str) -> None:
    tenant = sandbox.tenant()
    name = "Contoso.OnMicrosoft.example" if named_by == "alias" else tenant[named_by]
    answer = sandbox.application(tenant, name).acquire_token_for_client(SCOPES)
    claims = claims_of(answer["access_token"])
    assert answer["expires_in"] == 3600
    assert (claims["tid"], claims["appid"], claims["idtyp"], claims["ver"]) == (
        tenant["tenant_id"],
        tenant["client_id"],
        "app",
        "1.0",
    )
    assert claims["roles"] == tenant["clients"][0]["permissions"]
    assert claims["exp"] - claims["iat"] == 3600


def test_scope_of_the_sandbox_itself(sandbox: Running) -> None:
    answer = sandbox.application(sandbox.tenant(), "contoso.example").acquire_token_for_client([f"{sandbox.url}/.default"])
    assert claims_of(answer["access_token"])["aud"] == sandbox.url


def test_keys_verify_the_token(sandbox: Running) -> None:
    from joserfc import jwt
    from joserfc.jwk import KeySet

    token = sandbox.application(sandbox.tenant(), "contoso.example").acquire_token_for_client(SCOPES)["access_token"]
    for path in ("common/discovery/keys", f"{sandbox.tenant()['tenant_id']}/discovery/v2.0/keys"):
        keys = KeySet.import_key_set(sandbox.session().get(f"{sandbox.url}/{path}").json())
        assert jwt.decode(token, keys, algorithms=["RS256"]).claims["tid"] == sandbox.tenant()["tenant_id"]


@pytest.mark.parametrize(
    ("change", "code", "error"),
    [
        ({"client_secret": "wrong"}, 7000215, "invalid_client"),
        ({"client_id": "11111111-2222-3333-4444-555555555555"}, 700016, "unauthorized_client"),
    ],
)
def test_msal_error_dictionaries(sandbox: Running, change: dict[str, str], code: int, error: str) -> None:
    answer = sandbox.application({**sandbox.tenant(), **change}, "contoso.example").acquire_token_for_client(SCOPES)
    assert answer["error_codes"] == [code]
    assert answer["error"] == error
    assert answer["error_description"].startswith(f"AADSTS{code}: ")
    for part in ("Trace ID: ", "Correlation ID: ", "Timestamp: "):
        assert part in answer["error_description"]
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= set(answer)


def test_unknown_tenant(sandbox: Running) -> None:
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        sandbox.application(sandbox.tenant(), "nowhere.example")
    answer = sandbox.session().get(f"{sandbox.url}/nowhere.example/v2.0/.well-known/openid-configuration")
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_tenant"
    assert answer.json()["error_description"].startswith("AADSTS90002: Tenant 'nowhere.example' not found.")


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"scope": "User.Read"}, 400, 70011),
        ({"scope": "https://vault.azure.net/.default"}, 400, 500011),
        ({"grant_type": "password"}, 400, 70003),
        ({"grant_type": ""}, 400, 70003),
        ({"client_secret": ""}, 401, 7000218),
    ],
)
def test_token_endpoint_refusals(sandbox: Running, form: dict[str, str], status: int, code: int) -> None:
    tenant = sandbox.tenant()
    full = {
        "grant_type": "client_credentials",
        "client_id": tenant["client_id"],
        "client_secret": tenant["client_secret"],
        "scope": SCOPES[0],
        **form,
    }
    answer = sandbox.session().post(token_url(sandbox, tenant["tenant_id"]), data=full)
    assert (answer.status_code, answer.json()["error_codes"]) == (status, [code])


def test_basic_authentication(sandbox: Running) -> None:
    tenant = sandbox.tenant()
    answer = sandbox.session().post(
        token_url(sandbox, tenant["domain"]),
        auth=(tenant["client_id"], tenant["client_secret"]),
        data={"grant_type": "client_credentials", "scope": SCOPES[0]},
    )
    assert answer.status_code == 200


def test_certificate_with_msal(start: Start, tmp_path: Path) -> None:
    key, thumbprint, path = make_certificate(tmp_path, "right")
    other_key, other_thumbprint, _unused = make_certificate(tmp_path, "wrong")
    config = {"tenants": [{**BASIC["tenants"][1], "clients": [{"name": "cert", "certificate": str(path)}]}]}
    sandbox = start(config)
    client = sandbox.tenant()["clients"][1]

    def token(private: str, print_: str, **more: Any) -> dict[str, Any]:
        credential = {"private_key": private, "thumbprint": print_, **more}
        application = sandbox.application(client, "fabrikam.example", client_credential=credential)
        answer: dict[str, Any] = application.acquire_token_for_client(SCOPES)
        return answer

    assert "access_token" in token(key, thumbprint)
    assert "access_token" in token(key, thumbprint, public_certificate=path.read_text())  # MSAL signs PS256, x5t#S256
    assert token(other_key, thumbprint)["error_codes"] == [700027]
    assert token(other_key, other_thumbprint)["error_codes"] == [700027]


def test_a_secret_and_a_certificate_end(start: Start, tmp_path: Path) -> None:
    """AADSTS7000222 for a secret; for a certificate AADSTS700027, which is also the code of an unknown one."""
    key, thumbprint, path = make_certificate(tmp_path, "a day")
    ends = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).isoformat()
    clients = [{"name": "secret", "client_secret_ends": ends}, {"name": "certificate", "certificate": str(path)}]
    sandbox = start({"tenants": [{**BASIC["tenants"][1], "clients": clients}]})
    by_name = {client["name"]: client for client in sandbox.tenant()["clients"]}

    def codes(name: str, **more: Any) -> list[int] | None:
        answer = sandbox.application(by_name[name], "fabrikam.example", **more).acquire_token_for_client(SCOPES)
        found: list[int] | None = answer.get("error_codes")
        return found

    signed = {"client_credential": {"private_key": key, "thumbprint": thumbprint}}
    assert (codes("secret"), codes("certificate", **signed)) == (None, None)
    assert codes("secret", client_credential="wr0ng") == [7000215]
    sandbox.control("POST", "clock", {"advance_seconds": 7200})
    assert codes("secret") == [7000222]
    assert codes("default") is None
    sandbox.control("POST", "clock", {"advance_seconds": 86400})
    assert codes("certificate", **signed) == [700027]


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("", "Access token is empty."),
        ("abc", "IDX14100"),
        ("a.b.c", "Signature is invalid"),
    ],
)
def test_graph_refuses_bad_tokens(sandbox: Running, token: str, words: str) -> None:
    answer = Graph(sandbox, token, sandbox.tenant())("GET", "/groups", client_request_id="mine")
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert error["code"] == "InvalidAuthenticationToken"
    assert words in error["message"]
    assert error["innerError"]["client-request-id"] == "mine"
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_token_expires(start: Start) -> None:
    sandbox = start({**BASIC, "token_lifetime": 1})
    graph = sandbox.graph()
    import time

    time.sleep(1.1)
    assert graph.refused("GET", "/groups") == (401, "InvalidAuthenticationToken")


def test_multi_tenant_application(start: Start) -> None:
    config = {**BASIC, "applications": [{"name": "onboard", "permissions": ["Group.ReadWrite.All"]}]}
    config["tenants"] = [
        config["tenants"][0],
        {**config["tenants"][1], "consent": {"onboard": ["Group.Read.All"]}},
        {"display_name": "Nobody", "domain": "nobody.example", "consent": {"onboard": None}},
    ]
    sandbox = start(config)
    client = next(item for item in sandbox.tenant()["clients"] if item["name"] == "onboard")
    granted = []
    for domain in ("contoso.example", "fabrikam.example"):
        answer = sandbox.application(client, domain).acquire_token_for_client(SCOPES)
        granted.append(claims_of(answer["access_token"])["roles"])
    assert granted == [["Group.ReadWrite.All"], ["Group.Read.All"]]
    assert sandbox.application(client, "nobody.example").acquire_token_for_client(SCOPES)["error_codes"] == [700016]
