# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Ansible that has awx.awx: .venv-awx, or that of MSSP_TEST_AWX, a directory of programs. Without one a test is skipped."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from harness.paths import REPOSITORY

sys.path.append(str(Path(__file__).resolve().parent / "lib"))


@pytest.fixture(scope="session")
def with_awx() -> Path:
    """The directory of its programs."""
    found = Path(os.environ.get("MSSP_TEST_AWX") or REPOSITORY / ".venv-awx" / "bin")
    if not (found / "ansible-playbook").exists():
        pytest.skip(f"There is no Ansible with the collection awx.awx in {found}: pip install 'ansible>=12,<13' puts one there.")
    return found
