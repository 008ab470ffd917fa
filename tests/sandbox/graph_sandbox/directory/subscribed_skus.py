# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/subscribedSkus``: what the tenant has bought (subscribedsku-list, -get)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..graph.routing import Router
from ..odata.options import answer_collection, answer_entity
from ..store import Row
from .licences import products
from .tenant_types import SUBSCRIBED_SKU

router = Router(Area.DIRECTORY)
READ_SKUS = ("LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All")
_UNITS = 25


@router.get("/subscribedSkus", READ_SKUS)
def list_skus(call: Call) -> Reply:
    """One a product. Only $select is supported (subscribedsku-list)."""
    return answer_collection(call, SUBSCRIBED_SKU, _skus(call), "subscribedSkus")


@router.get("/subscribedSkus/{id}", READ_SKUS)
def get_sku(call: Call, id: str) -> Reply:
    """One; its id is the tenant's and the product's joined."""
    row = next((row for row in _skus(call) if row["id"] == id.lower()), None)
    if row is None:
        raise not_found(Area.DIRECTORY, id)
    return answer_entity(call, SUBSCRIBED_SKU, row, "subscribedSkus")


def _skus(call: Call) -> list[Row]:
    tenant = call.tenant
    return [
        {
            "accountName": tenant.domain.partition(".")[0],
            "accountId": tenant.id,
            "appliesTo": "User",
            "capabilityStatus": "Enabled",
            "consumedUnits": 1,
            "id": f"{tenant.id}_{product.sku_id}",
            "skuId": product.sku_id,
            "skuPartNumber": product.part_number,
            "subscriptionIds": [],
            "prepaidUnits": {"enabled": _UNITS, "suspended": 0, "warning": 0, "lockedOut": 0},
            "servicePlans": [
                {
                    "servicePlanId": plan_id,
                    "servicePlanName": name,
                    "provisioningStatus": "Success",
                    "appliesTo": "User",
                }
                for name, plan_id, _service in product.plans
            ],
        }
        for product in products(tenant.quirks)
    ]
