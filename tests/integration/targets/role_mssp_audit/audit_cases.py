# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planted in which customer's tenant, when, and what exactly the audit is to find there."""

from __future__ import annotations

import dataclasses
import typing as t

from audit_world import APPROVERS, BEGAN, TIER1, TIER2, Customer, Json, day
from harness import requesting
from harness.onboarding import MSSP
from harness.requesting import one_of
from harness.tenants import EM
from harness.ways import by_hand

# (rule, object, who, property); None where there is none.
Expected = tuple[str, str, str | None, str | None]
NOBODY = "99999999-9999-4999-8999-999999999999"
T1, T2, APP = (f"{package}: MSSP SOC users" for package in (TIER1, TIER2, APPROVERS))
BASICS = "microsoft.xdr/secops/securitydata/basics/read"
LIVE = "microsoft.xdr/secops/securitydata/liveresponse-basic/manage"
SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
CATALOG_OWNER = "ae79f266-94d4-4dab-b730-feca7e132178"
CATALOG_READER = "44272f93-9762-48e8-af59-1b5351b1d6b3"


def nothing(customer: Customer) -> None:
    """Leave it as it is."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One customer.

    :param variables: of the onboarding. `anna` and `boris` are the customer's people.
    :param early: what is done on the first day, `mid` five days before the audit, `late` an hour before.
    :param client: the application that audits.
    :param options: of the audit.
    """

    name: str
    expected: tuple[Expected, ...] = ()
    variables: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    early: t.Callable[[Customer], None] = nothing
    mid: t.Callable[[Customer], None] = nothing
    late: t.Callable[[Customer], None] = nothing
    client: str = "audit"
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)


def _customers_approve(name: str, *people: str) -> Json:
    approvers = [{"user": f"{person}@{name}.example"} for person in people or ("anna",)]
    return {"mssp_onboard_customer_approvers": approvers, "mssp_onboard_tier_approvers": "customer"}


def _initial(name: str, *people: str) -> Json:
    return {"mssp_onboard_initial_approvers": [f"{person}@{name}.example" for person in people or ("anna",)]}


def _delivered(customer: Customer) -> None:
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


def _old_member(customer: Customer) -> None:
    customer.add(TIER2, "ana")
    nested = customer.tenant.group("Night shift")
    customer.tenant.link(f"groups/{customer.group(TIER2)}/members", nested)


def _new_member(customer: Customer) -> None:
    boris = customer.person("boris")
    boris.link(f"groups/{customer.group(TIER1)}/members", customer.user("lea"))


def _assignments(customer: Customer) -> None:
    customer.let_in("ana", TIER1)
    customer.let_in("lea", TIER2)
    customer.let_in("kim", TIER2)
    customer.assign("ida", TIER1)
    forever = {"expiration": {"type": "noExpiration"}}
    customer.request("adminUpdate", "lea", TIER2, schedule=forever)


def _taken_out(customer: Customer) -> None:
    customer.tenant.delete(f"groups/{customer.group(TIER1)}/members/{customer.user('ana')}/$ref")


def _just_ended(customer: Customer) -> None:
    """The service takes people out at once here; at Microsoft it may take a day."""
    customer.request("adminRemove", "kim", TIER2)
    customer.add(TIER2, "kim")


def _disabled(customer: Customer) -> None:
    customer.tenant.patch(f"users/{customer.user('carl')}", {"accountEnabled": False})


def _gone(customer: Customer) -> None:
    """Somebody has left the customer, and both the policies and the variables still name them."""
    customer.tenant.delete(f"users/{customer.user('carl')}")


def _both(customer: Customer) -> None:
    customer.let_in("lea", APPROVERS, "boris")
    customer.let_in("lea", TIER1, "anna")


def _own_tenant(customer: Customer) -> None:
    """Anna could approve as well, and does so for kim."""
    customer.let_in("ana", TIER2, "lea")
    customer.let_in("kim", TIER2, "anna")


def _mssp_only(customer: Customer) -> None:
    customer.assign("lea", APPROVERS)


def _drift(customer: Customer) -> None:
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


def _defender(customer: Customer) -> None:
    tenant = customer.tenant
    customer.role("Hunters", ["microsoft.xdr/secops/*/manage"], customer.group(TIER1))
    ops = tenant.group("Ops")
    tenant.link(f"groups/{ops}/members", customer.user("ana"))
    customer.role("Odd", [BASICS], ops, customer.user("lea"), customer.user("carl"))
    customer.role("Old", [BASICS], NOBODY)


def _ways_in(customer: Customer) -> None:
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


def _overdue(customer: Customer) -> None:
    """The first review of tier 2 begins on the fifth day, and is never closed. To begin another day is no drift."""
    customer.let_in("ana", TIER1)
    customer.quirks(review_final_status="AutoReviewing")
    schedule = customer.policy(TIER2)["reviewSettings"]["schedule"]
    customer.put(TIER2, reviewSettings={"schedule": {**schedule, "startDateTime": day(BEGAN - 5)}})


def _waiting(customer: Customer) -> None:
    customer.ask("lea", TIER2)


def _guests(customer: Customer) -> None:
    customer.quirks(delivering_until_redeemed=True)
    customer.let_in("gus", TIER1)
    customer.let_in("zoe", TIER2)


def _not_delivered(customer: Customer) -> None:
    """Nobody may invite guests any more: what is approved cannot be delivered."""
    customer.quirks(allow_invites_from="none")
    customer.let_in("zed", TIER1)


