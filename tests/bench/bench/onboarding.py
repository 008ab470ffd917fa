# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook `onboard` for many customers, as the benchmark runs it."""

from __future__ import annotations

import typing as t

from harness.server import Sandbox

from bench.running import MSSP, options

PLAYBOOK = [{"import_playbook": "mssp.defender.onboard"}]


def inventory(started: Sandbox, customers: int, *, with_ca: bool = False) -> dict[str, t.Any]:
    """An inventory of the first customers."""
    hosts = {}
    for number in range(customers):
        known = options(started, number, with_ca=with_ca)
        hosts[f"customer{number + 1}"] = {
            "mssp_onboard_mssp_tenant_id": MSSP,
            **{f"mssp_onboard_{name}": value for name, value in known.items()},
        }
    return {"all": {"children": {"customers": {"hosts": hosts}}}}
