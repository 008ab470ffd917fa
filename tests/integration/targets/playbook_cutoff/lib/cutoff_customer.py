# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer with people of the MSSP at work, made by plain HTTP; and what is left of that after a cut-off."""

from __future__ import annotations

import typing as t

from harness import requesting, world
from harness.requesting import REQUESTS, signed_in
from harness.tenants import ASSIGNMENTS, EM, ROLES, Tenant
from harness.ways import by_hand

LEAD = f"lead@{world.MSSP_DOMAIN}"
ANA = f"ana@{world.MSSP_DOMAIN}"
PARTNER = f"pat@{world.OTHER_DOMAIN}"
ANALYSTS = (LEAD, ANA)
READ = "microsoft.xdr/secops/securitydata/basics/read"
LIVE = ("delivering", "delivered", "partiallyDelivered")

Json = t.Any


def config(customers: int, **more: t.Any) -> dict[str, t.Any]:
    """A sandbox in which each customer has two guests of the MSSP and one of somebody else."""
    made = world.config(customers, **more)
    for tenant in made["tenants"]:
        domain = tenant["domain"]
        for name, address in (("Ana Analyst", ANA), ("Pat Partner", PARTNER)):
            user = f"{address.replace('@', '_')}#EXT#@{domain}"
            tenant["users"].append(
                {"user_principal_name": user, "display_name": name, "mail": address, "user_type": "Guest"},
            )
        tenant["clients"].append({"name": "cutter", "permissions": [*world.READ_ONLY]})
    made["applications"] = [{"name": "portal", "scopes": ["User.Read"], "public": True}]
    return made


