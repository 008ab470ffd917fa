# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._select import METHODS, choose

TENANT = {"tenant_id": "contoso.onmicrosoft.com"}
CLIENT = {"client_id": "app"}
SECRET = {"client_secret": "s3cret-value"}
CERTIFICATE = {"certificate_path": "/both.pem"}
AUTO = (
    "Set client_id with client_secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET) "
    "or with certificate_path (AZURE_CLIENT_CERTIFICATE_PATH); auth_method lists the other ways."
)


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


def test_no_sentence_quotes_the_secret():
    for method in ("auto", "certificate"):
        with pytest.raises(InvalidInput) as caught:
            choose({**TENANT, **SECRET, "auth_method": method})
        assert SECRET["client_secret"] not in str(caught.value.as_result())


def test_every_method_keeps_its_contract():
    for method in METHODS:
        assert method.NAME
        assert method.NEEDS
        assert callable(method.acquire)
        assert callable(method.fingerprint)
