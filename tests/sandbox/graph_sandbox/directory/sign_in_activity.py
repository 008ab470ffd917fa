# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``signInActivity``: when a user last signed in (resources/signinactivity).

Asking for it takes AuditLog.Read.All beside a permission for users, and Entra ID P1 (user-list). Codes and texts:
microsoft-graph-docs#12772 and #14118; the refusal of a principal name: user-get.
"""

from __future__ import annotations

from typing import Any

from ..graph.call import Call
from ..graph.errors import GraphError
from ..odata.bodies import is_guid
from .licences import has_premium

MAXIMUM_TOP = 500
"""The most users a page holds when they are asked for it."""


def make_activity(interactive: str | None, non_interactive: str | None, successful: str | None) -> dict[str, Any] | None:
    """The property; null for somebody who never signed in."""
    if not (interactive or non_interactive or successful):
        return None
    return {
        "lastSignInDateTime": interactive,
        "lastSignInRequestId": None,
        "lastNonInteractiveSignInDateTime": non_interactive,
        "lastNonInteractiveSignInRequestId": None,
        "lastSuccessfulSignInDateTime": successful,
        "lastSuccessfulSignInRequestId": None,
    }


def check_activity(call: Call, key: str | None = None) -> None:
    """Refuse a request for the property that lacks a permission, a licence or, for one user, the object id."""
    asked = (call.query.get(option, "") for option in ("$select", "$filter", "$orderby"))
    if not any("signinactivity" in text.lower() for text in asked):
        return
    if not call.holds("AuditLog.Read.All"):
        raise GraphError(
            403,
            "Authorization_RequestDenied",
            "Calling principal does not have required MSGraph permissions AuditLog.Read.All",
        )
    if not has_premium(call.tenant.quirks):
        raise GraphError(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        )
    if key is not None and not is_guid(key):
        raise GraphError(400, "Request_BadRequest", "Get By Key only supports UserId and the key has to be a valid Guid")
    if int(call.query.get("$top", "0") if call.query.get("$top", "0").isdigit() else 0) > MAXIMUM_TOP:
        call.query["$top"] = str(MAXIMUM_TOP)
