# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provokes the rows of the subjects that a test class names, once for each class."""

from __future__ import annotations

import collections.abc

import pytest
from harness import server, world
from harness.ports import silent_port
from troubleshooting import certificates, standin, table
from troubleshooting.provoking import Provoked, Provoker
from troubleshooting.table import Row

# Not imported yet: the test modules do.
pytest.register_assert_rewrite("troubleshooting.checks")

ROWS = [row for row in table.rows() if row.provoke is not None]


def _rows(kind: type) -> list[Row]:
    return [row for row in ROWS if row.subject in getattr(kind, "SUBJECTS", ())]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `row` runs for each row of its class."""
    if "row" in metafunc.fixturenames and metafunc.cls is not None:
        metafunc.parametrize("row", [pytest.param(row, id=row.id) for row in _rows(metafunc.cls)])


@pytest.fixture(scope="class")
def provoked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> collections.abc.Iterator[dict[str, Provoked]]:
    """Every row of the class, each in a tenant of its own."""
    rows = _rows(request.cls)
    directory = tmp_path_factory.mktemp("errors")
    files = directory / "files"
    files.mkdir()
    certificates.write(files)
    config = world.config(len(rows))
    for tenant in config["tenants"]:
        # May change groups and nothing else.
        tenant["clients"].append({"name": "groups", "permissions": ["Group.ReadWrite.All"]})
    with (
        server.running(directory / "sandbox", config) as sandbox,
        standin.running(directory, sandbox.ca_path) as other,
        silent_port() as silent,
    ):
        yield Provoker(sandbox, other, directory, files, silent).provoke(rows)
