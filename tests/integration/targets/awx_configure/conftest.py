# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Ansible that has awx.awx: MSSP_TEST_AWX names the directory of its programs. Without one these tests are skipped."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent / "lib"))


@pytest.fixture(scope="session")
def with_awx() -> Path:
    """The directory of its programs."""
    found = os.environ.get("MSSP_TEST_AWX")
    if not found or not (Path(found) / "ansible-playbook").exists():
        pytest.skip("MSSP_TEST_AWX names no Ansible with the collection awx.awx: `make awx` installs one and runs this.")
    return Path(found)
