# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-ins, as far as users' sign-in activity tells of them: the last interactive one of each (resources/signin)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..ids import derive_guid
from ..odata.bodies import parse_time
from ..store import Row

if TYPE_CHECKING:
    from ..graph.call import Call

_PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
_GRAPH = "00000003-0000-0000-c000-000000000000"


def sign_ins(call: Call, oldest: datetime) -> list[Row]:
    """The sign-ins that are not older than that."""
    rows = []
    for user in call.tenant.directory.users:
        moment = str((user["signInActivity"] or {}).get("lastSignInDateTime"))
        when = parse_time(moment)
        if when is not None and oldest <= when <= call.world.clock.now():
            rows.append(_row(user, moment))
    return rows


def _row(user: Row, moment: str) -> Row:
    successful = user["signInActivity"]["lastSuccessfulSignInDateTime"] == moment
    return {
        "id": derive_guid(user["id"], "sign-in", moment),
        "createdDateTime": moment,
        "userDisplayName": user["displayName"],
        "userPrincipalName": str(user["userPrincipalName"]).lower(),
        "userId": user["id"],
        "appId": _PORTAL,
        "appDisplayName": "Azure Portal",
        "ipAddress": "127.0.0.1",
        "clientAppUsed": "Browser",
        "correlationId": derive_guid(user["id"], "correlation", moment),
        "conditionalAccessStatus": "notApplied",
        "isInteractive": True,
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "riskEventTypes_v2": [],
        "resourceDisplayName": "Microsoft Graph",
        "resourceId": _GRAPH,
        "status": {
            "errorCode": 0 if successful else 50126,
            "failureReason": "Other." if successful else "Error validating credentials due to invalid username or password.",
            "additionalDetails": None,
        },
        "deviceDetail": {
            "deviceId": "",
            "displayName": "",
            "operatingSystem": None,
            "browser": None,
            "isCompliant": False,
            "isManaged": False,
            "trustType": "",
        },
        "location": {"city": None, "state": None, "countryOrRegion": None, "geoCoordinates": None},
        "appliedConditionalAccessPolicies": [],
    }
