# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the routes of access reviews share: router, permissions, licence, the throttle of their own, pages."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..exchange import Reply
from ..graph.errors import Area, GraphError, not_found
from ..graph.routing import Router
from ..odata.options import answer_collection
from ..odata.schema import EntityType
from ..store import Row, Store

if TYPE_CHECKING:
    from ..graph.call import Call

READ = ("AccessReview.Read.All", "AccessReview.ReadWrite.All")
WRITE = ("AccessReview.ReadWrite.All",)
PATH = "/identityGovernance/accessReviews"
CONTEXT = "identityGovernance/accessReviews/"
_PAGE = 100
"""The most objects that a page holds unless $top says otherwise (accessreviewinstance-list-decisions; EM N 14)."""
_WINDOW = 10
CATEGORY = "throttle.msgraph.accessreviews.app.10s"
"""What a 429 of access reviews names (T terraform-provider-msgraph#129); no number is published (EM O 6)."""


def make_router() -> Router:
    """A router under access reviews."""
    return Router(Area.GOVERNANCE, PATH, before=_check)


def find(store: Store, row_id: str, *, reading: bool = True) -> Row:
    """The object of that id, or a 404."""
    row = store.read(row_id) if reading else store.get(row_id)
    if row is None:
        raise not_found(Area.GOVERNANCE, row_id)
    return row


def answer_page(call: Call, kind: EntityType, rows: Iterable[Row], context: str) -> Reply:
    """A page of objects. The count comes without being asked for, as in every example of the documents."""
    reply = answer_collection(call, kind, rows, context, page_size=min(_PAGE, call.world.config.page_size))
    body: Row = reply.body
    values = body.pop("value")
    return Reply(200, {"@odata.count": len(values), **body, "value": values})


def _check(call: Call) -> None:
    if call.tenant.quirks.licence in ("p1", "none"):
        # Access reviews want P2; how they say so is not recorded, the words are those of PIM's licence check (EM 1.3).
        message = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
        raise GraphError(403, "AadPremiumLicenseRequired", message)
    limit = call.tenant.quirks.access_review_requests_per_10s
    if limit:
        _throttle(call, limit)


def _throttle(call: Call, limit: int) -> None:
    moments = call.tenant.reviews.requests.setdefault(call.caller.client_id, deque())
    now = call.world.clock.now().timestamp()
    while moments and not 0 <= now - moments[0] < _WINDOW:
        moments.popleft()
    if len(moments) >= limit:
        wait = max(1, round(_WINDOW - (now - moments[0])))
        message = f"Too many requests from Identifier:{call.caller.client_id} under category:{CATEGORY}. Please try again later."
        raise GraphError(429, "TooManyRequests", message, headers={"Retry-After": str(wait)})
    moments.append(now)
