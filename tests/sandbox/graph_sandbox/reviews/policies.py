# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a review that exists means for its policy: the start cannot be changed any more (EM F.2, F.5; T azuread)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graph.errors import GraphError
from .lifecycle import has_begun

if TYPE_CHECKING:
    from ..graph.call import Call


def keep_start(call: Call, path: str, values: dict[str, str]) -> None:
    """Before a PUT of a policy: another start of its review is ignored, or refused (switch review_start_change)."""
    wanted = call.tenant.quirks.review_start_change
    if not path.startswith("PUT ") or not path.endswith("/assignmentPolicies/{}") or wanted == "allowed":
        return
    policy = call.tenant.entitlement.policies.get(values["id"])
    old = ((policy or {}).get("reviewSettings") or {}).get("schedule")
    body = call.body if isinstance(call.body, dict) else {}
    review = body.get("reviewSettings")
    new = review.get("schedule") if isinstance(review, dict) else None
    if policy is None or not old or not isinstance(new, dict) or not has_begun(call, policy):
        return
    if str(new.get("startDateTime"))[:19] == str(old["startDateTime"])[:19]:
        return
    if wanted == "refused":
        raise GraphError(400, "InvalidModel", "The start date of an access review cannot be changed.")
    new["startDateTime"] = old["startDateTime"]
