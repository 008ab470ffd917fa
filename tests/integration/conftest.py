# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of all integration tests: a sandbox for each test module, and in it a customer of its own for each test."""

from __future__ import annotations

import collections.abc
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from harness import paths, server, world
from harness.server import Sandbox
from harness.story import Play
from harness.tenants import Tenant

# For the names in the resources' tables of properties only: so that no property is forgotten.
sys.path.append(str(paths.COLLECTIONS))


@pytest.fixture(scope="module")
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Sandbox]:
    """A running sandbox. A test module may change its configuration with a constant `SANDBOX`."""
    more = getattr(request.module, "SANDBOX", {})
    with server.running(tmp_path_factory.mktemp("sandbox"), world.config(**more)) as started:
        yield started


@pytest.fixture
def tenant(sandbox: Sandbox) -> collections.abc.Iterator[Tenant]:
    """A customer that no other test has used."""
    yield sandbox.fresh_tenant()
    sandbox.faults()


@pytest.fixture
def play(tenant: Tenant, tmp_path: Path) -> Play:
    """A story of that customer, to be told in steps and then run."""
    return Play(tenant, tmp_path)
