# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of assignment policies."""

from __future__ import annotations

import typing as t

from harness import world
from harness.tenants import Tenant
from harness.ways import by_hand
from harness.ways.entitlement import DENIED
from harness.ways.telling import Story, failures, predicted, registered, step

_KEY: dict[str, t.Any] = {"name": "MSSP SOC users", "access_package": "Tier 1", "catalog": "Accesses"}
_POLICY: dict[str, t.Any] = {
    **_KEY,
    "description": "Users of the MSSP",
    "requestors": {"connected_organizations": [world.MSSP_NAME]},
    "requests": {"add": True, "extend": True, "remove": "yes"},
    "approval": {"for_new": True, "for_extension": True, "stages": [{"approvers": [{"group": "Approvers"}]}]},
    "duration_days": 365,
    "reviews": {"enabled": True, "self_review": True, "unanswered": "removeAccess"},
    "questions": [{"text": "Which ticket?", "required": True}],
}
_CHANGED: dict[str, t.Any] = {
    **_KEY,
    "approval": {"stages": [{"approvers": [{"user": "{{ ada }}"}, {"group": "Approvers"}], "deny_after_days": "3"}]},
    "duration_days": 180,
    "questions": [],
}


def _prepare(tenant: Tenant) -> dict[str, t.Any]:
    tenant.group("Approvers")
    by_hand.organization(tenant, world.MSSP_NAME, world.MSSP_TENANT)
    home = by_hand.catalog(tenant, "Accesses")
    tier1 = by_hand.package(tenant, "Tier 1", home)
    by_hand.package(tenant, "Tier 1", by_hand.catalog(tenant, "Others"))
    by_hand.assigned(tenant, by_hand.package(tenant, "Assigned", home))
    return {"ada": tenant.user("ada"), "ben": tenant.user("ben"), "tier1": tier1}


def _stage(**more: t.Any) -> dict[str, t.Any]:
    return {"approval": {"stages": [more]}}


POLICY = Story(
    "policy",
    _prepare,
    [
        predicted("create in check mode", "access_package_policy", "changed", **_POLICY),
        registered(step("create", "access_package_policy", "changed", **_POLICY), "made"),
        step("create again", "access_package_policy", "ok", **_POLICY),
        predicted("change in check mode", "access_package_policy", "changed", **_CHANGED),
        step("change", "access_package_policy", "changed", **_CHANGED),
        step("change again", "access_package_policy", "ok", **_CHANGED),
        step(
            "by the id that was registered",
            "access_package_policy",
            "changed",
            policy_id="{{ made.policy.id }}",
            never_expires=True,
        ),
        step("read by id", "access_package_policy_info", "ok", policy_id="{{ made.policy.id }}"),
        step("read by name", "access_package_policy_info", "ok", **_KEY),
        predicted("absent in check mode", "access_package_policy", "changed", **_KEY, state="absent"),
        step("absent", "access_package_policy", "changed", **_KEY, state="absent"),
        step("absent again", "access_package_policy", "ok", **_KEY, state="absent"),
    ],
)

POLICY_FAILURES = failures(
    "policy-failures",
    _prepare,
    [
        step("read all", "access_package_policy_info", "ok"),
        step("read without permission", "access_package_policy_info", DENIED, client="nobody"),
        step("read without what is needed", "access_package_policy_info", "required by 'catalog'", catalog="Accesses"),
        step("no such package", "access_package_policy", "InvalidInput", name="x", access_package="Tire 1"),
        step("no moment", "access_package_policy", "InvalidInput", **_KEY, expiry="next year"),
        step("without permission", "access_package_policy", DENIED, **_KEY, description="x", client="reader"),
        step("two packages of one name", "access_package_policy", "2 objects match", name="x", access_package="Tier 1"),
        step("two ends", "access_package_policy", "mutually exclusive", **_KEY, duration_days=1, never_expires=True),
        step("wrong choice inside", "access_package_policy", "must be one of: week,", **_KEY, reviews={"every": "day"}),
        step("wrong type inside", "access_package_policy", "unable to convert to int", **_KEY, **_stage(deny_after_days="some")),
        step(
            "missing inside", "access_package_policy", "missing required arguments: text", **_KEY, questions=[{"required": True}]
        ),
        step("in use", "access_package_policy", "InUse", name="Direct", access_package="Assigned", state="absent"),
    ],
)

STORIES = (POLICY, POLICY_FAILURES)
