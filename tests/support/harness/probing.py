# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the `probe` action."""

from __future__ import annotations

import typing as t

from harness.server import Sandbox
from harness.tenants import Tenant


def carry_out(tenant_file: str, steps: t.Sequence[t.Mapping[str, t.Any]]) -> list[t.Any]:
    """Do the steps; a value for each. At the end the request log is empty."""
    tenant = Tenant.load(tenant_file)
    data = {"graph_url": tenant.graph_url, "login_url": tenant.login_url, "ca_path": tenant.ca_path}
    sandbox = Sandbox(data, [tenant])
    values = [_do(sandbox, tenant, dict(step)) for step in steps]
    sandbox.log.clear()
    return values


def _do(sandbox: Sandbox, tenant: Tenant, step: dict[str, t.Any]) -> t.Any:
    kind = step["do"]
    if kind == "log":
        return sandbox.log.all()
    if kind == "list":
        return tenant.list(step["path"], beta=step["beta"])
    if kind == "send":
        return tenant.call(step["method"], step["path"], step.get("body"), beta=step["beta"])
    if kind == "link":
        return tenant.link(step["path"], step["id"])
    if kind == "quirks":
        return sandbox.quirks(tenant, **step["switches"])
    if kind == "faults":
        return sandbox.faults(*step["faults"])
    raise ValueError(kind)
