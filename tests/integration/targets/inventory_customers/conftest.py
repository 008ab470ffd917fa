# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What these tests share lies in lib."""

from __future__ import annotations

import collections.abc
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "lib"))
from harness import server
from partner_world import Partner, config


@pytest.fixture
def newest(ansible: str) -> None:
    """For what does not differ between Ansibles: only once."""
    if ansible == "oldest":
        pytest.skip("the same on every Ansible")


@pytest.fixture(scope="module")
def partner(ansible: str, tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Partner]:
    """The MSSP's tenant in a sandbox of its own."""
    directory = tmp_path_factory.mktemp("partner")
    with server.running(directory / "sandbox", config(directory)) as sandbox:
        yield Partner(sandbox, directory)
