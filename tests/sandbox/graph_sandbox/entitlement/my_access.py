# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control routes: what somebody from outside does in a browser, done by a test.

A person who is no user of the tenant has no token for its Graph. They follow the package's link to My Access and ask
there (EM I); later they open the portal for the first time, and so redeem their invitation.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..clock import directory_time
from ..exchange import Exchange, Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError
from ..identity.people import find_user
from ..identity.tokens import Caller
from .assignment_types import REQUEST_BODY
from .common import CHECKER
from .passing_time import pass_time
from .request_personal import ask
from .request_store import stranger, subject

if TYPE_CHECKING:
    from ..world import Tenant, World


def ask_from_outside(world: World, body: dict[str, Any]) -> Reply:
    """``POST /_sandbox/my-access {tenant, email, name, request}``: somebody asks for a package at its link.

    ``request`` is the body of a userAdd without its target. 201 with the id of the request, or the refusal of Graph.
    """
    tenant = world.find_tenant(str(body.get("tenant")))
    email = str(body.get("email") or "").lower()
    if tenant is None or "@" not in email or not isinstance(body.get("request"), dict):
        return Reply(400, {"error": "tenant must be one of the tenants, email an address, request the body of a userAdd."})
    call = _call(world, tenant, body["request"])
    pass_time(call)
    known = find_user(tenant, email)
    target = subject(known) if known else stranger(call, email, body.get("name"))
    try:
        CHECKER.check(body["request"], REQUEST_BODY)
        request = ask(call, call.body_object(), call.body_object().get("assignment") or {}, target, target)
    except GraphError as refusal:
        return Reply(refusal.status, {"error": {"code": refusal.code, "message": refusal.message}})
    return Reply(201, {"id": request["id"]})


def redeem(world: World, body: dict[str, Any]) -> Reply:
    """``POST /_sandbox/redemptions {tenant, user}``: a guest accepts the invitation. 204; 404 for nobody."""
    tenant = world.find_tenant(str(body.get("tenant")))
    user = find_user(tenant, str(body.get("user"))) if tenant else None
    if user is None or user["externalUserState"] is None:
        return Reply(404, {"error": f"There is no guest {body.get('user')} in {body.get('tenant')}."})
    user.update(externalUserState="Accepted", externalUserStateChangeDateTime=directory_time(world.clock.now()))
    return Reply(204)


def _call(world: World, tenant: Tenant, request: dict[str, Any]) -> Call:
    """A call as My Access makes it: for somebody whom the tenant does not know."""
    nobody = Caller(tenant.id, "", "", frozenset(), 0)
    path = "/v1.0/identityGovernance/entitlementManagement/assignmentRequests"
    exchange = Exchange("POST", path, "", {}, json.dumps(request).encode())
    return Call(world, tenant, nobody, exchange, "v1.0", Area.ENTITLEMENT)
