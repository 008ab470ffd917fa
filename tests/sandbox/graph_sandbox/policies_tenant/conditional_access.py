# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/identity/conditionalAccess/policies``: as configured, read only (conditionalaccessroot-list-policies).

A configured policy names a few conditions; the rest is filled in as Graph shows it.
"""

from __future__ import annotations

from typing import Any

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError
from ..graph.routing import Router
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import READ_ONLY_ID, READ_ONLY_TIME, EntityType, Property, text
from ..store import Row

router = Router(Area.DIRECTORY)
READ = ("Policy.Read.All", "Policy.Read.ConditionalAccess")
_CONTEXT = "identity/conditionalAccess/policies"

CONDITIONAL_ACCESS_POLICY = EntityType(
    "conditionalAccessPolicy",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "templateId": text(),
        "displayName": text(),
        "createdDateTime": READ_ONLY_TIME,
        "modifiedDateTime": READ_ONLY_TIME,
        "state": text(),
        "conditions": Property("object"),
        "grantControls": Property("object"),
        "sessionControls": Property("object"),
    },
)
_USERS: dict[str, Any] = {
    "includeUsers": [],
    "excludeUsers": [],
    "includeGroups": [],
    "excludeGroups": [],
    "includeRoles": [],
    "excludeRoles": [],
    "includeGuestsOrExternalUsers": None,
    "excludeGuestsOrExternalUsers": None,
}
_APPLICATIONS: dict[str, Any] = {
    "includeApplications": [],
    "excludeApplications": [],
    "includeUserActions": [],
    "includeAuthenticationContextClassReferences": [],
    "applicationFilter": None,
}
_GRANT: dict[str, Any] = {
    "operator": "OR",
    "builtInControls": [],
    "customAuthenticationFactors": [],
    "termsOfUse": [],
    "authenticationStrength": None,
}


def make_policy(row_id: str, created: str, name: str, state: str, **parts: dict[str, Any] | None) -> Row:
    """A policy with every property that reads show; ``conditions``, ``grantControls``, ``sessionControls``."""
    conditions, grant = parts.get("conditions") or {}, parts.get("grantControls")
    return {
        "id": row_id,
        "templateId": None,
        "displayName": name,
        "createdDateTime": created,
        "modifiedDateTime": None,
        "state": state,
        "conditions": {
            "userRiskLevels": [],
            "signInRiskLevels": [],
            "clientAppTypes": ["all"],
            "servicePrincipalRiskLevels": [],
            "platforms": None,
            "locations": None,
            "devices": None,
            "clientApplications": None,
            "authenticationFlows": None,
            **conditions,
            "users": {**_USERS, **conditions.get("users", {})},
            "applications": {**_APPLICATIONS, **conditions.get("applications", {})},
        },
        "grantControls": None if grant is None else {**_GRANT, **grant},
        "sessionControls": parts.get("sessionControls"),
    }


@router.get(f"/{_CONTEXT}", READ)
def list_policies(call: Call) -> Reply:
    """All policies."""
    return answer_collection(call, CONDITIONAL_ACCESS_POLICY, call.tenant.policies.conditional_access.list(), _CONTEXT)


@router.get(f"/{_CONTEXT}/{{id}}", READ)
def get_policy(call: Call, id: str) -> Reply:
    """One policy."""
    row = call.tenant.policies.conditional_access.read(id)
    if row is None:
        raise GraphError(404, "NotFound", f"{id} does not exist in the directory.")
    return answer_entity(call, CONDITIONAL_ACCESS_POLICY, row, _CONTEXT)
