# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``settings``: what becomes of guests who have nothing left (practice M7)."""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..store import Row
from .common import CHECKER, CONTEXT, READ, WRITE, make_router, writable
from .types import SETTINGS

router = make_router()


def current_settings(call: Call) -> Row:
    """The tenant's settings: those written, on top of the configured ones."""
    quirks = call.tenant.quirks
    return {
        "id": "entitlementManagementSettings",
        "durationUntilExternalUserDeletedAfterBlocked": quirks.duration_until_external_user_deleted,
        "externalUserLifecycleAction": quirks.lifecycle_action,
        **call.tenant.entitlement.settings,
    }


@router.get("/settings", READ)
def get_settings(call: Call) -> Reply:
    """The settings."""
    return Reply(200, {"@odata.context": f"{call.root}/$metadata#{CONTEXT}settings/$entity", **current_settings(call)})


@router.patch("/settings", WRITE)
def update_settings(call: Call) -> Reply:
    """200 with the settings."""
    body = call.body_object()
    CHECKER.check(body, SETTINGS)
    call.tenant.entitlement.settings.update(writable(body))
    return get_settings(call)
