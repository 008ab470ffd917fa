# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in which an application gets a token for itself, driven by MSAL and azure-identity, and what tokens say."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    CredentialUnavailableError,
    DeviceCodeCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from sandbox_harness import Graph, Running, start_sandbox, stop_sandbox
from sandbox_people import GRAPH, PERSON, WORLD, client_of, error_of, sign_in, token_request, verified

SCOPE = f"{GRAPH}/.default"
ISSUER = "https://token.actions.example"
SUBJECT = "repo:mssp/onboarding:ref:refs/heads/main"
AUDIENCE = "api://AzureADTokenExchange"


@dataclass
class Key:
    """A key pair with a self-signed certificate, in the forms that clients want."""

    private: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def private_pem(self) -> bytes:
        form = serialization.PrivateFormat.PKCS8
        return self.private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def pfx(self, password: bytes) -> bytes:
        encryption = serialization.BestAvailableEncryption(password)
        return pkcs12.serialize_key_and_certificates(b"onboarding", self.private, self.certificate, None, encryption)


def make_key() -> Key:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "onboarding")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    return Key(private, builder.not_valid_after(now + datetime.timedelta(days=1)).sign(private, hashes.SHA256()))


@pytest.fixture(scope="module")
def key() -> Key:
    return make_key()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, key: Key) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("applications")
    (directory / "certificate.pem").write_bytes(key.certificate_pem)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.private.public_key()))
    (directory / "keys.json").write_text(json.dumps({"keys": [{**public, "kid": "issuer"}]}))
    federated = {"issuer": ISSUER, "subject": SUBJECT, "keys": str(directory / "keys.json")}
    contoso = WORLD["tenants"][0]
    clients = [
        *contoso["clients"],
        {"name": "certificate", "certificate": str(directory / "certificate.pem"), "permissions": ["Group.Read.All"]},
        {"name": "federated", "federated": [federated], "permissions": ["Group.Read.All"]},
        {"name": "machine", "managed_identity": True, "permissions": ["Group.Read.All"]},
        {"name": "named machine", "managed_identity": True, "permissions": ["User.Read.All"]},
    ]
    running = start_sandbox(directory / "run", {**WORLD, "tenants": [{**contoso, "clients": clients}, *WORLD["tenants"][1:]]})
    yield running
    stop_sandbox(running)


def azure(sandbox: Running) -> dict[str, Any]:
    """What azure-identity is told: where to go, and whom to trust."""
    return {
        "authority": sandbox.info["login_url"],
        "disable_instance_discovery": True,
        "connection_verify": sandbox.info["ca_path"],
    }


def assertion(key: Key, **claims: Any) -> str:
    now = int(datetime.datetime.now(datetime.timezone.utc).timestamp())
    full = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 300, **claims}
    return jwt.encode(full, key.private_pem, algorithm="RS256", headers={"kid": "issuer"})


def with_assertion(sandbox: Running, token: str, name: str = "federated") -> Any:
    return token_request(
        sandbox,
        "contoso.example",
        grant_type="client_credentials",
        client_id=client_of(sandbox, name)["client_id"],
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=token,
        scope=SCOPE,
    )


def must_work(sandbox: Running, token: str, name: str, proof: str) -> None:
    """The token holds, says which application it is for and how that proved itself, and Graph takes it."""
    claims = verified(sandbox, token)
    assert (claims["appid"], claims["appidacr"]) == (client_of(sandbox, name)["client_id"], proof)
    Graph(sandbox, token, sandbox.tenant()).ok("GET", "/groups")


def test_every_claim_of_an_application_token(sandbox: Running) -> None:
    """Access token claims reference, version 1.0: what an application's token for Graph carries."""
    client = client_of(sandbox, "default")
    token = sandbox.application(client, "contoso.example").acquire_token_for_client([SCOPE])["access_token"]
    claims, tenant_id = verified(sandbox, token), sandbox.tenant()["tenant_id"]
    assert claims["aud"] == GRAPH
    assert claims["iss"] == claims["idp"] == f"https://sts.windows.net/{tenant_id}/"
    assert (claims["tid"], claims["appid"], claims["ver"]) == (tenant_id, client["client_id"], "1.0")
    assert (claims["idtyp"], claims["appidacr"]) == ("app", "1")
    assert claims["oid"] == claims["sub"]
    assert claims["nbf"] == claims["iat"] == claims["exp"] - 3600
    assert claims["roles"] == client["permissions"]
    assert not {"scp", "upn", "preferred_username"} & set(claims)


def test_documents_of_both_versions(sandbox: Running) -> None:
    """Issuers: the v2.0 document names the tenant's own, the older one sts.windows.net, which Graph's tokens bear."""
    tenant_id = sandbox.tenant()["tenant_id"]
    get = sandbox.session().get
    newer = get(f"{sandbox.url}/contoso.example/v2.0/.well-known/openid-configuration").json()
    older = get(f"{sandbox.url}/contoso.example/.well-known/openid-configuration").json()
    common = get(f"{sandbox.url}/common/v2.0/.well-known/openid-configuration").json()
    assert newer["issuer"] == f"{sandbox.url}/{tenant_id}/v2.0"
    assert older["issuer"] == f"https://sts.windows.net/{tenant_id}/"
    assert common["issuer"] == f"{sandbox.url}/{{tenantid}}/v2.0"
    assert common["device_authorization_endpoint"] == f"{sandbox.url}/common/oauth2/v2.0/devicecode"
    assert get(older["jwks_uri"]).json() == get(newer["jwks_uri"]).json()


