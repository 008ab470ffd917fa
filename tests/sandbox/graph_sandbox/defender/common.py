# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all Defender routes share: the router, the gate of a tenant without unified RBAC, the odd Location header."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, forbidden, not_found
from ..graph.routing import Router
from ..odata.bodies import BodyChecker
from ..odata.filtering import matches, parse_filter
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import EntityType
from ..store import Row

PATH = "/roleManagement/defender"
CHECKER = BodyChecker(Area.DEFENDER)


def make_router() -> Router:
    """A router under ``/beta/roleManagement/defender``; v1.0 has nothing there."""
    return Router(Area.DEFENDER, PATH, versions=("beta",))


def not_served(router: Router, method: str, template: str) -> None:
    """Register a route that only the metadata has: 404, in Defender's words (Defender 1.1)."""

    def refuse(call: Call, **_unused: str) -> Reply:
        raise not_found(Area.DEFENDER, call.exchange.raw_path.rsplit("/", 1)[-1])

    router.route(method, template)(refuse)


def answers(call: Call, *, reading: bool = False) -> bool:
    """Whether unified RBAC is active (Defender 1.8, no. 7).

    If it is not: False for a read that answers an empty list, else a 403.
    """
    if call.tenant.quirks.urbac_active:
        return True
    if reading and call.tenant.quirks.urbac_inactive_answer == "empty":
        return False
    raise forbidden(Area.DEFENDER)


def location(call: Call, collection: str, row_id: str) -> dict[str, str]:
    """The insecure absolute Location that some tenants send with a 201 (Defender 1.8, no. 2)."""
    if not call.tenant.quirks.http_location:
        return {}
    return {"Location": f"http://{call.world.base_url.removeprefix('https://')}/beta{PATH}/{collection}/{row_id}"}


def listed(call: Call, kind: EntityType, rows: list[Row], collection: str) -> Reply:
    """A page of objects. Whether $filter is honoured is a switch: no page says so for Defender (1.1)."""
    if call.tenant.quirks.defender_filter == "ignored":
        call.query.pop("$filter", None)
    return answer_collection(call, kind, rows, f"roleManagement/defender/{collection}")


def counted(call: Call, kind: EntityType, rows: list[Row]) -> Reply:
    """The number of objects as plain text, after $filter."""
    if "$filter" in call.query and call.tenant.quirks.defender_filter != "ignored":
        tree = parse_filter(call.query["$filter"], kind).tree
        rows = [row for row in rows if matches(call, row, kind, tree)]
    return Reply(200, text=str(len(rows)))


def created(call: Call, kind: EntityType, row: Row, collection: str) -> Reply:
    """The answer to a POST: 201 with the object, and in some tenants a Location of no use (Defender 1.8, no. 2)."""
    quirks = call.tenant.quirks
    status = quirks.http_location_status if quirks.http_location else 201
    headers = location(call, collection, row["id"])
    return answer_entity(call, kind, row, f"roleManagement/defender/{collection}", status, headers)


def invalid(message: str) -> GraphError:
    """A 400 in the words that the service was seen to use."""
    return GraphError(400, "BadRequest", message)
