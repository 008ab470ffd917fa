# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only these tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from harness.tenants import Tenant

sys.path.insert(0, str(Path(__file__).resolve().parent))
from policy_customer import Customer


@pytest.fixture
def customer(tenant: Tenant) -> Customer:
    """A customer with an approvers' group, the MSSP connected, and a package."""
    return Customer(tenant)