def test_msal_with_a_certificate(sandbox: Running, key: Key, tmp_path: Path) -> None:
    """Certificate credentials: a PEM with its thumbprint, and a PFX as MSAL reads it."""
    client = client_of(sandbox, "certificate")
    thumbprint = key.certificate.fingerprint(hashes.SHA1()).hex()
    pfx = tmp_path / "onboarding.pfx"
    pfx.write_bytes(key.pfx(b"secret"))
    for credential in (
        {"private_key": key.private_pem.decode(), "thumbprint": thumbprint},
        {"private_key_pfx_path": str(pfx), "passphrase": "secret"},
        {"private_key_pfx_path": str(pfx), "passphrase": "secret", "public_certificate": True},
    ):
        application = sandbox.application(client, "contoso.example", client_credential=credential)
        must_work(sandbox, application.acquire_token_for_client([SCOPE])["access_token"], "certificate", "2")


def test_msal_with_a_federated_assertion(sandbox: Running, key: Key) -> None:
    """Workload identity federation: MSAL calls for an assertion whenever it needs one."""
    credential = {"client_assertion": lambda: assertion(key)}
    application = sandbox.application(client_of(sandbox, "federated"), "contoso.example", client_credential=credential)
    must_work(sandbox, application.acquire_token_for_client([SCOPE])["access_token"], "federated", "2")


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "https://token.actions.example/"}, 700211),
        ({"sub": SUBJECT.upper()}, 700213),
        ({"aud": "api://other"}, 700212),
        ({"nbf": 1_600_000_000, "exp": 1_600_000_300}, 700024),
    ],
)
def test_assertions_that_do_not_match(sandbox: Running, key: Key, claims: dict[str, Any], code: int) -> None:
    """700211 issuer (azure-workload-identity #1200), 700213 subject, case matters (Azure/login #517), 700212 audience."""
    assert error_of(with_assertion(sandbox, assertion(key, **claims))) == (401, "invalid_client", code)


def test_an_assertion_of_another_key(sandbox: Running) -> None:
    """AADSTS50027: the issuer did not sign it."""
    assert error_of(with_assertion(sandbox, assertion(make_key()))) == (401, "invalid_client", 50027)


def test_an_application_without_federation(sandbox: Running, key: Key) -> None:
    """AADSTS70025: nobody is trusted."""
    assert error_of(with_assertion(sandbox, assertion(key), "certificate")) == (401, "invalid_client", 70025)


def test_the_older_answer(sandbox: Running, key: Key) -> None:
    """AADSTS70021 as azure-workload-identity #340 quotes it: 400 invalid_request, all three parts in the text."""
    sandbox.graph().quirk(federation_mismatch="at_large")
    try:
        answer = with_assertion(sandbox, assertion(key, sub="other"))
    finally:
        sandbox.control("DELETE", "quirks")
    assert error_of(answer) == (400, "invalid_request", 70021)
    for part in (f"Issuer: '{ISSUER}'", "Subject: 'other'", f"Audience: '{AUDIENCE}'"):
        assert part in answer.json()["error_description"]


def test_azure_identity_with_secret_and_certificate(sandbox: Running, key: Key) -> None:
    tenant, secret, certificate = sandbox.tenant(), client_of(sandbox, "default"), client_of(sandbox, "certificate")
    by_secret = ClientSecretCredential(tenant["tenant_id"], secret["client_id"], secret["client_secret"], **azure(sandbox))
    must_work(sandbox, by_secret.get_token(SCOPE).token, "default", "1")
    pem = key.private_pem + key.certificate_pem
    for content in ({"certificate_data": pem}, {"certificate_data": key.pfx(b"secret"), "password": "secret"}):
        credential = CertificateCredential(tenant["tenant_id"], certificate["client_id"], **content, **azure(sandbox))
        must_work(sandbox, credential.get_token(SCOPE).token, "certificate", "2")
    wrong = ClientSecretCredential(tenant["tenant_id"], secret["client_id"], "wrong", **azure(sandbox))
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        wrong.get_token(SCOPE)


def test_azure_identity_with_a_federated_assertion(sandbox: Running, key: Key, tmp_path: Path) -> None:
    tenant_id, client_id = sandbox.tenant()["tenant_id"], client_of(sandbox, "federated")["client_id"]
    called = ClientAssertionCredential(tenant_id, client_id, lambda: assertion(key), **azure(sandbox))
    must_work(sandbox, called.get_token(SCOPE).token, "federated", "2")
    file = tmp_path / "token"
    file.write_text(assertion(key))
    workload = WorkloadIdentityCredential(tenant_id=tenant_id, client_id=client_id, token_file_path=str(file), **azure(sandbox))
    must_work(sandbox, workload.get_token(SCOPE).token, "federated", "2")


