# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``auditLogs``: directoryAudits and signIns, read only (directoryaudit-list, -get, signin-list, -get).

Codes of refusals: issues of microsoft-graph-docs (#4336, #7276) and Microsoft-Extractor-Suite#202, which also shows that
a tenant without premium may read directoryAudits but not signIns.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..directory.licences import has_premium
from ..exchange import Reply
from ..graph.errors import Area, GraphError, not_found
from ..graph.routing import Router
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import READ_ONLY_TIME, EntityType, Property, flag, text
from ..store import Row
from .rendering import entry_row
from .sign_ins import sign_ins

if TYPE_CHECKING:
    from ..graph.call import Call

_PREMIUM_DAYS, _FREE_DAYS = 30, 7
"""How long both logs are kept (reference-reports-data-retention; practice S11)."""


def _check_cloud(call: Call) -> None:
    """The logs are served in the global cloud and in those of the US government, not in China (practice S11)."""
    if call.world.config.cloud == "china":
        raise GraphError(400, "BadRequest", "Resource not found for the segment 'auditLogs'.")


router = Router(Area.REPORTING, "/auditLogs", before=_check_cloud)
READ = ("AuditLog.Read.All",)

DIRECTORY_AUDIT = EntityType(
    "directoryAudit",
    Area.REPORTING,
    {
        "id": text(),
        "category": text(),
        "correlationId": text(),
        "result": text(),
        "resultReason": text(),
        "activityDisplayName": text(),
        "activityDateTime": READ_ONLY_TIME,
        "loggedByService": text(),
        "operationType": text(),
        "initiatedBy": Property("object"),
        "targetResources": Property("objects"),
        "additionalDetails": Property("objects"),
    },
)

SIGN_IN = EntityType(
    "signIn",
    Area.REPORTING,
    {
        "id": text(),
        "createdDateTime": READ_ONLY_TIME,
        "userDisplayName": text(),
        "userPrincipalName": text(),
        "userId": text(),
        "appId": text(),
        "appDisplayName": text(),
        "ipAddress": text(),
        "clientAppUsed": text(),
        "correlationId": text(),
        "conditionalAccessStatus": text(),
        "isInteractive": flag(),
        "riskDetail": text(),
        "riskLevelAggregated": text(),
        "riskLevelDuringSignIn": text(),
        "riskState": text(),
        "riskEventTypes_v2": Property("strings"),
        "resourceDisplayName": text(),
        "resourceId": text(),
        "status": Property("object"),
        "deviceDetail": Property("object"),
        "location": Property("object"),
        "appliedConditionalAccessPolicies": Property("objects"),
    },
)


def _oldest(call: Call) -> timedelta:
    return timedelta(days=_PREMIUM_DAYS if has_premium(call.tenant.quirks) else _FREE_DAYS)


def _check_directory_read(call: Call) -> None:
    if call.tenant.quirks.audit_needs_directory_read:
        call.require("Directory.Read.All", "Directory.ReadWrite.All")


def _check_premium(call: Call) -> None:
    if not has_premium(call.tenant.quirks):
        raise GraphError(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        )


def _entries(call: Call) -> list[Row]:
    """The entries that can be read: not yet too old, and old enough to have arrived; the newest first unless asked otherwise."""
    now, log = call.world.clock.now(), call.tenant.audit
    oldest, newest = now - _oldest(call), now - timedelta(seconds=call.tenant.quirks.audit_delay_seconds)
    order = call.query.setdefault("$orderby", "activityDateTime desc")
    # Sorting keeps the order of what has the same time, so entries come in the direction that is wanted.
    entries = reversed(log.entries) if order.lower().endswith(" desc") else log.entries
    return [entry_row(entry) for entry in entries if oldest <= entry.moment <= newest]


@router.get("/directoryAudits", READ)
def list_audits(call: Call) -> Reply:
    """The audit log."""
    if call.tenant.quirks.audit_needs_premium:
        _check_premium(call)
    _check_directory_read(call)
    return answer_collection(call, DIRECTORY_AUDIT, _entries(call), "auditLogs/directoryAudits")


@router.get("/directoryAudits/{id}", READ)
def get_audit(call: Call, id: str) -> Reply:
    """One entry."""
    if call.tenant.quirks.audit_needs_premium:
        _check_premium(call)
    _check_directory_read(call)
    row = next((row for row in _entries(call) if row["id"] == id), None)
    if row is None:
        raise not_found(Area.REPORTING, id)
    return answer_entity(call, DIRECTORY_AUDIT, row, "auditLogs/directoryAudits")


@router.get("/signIns", READ)
def list_sign_ins(call: Call) -> Reply:
    """The interactive sign-ins that are known; v1.0 shows no others."""
    _check_premium(call)
    call.query.setdefault("$orderby", "createdDateTime desc")
    oldest = call.world.clock.now() - _oldest(call)
    return answer_collection(call, SIGN_IN, sign_ins(call, oldest), "auditLogs/signIns")


@router.get("/signIns/{id}", READ)
def get_sign_in(call: Call, id: str) -> Reply:
    """One sign-in."""
    _check_premium(call)
    oldest = call.world.clock.now() - _oldest(call)
    row = next((row for row in sign_ins(call, oldest) if row["id"] == id), None)
    if row is None:
        raise not_found(Area.REPORTING, id)
    return answer_entity(call, SIGN_IN, row, "auditLogs/signIns")
