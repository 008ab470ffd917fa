# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""A person signs in with a code, in a browser somewhere else. Only the module `sign_in` waits for people."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils import _secrets
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, some
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._identity import Identity
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth._msal import explained, public_application, refused

NAME = "device_code"
NEEDS = ("client_id",)
STORED = True
ANY_TENANT = False


def available(options: t.Mapping[str, t.Any]) -> bool:
    """Never tried by `auto`: a run of many customers would wait for many people."""
    return False


def fingerprint(identity: Identity) -> str:
    """There is no credential yet."""
    return NAME


def acquire(identity: Identity, http: t.Any) -> t.Mapping[str, t.Any]:
    """Refused: a task has nobody to show a code to."""
    raise Failure(
        "no access token: a code is for a person, and this task has nobody to show it to",
        remedy="Sign in with playbooks/sign_in.yml, and give what it stores as refresh_token.",
        code="PersonNeeded",
    )


class SignIn:
    """One sign-in: a code to show, then the wait.

    :param scopes: permissions as Graph names them; `.default` is all that was consented to.
    """

    def __init__(self, identity: Identity, http: t.Any, scopes: t.Sequence[str]) -> None:
        self._identity = identity
        with explained(identity):
            self._application = public_application(identity, http)
            self._flow: dict[str, t.Any] = self._application.initiate_device_flow(
                scopes=[f"{identity.resource}/{scope}" for scope in scopes]
            )
        if not self._flow.get("user_code") or not self._flow.get("device_code"):
            raise refused(identity, self._flow)
        # Whoever has it can fetch the tokens in the person's place.
        _secrets.remember(str(self._flow["device_code"]))

    @property
    def prompt(self) -> str:
        """What the person has to do. One line, whatever the answer holds."""
        address, code = _printable(self._flow.get("verification_uri")), _printable(self._flow["user_code"])
        return f"Sign in to the tenant {_printable(self._identity.tenant_id)}: open {address} and enter the code {code}"

    def wait(self, seconds: float) -> t.Mapping[str, t.Any]:
        """The tokens, once somebody has signed in."""
        end = time.monotonic() + min(seconds, float(self._flow.get("expires_in") or seconds))
        with explained(self._identity):
            answer: dict[str, t.Any] = self._application.acquire_token_by_device_flow(
                self._flow, exit_condition=lambda flow: time.monotonic() >= end
            )
        for name in ("access_token", "refresh_token", "id_token"):
            _secrets.remember(answer.get(name))
        if answer.get("error") == "authorization_pending":
            raise Failure(
                f"nobody has signed in within {some(seconds, 'second')}",
                remedy="Run again for a new code. A Conditional Access policy that blocks device code shows only in the browser.",
                code="Timeout",
            )
        if not answer.get("access_token"):
            raise refused(self._identity, answer)
        if not answer.get("refresh_token"):
            raise Failure(
                "the identity platform gave no refresh token",
                remedy="Let the application have the delegated permission offline_access.",
                code="NoRefreshToken",
            )
        return answer


def _printable(value: t.Any) -> str:
    return "".join(sign for sign in str(value or "") if sign.isprintable())[:200]
