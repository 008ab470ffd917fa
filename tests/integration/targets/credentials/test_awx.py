# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment of AWX's Microsoft Azure Resource Manager credential: it says who asks, and never whose tenant is changed."""

from __future__ import annotations

import collections.abc
import typing as t

import pytest
from harness import onboarding, server, world
from harness.leaking import leaks
from harness.onboarding import estate
from harness.paths import REPOSITORY
from harness.playbook import Result, run_playbook
from harness.server import Sandbox

# What else each wants before it does anything.
PLAYBOOKS: dict[str, dict[str, str]] = {
    "onboard": {},
    "links": {},
    "requests": {},
    "adopt": {},
    "audit": {},
    "cutoff": {"mssp_cutoff_confirm": "yes"},
    # In check mode it asks for no word.
    "offboard": {},
}
# These are for other things than a customer's tenant, or take their tenants from the same role by the same task.
OTHERS = {"sign_in", "report", "consent"}


class Told(t.NamedTuple):
    """An onboarding by the credential, and runs of every playbook for a customer whose tenant nobody has stated."""

    sandbox: Sandbox
    onboarded: Result
    runs: dict[str, Result]
    requests: list[dict[str, t.Any]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Told]:
    """AWX's credential names the MSSP's own tenant, as it does in practice: its application lives there."""
    directory = tmp_path_factory.mktemp("awx")
    config = world.config(customers=2)
    config["applications"] = [{"name": "onboard"}]
    with server.running(directory / "sandbox", config) as sandbox:
        customer, of_the_mssp = sandbox.tenants
        application = customer.client("onboard")
        env = {
            "AZURE_SUBSCRIPTION_ID": "b1000000-0000-4000-8000-00000000beef",
            "AZURE_CLIENT_ID": application["client_id"],
            "AZURE_SECRET": application["client_secret"],
            "AZURE_TENANT": of_the_mssp.tenant_id,
            "AZURE_TENANT_ID": of_the_mssp.tenant_id,
            "AZURE_CLOUD_ENVIRONMENT": "AzureCloud",
            "MSSP_GRAPH_URL": sandbox.graph_url,
            "AZURE_AUTHORITY_HOST": sandbox.login_url,
            "MSSP_CA_PATH": sandbox.ca_path,
        }
        common = {"mssp_onboard_mssp_tenant_id": world.MSSP_TENANT}
        hosts = onboarding.customers(stated={"mssp_onboard_tenant_id": customer.domain, **common})
        onboarded = run_playbook(onboarding.PLAYBOOK, directory / "onboarded", hosts=hosts, env=env)
        sandbox.log.clear()
        runs = {
            name: run_playbook(
                [{"import_playbook": f"mssp.defender.{name}"}],
                directory / name,
                hosts=onboarding.customers(unstated=common),
                env=env,
                extra_vars=more,
                check=name == "offboard",
            )
            for name, more in PLAYBOOKS.items()
        }
        yield Told(sandbox, onboarded, runs, sandbox.log.all())


def test_every_playbook_is_thought_of() -> None:
    assert {path.stem for path in (REPOSITORY / "playbooks").glob("*.yml")} == set(PLAYBOOKS) | OTHERS


def test_the_credential_onboards_the_customer_that_the_inventory_names(told: Told) -> None:
    assert told.onboarded.rc == 0, told.onboarded
    customer, of_the_mssp = told.sandbox.tenants
    assert estate(customer).counts["packages"] == 3
    assert estate(of_the_mssp).counts["groups"] == 0
    assert leaks(told.onboarded.stdout + told.onboarded.stderr, [customer.client("onboard")["client_secret"]]) == []


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_no_playbook_takes_the_tenant_from_the_environment(told: Told, playbook: str) -> None:
    """It fails for want of a tenant, and not for want of anything else."""
    run = told.runs[playbook]
    assert run.rc != 0, run
    assert "mssp_onboard_tenant_id" in run.stdout, run


def test_nobody_was_asked_anything(told: Told) -> None:
    assert told.requests == []
