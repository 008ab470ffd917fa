# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An offboarding without Ansible: the role's tasks in their order, by the modules' own functions; and customers who are used."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.mssp.defender.plugins.modules import (
    aad_group_info,
    aad_user,
    access_package_assignment,
    access_package_assignment_info,
    access_package_catalog_info,
    access_package_info,
    access_package_policy_info,
    access_package_request,
    access_package_request_info,
    connected_org_info,
    mde_role_info,
)
from ansible_collections.mssp.defender.plugins.plugin_utils import offboard_run
from ansible_collections.mssp.defender.plugins.plugin_utils.offboard_changes import STEPS
from sweeps import role
from sweeps.customer import EM, Customer
from sweeps.role import Result, Run, Stopped
from sweeps.wanted import MSSP, Wanted, published
from sweeps.worlds import World

_LIVE = ["delivering", "delivered", "partiallyDelivered", "deliveryFailed"]
_OVER = ("TooLate", "NotOpen", "NotFound")
_OF_STEP = {
    "door_catalog": "access_package_catalog",
    "door_policies": "access_package_policy",
    "requests": "access_package_request",
    "defender_assignments": "mde_role",
    "defender_roles": "mde_role",
    "assignments": "access_package_assignment",
    "policies": "access_package_policy",
    "role_scopes": "access_package",
    "packages": "access_package",
    "resources": "access_package_catalog",
    "catalog": "access_package_catalog",
    "groups": "aad_group",
    "organization": "connected_org",
    "guests": "aad_user",
}

role._MODULES.update(
    {
        module.__name__.rpartition(".")[2]: (ModuleArgumentSpecValidator(**module.SPEC.to_kwargs()), module.run)
        for module in (
            aad_group_info,
            aad_user,
            access_package_assignment,
            access_package_assignment_info,
            access_package_catalog_info,
            access_package_info,
            access_package_policy_info,
            access_package_request,
            access_package_request_info,
            connected_org_info,
            mde_role_info,
        )
    }
)


class Offboarding(Run):
    """One run of the role with `mssp_onboard_state: absent`."""

    def __init__(self, customer: Customer, wanted: Wanted) -> None:
        super().__init__(customer, wanted)
        self._facts: dict[str, t.Any] = {"mssp_onboard_plan": wanted.plan}

    def _present(self) -> None:
        self._look()
        ending = self._run.ending()
        assert not ending.problem, ending.problem
        self._keep("begun", {"ending": dataclasses.asdict(ending)})
        if ending.nothing:
            return
        for step in STEPS:
            if step == "assignments":
                (later,) = self._task("access_package_assignment_info", [{"states": _LIVE}])
                self._keep("assignments_later", later)
            self._step(step)
            if step == "assignments":
                waited = [x["options"] for x in offboard_run.ended(self._run)]
                self._task("access_package_assignment", waited)

    @property
    def _run(self) -> offboard_run.Offboarding:
        return offboard_run.Offboarding(self._facts)

    def _keep(self, name: str, result: Result) -> None:
        self._facts[f"mssp_onboard_result_offboard_{name}"] = result

    def _look(self) -> None:  # type: ignore[override]
        look = {
            "features": offboard_run.look(self._run)["features"],
            "fail_on_missing": True,
            "exclusive": True,
            "with_settings": True,
        }
        (preflight,) = self._task("tenant_info", [look])
        self._facts["mssp_onboard_result_preflight"] = preflight
        self._read("organizations", "connected_org_info", org_tenant_id=MSSP, with_sponsors=True)
        filters = self._run.items("group_filters")
        found = self._task("aad_group_info", [{"with_members": True, **x["options"]} for x in filters])
        self._keep("groups", {"results": found})
        self._read("catalogs", "access_package_catalog_info", name=self._wanted.plan["catalog"]["name"])
        self._read("packages", "access_package_info", directory_hint=preflight["tenant"]["domain"])
        self._read("policies", "access_package_policy_info")
        self._read("roles", "mde_role_info")
        self._read("assignments", "access_package_assignment_info", states=["all"])
        if len(self._run.seen().catalogs) == 1:
            states = ["submitted", "pendingApproval", "scheduled"]
            self._read("requests", "access_package_request_info", states=states, **offboard_run.look(self._run)["catalog"])

    def _read(self, kept: str, module: str, **arguments: t.Any) -> None:
        (result,) = self._task(module, [arguments])
        self._keep(kept, result)

    def _step(self, step: str) -> None:
        items = self._run.items(step)
        more = {"wait": False} if step == "assignments" else {}
        results = self._loop(_OF_STEP[step], [{**item["options"], **more} for item in items], check=False)
        if step == "requests":
            results = [x for x in results if (x.get("failure") or {}).get("code") not in _OVER]
        self._changes += [change for result in results for change in result.get("changes", [])]
        failed = [result for result in results if result.get("failed")]
        if failed:
            raise Stopped(failed)
        self._keep(f"did_{step}", {"results": [{**x, "item": y} for x, y in zip(results, items, strict=False)]})


