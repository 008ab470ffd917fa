# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: running sandboxes, and Graph with a token for them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# The harness is imported by name, whatever way pytest imports test modules.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from sandbox_harness import BASIC, Graph, Running, Start, start_sandbox, stop_sandbox


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start sandboxes of one's own; they are stopped afterwards."""
    started: list[Running] = []

    def run(config: dict[str, Any] | None = None, *arguments: str) -> Running:
        started.append(start_sandbox(tmp_path / f"sandbox{len(started)}", config or BASIC, *arguments))
        return started[-1]

    yield run
    for running in started:
        stop_sandbox(running)


@pytest.fixture(scope="module")
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One sandbox for all tests of a module, which may state its configuration as a constant `SANDBOX`."""
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"), getattr(request.module, "SANDBOX", BASIC))
    yield running
    stop_sandbox(running)


@pytest.fixture
def real_time(sandbox: Running) -> Iterator[None]:
    """For tests that move the clock: it is put back afterwards."""
    yield
    sandbox.control("DELETE", "clock")


@pytest.fixture
def graph(sandbox: Running) -> Iterator[Graph]:
    """Graph as the all-powerful client of the first tenant; quirks and faults are put back afterwards."""
    client = sandbox.graph()
    yield client
    sandbox.control("DELETE", "faults")
    sandbox.control("DELETE", "quirks")


@pytest.fixture
def other(sandbox: Running) -> Graph:
    """The same in the second tenant."""
    return sandbox.graph(1)
