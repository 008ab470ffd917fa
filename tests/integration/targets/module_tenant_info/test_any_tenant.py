# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tenant_info in a tenant that is not the tests' own: see tests/integration/integration_config.yml.template."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.ground import Ground


@pytest.mark.any_tenant
def test_it_is_the_tenant_of_the_file(ground: Ground, tmp_path: Path) -> None:
    found = ground.ask(tmp_path, "tenant_info", features=["onboard"])
    assert found["tenant"]["id"] == ground.pointed.tenant_id
    assert found["application"]["client_id"] == ground.pointed.client_id
    assert found["missing_permissions"] == []
