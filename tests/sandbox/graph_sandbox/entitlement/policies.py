# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``assignmentPolicies``: POST, GET, PUT, DELETE. There is no PATCH (EM F.1, F.2, F.6)."""

from __future__ import annotations

from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import GraphError
from ..odata.options import answer_collection, answer_entity
from ..store import Row
from .callouts import check_extensions
from .common import CHECKER, CONTEXT, READ, WRITE, invalid_model, location, make_router, nested_id, now, require
from .policy_entity import POLICY
from .policy_rules import check_policy, check_stage_collections
from .policy_shape import stored_policy
from .policy_types import POLICY_BODY

router = make_router()
_COLLECTION = f"{CONTEXT}assignmentPolicies"
_REQUIRED_IN_PUT = (
    "displayName",
    "description",
    "allowedTargetScope",
    "automaticRequestSettings",
    "specificAllowedTargets",
    "expiration",
    "requestorSettings",
    "requestApprovalSettings",
    "reviewSettings",
    "questions",
)

router.absent("PATCH", "/assignmentPolicies/{id}")


@router.get("/assignmentPolicies", READ)
def list_policies(call: Call) -> Reply:
    """All policies; which package one belongs to comes with $expand only."""
    return answer_collection(call, POLICY, call.tenant.entitlement.policies.list(), _COLLECTION)


@router.get("/assignmentPolicies/{id}", READ)
def get_policy(call: Call, id: str) -> Reply:
    """One policy."""
    return answer_entity(call, POLICY, require(call.tenant.entitlement.policies, id, reading=True), _COLLECTION)


@router.post("/assignmentPolicies", WRITE)
def create_policy(call: Call) -> Reply:
    """201 with the whole policy."""
    body = call.body_object()
    package = _package(call, body)
    row = _checked(call, body)
    check_extensions(call, package["_catalog_id"], row)
    _check_name(call, row["displayName"], package["id"], None)
    moment = now(call)
    row = {
        "id": call.tenant.ids.next(),
        "_package_id": package["id"],
        **row,
        "createdDateTime": moment,
        "modifiedDateTime": moment,
    }
    call.tenant.entitlement.policies.add(row)
    return answer_entity(call, POLICY, row, _COLLECTION, 201, location(call, "accessPackageAssignmentPolicies", row["id"]))


@router.put("/assignmentPolicies/{id}", WRITE)
def replace_policy(call: Call, id: str) -> Reply:
    """200 with the policy. Whatever the body leaves out is lost."""
    old = require(call.tenant.entitlement.policies, id)
    body = dict(call.body_object())
    if str(body.pop("id", old["id"])).lower() != old["id"]:
        raise invalid_model()
    if call.tenant.quirks.put_requires_all and any(name not in body for name in _REQUIRED_IN_PUT):
        raise invalid_model()
    if nested_id(body, "accessPackage") is None and not call.tenant.quirks.put_requires_package:
        body["accessPackage"] = {"id": old["_package_id"]}
    package = _package(call, body)
    if package["id"] != old["_package_id"]:
        raise invalid_model()
    row = _checked(call, body)
    check_extensions(call, package["_catalog_id"], row)
    _check_name(call, row["displayName"], old["_package_id"], old["id"])
    old.update(row, modifiedDateTime=now(call))
    return answer_entity(call, POLICY, old, _COLLECTION)


@router.delete("/assignmentPolicies/{id}", WRITE)
def delete_policy(call: Call, id: str) -> Reply:
    """204; refused while somebody has access through it. The code of that refusal is not recorded."""
    state = call.tenant.entitlement
    row = require(state.policies, id)
    if state.live_assignments(_policy_id=row["id"]):
        raise GraphError(
            400,
            "InvalidDeletePolicyHasAssignments",
            f"The policy: {row['displayName']} can not be deleted because there are active assignments.",
        )
    state.policies.remove(row["id"])
    return Reply(204)


def _package(call: Call, body: dict[str, Any]) -> Row:
    package_id = nested_id(body, "accessPackage")
    if package_id is None:
        raise GraphError(400, "ArgumentNullException", "Value cannot be null.\r\nParameter name: Id")
    return require(call.tenant.entitlement.packages, package_id)


def _checked(call: Call, body: dict[str, Any]) -> Row:
    """The body as it is stored, if it may be."""
    CHECKER.check(body, POLICY_BODY)
    check_stage_collections(body)
    row = stored_policy(call, body)
    check_policy(call, row)
    return row


def _check_name(call: Call, name: str, package_id: str, own_id: str | None) -> None:
    for row in call.tenant.entitlement.policies:
        if row["_package_id"] == package_id and row["id"] != own_id and row["displayName"].lower() == name.lower():
            raise GraphError(call.tenant.quirks.policy_conflict_status, "DuplicateKey", "There is already a duplicated entity")
