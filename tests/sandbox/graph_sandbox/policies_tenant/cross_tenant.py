# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/policies/crossTenantAccessPolicy``: who gets in from where, by default and for one other tenant (practice M7).

Sources: crosstenantaccesspolicy-get, -configurationdefault-get, -update, -resettosystemdefault,
-list-partners, -post-partners, -configurationpartner-get, -update, -delete.
"""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, bad_request, not_found
from ..graph.routing import Router
from ..odata.bodies import BodyChecker
from ..odata.options import answer_collection, answer_entity
from ..store import Row
from .cross_tenant_types import CROSS_TENANT_DEFAULT, CROSS_TENANT_POLICY, PARTNER, collaboration, make_partner, trust

router = Router(Area.DIRECTORY)
READ = ("Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess")
WRITE = ("Policy.ReadWrite.CrossTenantAccess",)
_BASE = "/policies/crossTenantAccessPolicy"
_CONTEXT = "policies/crossTenantAccessPolicy"
_CHECKER = BodyChecker(Area.DIRECTORY)


def default_settings(call: Call) -> Row:
    """What holds for every other tenant: what was written, on top of what the switches say."""
    quirks, written = call.tenant.quirks, call.tenant.policies.cross_tenant_default
    return {
        "isServiceDefault": not written,
        "inboundTrust": trust(mfa=quirks.inbound_mfa_trusted),
        "b2bCollaborationInbound": collaboration(blocked=quirks.inbound_b2b_blocked),
        "b2bCollaborationOutbound": collaboration(blocked=False),
        "b2bDirectConnectInbound": collaboration(blocked=True),
        "b2bDirectConnectOutbound": collaboration(blocked=True),
        "automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": False},
        "tenantRestrictions": None,
        **written,
    }


def _written(body: Row) -> Row:
    return {name: value for name, value in body.items() if "@" not in name}


def _partner(call: Call, tenant_id: str) -> Row:
    row = call.tenant.policies.partners.get(tenant_id)
    if row is None:
        raise not_found(Area.DIRECTORY, tenant_id)
    return row


@router.get(_BASE, READ)
def get_policy(call: Call) -> Reply:
    """The policy itself."""
    row = {
        "id": "crossTenantAccessPolicy",
        "deletedDateTime": None,
        "displayName": "CrossTenantAccessPolicy",
        "allowedCloudEndpoints": [],
        **call.tenant.policies.cross_tenant,
    }
    return answer_entity(call, CROSS_TENANT_POLICY, row, _CONTEXT)


@router.patch(_BASE, WRITE)
def update_policy(call: Call) -> Reply:
    """204."""
    _CHECKER.check(call.body_object(), CROSS_TENANT_POLICY)
    call.tenant.policies.cross_tenant.update(_written(call.body_object()))
    return Reply(204)


@router.get(f"{_BASE}/default", READ)
def get_default(call: Call) -> Reply:
    """What holds for every other tenant."""
    return answer_entity(call, CROSS_TENANT_DEFAULT, default_settings(call), f"{_CONTEXT}/default")


@router.patch(f"{_BASE}/default", WRITE)
def update_default(call: Call) -> Reply:
    """204."""
    _CHECKER.check(call.body_object(), CROSS_TENANT_DEFAULT)
    call.tenant.policies.cross_tenant_default.update(_written(call.body_object()))
    return Reply(204)


@router.post(f"{_BASE}/default/resetToSystemDefault", WRITE)
def reset_default(call: Call) -> Reply:
    """204; what was written is forgotten."""
    call.tenant.policies.cross_tenant_default.clear()
    return Reply(204)


@router.get(f"{_BASE}/partners", READ)
def list_partners(call: Call) -> Reply:
    """Tenants with settings of their own."""
    return answer_collection(call, PARTNER, call.tenant.policies.partners.list(), f"{_CONTEXT}/partners")


@router.post(f"{_BASE}/partners", WRITE)
def create_partner(call: Call) -> Reply:
    """201; one entry a tenant, and none for the tenant itself."""
    body = call.body_object()
    _CHECKER.check(body, PARTNER)
    tenant_id = str(body.get("tenantId") or "").lower()
    if not tenant_id:
        raise bad_request(Area.DIRECTORY, "A value is required for property 'tenantId'.")
    if tenant_id == call.tenant.id:
        raise bad_request(Area.DIRECTORY, "The tenant cannot be a partner of itself.")
    if tenant_id in call.tenant.policies.partners:
        raise GraphError(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "Another object with the same value for property tenantId already exists.",
        )
    row = call.tenant.policies.partners.add(make_partner(tenant_id, **{**_written(body), "tenantId": tenant_id}))
    return answer_entity(call, PARTNER, row, f"{_CONTEXT}/partners", 201)


@router.get(f"{_BASE}/partners/{{tenant_id}}", READ)
def get_partner(call: Call, tenant_id: str) -> Reply:
    """404: the default holds."""
    return answer_entity(call, PARTNER, _partner(call, tenant_id), f"{_CONTEXT}/partners")


@router.patch(f"{_BASE}/partners/{{tenant_id}}", WRITE)
def update_partner(call: Call, tenant_id: str) -> Reply:
    """204."""
    row, body = _partner(call, tenant_id), call.body_object()
    _CHECKER.check(body, PARTNER)
    if str(body.get("tenantId", row["tenantId"])).lower() != row["tenantId"]:
        raise bad_request(Area.DIRECTORY, "The property 'tenantId' cannot be changed.")
    row.update({name: value for name, value in _written(body).items() if name != "tenantId"})
    return Reply(204)


@router.delete(f"{_BASE}/partners/{{tenant_id}}", WRITE)
def delete_partner(call: Call, tenant_id: str) -> Reply:
    """204; the default holds from then on."""
    call.tenant.policies.partners.remove(_partner(call, tenant_id)["id"])
    return Reply(204)
