# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Which credential method the options mean."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _certificate, _client_secret
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Method

# In the order in which `auto` tries them: the one that Azure's own tools prefer first.
METHODS: tuple[Method, ...] = (t.cast(Method, _client_secret), t.cast(Method, _certificate))

_ENVIRONMENT = {
    "tenant_id": "AZURE_TENANT_ID",
    "client_id": "AZURE_CLIENT_ID",
    "client_secret": "AZURE_CLIENT_SECRET",
    "certificate_path": "AZURE_CLIENT_CERTIFICATE_PATH",
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
        missing = [name for name in method.NEEDS if not options.get(name)]
        if wanted == method.NAME and missing:
            raise InvalidInput(f"the credential method {wanted} needs {_names(missing)}", remedy=_set(missing))
        if wanted in ("auto", method.NAME) and not missing:
            return method
    missing = ["client_secret or certificate_path"]
    if not options.get("client_id"):
        missing.insert(0, "client_id")
    raise InvalidInput(
        f"no credential is given: {_names(missing)} missing",
        remedy="Set client_id with client_secret (AZURE_CLIENT_ID, AZURE_CLIENT_SECRET) "
        "or with certificate_path (AZURE_CLIENT_CERTIFICATE_PATH).",
    )


def _names(missing: t.Sequence[str]) -> str:
    return " and ".join(missing)


def _set(missing: t.Sequence[str]) -> str:
    return "Set " + " and ".join(f"{name} ({_ENVIRONMENT[name]})" for name in missing) + "."
