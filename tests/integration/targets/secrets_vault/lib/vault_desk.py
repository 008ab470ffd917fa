# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk of somebody who follows docs/secrets.md: the sandbox for Microsoft, vaults' passwords at home, secrets to be kept."""

from __future__ import annotations

import collections.abc
import contextlib
import json
import shlex
import typing as t
from pathlib import Path

from harness import server
from harness.desk import Desk, Run
from harness.guide import Guide
from harness.leaking import leaks, leaks_in_files
from harness.onboarding import three_customers
from harness.playbook import Result
from harness.server import Sandbox
from harness.tenants import Tenant

FILE, VALUE, ONCE = "An encrypted file", "One value", "Once a run"
SHARED, OF_ADATUM = "22222222-3333-4444-5555-666666666666", "33333333-4444-5555-6666-777777777777"
SECRETS = {"shared": "s3cret-of-the-mssp-0001", "adatum": "s3cret-of-adatum-0002"}
PASSWORDS = {"mssp": "one-horse-and-one-battery-0001", "adatum": "another-horse-another-battery-0002"}


def config() -> dict[str, t.Any]:
    """The customers of the demo; the applications have the ids that the guide writes."""
    found = three_customers()
    permissions = found["applications"][0]["permissions"]
    named = (("onboard", SHARED, SECRETS["shared"]), ("of adatum", OF_ADATUM, SECRETS["adatum"]))
    return {
        **found,
        "applications": [
            {"name": name, "client_id": client_id, "client_secret": secret, "permissions": permissions}
            for name, client_id, secret in named
        ],
    }


class VaultDesk:
    """One person's directory, and all runs there."""

    def __init__(self, sandbox: Sandbox, directory: Path, env: t.Mapping[str, str]) -> None:
        self.sandbox = sandbox
        self.guide = Guide("docs/secrets.md")
        self.directory = directory
        self._desk = Desk(self.guide, sandbox, directory, env)
        self._runs: list[Result] = []
        for name, password in PASSWORDS.items():
            file = directory / "home" / f".vault-{name}"
            file.write_text(f"{password}\n", encoding="utf-8")
            file.chmod(0o600)

    def tenant(self, name: str) -> Tenant:
        """A customer's tenant: `contoso`."""
        return next(tenant for tenant in self.sandbox.tenants if tenant.domain.startswith(f"{name}."))

    def encrypted_file(self) -> None:
        """The files of the first section; the vault's content typed into an editor."""
        self._desk.write(FILE)
        editor = self.directory / "editor"
        editor.write_text(f"#!/bin/sh\nprintf 'vaulted_client_secret: {SECRETS['shared']}\\n' >\"$1\"\n", encoding="utf-8")
        editor.chmod(0o700)
        (create,) = self.guide.command(FILE, "ansible-vault create")
        made = self._desk.at_terminal(create, EDITOR=shlex.quote(str(editor)))
        assert made.result.rc == 0, made.result
        editor.unlink()

    def one_value(self) -> None:
        """The files of the second section, the secret typed where it is waited for."""
        self._desk.write(VALUE)
        (encrypt,) = self.guide.command(VALUE, "ansible-vault encrypt_string")
        made = self._desk.shell(encrypt, text=SECRETS["adatum"])
        assert made.result.rc == 0, made.result

    def write(self, path: str, text: str) -> None:
        """A file that the guide does not have."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def files(self, heading: str) -> dict[str, str]:
        """The files of a section, not written."""
        return self.guide.files(heading)

    def command(self, heading: str, words: str, without: str = "") -> str:
        """The one command of a section with these words."""
        (found,) = self.guide.command(heading, words, without)
        return found

    def run(self, command: str) -> Run:
        """A command, at a verbosity at which Ansible tells everything that it knows."""
        run = self._desk.shell(f"{command} -vvvv")
        self._runs.append(run.result)
        return run

    def assert_nothing_leaks(self) -> None:
        """No secret and no vault's password in what was printed, in a result or in a file that is left."""
        words = [*SECRETS.values(), *PASSWORDS.values()]
        assert self._runs
        for result in self._runs:
            told = "\n".join(json.dumps(task.result, ensure_ascii=False) for task in result.tasks)
            assert leaks(result.stdout + result.stderr + told, words) == []
        for name in PASSWORDS:
            (self.directory / "home" / f".vault-{name}").unlink()
        assert leaks_in_files(self.directory, words) == []


@contextlib.contextmanager
def sitting(directory: Path, env: t.Mapping[str, str] | None = None) -> collections.abc.Iterator[VaultDesk]:
    """A desk, and the sandbox."""
    with server.running(directory / "sandbox", config()) as sandbox:
        yield VaultDesk(sandbox, directory / "desk", env or {})
