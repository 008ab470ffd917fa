# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Which credential method the options mean."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import (
    _access_token,
    _azure_cli,
    _certificate,
    _client_secret,
    _device_code,
    _federated,
    _managed_identity,
    _refresh_token,
)
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Method

# In the order in which `auto` tries them. What no Azure tool has is given on purpose and comes first; a refresh token of a
# confidential application comes with its secret. Then the order of Azure's own DefaultAzureCredential.
METHODS: tuple[Method, ...] = (
    t.cast(Method, _access_token),
    t.cast(Method, _refresh_token),
    t.cast(Method, _client_secret),
    t.cast(Method, _certificate),
    t.cast(Method, _federated),
    t.cast(Method, _managed_identity),
    t.cast(Method, _device_code),
    t.cast(Method, _azure_cli),
)

_ENVIRONMENT = {
    "tenant_id": "AZURE_TENANT_ID",
    "client_id": "AZURE_CLIENT_ID",
    "client_secret": "AZURE_CLIENT_SECRET",
    "certificate_path": "AZURE_CLIENT_CERTIFICATE_PATH",
    "federated_token_file": "AZURE_FEDERATED_TOKEN_FILE",
    "refresh_token": "MSSP_REFRESH_TOKEN",
    "access_token": "MSSP_ACCESS_TOKEN",
}


def choose(options: t.Mapping[str, t.Any]) -> Method:
    """The method, or one sentence that says which options are missing."""
    if not options.get("tenant_id"):
        raise InvalidInput(
            "tenant_id is missing: it names the customer's tenant",
            remedy=f"Set tenant_id, or {_ENVIRONMENT['tenant_id']} in the environment.",
        )
    wanted = options.get("auth_method") or "auto"
    for method in METHODS:
        if wanted == method.NAME:
            missing = [name for name in method.NEEDS if not options.get(name)]
            if missing:
                raise InvalidInput(f"the credential method {wanted} needs {_names(missing)}", remedy=_set(missing))
            return method
        if wanted == "auto" and method.available(options):
            return method
    if os.environ.get("AZURE_AD_USER") and not options.get("client_id"):
        # What AWX's Microsoft Azure credential gives when only its username and password are filled in.
        raise InvalidInput(
            "no credential is given: a person's name and password (AZURE_AD_USER, AZURE_PASSWORD) are none here",
            remedy="Entra ID wants a second factor of people. Give an application: in AWX's Microsoft Azure credential fill in "
            "Client ID, Client Secret and Tenant ID; for what only people may do, sign in with playbooks/sign_in.yml.",
        )
    missing = ["client_secret or certificate_path"]
    if not options.get("client_id"):
        missing.insert(0, "client_id")
    raise InvalidInput(
        f"no credential is given: {_names(missing)} missing",
        remedy="Set client_id with client_secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET) "
        "or with certificate_path (AZURE_CLIENT_CERTIFICATE_PATH); auth_method lists the other ways.",
    )


@contextlib.contextmanager
def said_which(options: t.Mapping[str, t.Any], method: Method) -> t.Iterator[None]:
    """Where `auto` had a choice, let failures inside say which method it took."""
    try:
        yield
    except Failure as failure:
        # That az is installed means nothing.
        others = [each.NAME for each in METHODS[:-1] if each is not method and each.available(options)]
        if (options.get("auth_method") or "auto") == "auto" and others:
            failure.remedy = f"{failure.remedy or ''} auth_method auto took {method.NAME}, before {', '.join(others)}.".strip()
        raise


def _names(missing: t.Sequence[str]) -> str:
    return " and ".join(missing)


def _set(missing: t.Sequence[str]) -> str:
    return "Set " + " and ".join(f"{name} ({_ENVIRONMENT[name]})" for name in missing) + "."
