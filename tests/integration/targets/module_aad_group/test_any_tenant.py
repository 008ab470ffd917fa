# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aad_group in a tenant that is not the tests' own: see tests/integration/integration_config.yml.template."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.ground import Ground


@pytest.mark.any_tenant
def test_from_nothing_to_nothing(ground: Ground, tmp_path: Path) -> None:
    wanted = {"name": ground.name("Tier 1"), "description": "Analysts", "unique_name": ground.run_name + "-tier1"}
    # A member, where the file names a person.
    people = {"members": [ground.pointed.person]} if ground.pointed.person else {}
    made, found = ground.life(
        tmp_path / "life", "aad_group", "group", wanted, {**wanted, "description": "Other words", **people}, name=wanted["name"]
    )
    ground.settled(
        lambda: [x["description"] for x in ground.made("groups?$select=id,displayName,description")] == ["Other words"]
    )
    if people:
        ground.settled(lambda: len(ground.tenant.list(f"groups/{made['id']}/members?$select=id")) == 1)
    assert [group["displayName"] for group in found["groups"]] == [wanted["name"]]
    ground.end(tmp_path / "end", "aad_group", {"group_id": made["id"], "state": "absent", "force": True})
    ground.settled(lambda: ground.made("groups?$select=id,displayName") == [])
