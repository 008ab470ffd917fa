# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._select import _ENVIRONMENT, METHODS, choose, said_which

TENANT = {"tenant_id": "contoso.onmicrosoft.com"}
CLIENT = {"client_id": "app"}
SECRET = {"client_secret": "s3cret-value"}
CERTIFICATE = {"certificate_path": "/both.pem"}
FEDERATED = {"federated_token_file": "/var/run/token"}
REFRESH = {"refresh_token": "0.refresh-token"}
ACCESS = {"access_token": "an-access-token"}
METADATA = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
AUTO = (
    "Set client_id with client_secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET) "
    "or with certificate_path (AZURE_CLIENT_CERTIFICATE_PATH); auth_method lists the other ways."
)


@pytest.fixture(name="surroundings", autouse=True)
def _surroundings(monkeypatch, tmp_path):
    """Neither a managed identity nor az; gives a function that puts one there."""
    for name in ("IDENTITY_ENDPOINT", "MSI_ENDPOINT", METADATA):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    def have(*names):
        if "az" in names:
            (tmp_path / "az").write_text("#!/bin/sh\n", encoding="utf-8")
            (tmp_path / "az").chmod(0o700)
        if "metadata" in names:
            monkeypatch.setenv(METADATA, "https://metadata.test")

    return have


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({**TENANT, **CLIENT, **SECRET}, "client_secret"),
        ({**TENANT, **CLIENT, **SECRET, "auth_method": "auto"}, "client_secret"),
        ({**TENANT, **CLIENT, **SECRET, "auth_method": None}, "client_secret"),
        ({**TENANT, **CLIENT, **CERTIFICATE}, "certificate"),
        ({**TENANT, **CLIENT, **CERTIFICATE, "client_secret": ""}, "certificate"),
        ({**TENANT, **CLIENT, **SECRET, **CERTIFICATE}, "client_secret"),
        ({**TENANT, **CLIENT, **SECRET, **CERTIFICATE, "auth_method": "certificate"}, "certificate"),
        ({**TENANT, **CLIENT, **SECRET, **CERTIFICATE, "auth_method": "client_secret"}, "client_secret"),
        ({**TENANT, **CLIENT, **FEDERATED}, "federated"),
        ({**TENANT, **CLIENT, **CERTIFICATE, **FEDERATED}, "certificate"),
        ({**TENANT, **CLIENT, **SECRET, **CERTIFICATE, **FEDERATED, "auth_method": "federated"}, "federated"),
        ({**TENANT, **CLIENT, **REFRESH}, "refresh_token"),
        ({**TENANT, **CLIENT, **SECRET, **REFRESH}, "refresh_token"),
        ({**TENANT, **CLIENT, **SECRET, **REFRESH, "auth_method": "client_secret"}, "client_secret"),
        ({**TENANT, **ACCESS}, "access_token"),
        ({**TENANT, **CLIENT, **SECRET, **REFRESH, **ACCESS}, "access_token"),
        ({**TENANT, "auth_method": "managed_identity"}, "managed_identity"),
        ({**TENANT, "auth_method": "azure_cli"}, "azure_cli"),
    ],
)
def test_choice(options, name):
    assert name == choose(options).NAME


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "tenant_id is missing: it names the customer's tenant. Set tenant_id, or AZURE_TENANT_ID in the environment."),
        (
            {"tenant_id": "", **CLIENT, **SECRET},
            "tenant_id is missing: it names the customer's tenant. Set tenant_id, or AZURE_TENANT_ID in the environment.",
        ),
        (TENANT, f"no credential is given: client_id and client_secret or certificate_path missing. {AUTO}"),
        ({**TENANT, **SECRET}, f"no credential is given: client_id and client_secret or certificate_path missing. {AUTO}"),
        ({**TENANT, **CLIENT}, f"no credential is given: client_secret or certificate_path missing. {AUTO}"),
        (
            {**TENANT, **CLIENT, **CERTIFICATE, "auth_method": "client_secret"},
            "the credential method client_secret needs client_secret. Set client_secret (AZURE_CLIENT_SECRET).",
        ),
        (
            {**TENANT, **CERTIFICATE, "auth_method": "client_secret"},
            "the credential method client_secret needs client_id and client_secret. "
            "Set client_id (AZURE_CLIENT_ID) and client_secret (AZURE_CLIENT_SECRET).",
        ),
        (
            {**TENANT, **CLIENT, **SECRET, "auth_method": "certificate"},
            "the credential method certificate needs certificate_path. Set certificate_path (AZURE_CLIENT_CERTIFICATE_PATH).",
        ),
        (
            {**TENANT, **SECRET, "auth_method": "certificate"},
            "the credential method certificate needs client_id and certificate_path. "
            "Set client_id (AZURE_CLIENT_ID) and certificate_path (AZURE_CLIENT_CERTIFICATE_PATH).",
        ),
    ],
)
def test_what_is_missing(options, words):
    with pytest.raises(InvalidInput) as caught:
        choose(options)
    assert str(caught.value) == words
    assert caught.value.code == "InvalidInput"


