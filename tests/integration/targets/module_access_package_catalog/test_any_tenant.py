# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package_catalog in a tenant that is not the tests' own: see tests/integration/integration_config.yml.template."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.ground import Ground
from harness.tenants import EM


@pytest.mark.any_tenant("entitlement")
def test_from_nothing_to_nothing(ground: Ground, tmp_path: Path) -> None:
    group = ground.group("Tier 1")
    wanted = {"name": ground.name("Accesses"), "description": "For the MSSP", "published": False, "groups": [group]}
    changed = {**wanted, "description": "Other words", "published": True}
    made, found = ground.life(tmp_path / "life", "access_package_catalog", "catalog", wanted, changed, name=wanted["name"])
    ground.settled(lambda: [x["state"] for x in ground.made(f"{EM}/catalogs")] == ["published"])
    resources = f"{EM}/catalogs/{made['id']}/resources"
    ground.settled(lambda: [x["originId"] for x in ground.tenant.list(resources)] == [group])
    assert [catalog["id"] for catalog in found["catalogs"]] == [made["id"]]
    ground.end(tmp_path / "end", "access_package_catalog", {"name": wanted["name"], "state": "absent"})
    ground.settled(lambda: ground.made(f"{EM}/catalogs") == [])
