# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planted in customers' tenants: by people, by applications, and by time."""

from __future__ import annotations

from audit_world import APPROVERS, BEGAN, TIER1, TIER2, Customer, Json, day
from harness import requesting
from harness.tenants import EM
from harness.ways import by_hand

NOBODY = "99999999-9999-4999-8999-999999999999"
BASICS = "microsoft.xdr/secops/securitydata/basics/read"
LIVE = "microsoft.xdr/secops/securitydata/liveresponse-basic/manage"
SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
CATALOG_OWNER = "ae79f266-94d4-4dab-b730-feca7e132178"
CATALOG_READER = "44272f93-9762-48e8-af59-1b5351b1d6b3"


def delivered(customer: Customer) -> None:
    """Governed access, and things of the customer's own that are nobody's business."""
    customer.let_in("ana", TIER1)
    customer.let_in("lea", TIER2)
    carl, tenant = customer.user("carl"), customer.tenant
    tenant.post(
        "roleManagement/directory/roleAssignments",
        {"principalId": carl, "roleDefinitionId": GLOBAL, "directoryScopeId": "/"},
    )
    customer.role("Own responders", [LIVE], customer.user("boris"))
    scope = f"/AccessPackageCatalog/{customer.catalog()}"
    reader = {"principalId": carl, "roleDefinitionId": CATALOG_READER, "appScopeId": scope}
    tenant.post("roleManagement/entitlementManagement/roleAssignments", reader)
    other = by_hand.catalog(tenant, "Own accesses")
    owner = {"principalId": carl, "roleDefinitionId": CATALOG_OWNER, "appScopeId": f"/AccessPackageCatalog/{other}"}
    tenant.post("roleManagement/entitlementManagement/roleAssignments", owner)


def old_member(customer: Customer) -> None:
    """A stranger and a group, longer ago than the log goes back."""
    customer.add(TIER2, "ana")
    nested = customer.tenant.group("Night shift")
    customer.tenant.link(f"groups/{customer.group(TIER2)}/members", nested)


def new_member(customer: Customer) -> None:
    """A stranger whom somebody of the customer has put in."""
    boris = customer.person("boris")
    boris.link(f"groups/{customer.group(TIER1)}/members", customer.user("lea"))


def assignments(customer: Customer) -> None:
    """Governed access, one assigned past the approval, and one that never ends."""
    customer.let_in("ana", TIER1)
    customer.let_in("lea", TIER2)
    customer.let_in("kim", TIER2)
    customer.assign("ida", TIER1)
    forever = {"expiration": {"type": "noExpiration"}}
    customer.request("adminUpdate", "lea", TIER2, schedule=forever)


def taken_out(customer: Customer) -> None:
    """Somebody takes a person out of the group by hand."""
    customer.tenant.delete(f"groups/{customer.group(TIER1)}/members/{customer.user('ana')}/$ref")


def just_ended(customer: Customer) -> None:
    """The service takes people out at once here; at Microsoft it may take a day."""
    customer.request("adminRemove", "kim", TIER2)
    customer.add(TIER2, "kim")


def disabled(customer: Customer) -> None:
    """An approver's account is disabled."""
    customer.tenant.patch(f"users/{customer.user('carl')}", {"accountEnabled": False})


def gone(customer: Customer) -> None:
    """Somebody has left the customer, and both the policies and the variables still name them."""
    customer.tenant.delete(f"users/{customer.user('carl')}")


def both(customer: Customer) -> None:
    """Lea approves, and is an analyst as well."""
    customer.let_in("lea", APPROVERS, "boris")
    customer.let_in("lea", TIER1, "anna")


def own_tenant(customer: Customer) -> None:
    """Anna could approve as well, and does so for kim."""
    customer.let_in("ana", TIER2, "lea")
    customer.let_in("kim", TIER2, "anna")


def mssp_only(customer: Customer) -> None:
    """All approvers are of the MSSP."""
    customer.assign("lea", APPROVERS)


