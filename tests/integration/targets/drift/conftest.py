# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A resource's drift is told once for each test module; the tests' ids come from its table."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("harness.drift_promises")

from harness.drift_story import Story  # noqa: E402
from harness.server import Sandbox  # noqa: E402


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each property, stated empty value, spelling and fixed property of the class's table."""
    table = getattr(metafunc.cls, "table", None)
    if table is None:
        return
    rows = {"path": table.paths, "empty": table.empties, "spelling": table.spellings, "fixed": list(table.fixed)}
    for name, values in rows.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values, ids=[": ".join(x) if isinstance(x, tuple) else x for x in values])


@pytest.fixture(scope="module")
def drift(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The story of the module's `TABLE`."""
    return Story(request.module.TABLE, sandbox, tmp_path_factory.mktemp("drift"))
