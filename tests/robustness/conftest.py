# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the sweeps. `MSSP_SWEEP=full` makes them large; `MSSP_SEED=n` replays one seed."""

from __future__ import annotations

import collections.abc
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sandbox"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "robustness"))
from harness import paths

sys.path.append(str(paths.COLLECTIONS))
from sweeps import sizes, worlds
from sweeps.worlds import World


@pytest.fixture(scope="module")
def world() -> collections.abc.Iterator[World]:
    """The collection bound to a sandbox in this process, in a time that passes only when somebody waits."""
    with worlds.world() as made:
        yield made


@pytest.fixture(autouse=True)
def _quiet(request: pytest.FixtureRequest) -> collections.abc.Iterator[None]:
    yield
    if "world" in request.fixturenames:
        request.getfixturevalue("world").quiet()


def pytest_report_header() -> str:
    """Which size this is."""
    return f"sweeps: {'full' if sizes.FULL else 'small'}" + (f", seed {os.environ['MSSP_SEED']}" if sizes.SEED else "")