# ---- customers -----------------------------------------------------------------------------------------------------


def wish(number: int) -> Wanted:
    """What the customer was onboarded with."""
    return published(customer_approvers=[{"user": f"anna@customer{number}.example"}])


def begin(world: World, story: str) -> tuple[Customer, Wanted]:
    """A customer who was onboarded, with somebody who has access and somebody who waits for it."""
    customer, number = world.customer()
    if story == "used otherwise":
        _own(customer)
    world.quiet()
    wanted = wish(number)
    ending = Run(customer, wanted).play()
    assert not ending.failed, ending.sentences
    people(customer, number, customer.wire.control)
    if story == "used otherwise":
        _use(customer, number)
    world.quiet()
    return customer, wanted


def people(customer: t.Any, number: int, control: t.Callable[[str, str, t.Any], t.Any]) -> None:
    """Anna has tier 1 by a policy of the customer's own, and Ann of the MSSP waits for the approvers' package.

    :param customer: anything with `call`, `get` and `list`.
    :param control: the sandbox's control routes.
    """
    packages = {x["displayName"]: x["id"] for x in customer.list(f"{EM}/accessPackages")}
    direct = customer.call("POST", f"{EM}/assignmentPolicies", _policy("Direct", packages["Tier 1 Analyst"]))["id"]
    anna = customer.get(f"users/anna@customer{number}.example")["id"]
    wanted = {"targetId": anna, "assignmentPolicyId": direct, "accessPackageId": packages["Tier 1 Analyst"]}
    customer.call("POST", f"{EM}/assignmentRequests", {"requestType": "adminAdd", "assignment": wanted})
    for _reads in range(3):
        (assignment,) = customer.list(f"{EM}/assignments?$filter=accessPackage/id eq '{packages['Tier 1 Analyst']}'")
    assert assignment["state"] == "delivered"
    (policy,) = customer.list(f"{EM}/assignmentPolicies?$filter=accessPackage/id eq '{packages['MSSP Analyst Approvers']}'")
    asked = {"assignmentPolicyId": policy["id"], "accessPackageId": packages["MSSP Analyst Approvers"]}
    request = {"requestType": "userAdd", "assignment": asked, "justification": "Contract"}
    body = {"tenant": customer.tenant_id, "email": "ann@fabrikam-security.example", "name": "Ann", "request": request}
    control("POST", "my-access", body)


def _policy(name: str, package: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        "displayName": name,
        "description": "By hand",
        "allowedTargetScope": "notSpecified",
        "specificAllowedTargets": [],
        "expiration": {"type": "noExpiration"},
        "requestorSettings": {"enableTargetsToSelfAddAccess": False},
        "requestApprovalSettings": {"isApprovalRequiredForAdd": False, "stages": []},
        "accessPackage": {"id": package},
        **more,
    }


def _own(customer: Customer) -> None:
    """A catalog with a package, before onboarding."""
    catalog = customer.call("POST", f"{EM}/catalogs", {"displayName": "Internal", "isExternallyVisible": False})["id"]
    customer.call("POST", f"{EM}/accessPackages", {"displayName": "Finance", "catalog": {"id": catalog}})


def _use(customer: Customer, number: int) -> None:
    """A policy of the customer's own names our organization, and somebody has got into one of our groups."""
    organization = customer.list(f"{EM}/connectedOrganizations")[0]["id"]
    (package,) = [x["id"] for x in customer.list(f"{EM}/accessPackages") if x["displayName"] == "Finance"]
    target = {"@odata.type": "#microsoft.graph.connectedOrganizationMembers", "connectedOrganizationId": organization}
    scope = {"allowedTargetScope": "specificConnectedOrganizationUsers", "specificAllowedTargets": [target]}
    customer.call("POST", f"{EM}/assignmentPolicies", _policy("Auditors", package, **scope))
    (group,) = [x["id"] for x in customer.list("groups") if x["displayName"] == "Tier 2 Analyst"]
    anna = customer.get(f"users/anna@customer{number}.example")["id"]
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{anna}"}
    customer.call("POST", f"groups/{group}/members/$ref", link)
