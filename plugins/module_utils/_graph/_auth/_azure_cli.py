# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The sign-in of the Azure CLI, for people at their own terminal."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, InvalidInput, some
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _child, _claims
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import by_graph

NAME = "azure_cli"
NEEDS: tuple[str, ...] = ()
STORED = True
# The sign-in may be one that takes no tenant.
ANY_TENANT = True

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_AADSTS = re.compile(r"AADSTS\d+")
# No such resource, and no such tenant, in the cloud that the CLI is set to.
_OF_ANOTHER_CLOUD = frozenset({"AADSTS500011", "AADSTS900382", "AADSTS90038"})


def available(options: t.Mapping[str, t.Any]) -> bool:
    """Whether `auto` tries it: where it is installed."""
    return shutil.which("az") is not None


def fingerprint(identity: Identity) -> str:
    """A digest of where the sign-in is kept."""
    return hashlib.sha256((os.environ.get("AZURE_CONFIG_DIR") or os.path.expanduser("~/.azure")).encode()).hexdigest()


def acquire(identity: Identity, http: t.Any) -> t.Mapping[str, t.Any]:
    """A token of `az account get-access-token`."""
    program = shutil.which("az")
    if program is None:
        raise Failure(
            "no access token: the Azure CLI (az) is not installed",
            remedy="Install it where Ansible runs, or choose another auth_method.",
            code="AzureCliMissing",
        )
    if not _TENANT.fullmatch(identity.tenant_id):
        raise InvalidInput("tenant_id is neither an id nor a domain", remedy="Set tenant_id to one of them.")
    command = [program, "account", "get-access-token", "--output", "json"]
    status, out, errors = _run(
        [*command, "--resource", identity.resource, "--tenant", identity.tenant_id],
        float(identity.options.get("request_timeout") or 30),
    )
    if status != 0:
        raise _failed(identity, status, errors)
    try:
        found = json.loads(out)
        token = str(found["accessToken"])
    except (ValueError, KeyError, TypeError):
        raise Failure(
            "no access token: the Azure CLI answered something else than a token",
            remedy=f"See what it says: {_by_hand(identity)}",
            code="AzureCliFailed",
        ) from None
    return {"access_token": token, "expires_in": max(0.0, _claims.ends(_claims.read(token)) - time.time())}


def _failed(identity: Identity, status: int, errors: str) -> Failure:
    # Only what we know of it is told: the CLI prints requests, and with them secrets.
    code = _AADSTS.search(errors)
    if code and code.group() in _OF_ANOTHER_CLOUD:
        cloud = by_graph(identity.resource)
        return Failure(
            f"no access token: the Azure CLI is set to another cloud than that of {identity.resource} ({code.group()})",
            remedy=f"As the user who runs Ansible: az cloud set --name {cloud.azure_name if cloud else 'NAME'}, then az login "
            f"--tenant {identity.tenant_id}; or correct cloud.",
            code=code.group(),
        )
    if code or "az login" in errors:
        return Failure(
            "no access token: the Azure CLI is not signed in to this tenant" + (f" ({code.group()})" if code else ""),
            remedy=f"As the user who runs Ansible: az login --tenant {identity.tenant_id}",
            code=code.group() if code else "AzureCliNotSignedIn",
        )
    return Failure(
        f"no access token: the Azure CLI failed (exit status {status})",
        remedy=f"See what it says: {_by_hand(identity)}",
        code="AzureCliFailed",
    )


def _by_hand(identity: Identity) -> str:
    return f"az account get-access-token --resource {identity.resource} --tenant {identity.tenant_id}"


def _run(command: list[str], seconds: float) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    try:
        return _child.run(command, seconds)
    except OSError as exc:
        raise Failure(
            f"no access token: the Azure CLI cannot be started ({os.strerror(exc.errno or 0)})",
            remedy="Check its installation: az version",
            code="AzureCliFailed",
        ) from exc
    except _child.TooLate:
        raise Failure(
            f"no access token: the Azure CLI did not answer within {some(seconds, 'second')}",
            remedy="Raise request_timeout, or see what it waits for: az account show",
            code="Timeout",
        ) from None
