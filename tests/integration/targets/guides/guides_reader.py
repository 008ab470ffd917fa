# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who follows README: an empty folder, a vault, three customers, and the sandbox for Microsoft."""

from __future__ import annotations

import collections.abc
import contextlib
import shlex
import typing as t
from pathlib import Path

from harness import applications, server
from harness.applications import SECRETS
from harness.desk import Desk, Run
from harness.guide import Guide
from harness.onboarding import three_customers
from harness.playbook import programs
from harness.server import Sandbox
from harness.tenants import Tenant


def config() -> dict[str, t.Any]:
    """The customers of the demo; the applications have the ids that README writes."""
    return three_customers(applications=[applications.onboard(), applications.audit()])


class Reader:
    """Follows some sections of a page, and knows which of their commands are still to be typed."""

    def __init__(self, sandbox: Sandbox, directory: Path, headings: collections.abc.Collection[str]) -> None:
        self.sandbox = sandbox
        self.guide = Guide("README.md", headings)
        self.desk = Desk(self.guide, sandbox, directory, {})
        self.directory = directory

    def tenant(self, name: str) -> Tenant:
        """A customer's tenant: `contoso`."""
        return next(tenant for tenant in self.sandbox.tenants if tenant.domain.startswith(f"{name}."))

    def type(self, heading: str, words: str = "", without: str = "") -> Run:
        """Type a command of a section. It must succeed."""
        run = self.desk.type(heading, words, without)
        assert run.result.rc == 0, run.result
        return run

    def first_customer(self) -> None:
        """The inventory and the vault of the first real customer, the secret typed into an editor."""
        heading = "A real customer"
        self.desk.write(heading)
        editor = self.directory / "editor"
        lines = "".join(
            f"vaulted_{name}: {SECRETS[of]}\\n" for name, of in (("client_secret", "onboard"), ("audit_secret", "audit"))
        )
        editor.write_text(f"#!/bin/sh\nprintf '{lines}' >\"$1\"\n", encoding="utf-8")
        editor.chmod(0o700)
        (create,) = self.guide.command(heading, "ansible-vault create")
        made = self.desk.at_terminal(create, EDITOR=shlex.quote(str(editor)))
        assert made.result.rc == 0, made.result
        vault = self.directory / "inventory" / "group_vars" / "customers" / "vault.yml"
        assert vault.read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;1.1;AES256\n")


@contextlib.contextmanager
def reading(directory: Path, *headings: str) -> collections.abc.Iterator[Reader]:
    """A reader of README, and the sandbox."""
    assert programs().exists()
    with server.running(directory / "sandbox", config()) as sandbox:
        yield Reader(sandbox, directory / "desk", headings)
