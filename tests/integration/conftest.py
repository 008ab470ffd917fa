# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of all integration tests: a sandbox for each test module, and in it a customer of its own for each test.

Where a configuration file names a real test tenant (`harness/pointed.py`), only the tests that are marked `any_tenant` run, in
that tenant; where there is none, all others do.
"""

from __future__ import annotations

import collections.abc
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from harness import paths, pointed, server, world
from harness.ground import Ground
from harness.server import Sandbox
from harness.story import Play
from harness.tenants import Tenant

# For the names in the resources' tables of properties only: so that no property is forgotten.
sys.path.append(str(paths.COLLECTIONS))

# The Ansible under test, and the oldest supported one where it is installed (`make core216`).
OLDEST = paths.REPOSITORY / ".venv-2.16" / "bin"
ANSIBLES = ["this", *(["oldest"] if OLDEST.is_dir() and not os.environ.get("MSSP_TEST_ANSIBLE") else [])]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "any_tenant(part): runs in a real test tenant; part: entitlement or defender, if it takes it"
    )


def _pointed_at() -> pointed.Pointed | None:
    """Where the tests are pointed at. A tenant that may not be changed ends it all, before anything is asked of it."""
    try:
        return pointed.pointed_at()
    except pointed.Refused as refused:
        pytest.exit(f"No test was run: {refused}.", returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_sessionstart() -> None:
    """At once, and in the process that would start others."""
    _pointed_at()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose by where the tests are pointed at."""
    there = _pointed_at()
    mine = [item for item in items if Path(__file__).parent in item.path.parents]
    marked = [item for item in mine if item.get_closest_marker("any_tenant")]
    if there is None:
        # They have to be pointed somewhere; the target real_tenant points them at a sandbox.
        config.hook.pytest_deselected(items=marked)
        items[:] = [item for item in items if item not in marked]
        return
    for item in mine:
        marker = item.get_closest_marker("any_tenant")
        if marker is None:
            item.add_marker(pytest.mark.skip(reason="needs the sandbox, and a configuration file names a real tenant"))
        elif set(marker.args) & set(there.without):
            item.add_marker(pytest.mark.skip(reason=f"the tenant is without {', '.join(marker.args)}"))


@pytest.fixture(scope="module", params=ANSIBLES)
def ansible(request: pytest.FixtureRequest) -> collections.abc.Iterator[str]:
    """Which Ansible: everything that asks for it runs once with each."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "oldest":
            patch.setenv("MSSP_TEST_ANSIBLE", str(OLDEST))
        yield request.param


@pytest.fixture(scope="module")
def ground() -> collections.abc.Iterator[Ground]:
    """The real tenant. What the tests of the module have made there is gone afterwards."""
    there = pointed.pointed_at()
    assert there is not None
    made = Ground(there)
    try:
        yield made
    finally:
        made.clear()


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
