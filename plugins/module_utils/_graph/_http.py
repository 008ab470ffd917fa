# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""HTTPS for one process: a trust store that is parsed once, and a connection pool that never crosses a fork.

Certifi's bundle costs 15 to 20 ms of CPU each time it is loaded, once a task in a naive client. The context is
therefore made once, in Ansible's parent process (`preload_trust`), and inherited by every worker. An open
connection must never be inherited: two processes would write into one TLS stream. So pools are keyed by pid.
"""

from __future__ import annotations

import functools
import os
import ssl
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._deps import requests
from ansible_collections.mssp.defender.plugins.module_utils._failures import GraphError, InvalidInput, some
from ansible_collections.mssp.defender.plugins.module_utils._graph._budget import Budget, backoff, retry_after

_contexts: dict[str, ssl.SSLContext] = {}
_sessions: dict[tuple[int, str], t.Any] = {}


def trust_path(ca_path: str | None) -> str:
    """The CA bundle to trust: the option first, then what corporate machines set for requests, then certifi."""
    chosen = ca_path or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return chosen or requests.certs.where()


def _context(path: str) -> ssl.SSLContext:
    if path not in _contexts:
        try:
            context = ssl.create_default_context(
                cafile=None if os.path.isdir(path) else path, capath=path if os.path.isdir(path) else None
            )
        except (OSError, ssl.SSLError) as exc:
            raise InvalidInput(
                f"the CA bundle {path} cannot be read ({type(exc).__name__})",
                remedy="Set ca_path (or REQUESTS_CA_BUNDLE) to a readable PEM file.",
            ) from exc
        _contexts[path] = context
    return _contexts[path]


def preload_trust() -> None:
    """Parse the default bundle now. Called in the parent; must not raise, connect or read the environment."""
    if requests is not None:
        try:
            _context(requests.certs.where())
        except Exception:  # pylint: disable=broad-except
            return  # the task that needs it will say so, for its own host only


@functools.lru_cache(maxsize=1)
def _adapter_class() -> type:
    # Made on first use: a class body that named requests at import time would fail where requests is missing.
    class Adapter(requests.adapters.HTTPAdapter):  # type: ignore[misc]
        """requests' adapter with our context and nothing else: no second parsing, no bundle from elsewhere."""

        def __init__(self, context: ssl.SSLContext) -> None:
            self._context = context
            super().__init__(pool_connections=4, pool_maxsize=4)

        def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

        def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
            return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)

        def cert_verify(self, conn: t.Any, url: str, verify: t.Any, cert: t.Any) -> None:
            # requests would set ca_certs here, which makes urllib3 parse a bundle again for each connection.
            conn.cert_reqs = "CERT_REQUIRED"

        def send(self, request: t.Any, **kwargs: t.Any) -> t.Any:
            # requests lets REQUESTS_CA_BUNDLE override the session's own choice; trust_path has decided already.
            kwargs["verify"] = True
            return super().send(request, **kwargs)

    return Adapter


def session(ca_path: str | None) -> t.Any:
    """This process's requests.Session for a trust store. Never call it in Ansible's parent process."""
    path = trust_path(ca_path)
    key = (os.getpid(), path)
    if key not in _sessions:
        made = requests.Session()
        made.mount("https://", _adapter_class()(_context(path)))
        made.headers["User-Agent"] = "mssp.defender"
        _sessions[key] = made
    return _sessions[key]


def _as_it_is(request: t.Any) -> t.Any:
    # Without an `auth` of its own a request gets whatever .netrc has for the host.
    return request


_OVERLOADED = frozenset({429, 500, 502, 503, 504})
_TRIES = 4


class BoundedHttp:
    """The session as MSAL wants it (get, post): with a time-out on every request and patience, neither of which MSAL has.

    Asking for a token twice does no harm, so an identity platform that is overloaded is asked again.

    :param budget: what the current task may wait; replaced for each task, see `_task.py`.
    """

    def __init__(self, inner: t.Any, timeout: float, budget: Budget) -> None:
        self._inner = inner
        self._timeout = timeout
        self.budget = budget

    def get(self, url: str, **kwargs: t.Any) -> t.Any:
        """GET, bounded."""
        return self._patiently("GET", url, kwargs)

    def post(self, url: str, **kwargs: t.Any) -> t.Any:
        """POST, bounded."""
        data = kwargs.get("data")
        if isinstance(data, dict):
            # MSAL made it, and an answer may repeat it.
            _secrets.remember(data.get("client_assertion"))
        return self._patiently("POST", url, kwargs)

    def _patiently(self, method: str, url: str, kwargs: dict[str, t.Any]) -> t.Any:
        attempt = 0
        while True:
            attempt += 1
            answer, lost = self._once(method, url, kwargs)
            if answer is not None and answer.status_code not in _OVERLOADED:
                return answer
            pause = retry_after(answer) or backoff(attempt - 1)
            if attempt == _TRIES or not self.budget.fits(pause):
                raise lost or _overloaded(url, answer.status_code, attempt)
            self.budget.sleep(pause)

    def _once(self, method: str, url: str, kwargs: dict[str, t.Any]) -> tuple[t.Any, Exception | None]:
        try:
            return self._inner.request(method, url, timeout=self._timeout, auth=_as_it_is, **kwargs), None
        except requests.exceptions.SSLError:
            # Another try finds the same certificate.
            raise
        except requests.exceptions.ConnectionError as exc:
            return None, exc

    def close(self) -> None:
        """The session belongs to the process, not to MSAL."""


def _overloaded(url: str, status: int, attempts: int) -> GraphError:
    host = "/".join(url.split("/", 3)[:3])
    return GraphError(
        f"no access token: the identity platform {host} answered {status} (tried {some(attempts, 'time')})",
        remedy="It is overloaded or down: run again later, or use fewer forks.",
        status=status,
        code="IdentityUnavailable",
    )
