# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The identity that Azure gives to a machine or a service. Its endpoint is on the machine; it works in its own tenant only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import typing as t
import urllib.parse

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._deps import msal, requests
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import refused

NAME = "managed_identity"
NEEDS: tuple[str, ...] = ()
STORED = True
# It is what the machine has, whoever is asked for.
ANY_TENANT = True

_METADATA = "http://169.254.169.254"
# What answers on the machine itself answers at once.
_CONNECT_SECONDS = 2.0
# What surrounds the endpoint: its address first, then what has to be there beside it. Source: MSAL's managed_identity.py.
_CONFIGURED = (
    ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"),  # App Service, Functions, Container Apps, Automation
    ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT"),  # Azure Arc
    ("MSI_ENDPOINT", "MSI_SECRET"),  # Machine Learning
    ("AZURE_POD_IDENTITY_AUTHORITY_HOST",),  # the metadata service at another address
)
# No such resource: the machine is in another cloud than the Graph that is wanted.
_OF_ANOTHER_CLOUD = "AADSTS500011"
_SECRETS = ("IDENTITY_HEADER", "MSI_SECRET")


def available(options: t.Mapping[str, t.Any]) -> bool:
    """Whether `auto` tries it: only where its endpoint is configured, since elsewhere every host would wait for a time-out."""
    return any(all(os.environ.get(name) for name in names) for names in _CONFIGURED)


def fingerprint(identity: Identity) -> str:
    """A digest of where it comes from, and of the secret that opens it."""
    secrets = [os.environ.get(name) or "" for name in _SECRETS]
    return hashlib.sha256("\0".join([_endpoint(), *secrets]).encode()).hexdigest()


def acquire(identity: Identity, http: t.Any) -> t.Mapping[str, t.Any]:
    """A token for the identity that client_id names, or for the machine's own."""
    for name in _SECRETS:
        _secrets.remember(os.environ.get(name))
    if not available(identity.options):
        _be_there()
    wanted = (
        msal.UserAssignedManagedIdentity(client_id=identity.client_id)
        if identity.client_id
        else msal.SystemAssignedManagedIdentity()
    )
    try:
        answer = msal.ManagedIdentityClient(wanted, http_client=_Direct(http)).acquire_token_for_client(
            resource=identity.resource
        )
    except requests.exceptions.RequestException as exc:
        raise _nobody() from exc
    except (ValueError, TypeError, AttributeError, KeyError):
        # An answer that MSAL cannot read. Not quoted: the text may hold it.
        answer = {}
    if answer.get("access_token"):
        return t.cast("t.Mapping[str, t.Any]", answer)
    if _OF_ANOTHER_CLOUD in str(answer.get("error_description") or ""):
        # The endpoint passes on what the identity platform says.
        raise refused(identity, {"error_description": _OF_ANOTHER_CLOUD})
    raise Failure(
        f"no access token: the managed identity endpoint {_host()} gave none"
        + (f" for the client_id {identity.client_id}" if identity.client_id else ""),
        remedy="Assign a managed identity to this machine or service; set client_id to that of a user-assigned one, and leave it "
        "out for the system-assigned one.",
        code="ManagedIdentityRefused",
    )


class _Direct:
    """MSAL's view of our session, past every proxy: the endpoint is on this machine, and the request carries its secret."""

    def __init__(self, http: t.Any) -> None:
        self._http = http

    def get(self, url: str, **kwargs: t.Any) -> t.Any:
        """GET, bounded."""
        return self._http.get(url, proxies={"http": "", "https": ""}, **kwargs)

    def close(self) -> None:
        """The session belongs to the process."""


def _endpoint() -> str:
    for names in _CONFIGURED:
        if all(os.environ.get(name) for name in names):
            return os.environ[names[0]]
    return _METADATA


def _host() -> str:
    # Without what else an address may hold.
    split = urllib.parse.urlsplit(_endpoint())
    return f"{split.scheme}://{split.hostname}" + (f":{split.port}" if split.port else "")


def _be_there() -> None:
    """Find out in seconds whether there is a metadata service at all."""
    with contextlib.suppress(OSError), socket.create_connection(("169.254.169.254", 80), _CONNECT_SECONDS):
        return
    raise _nobody()


def _nobody() -> Failure:
    return Failure(
        f"no access token: no managed identity answers at {_host()}",
        remedy="auth_method managed_identity works on Azure machines and services that have an identity, and in an execution "
        "environment that reaches their endpoint.",
        code="ManagedIdentityUnreachable",
    )
