# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in the wrong form or the wrong place: what is said about an option does not quote one. Both ways."""

from __future__ import annotations

import collections.abc
import typing as t

import leak_bench
import pytest
from harness import playbook as playbooks
from leak_bench import Bench, Runs
from leak_cases import BOTH, Way

# A client secret and a password as they are, and inside of other types.
CASES: dict[str, t.Callable[[str], dict[str, t.Any]]] = {
    "secret as dict": lambda secret: {"client_secret": {"value": secret}},
    "secret as list": lambda secret: {"client_secret": [secret]},
    "secret in a list of dicts": lambda secret: {"client_secret": [{"name": "x", "value": secret}]},
    "password as list": lambda secret: {"client_secret": None, "certificate_password": [secret], "certificate_path": "/no/file"},
    "password as dict": lambda secret: {
        "client_secret": None,
        "certificate_password": {"value": secret},
        "certificate_path": "/no/file",
    },
    "secret as a number too": lambda secret: {"request_timeout": secret},
    "secret as an address too": lambda secret: {"graph_url": f"https://user:{secret}@localhost:1"},
    "secret as a file too": lambda secret: {"ca_path": f"/nowhere/{secret}"},
    "secret as a refresh token too": lambda secret: {"refresh_token": [secret]},
    "secret as an access token": lambda secret: {"access_token": secret},
    "access token as dict": lambda secret: {"access_token": {"value": secret}},
    "password of nothing": lambda secret: {"client_secret": None, "certificate_password": secret},
}
PLACES = [(name, way) for name in CASES for way in BOTH]


def host(name: str, way: Way) -> str:
    """The inventory's name of a case."""
    return f"{name.replace(' ', '_')}_{way}"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Runs]:
    """All of them, each with a tenant of its own."""
    with leak_bench.running(tmp_path_factory.mktemp("options"), len(PLACES)) as bench:
        yield run(bench)


def run(bench: Bench) -> Runs:
    """All cases in both ways."""
    variables, secrets = {}, {}
    for (name, way), tenant in zip(PLACES, bench.sandbox.tenants, strict=True):
        changed = {**tenant.options(), **CASES[name](tenant.client_secret)}
        options = {option: value for option, value in changed.items() if value is not None}
        variables[host(name, way)] = playbooks.local(options=options, **leak_bench.connection(way))
        secrets[host(name, way)] = [tenant.client_secret]
    return bench.run(leak_bench.play(), variables, secrets)


@pytest.mark.parametrize(("name", "way"), PLACES)
def test_no_secret_is_quoted(runs: Runs, name: str, way: Way) -> None:
    runs.assert_one_sentence(host(name, way))
    runs.assert_no_secret_of(host(name, way))


def test_nothing_at_all_in_what_the_runs_leave(runs: Runs) -> None:
    runs.assert_nothing_left()
