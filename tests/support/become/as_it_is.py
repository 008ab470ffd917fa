# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible.plugins.become import BecomeBase

DOCUMENTATION = r"""
name: as_it_is
short_description: Becomes nobody else
description: Runs the command as it is, so that become can be tested where there is no sudo.
options:
  become_user:
    description: Whom to become, of no effect.
    default: root
    vars:
      - name: ansible_become_user
  become_exe:
    description: The program, of no effect.
  become_flags:
    description: Its flags, of no effect.
    default: ""
  become_pass:
    description: A password, of no effect.
"""


class BecomeModule(BecomeBase):  # type: ignore[misc]
    """Leaves the command alone."""

    name = "as_it_is"

    def build_become_command(self, cmd: t.Any, shell: t.Any) -> t.Any:
        """The command itself."""
        super().build_become_command(cmd, shell)
        return cmd
