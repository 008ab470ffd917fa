# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a policy is stored and read back: everything materialised, names filled in (EM F.5)."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ..odata.bodies import parse_time
from ..odata.schema import filled
from .common import with_read_times
from .policy_types import APPROVAL_SETTINGS, EXPIRATION, POLICY_BODY, REQUESTOR_SETTINGS, STAGE_COLLECTIONS

if TYPE_CHECKING:
    from ..graph.call import Call
    from ..ids import IdSource
    from ..store import Row
    from ..world import Tenant

_SUBJECT_IDS = {
    "singleUser": "userId",
    "groupMembers": "groupId",
    "connectedOrganizationMembers": "connectedOrganizationId",
    "singleServicePrincipal": "servicePrincipalId",
}


def stored_policy(call: Call, body: dict[str, Any]) -> Row:
    """The parts of a body as they are stored; what is left out becomes null or empty, also in a PUT."""
    row = filled(POLICY_BODY, body)
    row.pop("accessPackage")
    row["_extensions"] = row.pop("customExtensionStageSettings")
    # These two are never null in an answer, whether the body had them or not (EM F.5).
    row["expiration"] = row["expiration"] or filled(EXPIRATION, {"type": "noExpiration"})
    row["requestorSettings"] = row["requestorSettings"] or filled(REQUESTOR_SETTINGS, {})
    row["requestApprovalSettings"] = row["requestApprovalSettings"] or filled(APPROVAL_SETTINGS, {})
    _number(row["questions"], call.tenant.ids)
    _number(row["_extensions"], call.tenant.ids)
    _forget_flags(call.tenant, row)
    _move_review(call, row)
    return row


def present_policy(call: Call, row: Row) -> Row:
    """A policy as it is answered: subject sets carry a name that the server looks up."""
    shown = deepcopy(with_read_times(call, row))
    approval, review = shown["requestApprovalSettings"], shown["reviewSettings"]
    collections = [shown["specificAllowedTargets"], shown["requestorSettings"]["onBehalfRequestors"]]
    for stage in approval["stages"]:
        collections += [stage[name] for name in STAGE_COLLECTIONS]
    if review:
        collections += [review["primaryReviewers"], review["fallbackReviewers"]]
    for subjects in collections:
        for subject in subjects:
            # Only these five kinds have a description; one that depends on the requestor has none (EM F.3).
            if subject_of(subject)[0] in (*_SUBJECT_IDS, "attributeRuleMembers"):
                subject["description"] = _name_of(call.tenant, subject)
    return shown


def subject_of(subject: Row) -> tuple[str, str | None]:
    """The kind of a subject set, and the id that it points to, if it does."""
    kind = str(subject["@odata.type"]).rsplit(".", 1)[-1]
    key = _SUBJECT_IDS.get(kind)
    return kind, str(subject[key]).lower() if key and subject.get(key) else None


def _name_of(tenant: Tenant, subject: Row) -> str | None:
    kind, object_id = subject_of(subject)
    if object_id is None:
        return None
    found = (
        tenant.entitlement.connected_organizations.get(object_id)
        if kind == "connectedOrganizationMembers"
        else tenant.directory.find(object_id)
    )
    return str(found["displayName"]) if found else None


def _number(items: list[Row], ids: IdSource) -> None:
    """Questions and extension settings get an id; one that the body names is kept."""
    for item in items:
        item["id"] = item.get("id") or ids.next()


def _forget_flags(tenant: Tenant, row: Row) -> None:
    """Two flags that some tenants do not keep (practice S8)."""
    if tenant.quirks.justification_flags_stick:
        return
    approval = row["requestApprovalSettings"]
    approval["isRequestorJustificationRequired"] = False
    for stage in approval["stages"]:
        stage["isApproverJustificationRequired"] = False


def _move_review(call: Call, row: Row) -> None:
    """A start in the past may be moved to now."""
    schedule = (row["reviewSettings"] or {}).get("schedule")
    if schedule and call.tenant.quirks.review_start_moves:
        start, now = parse_time(schedule["startDateTime"] or ""), call.world.clock.now()
        if start is not None and start < now:
            schedule["startDateTime"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
