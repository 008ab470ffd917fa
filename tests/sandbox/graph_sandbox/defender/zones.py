# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/security/zones`` (beta): what a scope of type CloudSet stands for when customAppScopes lacks it (Defender 1.6)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, not_found
from ..graph.routing import Router
from ..ids import derive_guid
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import EntityType, Navigation, text
from ..store import Row

router = Router(Area.DEFENDER, versions=("beta",))
READ_ZONES = ("Zone.Read.All", "Zone.ReadWrite.All")

ENVIRONMENT = EntityType("environment", Area.DEFENDER, {"id": text(), "kind": text()})
ZONE = EntityType(
    "zone",
    Area.DEFENDER,
    {"id": text(), "displayName": text(), "description": text()},
    navigation={"environments": Navigation(lambda _call, row: row["_environments"], lambda: ENVIRONMENT, many=True)},
)


def _zones(call: Call) -> list[Row]:
    """One zone a tenant, with one subscription in it."""
    zone_id = derive_guid(call.tenant.id, "zone")
    subscription = {"id": derive_guid(call.tenant.id, "subscription"), "kind": "azureSubscription"}
    return [
        {
            "id": zone_id,
            "displayName": "Production",
            "description": "",
            "_environments": [subscription],
        }
    ]


@router.get("/security/zones", READ_ZONES)
def list_zones(call: Call) -> Reply:
    """All zones."""
    return answer_collection(call, ZONE, _zones(call), "security/zones")


@router.get("/security/zones/{id}", READ_ZONES)
def get_zone(call: Call, id: str) -> Reply:
    """One zone; its environments with $expand."""
    row = next((zone for zone in _zones(call) if zone["id"] == id.lower()), None)
    if row is None:
        raise not_found(Area.DEFENDER, id)
    return answer_entity(call, ZONE, row, "security/zones")