def test_a_persons_name_and_password_are_no_credential(monkeypatch):
    monkeypatch.setenv("AZURE_AD_USER", "admin@contoso.example")
    with pytest.raises(InvalidInput) as caught:
        choose(TENANT)
    assert str(caught.value).startswith(
        "no credential is given: a person's name and password (AZURE_AD_USER, AZURE_PASSWORD) are none here. Entra ID wants"
    )
    # Whatever else is there is taken, and what is missing beside an application is said as ever.
    assert choose({**TENANT, **CLIENT, **SECRET}).NAME == "client_secret"
    with pytest.raises(InvalidInput, match="client_secret or certificate_path missing"):
        choose({**TENANT, **CLIENT})


@pytest.mark.parametrize(
    ("there", "options", "name"),
    [
        (["az"], {**TENANT}, "azure_cli"),
        (["az"], {**TENANT, **CLIENT}, "azure_cli"),
        (["metadata"], {**TENANT}, "managed_identity"),
        (["az", "metadata"], {**TENANT}, "managed_identity"),
        (["az", "metadata"], {**TENANT, **CLIENT, **FEDERATED}, "federated"),
        (["az", "metadata"], {**TENANT, **CLIENT, **SECRET}, "client_secret"),
    ],
)
def test_choice_by_what_is_there(surroundings, there, options, name):
    surroundings(*there)
    assert name == choose(options).NAME


def method(name):
    return next(each for each in METHODS if name == each.NAME)


def test_the_order_is_that_of_azures_default_credential_after_what_is_given():
    assert [each.NAME for each in METHODS] == [
        *(
            "access_token",
            "refresh_token",
            "client_secret",
            "certificate",
            "federated",
            "managed_identity",
            "device_code",
            "azure_cli",
        )
    ]


def test_where_auto_had_a_choice_a_failure_says_which_it_took(surroundings):
    surroundings("az")
    options = {**TENANT, **CLIENT, **SECRET, **CERTIFICATE}
    with pytest.raises(Failure) as caught, said_which(options, method("client_secret")):
        raise Failure("no access token", remedy="Give another.")
    words = "auth_method auto took client_secret, before certificate."
    assert str(caught.value) == f"no access token. Give another. {words}"
    with pytest.raises(Failure) as caught, said_which(options, method("client_secret")):
        raise Failure("no access token")
    assert str(caught.value) == f"no access token. {words}"


@pytest.mark.parametrize(
    "options", [{**TENANT, **CLIENT, **SECRET}, {**TENANT, **CLIENT, **SECRET, **CERTIFICATE, "auth_method": "client_secret"}]
)
def test_where_there_was_no_choice_nothing_is_added(options):
    with pytest.raises(Failure) as caught, said_which(options, method("client_secret")):
        raise Failure("no access token", remedy="Give another.")
    assert str(caught.value) == "no access token. Give another."


def test_no_sentence_quotes_the_secret():
    for method in ("auto", "certificate"):
        with pytest.raises(InvalidInput) as caught:
            choose({**TENANT, **SECRET, "auth_method": method})
        assert SECRET["client_secret"] not in str(caught.value.as_result())


def test_every_method_keeps_its_contract():
    for method in METHODS:
        assert method.NAME
        assert all(name in _ENVIRONMENT for name in method.NEEDS)
        assert isinstance(method.STORED, bool)
        assert isinstance(method.ANY_TENANT, bool)
        assert method.available({}) is False
        assert callable(method.acquire)
        assert callable(method.fingerprint)
