# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories of requests and their approval, with the token of a person, and of access reviews."""

from __future__ import annotations

import typing as t

from harness import requesting
from harness.requesting import signed_in, stage, token
from harness.tenants import Tenant
from harness.ways import by_hand
from harness.ways.telling import Story, failures, predicted, step

_PERSON: dict[str, t.Any] = {"access_token": "{{ ada }}"}
_WHY: dict[str, t.Any] = {"justification": "On call", **_PERSON}
_BY_NAME: dict[str, t.Any] = {"access_package": "Tier 2", "catalog": "Accesses", "target": "dee@{{ tenant.domain }}"}


def _prepare(tenant: Tenant) -> dict[str, t.Any]:
    home = by_hand.catalog(tenant, "Accesses")
    ada, dee = tenant.user("ada"), signed_in(tenant, "dee")
    asked = {}
    for name in ("Tier 1", "Tier 2", "Tier 3"):
        package = by_hand.package(tenant, name, home)
        review = {
            "isEnabled": True,
            "expirationBehavior": "removeAccess",
            "isSelfReview": True,
            "schedule": {
                "startDateTime": "2040-01-01T00:00:00Z",
                "expiration": {"type": "afterDuration", "duration": "P25D"},
                "recurrence": {"pattern": {"type": "absoluteYearly", "interval": 1}, "range": {"type": "noEnd"}},
            },
        }
        policy = requesting.policy(tenant, package, stage(ada), reviewSettings=review)
        asked[name.lower().replace(" ", "")] = requesting.ask(dee, package, policy)
    return {"ada": token(tenant, "ada"), "ben": token(tenant, "ben"), **asked}


REQUEST = Story(
    "request",
    _prepare,
    [
        step("what waits", "access_package_request_info", "ok"),
        step("what waits for ada", "access_package_request_info", "ok", with_approvals=True, **_PERSON),
        predicted(
            "approve in check mode", "access_package_request", "changed", request_id="{{ tier1 }}", decision="approve", **_WHY
        ),
        step("approve", "access_package_request", "changed", request_id="{{ tier1 }}", decision="approve", **_WHY),
        step("approve again", "access_package_request", "ok", request_id="{{ tier1 }}", decision="approve", **_WHY),
        step("deny by name", "access_package_request", "changed", **_BY_NAME, decision="deny", **_WHY),
        predicted("cancel in check mode", "access_package_request", "changed", request_id="{{ tier3 }}", decision="cancel"),
        step("cancel", "access_package_request", "changed", request_id="{{ tier3 }}", decision="cancel"),
        step("cancel again", "access_package_request", "ok", request_id="{{ tier3 }}", decision="cancel"),
        step("all", "access_package_request_info", "ok", states=["all"], catalog="Accesses"),
        step("reviews", "access_review_info", "ok", access_package="Tier 1", catalog="Accesses", with_decisions=True),
    ],
)

REQUEST_FAILURES = failures(
    "request-failures",
    _prepare,
    [
        step(
            "the application",
            "access_package_request",
            "NotAPerson",
            request_id="{{ tier1 }}",
            decision="deny",
            justification="x",
        ),
        step(
            "no approver",
            "access_package_request",
            "NotApprover",
            request_id="{{ tier1 }}",
            decision="deny",
            justification="x",
            access_token="{{ ben }}",
        ),
        step("no justification", "access_package_request", "InvalidInput", request_id="{{ tier1 }}", decision="deny", **_PERSON),
        step("no decision", "access_package_request", "missing required arguments: decision", request_id="{{ tier1 }}"),
        step("wrong choice", "access_package_request", "must be one of: approve, deny, cancel", request_id="x", decision="yes"),
        step("nothing named", "access_package_request", "one of the following is required", decision="cancel"),
        step("no target", "access_package_request", "required by 'access_package'", access_package="Tier 1", decision="cancel"),
        step("by id and name", "access_package_request_info", "mutually exclusive", request_id="x", catalog="Accesses"),
        step("without permission", "access_package_request_info", "UnAuthorized", client="nobody"),
        step("reviews without permission", "access_review_info", "lacks AccessReview.Read.All", client="nobody"),
        step("wrong state", "access_review_info", "must be one or more of", states=["Open"]),
    ],
)

STORIES = (REQUEST, REQUEST_FAILURES)
