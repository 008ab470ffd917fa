# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mde_role in a tenant that is not the tests' own: see tests/integration/integration_config.yml.template."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.ground import Ground
from harness.tenants import ASSIGNMENTS, ROLES

READ = "microsoft.xdr/secops/securitydata/basics/read"
ALERTS = "microsoft.xdr/secops/securitydata/alerts/manage"


@pytest.mark.any_tenant("defender")
def test_from_nothing_to_nothing(ground: Ground, tmp_path: Path) -> None:
    """The group that the role is assigned to is empty: nobody gets anything by it."""
    group = ground.group("Tier 1")
    wanted = {"name": ground.name("Tier 1"), "permissions": [READ], "assigned_groups": [group]}
    changed = {**wanted, "description": "Other words", "permissions": [READ, ALERTS]}
    made, found = ground.life(tmp_path / "life", "mde_role", "role", wanted, changed, name=wanted["name"])
    ground.settled(lambda: [x["description"] for x in ground.made(ROLES, beta=True)] == ["Other words"])
    mine = [x for x in ground.tenant.list(ASSIGNMENTS, beta=True) if x["roleDefinitionId"] == made["id"]]
    assert [x["principalIds"] for x in mine] == [[group]]
    assert [role["id"] for role in found["roles"]] == [made["id"]]
    ground.end(tmp_path / "end", "mde_role", {"name": wanted["name"], "assigned_groups": [group], "state": "absent"})
    ground.settled(lambda: ground.made(ROLES, beta=True) == [])
