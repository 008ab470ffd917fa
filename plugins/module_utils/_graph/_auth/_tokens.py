# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""One access token per tenant, credential and run.

The token is acquired once and kept in a file under the run's own private directory, which Ansible makes with mode
0700 and removes at exit; every task and every worker of the run reads it there instead of asking again. The file
never holds a secret or a refresh token. SIGKILL leaves Ansible's directory behind: what is found there expired is
removed when the next token is written.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import time
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _claims
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity, Method
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import refused
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._select import said_which
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._target import check_target

_PREFIX = "mssp-token-"
# An empty file beside the tokens of a run that has swept.
_SWEPT = "mssp-swept"
# Used until five minutes before its end, so that it outlives the task that took it.
_MARGIN = 300
_LOCK_SECONDS = 60.0


class TokenSource:
    """The token of one identity.

    :param directory: the run's private directory, or None where there is none (a module that runs elsewhere):
        then the token lives as long as the process.
    """

    def __init__(self, identity: Identity, method: Method, http: t.Any, directory: str | None) -> None:
        self._identity = identity
        self._method = method
        self._http = http
        # What was given for this run only may not lie in a file.
        self._directory = directory if method.STORED else None
        self._token: str | None = None
        self._ends = 0.0
        self._path: str | None = None

    def get(self) -> str:
        """A token that is valid for at least five minutes; one from the identity platform only when none is at hand."""
        if self._token and self._ends - _MARGIN > time.time():
            return self._token
        if self._directory is None:
            self._acquire()
        else:
            self._share()
        token = t.cast(str, self._token)
        _secrets.remember(token)
        return token

    def drop(self) -> None:
        """Graph refused it: forget it here and in the file, unless another process has renewed that meanwhile."""
        refused_token, self._token, self._ends = self._token, None, 0.0
        if self._directory is not None:
            stored = _load(self._file())
            if stored and stored[0] == refused_token:
                with contextlib.suppress(OSError):
                    os.unlink(self._file())

    def claims(self) -> dict[str, t.Any]:
        """What the token says of itself (tid, appid, roles or scp). Not verified: it is Graph's to judge, ours to report."""
        return _claims.read(self.get())

    @property
    def method(self) -> str:
        """The credential method, by its name in `auth_method`."""
        return self._method.NAME

    def _file(self) -> str:
        if self._path is None:
            identity = self._identity
            # A digest: the tenant's name must not become a path, and another secret must not find this token.
            key = "\0".join(
                (
                    identity.login_url,
                    identity.tenant_id.lower(),
                    identity.client_id,
                    self._method.NAME,
                    identity.scope,
                    self._method.fingerprint(identity),
                )
            )
            name = _PREFIX + hashlib.sha256(key.encode()).hexdigest()
            self._path = os.path.join(t.cast(str, self._directory), name)
        return self._path

    def _share(self) -> None:
        stored = _load(self._file())
        if stored is None:
            with _locked(self._file() + ".lock"):
                stored = _load(self._file())
                if stored is None:
                    self._acquire()
                    _sweep(t.cast(str, self._directory))
                    _store(self._file(), t.cast(str, self._token), self._ends)
                    return
        self._token, self._ends = stored

    def _acquire(self) -> None:
        asked = time.time()
        with said_which(self._identity.options, self._method):
            answer = self._method.acquire(self._identity, self._http)
            # The new refresh token goes nowhere; the given one stays valid.
            for name in ("access_token", "refresh_token", "id_token"):
                _secrets.remember(answer.get(name))
            if not answer.get("access_token"):
                raise refused(self._identity, answer)
            token = str(answer["access_token"])
            if self._method.ANY_TENANT:
                check_target(self._identity, _claims.read(token), self._http)
        self._token = token
        self._ends = asked + float(answer.get("expires_in") or 0)


def _load(path: str) -> tuple[str, float] | None:
    try:
        with open(path, encoding="ascii") as file:
            stored = json.load(file)
        token, ends = str(stored["access_token"]), float(stored["ends"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if ends - _MARGIN <= time.time():
        return None
    return token, ends


def _store(path: str, token: str, ends: float) -> None:
    temporary = f"{path}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump({"access_token": token, "ends": ends}, file)
    os.replace(temporary, path)


@contextlib.contextmanager
def _locked(path: str) -> t.Iterator[None]:
    """Two hosts of one tenant, or one MSSP tenant for all: one asks, the others wait for its answer."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as exc:
                if time.monotonic() > end:
                    raise Failure(
                        f"another task has been acquiring the same access token for {_LOCK_SECONDS:.0f} seconds",
                        remedy="The identity platform does not answer in time: run again later.",
                        code="Timeout",
                    ) from exc
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _sweep(directory: str) -> None:
    """Remove expired tokens that killed runs have left beside our directory (never a live run's token).

    Once in a run, with its first token: looking at all tokens of a large fleet with each of them takes its time.
    """
    try:
        os.close(os.open(os.path.join(directory, _SWEPT), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    beside = os.path.join(glob.escape(os.path.dirname(directory)), "ansible-local-*", _PREFIX + "*")
    for path in glob.glob(beside):
        with contextlib.suppress(OSError, ValueError):
            # A token of Entra ID lives for up to a day; whatever is older belongs to no run.
            if time.time() - os.stat(path).st_mtime > 86400:
                os.unlink(path)
