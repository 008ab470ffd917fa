# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of the guide and what they do in a browser, and what the tenant then holds. All of it by plain HTTP."""

from __future__ import annotations

import datetime
import typing as t

import requests
from harness import applications, requesting
from harness.onboarding import MSSP, three_customers
from harness.requesting import REQUESTS, signed_in, stages_of
from harness.tenants import EM, Tenant

DOMAIN = "fabrikam-soc.onmicrosoft.com"
REVIEWS = "identityGovernance/accessReviews/definitions"
TIER1, TIER2, APPROVERS = "Tier 1 Analyst", "Tier 2 Analyst", "MSSP Analyst Approvers"


def config() -> dict[str, t.Any]:
    """The customers of the demo, with the guide's applications and people, and guests who have to accept invitations."""
    found = three_customers(device_code_interval=1)
    contoso, adatum, woodgrove = found["tenants"]
    people = [
        {"user_principal_name": f"{name}@contoso.onmicrosoft.com", "display_name": name.title()} for name in ("anna", "boris")
    ]
    contoso = {**contoso, "users": people, "quirks": {"delivering_until_redeemed": True}}
    tenants = [contoso, adatum, {"display_name": woodgrove["display_name"], "domain": woodgrove["domain"]}]
    return {**found, "applications": [applications.onboard(), applications.audit(), applications.approve()], "tenants": tenants}


def address(name: str) -> str:
    """Of somebody of the MSSP."""
    return f"{name}@{DOMAIN}"


class Seen(t.NamedTuple):
    """What a tenant holds about people; people are called by the name before their at sign, packages by their names.

    :param members: of each group.
    :param assignments: (person, package) -> states, oldest first.
    :param ends: (person, package) -> the end of the newest assignment.
    :param requests: (person, package, type) -> (state, status) of the newest request.
    :param blocked: who may not sign in.
    """

    members: dict[str, set[str]]
    assignments: dict[tuple[str, str], list[str]]
    ends: dict[tuple[str, str], datetime.datetime]
    requests: dict[tuple[str, str, str], tuple[str, str]]
    blocked: set[str]

    def in_group(self, person: str, group: str = TIER1) -> bool:
        """Whether somebody is in a group."""
        return person in self.members[group]


class Customer:
    """A customer's tenant, in the browsers of people."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    @property
    def tenant(self) -> Tenant:
        """With a token of now: a year may have gone by since the last one."""
        old = self._tenant
        return Tenant(old.graph_url, old.login_url, old.ca_path, old.data)

    def person(self, name: str) -> Tenant:
        """The tenant as somebody sees it who signs in now."""
        return signed_in(self.tenant, name if name in ("anna", "boris") else address(name))

    # -- what people do ----------------------------------------------------------------------------------------------

    def ask(self, name: str, package: str) -> str:
        """Somebody of the MSSP asks for a package at its link; the request's id."""
        found = self._one("accessPackages", package)
        policies = self.tenant.list(f"{EM}/assignmentPolicies?$filter=accessPackage/id eq '{found}'")
        policy = next(x["id"] for x in policies if x["displayName"] == "MSSP SOC users")
        return requesting.ask_from_outside(self._tenant, address(name), name.title(), found, policy)

    def refused(self, name: str, package: str) -> str:
        """Somebody asks and is sent away; what the service says."""
        try:
            self.ask(name, package)
        except RuntimeError as refusal:
            return str(refusal)
        raise AssertionError(f"{name} was not refused")

    def forget(self, application: str) -> None:
        """The customer's administrator deletes an enterprise application."""
        self._control("consent", {"tenant": self._tenant.tenant_id, "client": application, "permissions": None})

    def accept(self, *names: str) -> None:
        """Guests open the customer's tenant for the first time, and their access is delivered."""
        for name in names:
            self._control("redemptions", {"tenant": self._tenant.tenant_id, "user": address(name)})
        self.look()

    def extend(self, name: str, package: str) -> str:
        """Somebody asks to have an assignment for longer; the request's id."""
        wanted = self._assignments()
        found = next(x for x in wanted if _who(x["target"]) == name and x["accessPackage"]["displayName"] == package)
        body = {"requestType": "userUpdate", "assignment": {"id": found["id"]}, "justification": "Still on the team"}
        return str(self.person(name).post(REQUESTS, body)["id"])

    def decide(self, approver: str, request: str, decision: str) -> None:
        """Somebody decides in the portal."""
        person = self.person(approver)
        (stage,) = stages_of(person, request)
        body = {"reviewResult": decision, "justification": "In the portal"}
        person.patch(f"{requesting.APPROVALS}/{request}/stages/{stage['id']}", body)

    def answer_reviews(self, reviewer: str, *about: str) -> None:
        """Somebody answers all open reviews that are theirs, about these people: still needed."""
        person = self.person(reviewer)
        for definition in person.list(f"{REVIEWS}/filterByCurrentUser(on='reviewer')"):
            for instance in person.list(f"{REVIEWS}/{definition['id']}/instances/filterByCurrentUser(on='reviewer')"):
                path = f"{REVIEWS}/{definition['id']}/instances/{instance['id']}/decisions"
                for decision in person.list(f"{path}/filterByCurrentUser(on='reviewer')"):
                    if decision["principal"]["displayName"].lower() in about:
                        person.patch(f"{path}/{decision['id']}", {"decision": "Approve", "justification": "Still on the team"})

    # -- time --------------------------------------------------------------------------------------------------------

    def pass_days(self, days: float) -> None:
        """Days go by, at all customers."""
        requesting.advance(self._tenant, int(days * 86400))

    def make_it(self, moment: datetime.datetime) -> None:
        """Make it that time."""
        self._control("clock", {"set": moment.strftime("%Y-%m-%dT%H:%M:%SZ")})

    def review_start(self, package: str) -> datetime.datetime:
        """When the first review of a package begins."""
        policies = self.tenant.list(f"{EM}/assignmentPolicies?$expand=accessPackage")
        found = next(x for x in policies if (x["accessPackage"]["displayName"], x["displayName"]) == (package, "MSSP SOC users"))
        return _moment(found["reviewSettings"]["schedule"]["startDateTime"])

    # -- what is there -----------------------------------------------------------------------------------------------

    def look(self) -> Seen:
        """What the tenant holds, once what is under way has arrived."""
        tenant = self.tenant
        for _reads in range(3):
            tenant.list(f"{EM}/assignmentRequests")
            self._assignments()
        assignments: dict[tuple[str, str], list[str]] = {}
        ends: dict[tuple[str, str], datetime.datetime] = {}
        for row in self._assignments():
            key = _who(row["target"]), row["accessPackage"]["displayName"]
            assignments.setdefault(key, []).append(row["state"])
            if end := (row.get("schedule") or {}).get("expiration", {}).get("endDateTime"):
                ends[key] = _moment(end)
        asked = tenant.list(f"{REQUESTS}?$expand=requestor,accessPackage,assignment($expand=target)")
        asked = sorted((x for x in asked if x["accessPackage"]), key=lambda row: row["createdDateTime"])
        users = tenant.list("users?$select=mail,userPrincipalName,accountEnabled")
        return Seen(
            {x["displayName"]: {_who(y) for y in tenant.list(f"groups/{x['id']}/members")} for x in tenant.list("groups")},
            assignments,
            ends,
            {
                (
                    _who((x.get("assignment") or {}).get("target") or x["requestor"]),
                    x["accessPackage"]["displayName"],
                    x["requestType"],
                ): (
                    x["state"],
                    x["status"],
                )
                for x in asked
            },
            {_who(x) for x in users if not x["accountEnabled"]},
        )

    def decision(self, viewer: str, request: str) -> tuple[str, str, str]:
        """What became of the only stage of a request, who said so, and why."""
        (stage,) = stages_of(self.person(viewer), request)
        return stage["reviewResult"], (stage["reviewedBy"] or {}).get("displayName") or "", stage["justification"] or ""

    def _assignments(self) -> list[dict[str, t.Any]]:
        rows = self.tenant.list(f"{EM}/assignments?$expand=target,accessPackage")
        # What remains of a package that was deleted belongs to none.
        return [row for row in rows if row["accessPackage"]]

    def _one(self, kind: str, name: str) -> str:
        return str(next(x["id"] for x in self.tenant.list(f"{EM}/{kind}") if x["displayName"] == name))

    def _control(self, what: str, body: dict[str, t.Any]) -> None:
        url = f"{self._tenant.graph_url}/_sandbox/{what}"
        requests.post(url, json=body, verify=self._tenant.ca_path, timeout=30).raise_for_status()


