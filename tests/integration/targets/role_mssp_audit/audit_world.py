# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers whose tenants are planted with one kind of fault each, by plain HTTP and by people who sign in."""

from __future__ import annotations

import datetime
import typing as t

import requests
from harness import requesting
from harness.onboarding import MSSP
from harness.permissions import AUDIT, ONBOARD
from harness.requesting import signed_in, stages_of
from harness.tenants import EM, Tenant

MSSP_DOMAIN = "fabrikam-soc.example"
CUSTOMERS_OWN = ("anna", "boris", "carl")
GUESTS = ("ana", "lea", "ida", "kim", "gus")
TIER1, TIER2, APPROVERS = "Tier 1 Analyst", "Tier 2 Analyst", "MSSP Analyst Approvers"
POLICY = "MSSP SOC users"
# The sandbox begins so long ago, so that the audit's own clock is right in the end.
BEGAN = 100

Json = dict[str, t.Any]


def address(name: str) -> str:
    """The mail address of somebody of the MSSP."""
    return f"{name}@{MSSP_DOMAIN}"


def day(ago: int) -> str:
    """The beginning of a day before the audit, as Graph writes it."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=ago)
    return then.strftime("%Y-%m-%dT00:00:00Z")


def tenant(name: str, *, sign_ins: bool = True) -> Json:
    """The configuration of one customer. Gus was there last on the first day, everybody else yesterday."""
    domain = f"{name}.example"
    now = datetime.datetime.now(datetime.timezone.utc)
    users: list[Json] = [
        {
            "user_principal_name": f"{each}@{domain}",
            "display_name": each.title(),
            "directory_roles": ["Groups Administrator"] if each == "boris" else [],
        }
        for each in CUSTOMERS_OWN
    ]
    for each in GUESTS:
        upn = f"{each}_{MSSP_DOMAIN}#EXT#@{domain}"
        users.append({"user_principal_name": upn, "display_name": each.title(), "mail": address(each), "user_type": "Guest"})
    for user in users if sign_ins else []:
        days = BEGAN if user["display_name"] == "Gus" else 1
        user["sign_in"] = {"interactive": (now - datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {"display_name": name.title(), "domain": domain, "users": users}


def config(names: t.Iterable[str]) -> Json:
    """The sandbox's configuration."""
    applications = [
        {"name": "onboard", "permissions": list(ONBOARD)},
        {"name": "audit", "permissions": list(AUDIT)},
        {"name": "both", "permissions": [*AUDIT, "Group.ReadWrite.All", "Application.Read.All"]},
        {"name": "partial", "permissions": [x for x in AUDIT if x not in ("AuditLog.Read.All", "RoleManagement.Read.Directory")]},
    ]
    return {
        "seed": 11,
        "clock": {"offset_seconds": -BEGAN * 86400},
        "applications": applications,
        "external_tenants": [
            {"display_name": "Fabrikam Security", "domain": MSSP_DOMAIN, "tenant_id": MSSP},
            {"display_name": "Tailspin", "domain": "tailspin.example", "tenant_id": "22222222-2222-4222-8222-222222222222"},
        ],
        "tenants": [tenant(name, sign_ins=name != "unknown") for name in names],
    }


