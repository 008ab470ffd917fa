# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which layers are made to raise what, with which credentials and in which ways. `plug/sitecustomize.py` does it."""

from __future__ import annotations

import typing as t

# In Ansible's worker, or as an ordinary module.
Way = t.Literal["worker", "module"]
WORKER: tuple[Way, ...] = ("worker",)
MODULE: tuple[Way, ...] = ("module",)
BOTH: tuple[Way, ...] = ("worker", "module")

Credential = t.Literal["secret", "pem", "pfx", "refresh", "access", "federated"]
SECRET: tuple[Credential, ...] = ("secret",)
CERTIFICATES: tuple[Credential, ...] = ("pem", "pfx")
ALL: tuple[Credential, ...] = ("secret", "pem", "pfx")
PERSON: tuple[Credential, ...] = ("refresh",)
GIVEN_TOKEN: tuple[Credential, ...] = ("access",)
WORKLOAD: tuple[Credential, ...] = ("federated",)
FURTHER: tuple[Credential, ...] = ("refresh", "access", "federated")


class Case(t.NamedTuple):
    """A layer, and what it raises or answers."""

    layer: str
    raises: str
    credentials: tuple[Credential, ...] = ("secret", "pem")
    ways: tuple[Way, ...] = BOTH
    # Whether the layer lies behind the token, so that the text must have had it.
    token: bool = False
    options: t.Mapping[str, t.Any] = {}


class Host(t.NamedTuple):
    """A case with one credential, as a host of the inventory."""

    name: str
    case: Case
    credential: Credential

    def __str__(self) -> str:
        return f"{self.case.layer}: {self.case.raises} ({self.credential})"

    def kinds(self) -> set[str]:
        """The secrets that the layer's text must have had, or the case proves nothing."""
        own = _OWN[self.credential]
        sent = _SENT[self.credential]
        if self.case.layer == "answer of graph":
            return {"token"}
        if self.case.layer == "answer of token":
            return sent
        if self.credential == "access":
            return own  # it is the token
        return own | sent | {"token"} if self.case.token else own


# What the test knows of each credential, and what of it is sent to the identity platform.
_OWN: dict[Credential, set[str]] = {
    "secret": {"client_secret"},
    "pem": {"password", "private_key"},
    "pfx": {"password", "private_key"},
    "refresh": {"refresh_token"},
    "access": {"access_token"},
    "federated": {"federated"},
}
_SENT: dict[Credential, set[str]] = {
    "secret": {"client_secret"},
    "pem": {"assertion"},
    "pfx": {"assertion"},
    "refresh": {"refresh_token"},
    "access": set(),
    "federated": {"assertion"},
}


# Refused before anything is asked, so that there is a failure to explain.
NO_TLS = {"graph_url": "http://localhost:1"}
GIVEN = ("RuntimeError", "ValueError", "OSError")
OF_REQUESTS = tuple(
    f"requests.exceptions.{x}" for x in ("ConnectionError", "SSLError", "ProxyError", "Timeout", "RequestException")
)
OF_URLLIB3 = tuple(f"urllib3.exceptions.{x}" for x in ("ProtocolError", "MaxRetryError", "ReadTimeoutError", "HTTPError"))

