# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Tokens by MSAL, Microsoft's own library, and its errors as one sentence each."""

from __future__ import annotations

import contextlib
import re
import typing as t
import urllib.parse

from ansible_collections.mssp.defender.plugins.module_utils._deps import msal, requests
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._advice import ADVICE as _ADVICE
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._advice import EXPIRED as _EXPIRED
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import (
    MICROSOFT_LOGIN_URLS,
    by_graph,
    by_login_host,
)

# What MSAL says of a tenant that does not exist, in place of the identity platform's code.
_OF_MSAL = ("invalid_tenant", "Unable to get authority configuration")

_AADSTS = re.compile(r"AADSTS\d+")


def consent_url(identity: Identity) -> str:
    """Where an administrator of the tenant grants the application all the permissions that it asks for.

    Always the whole set: a link for one permission may revoke the others (Entra documentation, grant-admin-consent).
    """
    return f"{identity.authority}/adminconsent?client_id={identity.client_id}"


def acquire_for_client(identity: Identity, credential: t.Any, http: t.Any) -> t.Mapping[str, t.Any]:
    """Client credentials flow. Raises a Failure when the identity platform cannot be reached."""
    with explained(identity):
        application = _application(identity, credential, http)
        return t.cast("t.Mapping[str, t.Any]", application.acquire_token_for_client(scopes=[identity.scope]))


def acquire_by_refresh_token(identity: Identity, credential: t.Any, refresh_token: str, http: t.Any) -> t.Mapping[str, t.Any]:
    """Refresh token flow. Raises a Failure when the identity platform cannot be reached.

    :param credential: None for a public application.
    """
    with explained(identity):
        application = _application(identity, credential, http)
        return t.cast("t.Mapping[str, t.Any]", application.acquire_token_by_refresh_token(refresh_token, scopes=[identity.scope]))


def public_application(identity: Identity, http: t.Any) -> t.Any:
    """MSAL's application for people. Use it inside `explained`."""
    return _application(identity, None, http)


def _application(identity: Identity, credential: t.Any, http: t.Any) -> t.Any:
    known: dict[str, t.Any] = {
        "authority": identity.authority,
        "http_client": http,
        # Otherwise MSAL asks login.microsoftonline.com about every authority that it does not know.
        "instance_discovery": None if identity.login_url in MICROSOFT_LOGIN_URLS else False,
    }
    if credential is None:
        application = msal.PublicClientApplication(identity.client_id, **known)
    else:
        application = msal.ConfidentialClientApplication(identity.client_id, client_credential=credential, **known)
    _refuse_another_cloud(identity, application)
    return application


def _refuse_another_cloud(identity: Identity, application: t.Any) -> None:
    """Fail before a credential is sent to another cloud than the wanted one.

    The identity platform of one cloud names the endpoints of another for a tenant that lives there, and MSAL goes where they
    point.
    """
    wanted = by_graph(identity.resource)
    found = by_login_host(urllib.parse.urlsplit(application.authority.token_endpoint).hostname)
    if wanted and found and wanted not in found:
        raise Failure(
            f"no access token: the tenant is in the cloud {' or '.join(cloud.name for cloud in found)}, not in {wanted.name}",
            remedy="Set cloud to that of the tenant, and client_id to an application that is registered in that cloud.",
            code="AnotherCloud",
        )


@contextlib.contextmanager
def explained(identity: Identity) -> t.Iterator[None]:
    """What MSAL raises inside becomes a Failure in our words."""
    try:
        yield
    except requests.exceptions.SSLError as exc:
        raise GraphError(
            f"the TLS certificate of {identity.login_url} cannot be verified",
            remedy="Set ca_path (or REQUESTS_CA_BUNDLE) to the CA bundle that signs it, and check login_url.",
            code="TlsError",
        ) from exc
    except requests.exceptions.RequestException as exc:
        raise GraphError(
            f"the identity platform {identity.login_url} cannot be reached",
            remedy="Check network, proxy, cloud and login_url.",
            code="ConnectionError",
        ) from exc
    except ValueError as exc:
        # MSAL's own words are general; the identity platform's answer stands in the error before it.
        text = f"{exc.__context__} {exc}"
        # Only what we know is told: the text may quote the key, the assertion or an answer with a token in it.
        found = _AADSTS.search(text)
        known = found.group() if found else next((words for words in _OF_MSAL if words in text), "an error of MSAL")
        raise refused(identity, {"error_description": known}) from None


def refused(identity: Identity, answer: t.Mapping[str, t.Any]) -> Failure:
    """The Failure for an answer with `error` in it."""
    text = str(answer.get("error_description") or answer.get("error") or "")
    found = _AADSTS.search(text)
    code = found.group() if found else str(answer.get("error") or "AuthenticationFailed")
    names = {"client": identity.client_id, "consent": consent_url(identity), "resource": identity.resource}
    # AADSTS7000215 would also match a table searched by prefix: exact codes only.
    # Of a certificate Entra ID has one code for unknown and for expired, and says which in brackets.
    advice = _EXPIRED if code == "AADSTS700027" and "expired" in text else _ADVICE.get(code)
    if advice:
        cause, remedy = (words.format(**names) for words in advice)
    elif any(words in text for words in _OF_MSAL):
        cause, remedy = "the identity platform knows no such tenant", "Check tenant_id and cloud."
    else:
        # The first sentence says what; trace ids and time stamps follow it.
        first = re.split(r"(?:\r?\n|\. | Trace ID)", text, maxsplit=1)[0].strip()
        cause = f"the identity platform refused the credential ({first or code})"
        remedy = "Check client_id, the credential and the application's state in the tenant."
    if found and code not in cause:
        cause = f"{cause} ({code})"
    return Failure(f"no access token: {cause}", remedy=remedy, code=code, status=None, request_id=_trace(answer))


def _trace(answer: t.Mapping[str, t.Any]) -> str | None:
    return str(answer["trace_id"]) if answer.get("trace_id") else None
