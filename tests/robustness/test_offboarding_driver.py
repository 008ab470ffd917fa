# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sweep of an offboarding drives modules as the role does: request by request the same."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import requests
from harness import server
from harness.onboarding import customer_variables, customers
from harness.playbook import run_playbook
from harness.tenants import Tenant
from sweeps.offboarding import Offboarding, begin, people, wish
from sweeps.wanted import MSSP
from sweeps.worlds import CONFIG, World
from test_driver import Request, requests_of

# The same ids in both: a sandbox derives them from its seed, the tenant and the number of the object.
_NUMBER = 1
_ONBOARD = [{"import_playbook": "mssp.defender.onboard"}]


@pytest.fixture(scope="module")
def of_the_role(tmp_path_factory: pytest.TempPathFactory) -> list[Request]:
    """The requests of the real role, with `mssp_onboard_state: absent`."""
    directory = tmp_path_factory.mktemp("role")
    with server.running(directory / "sandbox", {**CONFIG, "tenants": {**CONFIG["tenants"], "count": _NUMBER}}) as sandbox:
        tenant = sandbox.tenants[0]
        _play(tenant, directory / "onboard", "present")
        people(tenant, _NUMBER, lambda method, path, body: _control(tenant, method, path, body))
        sandbox.log.clear()
        _play(tenant, directory / "offboard", "absent")
        return requests_of(sandbox.log.all(tenant.tenant_id), sandbox.graph_url)


def _play(tenant: Tenant, directory: Path, wanted: str) -> None:
    variables = customer_variables(tenant, MSSP, mssp_onboard_state=wanted, **wish(_NUMBER).variables())
    result = run_playbook(_ONBOARD, directory, hosts=customers(customer=variables))
    assert result.rc == 0, str(result)


def _control(tenant: Tenant, method: str, path: str, body: t.Any) -> None:
    url = f"{tenant.graph_url}/_sandbox/{path}"
    requests.request(method, url, json=body, verify=tenant.ca_path, timeout=30).raise_for_status()


def test_the_driver_asks_what_the_role_asks(of_the_role: list[Request], world: World) -> None:
    customer, wanted = begin(world, "nothing but ours")
    ending = Offboarding(customer, wanted).play()
    assert not ending.failed, ending.sentences
    driver = requests_of(customer.log(), "https://sandbox.invalid")

    assert len([path for _method, path, _body in of_the_role if path.endswith("/token")]) == 1
    assert {method for method, _path, _body in of_the_role} >= {"GET", "POST", "PATCH", "PUT", "DELETE"}
    for asked, driven in zip(of_the_role, driver, strict=False):
        assert driven == asked
    assert len(driver) == len(of_the_role)
