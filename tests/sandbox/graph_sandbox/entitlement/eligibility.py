# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a policy lets in (EM 1.3, F.3; practice M2, M8, S10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..directory.group_store import transitive_members
from ..store import Row
from .identity_sources import organization_of
from .policy_shape import subject_of
from .policy_types import EXTERNAL_SCOPES

if TYPE_CHECKING:
    from ..graph.call import Call


def in_scope(call: Call, policy: Row, user: Row) -> bool:
    """Whether a user belongs to those whom the policy names.

    Nobody asks under ``notSpecified``, but an administrator may assign.
    """
    scope = policy["allowedTargetScope"]
    if not user["id"] and scope not in EXTERNAL_SCOPES:
        return False  # somebody who is not in the directory yet must come from where the policy says (practice S9)
    if scope in ("notSpecified", "allDirectoryUsers"):
        return True
    if scope == "allMemberUsers":
        return bool(user["userType"] == "Member")
    if scope == "allExternalUsers":
        return bool(user["userType"] == "Guest")
    organization = organization_of(call.tenant, call.world, user)
    if scope == "allConfiguredConnectedOrganizationUsers":
        return organization is not None and organization["state"] == "configured"
    targets = [subject_of(target) for target in policy["specificAllowedTargets"]]
    if scope == "specificConnectedOrganizationUsers":
        return organization is not None and ("connectedOrganizationMembers", organization["id"]) in targets
    if scope == "specificDirectoryUsers":
        return any(
            (kind == "singleUser" and target == user["id"])
            or (kind == "groupMembers" and user in transitive_members(call.tenant.directory, target or ""))
            or kind == "attributeRuleMembers"
            for kind, target in targets
        )
    return False
