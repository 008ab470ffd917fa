# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask for a package, and with what (EM E.3, F.3, I; practice S1, M5).

The service's sentence for those who may not is recorded; its code is not (T entra-docs#967).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..directory.group_store import transitive_members
from ..graph.errors import GraphError
from ..odata.bodies import parse_time
from ..store import Row
from .approval_stages import resolve
from .common import invalid_model
from .eligibility import in_scope
from .policy_rules import parse_duration

if TYPE_CHECKING:
    from ..graph.call import Call


def requirement_not_met() -> GraphError:
    """The refusal of somebody whom the policy does not let in."""
    return GraphError(400, "PolicyRequirementNotMet", "You don't meet policy requirements to request this entitlement.")


def may_ask(call: Call, policy: Row, user: Row) -> bool:
    """Whether somebody may ask for themselves under a policy: it is open, names them, and the catalog shows it to them."""
    package = call.tenant.entitlement.packages.get(policy["_package_id"])
    catalog = call.tenant.entitlement.catalogs.get(package["_catalog_id"]) if package else None
    if catalog is None or catalog["state"] != "published" or not user.get("accountEnabled", True):
        return False  # a guest who was blocked "will be unable to re-request" (practice M5)
    if user["userType"] == "Guest" and not catalog["isExternallyVisible"]:
        return False
    if not policy["requestorSettings"]["enableTargetsToSelfAddAccess"]:
        return False
    return policy["allowedTargetScope"] != "notSpecified" and in_scope(call, policy, user)


def may_ask_for_others(call: Call, policy: Row, target: Row, verb: str) -> bool:
    """Whether the person who calls may act for the target (``verb`` Add, Update or Remove): a manager, say."""
    settings = policy["requestorSettings"]
    if not settings[f"enableOnBehalfRequestorsTo{verb}Access"]:
        return False
    return any(call.user_id in set(resolve(call, target, entry)) for entry in settings["onBehalfRequestors"])


def is_incompatible(call: Call, package: Row, user: Row) -> bool:
    """Whether what the person has already excludes the package (EM E.3): one way only, as it is configured."""
    state, directory = call.tenant.entitlement, call.tenant.directory
    excluded = state.incompatible_packages.get(package["id"], {})
    held = {row["_package_id"] for row in state.live_assignments() if user["id"] and row["_target"]["objectId"] == user["id"]}
    if not held.isdisjoint(excluded):
        return True
    groups = state.incompatible_groups.get(package["id"], {})
    return any(row["id"] == user["id"] for group_id in groups for row in transitive_members(directory, group_id))


def check_justification(policy: Row, body: dict[str, Any], *, needed: bool) -> None:
    """Where somebody must approve, the policy can ask for a reason."""
    if needed and policy["requestApprovalSettings"]["isRequestorJustificationRequired"] and not body.get("justification"):
        raise invalid_model()


def check_schedule(call: Call, policy: Row, wanted: dict[str, Any] | None) -> None:
    """A requestor's own dates, where the policy allows any; they can only shorten what the policy gives."""
    now = call.world.clock.now()
    start = parse_time((wanted or {}).get("startDateTime") or "") or now
    expiration = (wanted or {}).get("expiration") or {}
    kind = expiration.get("type") or "notSpecified"
    if start <= now and kind == "notSpecified":
        return
    if not policy["requestorSettings"]["allowCustomAssignmentSchedule"]:
        raise invalid_model()
    limit = _end(policy["expiration"], start)
    end = _end(expiration, start)
    if limit is not None and kind != "notSpecified" and (end is None or end > limit):
        raise invalid_model()
    if end is not None and end <= start:
        raise invalid_model()


def _end(expiration: dict[str, Any], start: datetime) -> datetime | None:
    """When access that begins at a time ends; None: never."""
    if expiration.get("type") == "afterDuration":
        return start + (parse_duration(expiration.get("duration") or "") or timedelta())
    if expiration.get("type") == "afterDateTime":
        return parse_time(expiration.get("endDateTime") or "")
    return None
