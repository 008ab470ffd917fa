# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""connected_org in a tenant that is not the tests' own: see tests/integration/integration_config.yml.template."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.ground import Ground
from harness.tenants import EM


@pytest.mark.any_tenant("entitlement")
def test_from_nothing_to_nothing(ground: Ground, tmp_path: Path) -> None:
    """Proposed only: a configured one would widen what other packages let in."""
    other = ground.pointed.organization
    if not other:
        pytest.skip("the file names no organization that may be connected")
    before = ground.ask(tmp_path / "before", "connected_org_info", org_tenant_id=other)
    assert before["connected_orgs"] == [], "the organization is connected already, and nobody but its owner may change that"
    wanted = {"name": ground.name("MSSP"), "description": "Managed security", "org_tenant_id": other, "org_state": "proposed"}
    made, found = ground.life(
        tmp_path / "life", "connected_org", "connected_org", wanted, {**wanted, "description": "Other words"}, org_tenant_id=other
    )
    assert [org["id"] for org in found["connected_orgs"]] == [made["id"]]
    path = f"{EM}/connectedOrganizations"
    ground.settled(lambda: [x["description"] for x in ground.made(path)] == ["Other words"])
    (source,) = ground.tenant.get(f"{path}/{made['id']}")["identitySources"]
    assert source["tenantId"] == other
    ground.end(tmp_path / "end", "connected_org", {"org_tenant_id": other, "state": "absent"})
    ground.settled(lambda: ground.made(path) == [])
