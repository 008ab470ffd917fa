# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all Defender routes share: the router, the gate of a tenant without unified RBAC, the odd Location header."""

from __future__ import annotations

from ..graph.call import Call
from ..graph.errors import Area, GraphError, forbidden
from ..graph.routing import Router
from ..odata.bodies import BodyChecker

PATH = "/roleManagement/defender"
CHECKER = BodyChecker(Area.DEFENDER)


def make_router() -> Router:
    """A router under ``/beta/roleManagement/defender``; v1.0 has nothing there."""
    return Router(Area.DEFENDER, PATH, versions=("beta",))


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


def invalid(message: str) -> GraphError:
    """A 400 in the words that the service was seen to use."""
    return GraphError(400, "BadRequest", message)
