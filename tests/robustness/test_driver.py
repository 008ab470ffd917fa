# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sweeps drive modules as the role does: request by request the same, so that what they prove is true of the role."""

from __future__ import annotations

import collections.abc
import typing as t

import pytest
from harness import server
from harness.onboarding import customer_variables, customers
from harness.playbook import run_playbook
from sweeps.role import Run
from sweeps.wanted import MSSP, Wanted, changed, published
from sweeps.worlds import CONFIG, World

# The same ids in both: a sandbox derives them from its seed, the tenant and the number of the object.
_NUMBER = 1
_PLAYBOOK = [{"import_playbook": "mssp.defender.onboard"}]

Request = tuple[str, str, t.Any]


def requests_of(log: list[dict[str, t.Any]], base_url: str) -> list[Request]:
    """What was asked, without what differs from sandbox to sandbox."""
    return [(x["method"], x["path"], _bare(x["body"], base_url)) for x in log]


def _bare(value: t.Any, base_url: str) -> t.Any:
    if isinstance(value, dict):
        return {key: _bare(item, base_url) for key, item in value.items()}
    if isinstance(value, list):
        return [_bare(item, base_url) for item in value]
    return value.replace(base_url, "") if isinstance(value, str) else value


@pytest.fixture(scope="module")
def of_the_role(tmp_path_factory: pytest.TempPathFactory) -> list[list[Request]]:
    """The requests of three runs of the real playbook: first, again, changed."""
    directory = tmp_path_factory.mktemp("role")
    found = []
    with server.running(directory / "sandbox", {**CONFIG, "tenants": {**CONFIG["tenants"], "count": _NUMBER}}) as sandbox:
        tenant = sandbox.tenants[0]
        for number, wanted in enumerate(_wishes()):
            hosts = customers(customer=customer_variables(tenant, MSSP, **wanted.variables()))
            sandbox.log.clear()
            result = run_playbook(_PLAYBOOK, directory / f"run{number}", hosts=hosts)
            assert result.rc == 0, str(result)
            found.append(requests_of(sandbox.log.all(tenant.tenant_id), sandbox.graph_url))
    return found


def _wishes() -> list[Wanted]:
    return [published(), published(), changed(_NUMBER)]


@pytest.fixture(scope="module")
def of_the_driver(world: World) -> collections.abc.Iterator[list[list[Request]]]:
    """The requests of the same runs in this process."""
    customer, number = world.customer()
    assert number == _NUMBER
    found = []
    for wanted in _wishes():
        world.quiet()
        ending = Run(customer, wanted).play()
        assert not ending.failed, ending.sentences
        found.append(requests_of(customer.log(), "https://sandbox.invalid"))
    return found


@pytest.mark.parametrize("run", [0, 1, 2], ids=["first", "again", "changed"])
def test_the_driver_asks_what_the_role_asks(of_the_role: t.Any, of_the_driver: t.Any, run: int) -> None:
    role, driver = of_the_role[run], of_the_driver[run]
    writes = [request for request in role if request[0] != "GET"]

    # The token is asked for once, as part of the run.
    assert len([path for _method, path, _body in role if path.endswith("/token")]) == 1
    assert bool(len(writes) > 1) == (run != 1)
    for asked, driven in zip(role, driver, strict=False):
        assert driven == asked
    assert len(driver) == len(role)
