# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A variable that Ansible Vault has encrypted by itself, as sign_in writes it, serves every playbook on every core."""

from __future__ import annotations

import collections.abc
import subprocess
import textwrap
from pathlib import Path

import pytest
from harness.onboarding import Onboarding, running
from harness.paths import REPOSITORY
from harness.playbook import Result, environment, programs, run_playbook

CORE216 = REPOSITORY / ".venv-2.16" / "bin"
PLAYBOOKS = ("onboard", "links", "requests", "cutoff", "offboard", "adopt")


class Vaulted:
    """A customer whose secret is encrypted in the inventory, and nothing else of the file."""

    def __init__(self, job: Onboarding, directory: Path) -> None:
        self.directory = directory
        variables = job.variables("contoso")
        secret = variables.pop("mssp_onboard_client_secret")
        password = directory / "password"
        password.write_text("correct-horse-battery-staple", encoding="utf-8")
        self.env = {"ANSIBLE_VAULT_PASSWORD_FILE": str(password)}
        command = [str(programs() / "ansible-vault"), "encrypt_string", "--stdin-name=mssp_onboard_client_secret"]
        done = subprocess.run(
            command,
            input=secret,
            capture_output=True,
            encoding="utf-8",
            env={**environment(directory / "home"), **self.env},
            timeout=60,
            check=True,
        )
        lines = [f"{name}: {value}" for name, value in variables.items()]
        hosts = f"customers:\n  hosts:\n    contoso:\n{textwrap.indent(chr(10).join([*lines, done.stdout]), ' ' * 6)}\n"
        self.inventory = directory / "hosts.yml"
        self.inventory.write_text(hosts, encoding="utf-8")

    def run(self, playbook: str) -> Result:
        """One run."""
        content = [{"import_playbook": f"mssp.defender.{playbook}"}]
        # What ends something asks for a word first, and only shows it in check mode.
        check = playbook in ("cutoff", "offboard", "adopt")
        return run_playbook(content, self.directory / playbook, hosts=self.inventory, env=self.env, check=check)


@pytest.fixture(scope="module", params=["newest", "oldest"])
def vaulted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Vaulted]:
    """The customer, on the core under test and on the oldest one."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "oldest":
            if not CORE216.exists():
                pytest.skip("ansible-core 2.16 is not installed: make core216")
            patch.setenv("MSSP_TEST_ANSIBLE", str(CORE216))
        directory = tmp_path_factory.mktemp("vaulted")
        with running(directory) as job:
            customer = Vaulted(job, directory)
            onboarded = customer.run("onboard")
            assert onboarded.rc == 0, onboarded
            yield customer


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_vaulted_variable_serves(vaulted: Vaulted, playbook: str) -> None:
    result = vaulted.run(playbook)
    assert result.rc == 0, result
