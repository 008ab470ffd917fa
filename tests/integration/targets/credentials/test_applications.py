# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The application's own secret and certificate: wrong, of another tenant or cloud, and after the customer's revocation."""

from __future__ import annotations

import collections.abc
import typing as t
from pathlib import Path

import pytest
import requests
from credential_asking import Asked, Case, ask
from harness import server, world
from harness.certificates import Certified
from harness.server import Sandbox
from harness.tenants import Tenant

PASSWORD = "a-long-password-of-a-certificate"
PROOFS = ("secret", "pem", "pfx")
NOWHERE = "nowhere.example"
AGENCY = "agency.example"


class World(t.NamedTuple):
    """What was asked, and with which secrets."""

    asked: Asked
    sandbox: Sandbox
    tenant: Tenant
    secrets: list[str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[World]:
    """Each proof in each situation, in one run."""
    directory = tmp_path_factory.mktemp("applications")
    certified = Certified(directory / "registered", PASSWORD)
    stranger = Certified(directory / "stranger", PASSWORD)
    config = world.config(customers=3)
    config["applications"] = [{"name": "onboard", "permissions": ["Organization.Read.All"], "certificate": str(certified.public)}]
    config["tenants"][0]["clients"].append({"name": "ended", "client_secret_ends": "2026-01-31T00:00:00Z"})
    config["external_tenants"].append({"display_name": "An agency", "domain": AGENCY, "cloud": "usgov"})
    # Nobody of the second customer has ever consented; the third revokes.
    config["tenants"][1]["consent"] = {"onboard": None}
    with server.running(directory / "sandbox", config) as sandbox:
        good, never, revoked = sandbox.tenants
        _revoke(sandbox, revoked)
        client = good.client("onboard")
        known = {"client_id": client["client_id"], "wait_timeout": 5}
        where = {name: value for name, value in good.options().items() if name not in ("client_id", "client_secret")}

        def proof(kind: str, of: Certified = certified) -> dict[str, t.Any]:
            if kind == "secret":
                return {"client_secret": client["client_secret"]}
            return {"certificate_path": str(getattr(of, kind)), "certificate_password": PASSWORD}

        cases = {}
        for kind in PROOFS:
            right = {**where, **known, **proof(kind)}
            wrong = {"client_secret": "wr0ng-secret-wr0ng"} if kind == "secret" else proof(kind, stranger)
            cases |= {
                f"{kind}_right": Case(right),
                f"{kind}_by_domain": Case({**right, "tenant_id": good.domain}),
                f"{kind}_wrong": Case({**where, **known, **wrong}),
                f"{kind}_never": Case({**right, "tenant_id": never.tenant_id}),
                f"{kind}_revoked": Case({**right, "tenant_id": revoked.tenant_id}),
                f"{kind}_nowhere": Case({**right, "tenant_id": NOWHERE}),
                f"{kind}_cloud": Case({**right, "cloud": "usgov"}),
                f"{kind}_agency": Case({**right, "tenant_id": AGENCY}),
            }
        old = Certified(directory / "old", PASSWORD, days=-1)
        for kind in ("pem", "pfx"):
            cases[f"{kind}_ended"] = Case({**where, **known, **proof(kind, old)})
        ended = good.client("ended")
        cases["secret_ended"] = Case({**good.options("ended"), "wait_timeout": 5})
        cases["mixed"] = Case({**where, **known, "certificate_path": str(_mixed(directory, certified, stranger))})
        sandbox.log.clear()
        asked = ask(directory / "run", cases)
        secrets = [client["client_secret"], ended["client_secret"]]
        yield World(asked, sandbox, good, [*secrets, PASSWORD, certified.private_key, stranger.private_key])


def _mixed(directory: Path, certified: Certified, stranger: Certified) -> Path:
    """The certificate of one beside the key of the other."""
    path = directory / "mixed.pem"
    path.write_text(certified.public.read_text(encoding="utf-8") + stranger.private_key, encoding="utf-8")
    return path


def _revoke(sandbox: Sandbox, tenant: Tenant) -> None:
    body = {"tenant": tenant.tenant_id, "client": "onboard", "permissions": None}
    url = f"{sandbox.login_url}/_sandbox/consent"
    requests.post(url, json=body, verify=sandbox.ca_path, timeout=30).raise_for_status()


@pytest.mark.parametrize("kind", PROOFS)
@pytest.mark.parametrize("situation", ["right", "by_domain"])
def test_the_right_one(told: World, kind: str, situation: str) -> None:
    found = told.asked.application(f"{kind}_{situation}")
    assert found["auth_method"] == ("client_secret" if kind == "secret" else "certificate")
    assert found["tenant"]["id"] == told.tenant.tenant_id
    assert found["application"]["permissions"] == ["Organization.Read.All"]


@pytest.mark.parametrize("kind", PROOFS)
@pytest.mark.parametrize(
    ("situation", "code", "words"),
    [
        (
            "never",
            "AADSTS700016",
            "is not known in this tenant (AADSTS700016). An administrator of the customer consents to it here: ",
        ),
        (
            "revoked",
            "AADSTS700016",
            "is not known in this tenant (AADSTS700016). An administrator of the customer consents to it ",
        ),
        (
            "nowhere",
            "AADSTS90002",
            "no access token: the tenant is not known in this cloud (AADSTS90002). Check tenant_id and cloud.",
        ),
        (
            "cloud",
            "AADSTS500011",
            "no access token: the tenant's cloud knows no https://graph.microsoft.us (AADSTS500011). Check",
        ),
        (
            "agency",
            "AADSTS900382",
            "no access token: the tenant is in another cloud (AADSTS900382). Set cloud to that of the tenant, and client_id to",
        ),
    ],
)
def test_another_tenant_or_cloud(told: World, kind: str, situation: str, code: str, words: str) -> None:
    assert words in told.asked.said(f"{kind}_{situation}")
    assert told.asked.of(f"{kind}_{situation}").result["failure"]["code"] == code


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("secret", "no access token: the client secret is wrong (AADSTS7000215). Give the secret's value, not its id, of the"),
        ("pem", "no access token: the certificate is not registered for the application "),
        ("pfx", "no access token: the certificate is not registered for the application "),
    ],
)
def test_the_wrong_one_does_not_find_what_the_right_one_gave(told: World, kind: str, words: str) -> None:
    assert told.asked.said(f"{kind}_wrong").startswith(words)


def test_a_secret_that_has_ended(told: World) -> None:
    client_id = told.tenant.client("ended")["client_id"]
    assert told.asked.said("secret_ended") == (
        f"no access token: the client secret has expired (AADSTS7000222). Create a new secret for the application {client_id}."
    )


@pytest.mark.parametrize("kind", ["pem", "pfx"])
def test_a_certificate_that_has_ended_is_not_sent(told: World, kind: str) -> None:
    said = told.asked.said(f"{kind}_ended")
    assert said.startswith("the certificate of ")
    assert " expired on 20" in said
    assert told.asked.of(f"{kind}_ended").result["failure"]["code"] == "CertificateExpired"


def test_a_certificate_beside_another_key_is_not_sent(told: World) -> None:
    assert "do not belong together. Put the key beside the certificate that was made with it;" in told.asked.said("mixed")


def test_nothing_secret_is_told_or_left_anywhere(told: World) -> None:
    told.asked.assert_no_secret(told.secrets)
