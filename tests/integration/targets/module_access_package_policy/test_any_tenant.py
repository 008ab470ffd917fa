# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_policy in a tenant that is not the tests' own: see tests/integration/integration_config.yml.template."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.ground import Ground
from harness.tenants import EM


@pytest.mark.any_tenant("entitlement")
def test_from_nothing_to_nothing(ground: Ground, tmp_path: Path) -> None:
    """A policy under which nobody can request anything, so that nobody gets mail of it."""
    package = ground.package("Tier 1", ground.catalog("Accesses"))
    wanted = {"name": ground.name("Direct"), "description": "By hand only", "access_package": package, "duration_days": 30}
    changed = {**wanted, "description": "Other words", "duration_days": 10}
    made, found = ground.life(tmp_path / "life", "access_package_policy", "policy", wanted, changed, access_package=package)
    ground.settled(lambda: [x["description"] for x in ground.made(f"{EM}/assignmentPolicies")] == ["Other words"])
    there = ground.tenant.get(f"{EM}/assignmentPolicies/{made['id']}")
    assert (there["allowedTargetScope"], there["expiration"]["duration"]) == ("notSpecified", "P10D")
    assert [policy["id"] for policy in found["policies"]] == [made["id"]]
    ground.end(tmp_path / "end", "access_package_policy", {"name": wanted["name"], "access_package": package, "state": "absent"})
    ground.settled(lambda: ground.made(f"{EM}/assignmentPolicies") == [])