def drift(customer: Customer) -> None:
    """Somebody has changed what is managed, in each way that is rated otherwise."""
    customer.put(
        TIER1,
        description="Anybody",
        allowedTargetScope="allExternalUsers",
        specificAllowedTargets=[],
        expiration={"type": "noExpiration", "duration": None},
        reviewSettings={"isEnabled": False},
        requestApprovalSettings={"isApprovalRequiredForUpdate": False},
    )
    tenant = customer.tenant
    tenant.delete(f"{EM}/assignmentPolicies/{customer.policy(TIER2)['id']}")
    roles = tenant.list("roleManagement/defender/roleDefinitions", beta=True)
    role = next(x for x in roles if x["displayName"] == "Tier 1 Analysts")
    granted = [*role["rolePermissions"][0]["allowedResourceActions"], LIVE]
    path = f"roleManagement/defender/roleDefinitions/{role['id']}"
    tenant.patch(path, {"rolePermissions": [{"allowedResourceActions": granted}]}, beta=True)
    tenant.patch(f"groups/{customer.group(TIER1)}", {"description": "Changed"})
    tenant.patch(f"{EM}/accessPackages/{customer.package(TIER1)}", {"isHidden": True})


def defender(customer: Customer) -> None:
    """Defender roles beside those of the tiers."""
    tenant = customer.tenant
    customer.role("Hunters", ["microsoft.xdr/secops/*/manage"], customer.group(TIER1))
    ops = tenant.group("Ops")
    tenant.link(f"groups/{ops}/members", customer.user("ana"))
    customer.role("Odd", [BASICS], ops, customer.user("lea"), customer.user("carl"))
    customer.role("Old", [BASICS], NOBODY)


def ways_in(customer: Customer) -> None:
    """Every other way in."""
    tenant = customer.tenant
    tenant.link(f"groups/{customer.group(TIER1)}/owners", customer.user("boris"))
    scope = f"/AccessPackageCatalog/{customer.catalog()}"
    owner = {"principalId": customer.user("boris"), "roleDefinitionId": CATALOG_OWNER, "appScopeId": scope}
    tenant.post("roleManagement/entitlementManagement/roleAssignments", owner)
    stage = requesting.stage(customer.user("anna"))
    package = customer.package(TIER1)
    requesting.policy(tenant, package, stage, displayName="Partners", allowedTargetScope="allExternalUsers")
    direct = {"displayName": "Back door", "allowedTargetScope": "notSpecified", "requestorSettings": {}}
    requesting.policy(tenant, package, stage, **direct)
    group = customer.group(TIER2)
    other = by_hand.catalog(tenant, "Other accesses", [group])
    made = by_hand.package(tenant, "Everything", other)
    resources: list[Json] = []
    while not resources:  # it becomes visible some reads later
        resources = tenant.list(f"{EM}/catalogs/{other}/resources")
    resource = {"id": resources[0]["id"], "originId": group, "originSystem": "AadGroup"}
    role = {"originId": f"Member_{group}", "displayName": "Member", "originSystem": "AadGroup", "resource": resource}
    grant = {"role": role, "scope": {"originId": group, "originSystem": "AadGroup"}}
    tenant.post(f"{EM}/accessPackages/{made}/resourceRoleScopes", grant)
    tenant.link(f"groups/{tenant.group('Projects')}/members", customer.user("ana"))
    body = {"principalId": customer.user("lea"), "roleDefinitionId": SECURITY_READER, "directoryScopeId": "/"}
    tenant.post("roleManagement/directory/roleAssignments", body)


def overdue(customer: Customer) -> None:
    """The first review of tier 2 begins on the fifth day, and is never closed. To begin another day is no drift."""
    customer.let_in("ana", TIER1)
    customer.quirks(review_final_status="AutoReviewing")
    schedule = customer.policy(TIER2)["reviewSettings"]["schedule"]
    customer.put(TIER2, reviewSettings={"schedule": {**schedule, "startDateTime": day(BEGAN - 5)}})


def waiting(customer: Customer) -> None:
    """A request that nobody decides."""
    customer.ask("lea", TIER2)


def guests(customer: Customer) -> None:
    """One never accepted the invitation, one has not been there since the first day."""
    customer.quirks(delivering_until_redeemed=True)
    customer.let_in("gus", TIER1)
    customer.let_in("zoe", TIER2)


def not_delivered(customer: Customer) -> None:
    """Nobody may invite guests any more: what is approved cannot be delivered."""
    customer.quirks(allow_invites_from="none")
    customer.let_in("zed", TIER1)