def variables(tenant: Tenant, client: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    """The customer in an inventory."""
    options = {**tenant.options(client), "mssp_tenant_id": world.MSSP_TENANT, **more}
    return {f"mssp_onboard_{name}": value for name, value in options.items() if value is not None}


class Customer:
    """Somebody has set the MSSP up by hand, as onboarding would, unless `names` says otherwise.

    :param names: whether group, catalog and package are called and claimed as the role does it.
    """

    def __init__(self, tenant: Tenant, *, names: bool = True) -> None:
        self.tenant = tenant
        self.ids = {who: str(tenant.get(f"users?$filter=mail eq '{who}'")["value"][0]["id"]) for who in (*ANALYSTS, PARTNER)}
        self.ada = tenant.user("ada")
        self.organization = by_hand.organization(tenant, world.MSSP_NAME, world.MSSP_TENANT)
        claim = {"uniqueName": f"mssp-{world.MSSP_TENANT}-tier1"} if names else {}
        self.group = tenant.group("Tier 1 Analyst" if names else "Fabrikam people", **claim)
        self.catalog = by_hand.catalog(tenant, "MSSP Accesses" if names else "Suppliers", [self.group])
        self.package = self._package("Tier 1 Analyst" if names else "Fabrikam", self.catalog, self.group)
        approval = {
            "requestApprovalSettings": {
                "isApprovalRequiredForAdd": True,
                "isApprovalRequiredForUpdate": True,
                "isRequestorJustificationRequired": False,
                "stages": [requesting.stage(self.ada)],
            }
        }
        self.policy = self._policy(self.package, self.organization, **approval)
        self.role = self._role("Tier 1 Analysts", [self.group])
        self.assignment = self.assign(LEAD, self.package, self.policy)
        self.request = requesting.ask(signed_in(tenant, ANA), self.package, self.policy)

    def _package(self, name: str, catalog: str, group: str) -> str:
        made = by_hand.package(self.tenant, name, catalog)
        resources: list[Json] = []
        while not resources:  # it becomes visible some reads later
            listed = self.tenant.list(f"{EM}/catalogs/{catalog}/resources")
            resources = [x for x in listed if x["originId"] == group]
        resource = {"id": resources[0]["id"], "originId": group, "originSystem": "AadGroup"}
        role = {"originId": f"Member_{group}", "displayName": "Member", "originSystem": "AadGroup", "resource": resource}
        scope = {"originId": group, "originSystem": "AadGroup"}
        self.tenant.post(f"{EM}/accessPackages/{made}/resourceRoleScopes", {"role": role, "scope": scope})
        return made

    def _policy(self, package: str, *organizations: str, **more: t.Any) -> str:
        kind = "#microsoft.graph.connectedOrganizationMembers"
        targets = [{"@odata.type": kind, "connectedOrganizationId": one} for one in organizations]
        scope = {"allowedTargetScope": "specificConnectedOrganizationUsers", "specificAllowedTargets": targets}
        return requesting.policy(self.tenant, package, **{"displayName": "MSSP SOC users", **scope, **more})

    def _role(self, name: str, *holders: list[str]) -> str:
        body = {"displayName": name, "rolePermissions": [{"allowedResourceActions": [READ]}]}
        role = str(self.tenant.post(ROLES, body, beta=True)["id"])
        for principals in holders:
            self._hold(role, principals)
        return role

    def _hold(self, role: str, principals: list[str]) -> None:
        body = {"displayName": "By hand", "roleDefinitionId": role, "principalIds": principals, "appScopeIds": ["Mde"]}
        self.tenant.post(ASSIGNMENTS, body, beta=True)

    def assign(self, who: str, package: str, policy: str) -> str:
        """An administrator assigns the package; the assignment's id."""
        wanted = {"targetId": self.ids[who], "assignmentPolicyId": policy, "accessPackageId": package}
        body = {"requestType": "adminAdd", "assignment": wanted, "parameters": {"bypassApproval": True}}
        request = self.tenant.post(REQUESTS, body)["id"]
        for _delivering in range(4):
            found = self.tenant.get(f"{REQUESTS}/{request}?$expand=assignment")
        assert found["state"] == "delivered", found
        return str(found["assignment"]["id"])

    def neighbours(self) -> None:
        """What others of the customer use as well, and what others share with the MSSP."""
        other = by_hand.organization(self.tenant, "Tailspin", world.OTHER_TENANT)
        self.soc = self.tenant.group("SOC of the customer")
        self.partners = self.tenant.group("Partner people")
        for person in (self.ada, self.ids[LEAD], self.ids[PARTNER]):
            self.tenant.link(f"groups/{self.partners}/members", person)
        self.other_catalog = by_hand.catalog(self.tenant, "Partners", [self.partners])
        self.portal = self._package("Partner portal", self.other_catalog, self.partners)
        self.portal_policy = self._policy(self.portal, self.organization, other, displayName="Partners")
        self.theirs = self._policy(self.portal, other, displayName="Tailspin")
        self.partner_assignment = self.assign(PARTNER, self.portal, self.portal_policy)
        self.portal_assignment = self.assign(ANA, self.portal, self.portal_policy)
        everybody = {"allowedTargetScope": "allConfiguredConnectedOrganizationUsers", "displayName": "All"}
        self.canteen = by_hand.package(self.tenant, "Canteen", self.other_catalog)
        self.all_policy = requesting.policy(self.tenant, self.canteen, **everybody)
        self.shared_role = self._role("Shared", [self.group, self.soc], [self.soc])
        self.partner_role = self._role("Partners", [self.partners])
        self.personal_role = self._role("Personal", [self.ids[LEAD]])
        self.built_in = next(str(x["id"]) for x in self.tenant.list(ROLES, beta=True) if x["isBuiltIn"])
        self._hold(self.built_in, [self.group])

    # -- what is left ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, t.Any]:
        """By step, what a cut-off is about."""
        policy = self.tenant.get(f"{EM}/assignmentPolicies/{self.policy}")["requestorSettings"]
        return {
            "catalogs": self.tenant.get(f"{EM}/catalogs/{self.catalog}")["state"],
            "policies": (policy["enableTargetsToSelfAddAccess"], policy["enableTargetsToSelfUpdateAccess"]),
            "requests": self.tenant.get(f"{REQUESTS}/{self.request}")["state"],
            "roles": self.holders(self.role),
            "users": [self.tenant.get(f"users/{self.ids[who]}?$select=accountEnabled")["accountEnabled"] for who in ANALYSTS],
            "members": self.tenant.ids(f"groups/{self.group}/members"),
            "assignments": self.lives(self.assignment),
        }

    def holders(self, role: str) -> list[list[str]]:
        """Whom a Defender role is assigned to."""
        listed = self.tenant.list(ASSIGNMENTS, beta=True)
        return sorted(sorted(x["principalIds"]) for x in listed if x["roleDefinitionId"] == role)

    def lives(self, assignment: str) -> bool:
        """Whether an assignment gives access."""
        for _removing in range(3):  # it ends some reads later
            state = self.tenant.get(f"{EM}/assignments/{assignment}")["state"]
        return state in LIVE

    def opened(self, policy: str) -> bool:
        """Whether anybody can request by a policy."""
        return bool(self.tenant.get(f"{EM}/assignmentPolicies/{policy}")["requestorSettings"]["enableTargetsToSelfAddAccess"])

    def signs_in(self, who: str) -> bool:
        """Whether somebody still can."""
        try:
            requesting.refresh_token(self.tenant, who, "portal")
        except RuntimeError:
            return False
        return True


# A customer that is cut off.
CUT: dict[str, t.Any] = {
    "catalogs": "unpublished",
    "policies": (False, False),
    "requests": "canceled",
    "roles": [],
    "users": [False, False],
    "members": set(),
    "assignments": False,
}