def set_up_by_hand(tenant: Tenant) -> dict[str, str]:
    """Somebody has made groups, a catalog and packages under names of their own; ids by a word."""
    source = {"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "tenantId": MSSP, "displayName": "Fabrikam"}
    body = {"displayName": "Fabrikam", "state": "configured", "identitySources": [source]}
    made = {"organization": str(tenant.post(f"{EM}/connectedOrganizations", body)["id"])}
    made["catalog"] = str(
        tenant.post(f"{EM}/catalogs", {"displayName": "SOC", "state": "published", "isExternallyVisible": True})["id"]
    )
    leads = {"@odata.type": "#microsoft.graph.groupMembers", "groupId": tenant.group("SOC leads")}
    made["leads"] = leads["groupId"]
    made["watch"] = tenant.group("SOC watch")
    for word, approver in (("watch", leads), ("leads", None)):
        _by_hand(tenant, made, word, approver)
    return made


def _by_hand(tenant: Tenant, made: dict[str, str], word: str, approver: dict[str, str] | None) -> None:
    """A package that makes people members of a group, and its policy."""
    group = made[word]
    origin = {"originId": group, "originSystem": "AadGroup"}
    tenant.post(f"{EM}/resourceRequests", {"requestType": "adminAdd", "resource": origin, "catalog": {"id": made["catalog"]}})
    package = str(tenant.post(f"{EM}/accessPackages", {"displayName": f"SOC {word}", "catalog": {"id": made["catalog"]}})["id"])
    found: list[dict[str, t.Any]] = []
    while not found:  # it becomes visible some reads later
        found = [x for x in tenant.list(f"{EM}/catalogs/{made['catalog']}/resources") if x["originId"] == group]
    role = {
        "originId": f"Member_{group}",
        "displayName": "Member",
        "originSystem": "AadGroup",
        "resource": {"id": found[0]["id"], **origin},
    }
    tenant.post(f"{EM}/accessPackages/{package}/resourceRoleScopes", {"role": role, "scope": origin})
    target = {"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": made["organization"]}
    stages = [{**requesting.stage(), "primaryApprovers": [approver]}] if approver else []
    more = {"allowedTargetScope": "specificConnectedOrganizationUsers", "specificAllowedTargets": [target]}
    requesting.policy(tenant, package, *stages, **more)


def _who(person: dict[str, t.Any]) -> str:
    known = [person.get(key) for key in ("email", "mail", "principalName", "userPrincipalName")]
    return str(next(x for x in known if x)).partition("@")[0]


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text[:19] + "+00:00")
