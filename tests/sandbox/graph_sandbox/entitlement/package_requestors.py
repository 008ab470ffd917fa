# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people may ask for: packages that they see, and what asking takes (EM 1.1, I)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import GraphError
from ..odata.options import answer_collection
from ..odata.schema import filled
from ..store import Row
from .common import CONTEXT, PERSONAL, READ, make_router, require
from .policy_shape import present_policy
from .policy_types import SCHEDULE
from .request_rules import is_incompatible, may_ask
from .types import ACCESS_PACKAGE

router = make_router()
_REQUIREMENTS = "Collection(microsoft.graph.accessPackageAssignmentRequestRequirements)"


@router.get("/accessPackages/filterByCurrentUser(on={on})", READ, delegated=PERSONAL, application=False)
def list_requestable(call: Call, on: str) -> Reply:
    """Packages that the caller may ask for. A hidden one is found by its link only (EM I)."""
    if on.lower() != "allowedrequestor":
        raise GraphError(400, "ArgumentException", f"Requested value '{on}' was not found.")
    packages = call.tenant.entitlement.packages.list()
    rows = [package for package in packages if not package["isHidden"] and _open_policies(call, package)]
    return answer_collection(call, ACCESS_PACKAGE, rows, f"Collection({CONTEXT}accessPackages)")


@router.post("/accessPackages/{id}/getApplicablePolicyRequirements", READ, delegated=PERSONAL, application=False)
def list_requirements(call: Call, id: str) -> Reply:
    """200: for each policy under which the caller may ask, what it wants to know."""
    package = require(call.tenant.entitlement.packages, id)
    value = [_requirement(call, policy) for policy in _open_policies(call, package)]
    return Reply(200, {"@odata.context": f"{call.root}/$metadata#{_REQUIREMENTS}", "value": value})


def _open_policies(call: Call, package: Row) -> list[Row]:
    user = call.user
    if user is None or is_incompatible(call, package, user):
        return []
    policies = call.tenant.entitlement.policies
    return [policy for policy in policies if policy["_package_id"] == package["id"] and may_ask(call, policy, user)]


def _requirement(call: Call, policy: Row) -> Row:
    shown = present_policy(call, policy)
    approval = shown["requestApprovalSettings"]
    return {
        "policyId": policy["id"],
        "policyDisplayName": policy["displayName"],
        "policyDescription": policy["description"],
        "allowCustomAssignmentSchedule": shown["requestorSettings"]["allowCustomAssignmentSchedule"],
        "isApprovalRequiredForAdd": approval["isApprovalRequiredForAdd"],
        "isApprovalRequiredForUpdate": approval["isApprovalRequiredForUpdate"],
        "isRequestorJustificationRequired": approval["isRequestorJustificationRequired"],
        "questions": shown["questions"],
        "schedule": filled(SCHEDULE, {"expiration": policy["expiration"]}),
    }
