# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of administrators: adminAdd, adminUpdate, adminRemove (EM G.1; practice M3, S9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph.errors import GraphError
from ..store import Row
from . import request_flow
from .common import invalid_model, require
from .eligibility import in_scope
from .request_rules import requirement_not_met
from .request_store import (
    caller_subject,
    check_nothing_open,
    living_assignment,
    make_request,
    policy_and_package,
    stranger,
    subject,
    user_of,
)

if TYPE_CHECKING:
    from ..graph.call import Call


def admin_add(call: Call, body: dict[str, Any], wanted: dict[str, Any]) -> Row:
    """Give access to somebody whom the policy names. Whether that needs approval is unsettled (practice M3)."""
    quirks = call.tenant.quirks
    policy, package = policy_and_package(call, wanted)
    target = _target(call, wanted)
    if not in_scope(call, policy, user_of(call, target)):
        raise requirement_not_met()
    check_nothing_open(call, package, target)
    request = make_request(call, "adminAdd", body, policy, target, caller_subject(call))
    bypass = bool((body.get("parameters") or {}).get("bypassApproval")) or quirks.admin_add_bypasses_approval == "always"
    request_flow.start(call, request, approval=policy["requestApprovalSettings"]["isApprovalRequiredForAdd"] and not bypass)
    return request


def admin_change(call: Call, kind: str, body: dict[str, Any], wanted: dict[str, Any]) -> Row:
    """adminUpdate or adminRemove of an assignment that lives."""
    assignment = living_assignment(call, wanted)
    policy = require(call.tenant.entitlement.policies, assignment["_policy_id"])
    request = make_request(call, kind, body, policy, assignment["_target"], caller_subject(call))
    request["_assignment_id"] = assignment["id"]
    request["_extends"] = kind == "adminUpdate" and bool(body.get("schedule"))
    request_flow.start(call, request, approval=False)
    return request


def _target(call: Call, wanted: dict[str, Any]) -> Row:
    """Who shall get access. One who is not in the directory yet is invited by e-mail (practice S9)."""
    users = call.tenant.directory.users
    target = wanted.get("target") or {}
    object_id = wanted.get("targetId") or target.get("objectId")
    if object_id:
        return subject(require(users, str(object_id)))
    email = str(target.get("email") or "").lower()
    if "@" not in email:
        raise invalid_model()
    known = next((row for row in users if email in (str(row["mail"]).lower(), str(row["userPrincipalName"]).lower())), None)
    if known is not None:
        return subject(known)
    quirks = call.tenant.quirks
    if quirks.licence != "governance":
        raise GraphError(403, "NoGovernanceSku", "This feature requires a Microsoft Entra ID Governance Subscription")
    if not quirks.subscription_linked:
        raise GraphError(
            quirks.guest_billing_status,
            "GuestBillingRequired",
            "A linked Azure subscription is required to use this feature for guest users.",
        )
    return stranger(call, email)
