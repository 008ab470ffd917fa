# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""access_package in a tenant that is not the tests' own: see tests/integration/integration_config.yml.template."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.ground import Ground
from harness.tenants import EM


@pytest.mark.any_tenant("entitlement")
def test_from_nothing_to_nothing(ground: Ground, tmp_path: Path) -> None:
    catalog = ground.catalog("Accesses")
    wanted = {"name": ground.name("Tier 1"), "description": "What tier 1 gets", "catalog": catalog}
    changed = {**wanted, "description": "Other words", "hidden": True}
    made, found = ground.life(
        tmp_path / "life", "access_package", "access_package", wanted, changed, name=wanted["name"], catalog=catalog
    )
    assert str(made["request_url"]).endswith(f"#/access-packages/{made['id']}")
    ground.settled(lambda: [x["isHidden"] for x in ground.made(f"{EM}/accessPackages")] == [True])
    assert [package["id"] for package in found["access_packages"]] == [made["id"]]
    ground.end(tmp_path / "end", "access_package", {"name": wanted["name"], "catalog": catalog, "state": "absent"})
    ground.settled(lambda: ground.made(f"{EM}/accessPackages") == [])