CASES = [
    # The credential, before any request.
    *(Case("fingerprint", x, ALL) for x in GIVEN),
    # A BaseException stands for a panic of a library that is written in Rust.
    *(Case("method", x, ALL) for x in (*GIVEN, "asyncio.CancelledError")),
    *(Case("certificate file", x, CERTIFICATES) for x in ("RuntimeError", "OSError")),
    Case("certificate key", "cryptography.exceptions.UnsupportedAlgorithm", CERTIFICATES),
    Case("trust", "OSError"),
    Case("trust", "ssl.SSLError"),
    Case("http session", "RuntimeError"),
    # MSAL and the identity platform.
    *(Case("msal construction", x, ALL) for x in GIVEN),
    *(Case("msal", x, ALL) for x in (*GIVEN, "msal.exceptions.MsalError")),
    *(Case("after msal", x, ALL, token=True) for x in GIVEN),
    *(Case("request of token", x, ALL) for x in OF_REQUESTS),
    *(Case("adapter of token", x) for x in OF_REQUESTS[:2]),
    *(Case("urllib3 of token", x) for x in OF_URLLIB3),
    *(Case("answer of token", x, ALL) for x in ("known code", "description", "no code")),
    *(Case("answer of token", x) for x in ("not JSON", "success")),
    # The same with what is no secret of an application.
    *(Case("fingerprint", x, FURTHER) for x in GIVEN[:2]),
    *(Case("method", x, FURTHER) for x in (*GIVEN, "asyncio.CancelledError")),
    Case("federated file", "RuntimeError", WORKLOAD),
    Case("federated file", "OSError", WORKLOAD),
    Case("claims", "ValueError", GIVEN_TOKEN),
    *(Case("msal construction", x, (*PERSON, *WORKLOAD)) for x in GIVEN[:2]),
    *(Case("msal", x, (*PERSON, *WORKLOAD)) for x in (*GIVEN[:2], "msal.exceptions.MsalError")),
    Case("after msal", "ValueError", (*PERSON, *WORKLOAD), token=True),
    *(Case("request of token", x, (*PERSON, *WORKLOAD)) for x in OF_REQUESTS[:2]),
    *(Case("answer of token", x, (*PERSON, *WORKLOAD)) for x in ("known code", "description", "no code", "not JSON", "success")),
    Case("token file written", "OSError", (*PERSON, *WORKLOAD), WORKER, token=True),
    *(Case("request of graph", x, FURTHER, token=True) for x in OF_REQUESTS[:2]),
    *(Case("answer of graph", x, FURTHER) for x in ("error", "refusal", "not JSON")),
    *(Case("token source", x, FURTHER) for x in GIVEN[:2]),
    # The token and its file, which exists only where there is a run's private directory.
    *(Case("token file read", x, ways=WORKER) for x in GIVEN),
    *(Case("token file written", x, ways=WORKER, token=True) for x in GIVEN),
    *(Case("flock", x, ways=WORKER) for x in ("RuntimeError", "OSError")),
    *(Case("token source", x) for x in GIVEN),
    # Graph.
    *(Case("request of graph", x, token=True) for x in (*OF_REQUESTS, "RuntimeError")),
    *(Case("adapter of graph", x, token=True) for x in OF_REQUESTS[:2]),
    *(Case("urllib3 of graph", x, token=True) for x in OF_URLLIB3),
    *(Case("answer of graph", x) for x in ("error", "refusal", "success", "not JSON")),
    *(Case("json of graph", x, token=True) for x in ("ValueError", "requests.exceptions.JSONDecodeError")),
    *(Case("session", x) for x in ("RuntimeError", "ValueError")),
    Case("body", "RuntimeError", token=True),
    # What stands on Graph.
    Case("find", "RuntimeError"),
    Case("create", "ValueError", token=True),
    Case("update", "OSError", token=True),
    Case("reconcile", "RuntimeError"),
    Case("run", "RuntimeError"),
    Case("run", "ansible.errors.AnsibleError", ways=WORKER),
    Case("explain", "RuntimeError", options=NO_TLS),
    Case("task", "RuntimeError"),
    Case("mask", "TypeError"),
    # As an ordinary module core's own AnsibleModule stands here.
    Case("validation", "ValueError", ways=WORKER),
    *(Case("action", x, ways=WORKER) for x in (*GIVEN, "ansible.errors.AnsibleError")),
]


def hosts(way: Way) -> list[Host]:
    """The hosts of one way.

    In the worker each case with each of its credentials. An ordinary module costs ten times as much and runs the same
    function: each case with one of them, in turn.
    """
    found = [case for case in CASES if way in case.ways]
    if way == "module":
        pairs = [(case, case.credentials[number % len(case.credentials)]) for number, case in enumerate(found)]
    else:
        pairs = [(case, credential) for case in found for credential in case.credentials]
    return [Host(f"case{number}", case, credential) for number, (case, credential) in enumerate(pairs)]
