# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What these tests share lies in lib."""

from __future__ import annotations

import collections.abc
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "lib"))
from harness import server
from harness.paths import REPOSITORY
from partner_world import Partner, config

# The Ansible under test, and the oldest one where it is installed.
OLDEST = REPOSITORY / ".venv-2.16" / "bin"
ANSIBLES = ["this", *(["oldest"] if OLDEST.is_dir() and not os.environ.get("MSSP_TEST_ANSIBLE") else [])]


@pytest.fixture(scope="module", params=ANSIBLES)
def ansible(request: pytest.FixtureRequest) -> collections.abc.Iterator[str]:
    """Everything in the module runs once with each Ansible."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "oldest":
            patch.setenv("MSSP_TEST_ANSIBLE", str(OLDEST))
        yield request.param


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
