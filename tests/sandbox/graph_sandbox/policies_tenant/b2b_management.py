# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/policies/b2bManagementPolicies`` (beta): from which domains guests may be invited (practice M7).

The list itself stands as JSON text in ``definition``, as everywhere among Entra's older policies.
"""

from __future__ import annotations

import json

from ..config.quirks import Quirks
from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..graph.routing import Router
from ..ids import derive_guid
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import READ_ONLY_ID, READ_ONLY_TIME, EntityType, Property, flag, text
from ..store import Row

router = Router(Area.DIRECTORY, versions=("beta",))
# b2bmanagementpolicy-get: Policy.Read.All does not suffice.
READ = ("Policy.Read.B2BManagementPolicy", "Policy.ReadWrite.B2BManagementPolicy")
_CONTEXT = "policies/b2bManagementPolicies"

B2B_MANAGEMENT_POLICY = EntityType(
    "b2bManagementPolicy",
    Area.DIRECTORY,
    {
        "id": READ_ONLY_ID,
        "deletedDateTime": READ_ONLY_TIME,
        "displayName": text(),
        "definition": Property("strings"),
        "isOrganizationDefault": flag(),
    },
)


def domain_allowed(quirks: Quirks, domain: str) -> bool:
    """Whether somebody of that domain may be invited: an allow list names all that may, a deny list those that may not."""
    allowed, blocked = quirks.b2b_domain_list.get("allowed"), quirks.b2b_domain_list.get("blocked", [])
    if allowed is not None:
        return domain.lower() in (name.lower() for name in allowed)
    return domain.lower() not in (name.lower() for name in blocked)


def _policies(call: Call) -> list[Row]:
    domains = call.tenant.quirks.b2b_domain_list
    shown: dict[str, list[str]] = {}
    if "allowed" in domains:
        shown["AllowedDomains"] = domains["allowed"]
    if "blocked" in domains or not shown:
        shown["BlockedDomains"] = domains.get("blocked", [])
    content = {
        "B2BManagementPolicy": {
            "InvitationsAllowedAndBlockedDomainsPolicy": shown,
            "AutoRedeemPolicy": {"AdminConsentedForUsersIntoTenantIds": [], "NoAADConsentForUsersFromTenantsIds": []},
        }
    }
    return [
        {
            "id": derive_guid(call.tenant.id, "b2b management policy"),
            "deletedDateTime": None,
            "displayName": "B2BManagementPolicy",
            "definition": [json.dumps(content, separators=(",", ":"))],
            "isOrganizationDefault": True,
        }
    ]


@router.get("/policies/b2bManagementPolicies", READ)
def list_policies(call: Call) -> Reply:
    """The one policy."""
    return answer_collection(call, B2B_MANAGEMENT_POLICY, _policies(call), _CONTEXT)


@router.get("/policies/b2bManagementPolicies/{id}", READ)
def get_policy(call: Call, id: str) -> Reply:
    """The policy by its id."""
    row = next((row for row in _policies(call) if row["id"] == id.lower()), None)
    if row is None:
        raise not_found(Area.DIRECTORY, id)
    return answer_entity(call, B2B_MANAGEMENT_POLICY, row, _CONTEXT)