CASES = (
    Case("fresh", variables=_customers_approve("fresh")),
    Case("initial", variables=_initial("initial", "anna", "boris")),
    Case("delivered", variables=_initial("delivered"), early=_delivered),
    Case("default", (("MSSP101", T1, None, None), ("MSSP101", T2, None, None))),
    Case(
        "members",
        (
            ("MSSP001", TIER2, "ana", None),
            ("MSSP001", TIER1, "lea", None),
            ("MSSP004", TIER2, None, "members/{group:Night shift}"),
        ),
        _initial("members"),
        _old_member,
        _new_member,
    ),
    Case(
        "assignments",
        (
            ("MSSP002", TIER1, "ana", None),
            ("MSSP003", TIER2, "kim", None),
            ("MSSP006", TIER2, "lea", None),
            ("MSSP007", TIER1, "ida", None),
        ),
        _initial("assignments"),
        _assignments,
        _taken_out,
        _just_ended,
    ),
    Case("disabled", (("MSSP102", T1, "carl", None),), _customers_approve("disabled", "anna", "carl"), mid=_disabled),
    Case(
        "gone",
        # By its name nobody finds who has left, and so the onboarding stops there.
        (("MSSP102", T1, "", None), ("MSSP901", "Gone", None, None)),
        _customers_approve("gone", "anna", "carl"),
        mid=_gone,
    ),
    Case(
        "both",
        (("MSSP103", T1, "lea", None), ("MSSP109", TIER2, "ana", None)),
        {**_initial("both"), "mssp_onboard_customer_approvers": [{"user": "boris@both.example"}]},
        _both,
        late=_own_tenant,
    ),
    Case(
        "mssp",
        (
            ("MSSP104", APP, None, None),
            ("MSSP105", T1, None, None),
            ("MSSP105", T2, None, None),
            ("MSSP007", APPROVERS, "lea", None),
        ),
        {"mssp_onboard_approvers_approve_approvers": True},
        _mssp_only,
    ),
    Case(
        "drift",
        (
            ("MSSP201", T1, None, "requestApprovalSettings.isApprovalRequiredForUpdate"),
            ("MSSP202", T1, None, "allowedTargetScope"),
            ("MSSP207", T1, None, "specificAllowedTargets"),
            ("MSSP203", T1, None, "expiration"),
            ("MSSP204", T1, None, "reviewSettings.isEnabled"),
            ("MSSP208", T1, None, "description"),
            ("MSSP206", T2, None, None),
            ("MSSP205", "Tier 1 Analysts", None, "rolePermissions"),
            ("MSSP208", TIER1, None, "description"),
            ("MSSP207", TIER1, None, "isHidden"),
        ),
        _initial("drift"),
        mid=_drift,
    ),
    Case(
        "extension",
        (("MSSP209", T1, None, None), ("MSSP209", T2, None, None), ("MSSP302", "Tier 2 Analysts", None, None)),
        {
            **_initial("extension"),
            "mssp_onboard_approval_for_extension": False,
            "mssp_onboard_tier2_permissions": [BASICS, LIVE],
        },
    ),
    Case(
        "defender",
        (
            ("MSSP301", TIER1, None, "Defender role {role:Hunters}"),
            ("MSSP303", "Odd", "ana", None),
            ("MSSP303", "Odd", "lea", None),
            ("MSSP304", "Old", None, f"principal {NOBODY}"),
            ("MSSP406", "Ana", "ana", "group {group:Ops}"),
        ),
        _initial("defender"),
        _defender,
    ),
    Case(
        "ways",
        (
            ("MSSP401", TIER1, "boris", None),
            ("MSSP402", "MSSP Accesses", "boris", "Catalog owner {user:boris}"),
            ("MSSP403", f"{TIER1}: Partners", None, None),
            ("MSSP404", f"{TIER1}: Back door", None, None),
            ("MSSP405", "Everything", None, f"group {{group:{TIER2}}}"),
            ("MSSP406", "Ana", "ana", "group {group:Projects}"),
            ("MSSP407", "Lea", "lea", f"role {SECURITY_READER}"),
        ),
        _initial("ways"),
        _ways_in,
    ),
    Case(
        "ends",
        (
            ("MSSP501", TIER1, "ana", None),
            ("MSSP501", APPROVERS, "anna", None),
            ("MSSP502", TIER1, None, None),
            ("MSSP502", APPROVERS, None, None),
            ("MSSP503", TIER2, None, None),
            ("MSSP504", TIER2, "lea", None),
        ),
        {**_initial("ends"), "mssp_onboard_duration_days": 120, "mssp_onboard_review_first_after_days": 0},
        _overdue,
        _waiting,
    ),
    Case("failed", (("MSSP005", TIER1, "zed", None),), _initial("failed"), _not_delivered),
    Case("guests", (("MSSP106", "Zoe", "zoe", None), ("MSSP107", "Gus", "gus", None)), _initial("guests"), _guests),
    Case(
        "unknown",
        (("MSSP108", "Unknown", None, None),),
        _initial("unknown"),
        lambda customer: customer.let_in("gus", TIER1),
    ),
    Case(
        "surplus",
        (("MSSP408", "{client:both}", None, None), ("MSSP409", "{client:both}", None, None)),
        _customers_approve("surplus"),
        client="both",
        options={"mssp_audit_allow_write_token": True},
    ),
    Case(
        "partial",
        (
            ("MSSP900", "Partial", None, "Entra roles"),
            ("MSSP900", "Partial", None, "Users and their sign-ins"),
            ("MSSP900", "Partial", None, "The audit log of approvals"),
        ),
        _customers_approve("partial"),
        client="partial",
    ),
)
REFUSED = Case("refused", client="both", variables=_customers_approve("refused"))
BROKEN = Case("broken", client="audit", variables=_customers_approve("broken"))
ALL = (*CASES, REFUSED, BROKEN)
__all__ = ["ALL", "BROKEN", "CASES", "MSSP", "REFUSED", "one_of"]
