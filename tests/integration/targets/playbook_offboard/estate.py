# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers who are onboarded and used, and the whole of a tenant by plain HTTP."""

from __future__ import annotations

import collections.abc
import json
import typing as t
from pathlib import Path

import requests
from harness import onboarding, requesting, world
from harness.playbook import Result, run_playbook
from harness.server import Sandbox
from harness.tenants import ASSIGNMENTS, EM, ROLES, Tenant
from harness.ways import by_hand

ONBOARD = [{"import_playbook": "mssp.defender.onboard"}]
OFFBOARD = [{"import_playbook": "mssp.defender.offboard"}]
DOMAIN = world.MSSP_DOMAIN
OPEN = ("submitted", "pendingApproval", "scheduled")

State = dict[str, list[dict[str, t.Any]]]


def whole(tenant: Tenant) -> State:
    """Everything that somebody could have made in the tenant, ids and all."""
    groups = tenant.list("groups")
    for group in groups:
        for links in ("members", "owners"):
            group[links] = sorted(tenant.ids(f"groups/{group['id']}/{links}"))
    catalogs = tenant.list(f"{EM}/catalogs")
    for catalog in catalogs:
        catalog["resources"] = tenant.list(f"{EM}/catalogs/{catalog['id']}/resources")
    return {
        "users": tenant.list("users"),
        "groups": groups,
        "roles": tenant.list(ROLES, beta=True),
        "role assignments": tenant.list(ASSIGNMENTS, beta=True),
        "organizations": tenant.list(f"{EM}/connectedOrganizations"),
        "catalogs": catalogs,
        "packages": tenant.list(f"{EM}/accessPackages?$expand=catalog,resourceRoleScopes($expand=role,scope)"),
        "policies": tenant.list(f"{EM}/assignmentPolicies?$expand=accessPackage"),
        "live assignments": [x for x in tenant.list(f"{EM}/assignments") if x["state"] != "expired"],
        "open requests": [x for x in tenant.list(requesting.REQUESTS) if x["state"] in OPEN],
    }


class Office:
    """Customers, and runs of the playbooks for them."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.sandbox = sandbox
        self.directory = directory
        self.reports = directory / "reports"
        self.tenants: dict[str, Tenant] = {}
        self._runs = 0

    def customer(self, name: str) -> Tenant:
        """A customer with a tenant of its own."""
        self.tenants[name] = self.sandbox.fresh_tenant()
        return self.tenants[name]

    def host(self, name: str, client: str | None = None) -> dict[str, t.Any]:
        """A customer in the inventory."""
        options = {f"mssp_onboard_{key}": value for key, value in self.tenants[name].options(client).items()}
        approver = {"user": f"ada@{self.tenants[name].domain}"}
        return {**options, "mssp_onboard_mssp_tenant_id": world.MSSP_TENANT, "mssp_onboard_customer_approvers": [approver]}

    def run(self, playbook: list[dict[str, t.Any]], *names: str, client: str | None = None, **more: t.Any) -> Result:
        """One run for these customers; the log starts empty."""
        self._runs += 1
        directory = self.directory / f"run{self._runs}"
        self.sandbox.log.clear()
        hosts = onboarding.customers(**{name: {**self.host(name, client), **more.pop(name, {})} for name in names})
        variables = {"mssp_reports": str(self.reports), **more.pop("extra_vars", {})}
        return run_playbook(playbook, directory, hosts=hosts, extra_vars=variables, **more)

    def offboard(self, *names: str, confirm: str | None = "yes", **more: t.Any) -> Result:
        """One run of the playbook offboard."""
        variables = {**({"mssp_offboard_confirm": confirm} if confirm else {}), **more.pop("extra_vars", {})}
        return self.run(OFFBOARD, *names, extra_vars=variables, **more)

    def file(self, name: str, which: str) -> t.Any:
        """One of a customer's files; JSON is read."""
        text = (self.reports / "offboard" / name / which).read_text(encoding="utf-8")
        return json.loads(text) if which.endswith(".json") else text


def package(tenant: Tenant, name: str) -> dict[str, t.Any]:
    """A package by its name, with its policies."""
    found = next(x for x in tenant.list(f"{EM}/accessPackages?$expand=assignmentPolicies") if x["displayName"] == name)
    return t.cast("dict[str, t.Any]", found)


def ask(tenant: Tenant, who: str, name: str, which: str) -> str:
    """Somebody of the MSSP asks for a package; the request's id."""
    wanted = package(tenant, which)
    return requesting.ask_from_outside(tenant, f"{who}@{DOMAIN}", name, wanted["id"], wanted["assignmentPolicies"][0]["id"])


def give(tenant: Tenant, who: str, name: str, which: str, by: str = "ada") -> str:
    """Somebody of the MSSP asks for a package, somebody approves; the request's id."""
    request = ask(tenant, who, name, which)
    person = requesting.signed_in(tenant, by)
    (stage,) = [x for x in requesting.stages_of(person, request) if x["status"] == "InProgress"]
    decision = {"reviewResult": "Approve", "justification": "Contract 4711"}
    person.patch(f"{requesting.APPROVALS}/{request}/stages/{stage['id']}", decision)
    for _reads in range(4):
        state = tenant.get(f"{requesting.REQUESTS}/{request}")["state"]
    assert state in ("delivered", "delivering"), state
    return request


def end(tenant: Tenant, request: str) -> None:
    """Somebody's access ends, by hand."""
    found = tenant.get(f"{requesting.REQUESTS}/{request}?$expand=assignment")
    tenant.post(requesting.REQUESTS, {"requestType": "adminRemove", "assignment": {"id": found["assignment"]["id"]}})
    for _reads in range(3):
        tenant.list(f"{EM}/assignments")


def delete_application(tenant: Tenant) -> None:
    """An administrator of the customer deletes the MSSP's enterprise application."""
    body = {"tenant": tenant.tenant_id, "client": "default", "permissions": None}
    answer = requests.post(f"{tenant.graph_url}/_sandbox/consent", json=body, verify=tenant.ca_path, timeout=30)
    answer.raise_for_status()


def others_own(tenant: Tenant) -> collections.abc.Mapping[str, str]:
    """What a customer has of its own: groups, a package with people in it, a Defender role, another organization."""
    group = tenant.group("Finance")
    tenant.link(f"groups/{group}/members", tenant.user("ben"))
    catalog = by_hand.catalog(tenant, "Internal", [group])
    made = by_hand.package(tenant, "Finance", catalog)
    policy = by_hand.policy(tenant, "Direct", made)
    role = {"displayName": "Own role", "rolePermissions": [{"allowedResourceActions": ["microsoft.xdr/secops/*/read"]}]}
    own = tenant.post(ROLES, role, beta=True)["id"]
    body = {"displayName": "Own", "roleDefinitionId": own, "principalIds": [group], "appScopeIds": ["/"]}
    tenant.post(ASSIGNMENTS, body, beta=True)
    by_hand.organization(tenant, "Tailspin", world.OTHER_TENANT)
    wanted = {"targetId": tenant.user("cyd"), "assignmentPolicyId": policy, "accessPackageId": made}
    tenant.post(requesting.REQUESTS, {"requestType": "adminAdd", "assignment": wanted})
    for _reads in range(3):
        tenant.list(f"{EM}/assignments")
    return {"group": group, "catalog": catalog, "package": made, "policy": policy, "role": own}
