# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories of assignments of people to access packages."""

from __future__ import annotations

import typing as t

from harness.assigning import Packages
from harness.tenants import Tenant
from harness.ways.directory import NOWHERE
from harness.ways.telling import Story, failures, predicted, registered, step

DENIED = "UnAuthorized"
MODULE = "access_package_assignment"

_KEY: dict[str, t.Any] = {"access_package": "Tier 1", "catalog": "Accesses", "target": "ada@{{ tenant.domain }}"}
_WANTED: dict[str, t.Any] = {**_KEY, "policy": "Direct", "duration_days": 60, "justification": "2027-01-01 10:00:00"}
_CHANGED: dict[str, t.Any] = {**_KEY, "ends": "2031-01-31T18:00:00Z"}


def _packages(tenant: Tenant) -> dict[str, t.Any]:
    packages = Packages(tenant)
    packages.policy("Slow", approval=True)
    return {"ben": tenant.user("ben")}


ASSIGNMENT = Story(
    "assignment",
    _packages,
    [
        predicted("create in check mode", MODULE, "changed", **_WANTED),
        registered(step("create", MODULE, "changed", **_WANTED), "made"),
        step("create again", MODULE, "ok", **_WANTED),
        predicted("change in check mode", MODULE, "changed", **_CHANGED),
        step("change", MODULE, "changed", **_CHANGED),
        step("change again", MODULE, "ok", **_CHANGED),
        step("read by id", f"{MODULE}_info", "ok", assignment_id="{{ made.assignment.id }}"),
        step("read of a person", f"{MODULE}_info", "ok", target="ada@{{ tenant.domain }}"),
        predicted("absent in check mode", MODULE, "changed", **_KEY, state="absent"),
        step("absent", MODULE, "changed", assignment_id="{{ made.assignment.id }}", state="absent"),
        step("absent again", MODULE, "ok", **_KEY, state="absent"),
        step("read what ended", f"{MODULE}_info", "ok", states=["expired"]),
        step("ask for approval", MODULE, "changed", **{**_KEY, "target": "{{ ben }}"}, policy="Slow"),
        step("ask again", MODULE, "ok", **{**_KEY, "target": "{{ ben }}"}, policy="Slow", wait=False),
    ],
)

ASSIGNMENT_FAILURES = failures(
    "assignment-failures",
    _packages,
    [
        step("read all", f"{MODULE}_info", "ok", states=["all"]),
        step("read without permission", f"{MODULE}_info", DENIED, client="nobody"),
        step("wrong state", f"{MODULE}_info", "must be one or more of", states=["gone"]),
        step("several policies", MODULE, "has 2 policies", **_KEY),
        step("nobody", MODULE, "InvalidInput", **{**_KEY, "target": "nobody@{{ tenant.domain }}"}),
        step("days and end", MODULE, "mutually exclusive", **_WANTED, ends="2031-01-31T18:00:00Z"),
        step("no such id", MODULE, "InvalidInput", assignment_id=NOWHERE),
        step("without permission", MODULE, DENIED, **_WANTED, client="reader"),
    ],
)

STORIES = (ASSIGNMENT, ASSIGNMENT_FAILURES)
