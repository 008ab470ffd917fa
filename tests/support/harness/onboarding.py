# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook onboard, run for customers of a sandbox; and what a customer's tenant then holds, by plain HTTP."""

from __future__ import annotations

import collections.abc
import contextlib
import typing as t
from pathlib import Path

import yaml

from harness import server
from harness.paths import REPOSITORY
from harness.playbook import Result, run_playbook
from harness.server import Sandbox
from harness.tenants import ASSIGNMENTS, EM, ROLES, Tenant

MSSP = "11111111-2222-3333-4444-555555555555"
INVENTORY = REPOSITORY / "inventories" / "sandbox"
PLAYBOOK = [{"import_playbook": "mssp.defender.onboard"}]


def three_customers(**more: t.Any) -> dict[str, t.Any]:
    """The configuration of the demo; `more` goes to its top level."""
    text = (REPOSITORY / "tests" / "sandbox" / "three_customers.yml").read_text(encoding="utf-8")
    return {**yaml.safe_load(text), **more}


@contextlib.contextmanager
def running(directory: Path, config: dict[str, t.Any] | None = None) -> collections.abc.Iterator[Onboarding]:
    """A sandbox with the customers of the demo."""
    with server.running(directory / "sandbox", config or three_customers()) as sandbox:
        yield Onboarding(sandbox, directory)


class Onboarding:
    """Runs of the playbook against one sandbox."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.sandbox = sandbox
        self._directory = directory
        self._runs = 0

    def tenant(self, name: str) -> Tenant:
        """The tenant of a customer of the inventory: `contoso`."""
        return next(tenant for tenant in self.sandbox.tenants if tenant.domain.startswith(name + "."))

    def run(self, **more: t.Any) -> Result:
        """One run with the inventory of the demo, unless `hosts` says otherwise. The log starts empty."""
        self._runs += 1
        self.sandbox.log.clear()
        env = {"MSSP_SANDBOX": str(self._directory / "sandbox" / "sandbox.json"), **more.pop("env", {})}
        directory = self._directory / f"run{self._runs}"
        return run_playbook(PLAYBOOK, directory, hosts=more.pop("hosts", INVENTORY), env=env, **more)

    def variables(self, name: str, **more: t.Any) -> dict[str, t.Any]:
        """The variables of a customer, for an inventory of one's own."""
        return customer_variables(self.tenant(name), MSSP, **more)


def customer_variables(tenant: Tenant, mssp: str, **more: t.Any) -> dict[str, t.Any]:
    """The role's variables for a tenant, with the sandbox's application `onboard`; `mssp` is the id of the MSSP's tenant."""
    application = tenant.client("onboard")
    return {
        "mssp_onboard_tenant_id": tenant.domain,
        "mssp_onboard_mssp_tenant_id": mssp,
        "mssp_onboard_client_id": application["client_id"],
        "mssp_onboard_client_secret": application["client_secret"],
        "mssp_onboard_graph_url": tenant.graph_url,
        "mssp_onboard_login_url": tenant.login_url,
        "mssp_onboard_ca_path": tenant.ca_path,
        **more,
    }


def customers(**hosts: dict[str, t.Any]) -> dict[str, t.Any]:
    """An inventory of customers. Nothing in it says how to connect: the role has to."""
    return {"all": {"children": {"customers": {"hosts": hosts}}}}


def changes(result: Result, host: str) -> list[dict[str, t.Any]]:
    """The fact `mssp_onboard_changes` of a run."""
    gathered = result.task("mssp.defender.mssp_onboard : Gather what was changed and what is there", host)
    return t.cast("list[dict[str, t.Any]]", gathered.result["ansible_facts"]["mssp_onboard_changes"])


class Estate(t.NamedTuple):
    """What a tenant holds, in Graph's shapes."""

    groups: list[dict[str, t.Any]]
    roles: list[dict[str, t.Any]]
    assignments: list[dict[str, t.Any]]
    organizations: list[dict[str, t.Any]]
    catalogs: list[dict[str, t.Any]]
    resources: list[dict[str, t.Any]]
    packages: list[dict[str, t.Any]]
    policies: list[dict[str, t.Any]]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {name: len(value) for name, value in self._asdict().items()}


def estate(tenant: Tenant) -> Estate:
    """Everything that onboarding makes, read by plain HTTP; what Microsoft put there itself is left out."""
    catalogs = [x for x in tenant.list(f"{EM}/catalogs") if x.get("catalogType") == "userManaged"]
    return Estate(
        groups=tenant.list("groups?$select=id,displayName,description,uniqueName,securityEnabled,mailEnabled,groupTypes"),
        roles=[x for x in tenant.list(ROLES, beta=True) if not x.get("isBuiltIn")],
        assignments=tenant.list(ASSIGNMENTS, beta=True),
        organizations=tenant.list(f"{EM}/connectedOrganizations"),
        catalogs=catalogs,
        resources=[x for catalog in catalogs for x in tenant.list(f"{EM}/catalogs/{catalog['id']}/resources")],
        packages=tenant.list(f"{EM}/accessPackages?$expand=catalog,resourceRoleScopes($expand=role,scope)"),
        policies=tenant.list(f"{EM}/assignmentPolicies?$expand=accessPackage"),
    )