def test_azure_identity_with_a_device_code(sandbox: Running) -> None:
    def prompt(verification_uri: str, user_code: str, expires_on: Any) -> None:
        assert verification_uri.startswith(sandbox.url)
        assert sign_in(sandbox, {"user_code": user_code}, PERSON).status_code == 204

    credential = DeviceCodeCredential(
        client_of(sandbox, "device")["client_id"],
        tenant_id=sandbox.tenant()["tenant_id"],
        prompt_callback=prompt,
        timeout=20,
        **azure(sandbox),
    )
    claims = verified(sandbox, credential.get_token(f"{GRAPH}/Group.Read.All").token)
    assert (claims["upn"], claims["scp"]) == (PERSON, "Group.Read.All openid profile")


@pytest.fixture
def no_identity(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(("wanted", "name"), [(None, "machine"), ("named machine", "named machine")])
def test_azure_identity_on_a_machine(sandbox: Running, no_identity: pytest.MonkeyPatch, wanted: str | None, name: str) -> None:
    """The metadata service: the system-assigned identity, or a user-assigned one by its client id."""
    no_identity.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", sandbox.url)
    chosen = {"client_id": client_of(sandbox, wanted)["client_id"]} if wanted else {}
    credential = ManagedIdentityCredential(connection_verify=sandbox.info["ca_path"], **chosen)
    claims = verified(sandbox, credential.get_token(SCOPE).token)
    assert (claims["appid"], claims["idtyp"]) == (client_of(sandbox, name)["client_id"], "app")
    assert claims["roles"] == client_of(sandbox, name)["permissions"]


def test_azure_identity_on_app_service(sandbox: Running, no_identity: pytest.MonkeyPatch) -> None:
    """App Service: IDENTITY_ENDPOINT and IDENTITY_HEADER; a wrong header is refused."""
    no_identity.setenv("IDENTITY_ENDPOINT", f"{sandbox.url}/msi/token")
    no_identity.setenv("IDENTITY_HEADER", client_of(sandbox, "machine")["client_secret"])
    credential = ManagedIdentityCredential(connection_verify=sandbox.info["ca_path"])
    must_work(sandbox, credential.get_token(SCOPE).token, "machine", "2")
    no_identity.setenv("IDENTITY_HEADER", "wrong")
    with pytest.raises((ClientAuthenticationError, CredentialUnavailableError)):
        ManagedIdentityCredential(connection_verify=sandbox.info["ca_path"]).get_token(SCOPE)


@pytest.mark.parametrize(
    ("headers", "query", "words"),
    [
        ({}, {"api-version": "2018-02-01", "resource": GRAPH}, "Required metadata header not specified"),
        ({"Metadata": "true"}, {"resource": GRAPH}, "Required query variable 'api-version' is missing"),
        ({"Metadata": "true"}, {"api-version": "2018-02-01"}, "Required query variable 'resource' is missing"),
        ({"Metadata": "true"}, {"api-version": "2018-02-01", "resource": GRAPH, "client_id": "x"}, "Identity not found"),
        ({"Metadata": "true"}, {"api-version": "2018-02-01", "resource": "https://vault.example"}, "AADSTS500011"),
    ],
)
def test_metadata_service_refusals(sandbox: Running, headers: dict[str, str], query: dict[str, str], words: str) -> None:
    """ "How to use managed identities ... on a VM", error reference: 400 with error and error_description."""
    answer = sandbox.session().get(f"{sandbox.url}/metadata/identity/oauth2/token", headers=headers, params=query)
    assert answer.status_code == 400
    assert words in answer.json()["error_description"]


def test_client_credentials_need_a_tenant(sandbox: Running) -> None:
    """AADSTS50059: /common has no application of its own."""
    client = client_of(sandbox, "default")
    form = {"client_id": client["client_id"], "client_secret": client["client_secret"], "scope": SCOPE}
    answer = token_request(sandbox, "common", grant_type="client_credentials", **form)
    assert error_of(answer) == (400, "invalid_request", 50059)


def test_the_older_token_endpoint_takes_a_resource(sandbox: Running) -> None:
    """The version 1.0 endpoint names the resource in a parameter of its own; Graph's application id will do as well."""
    client = client_of(sandbox, "default")
    form = {"client_id": client["client_id"], "client_secret": client["client_secret"], "grant_type": "client_credentials"}
    for resource in (f"{GRAPH}/", "00000003-0000-0000-c000-000000000000"):
        url = f"{sandbox.url}/contoso.example/oauth2/token"
        answer = sandbox.session().post(url, data={**form, "resource": resource}).json()
        claims = verified(sandbox, answer["access_token"], audience=resource.rstrip("/"))
        assert claims["appid"] == client["client_id"]
        Graph(sandbox, answer["access_token"], sandbox.tenant()).ok("GET", "/groups")
