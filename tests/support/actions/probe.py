# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test's hand in a running play: look at the tenant, change it by plain HTTP, read the request log.

Runs in Ansible's worker at the cost of a debug task, so that one run of ansible-playbook serves many steps.
"""

from __future__ import annotations

import os
import sys
import typing as t

from ansible.plugins.action import ActionBase

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.probing import carry_out


class ActionModule(ActionBase):  # type: ignore[misc]
    """Takes `steps`, gives `found`, one for each."""

    _supports_check_mode = True
    _VALID_ARGS = frozenset({"steps"})

    def run(self, tmp: t.Any = None, task_vars: t.Any = None) -> dict[str, t.Any]:
        """Carry the steps out in order."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        result["found"] = carry_out(os.environ["MSSP_TEST_TENANT"], self._task.args["steps"])
        return result