class Customer:
    """One customer's tenant, in the hands of people and of whoever has an application's token."""

    def __init__(self, told: Tenant) -> None:
        self._told = told

    @property
    def tenant(self) -> Tenant:
        """With a token of now: time passes between the steps."""
        old = self._told
        return Tenant(old.graph_url, old.login_url, old.ca_path, old.data)

    # -- what is there -----------------------------------------------------------------------------------------------

    def user(self, name: str) -> str:
        """Id of somebody of the customer or of the MSSP."""
        if name in CUSTOMERS_OWN:
            return self.tenant.user(name)
        return str(next(x["id"] for x in self.tenant.list("users") if (x.get("mail") or "").startswith(f"{name}@")))

    def group(self, name: str) -> str:
        """Id of a group."""
        return str(next(x["id"] for x in self.tenant.list("groups") if x["displayName"] == name))

    def package(self, name: str) -> str:
        """Id of an access package."""
        return str(next(x["id"] for x in self.tenant.list(f"{EM}/accessPackages") if x["displayName"] == name))

    def policy(self, package: str, name: str = POLICY) -> Json:
        """A policy of a package, whole."""
        listed = self.tenant.list(f"{EM}/assignmentPolicies?$expand=accessPackage")
        found = next(x for x in listed if (x["accessPackage"]["displayName"], x["displayName"]) == (package, name))
        return t.cast(Json, found)

    def catalog(self) -> str:
        """Id of the catalog."""
        return str(next(x["id"] for x in self.tenant.list(f"{EM}/catalogs") if x["displayName"] == "MSSP Accesses"))

    def assignment(self, name: str, package: str) -> Json:
        """Somebody's assignment."""
        listed = self.tenant.list(f"{EM}/assignments?$expand=target,accessPackage,assignmentPolicy")
        found = [x for x in listed if (x["target"]["email"] or "").startswith(f"{name}@")]
        return t.cast(Json, next(x for x in found if x["accessPackage"]["displayName"] == package))

    def settle(self) -> None:
        """Let what is under way arrive: it does after some reads."""
        for _reads in range(3):
            self.tenant.list(f"{EM}/assignmentRequests")
            self.tenant.list(f"{EM}/assignments")

    # -- what people do ----------------------------------------------------------------------------------------------

    def person(self, name: str) -> Tenant:
        """The tenant as somebody sees it who signs in now."""
        return signed_in(self.tenant, name if name in CUSTOMERS_OWN else address(name))

    def ask(self, name: str, package: str) -> str:
        """Somebody of the MSSP asks for a package; the request's id."""
        found, policy = self.package(package), self.policy(package)["id"]
        if name in GUESTS:
            return requesting.ask(self.person(name), found, policy)
        return requesting.ask_from_outside(self.tenant, address(name), name.title(), found, policy)

    def approve(self, approver: str, request: str) -> None:
        """Somebody approves."""
        person = self.person(approver)
        (stage,) = stages_of(person, request)
        body = {"reviewResult": "Approve", "justification": "Known"}
        person.patch(f"{requesting.APPROVALS}/{request}/stages/{stage['id']}", body)
        self.settle()

    def let_in(self, name: str, package: str, approver: str = "anna") -> None:
        """Somebody asks and is approved."""
        self.approve(approver, self.ask(name, package))

    def assign(self, name: str, package: str, **more: t.Any) -> None:
        """An administrator assigns a package directly, past the approval."""
        wanted = {
            "targetId": self.user(name),
            "assignmentPolicyId": self.policy(package)["id"],
            "accessPackageId": self.package(package),
        }
        body = {"requestType": "adminAdd", "assignment": wanted, "parameters": [{"name": "bypassApproval", "value": "true"}]}
        self.tenant.post(f"{EM}/assignmentRequests", {**body, "parameters": {"bypassApproval": True}, **more})
        self.settle()

    def request(self, kind: str, name: str, package: str, **more: t.Any) -> None:
        """An administrator changes or ends somebody's assignment."""
        body = {"requestType": kind, "assignment": {"id": self.assignment(name, package)["id"]}, **more}
        self.tenant.post(f"{EM}/assignmentRequests", body)
        self.settle()

    def put(self, package: str, **changed: t.Any) -> None:
        """Somebody changes a policy."""
        whole = self.policy(package)
        body = {key: value for key, value in whole.items() if key not in ("createdDateTime", "modifiedDateTime")}
        for key, value in changed.items():
            body[key] = {**body[key], **value} if isinstance(value, dict) else value
        body["accessPackage"] = {"id": whole["accessPackage"]["id"]}
        self.tenant.put(f"{EM}/assignmentPolicies/{whole['id']}", body)

    def add(self, group: str, name: str) -> None:
        """Somebody is put into a group with an application's token."""
        self.tenant.link(f"groups/{self.group(group)}/members", self.user(name))

    def role(self, name: str, actions: t.Sequence[str], *principals: str) -> str:
        """A Defender role made by hand and given to somebody; its id."""
        body = {"displayName": name, "description": "", "rolePermissions": [{"allowedResourceActions": list(actions)}]}
        made = self.tenant.post("roleManagement/defender/roleDefinitions", body, beta=True)
        assignment = {
            "displayName": name,
            "roleDefinitionId": made["id"],
            "principalIds": list(principals),
            "appScopeIds": ["Mde"],
        }
        self.tenant.post("roleManagement/defender/roleAssignments", assignment, beta=True)
        return str(made["id"])

    def control(self, what: str, body: Json) -> None:
        """Something that only the sandbox's own routes do."""
        url = f"{self._told.graph_url}/_sandbox/{what}"
        requests.post(url, json=body, verify=self._told.ca_path, timeout=30).raise_for_status()

    def quirks(self, **switches: t.Any) -> None:
        """Set switches of this tenant."""
        self.control("quirks", {"tenant": self._told.tenant_id, "quirks": switches})
