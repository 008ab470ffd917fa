# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories of what only the audit reads: the log, roles and memberships."""

from __future__ import annotations

import typing as t

from harness.tenants import Tenant
from harness.ways.directory import DENIED
from harness.ways.telling import Story, failures, step

_LOG_DENIED = "Authentication_MSGraphPermissionMissing"
_EM_DENIED = "UnAuthorized"


def _there(tenant: Tenant) -> dict[str, t.Any]:
    group, ada = tenant.group("Tier 1"), tenant.user("ada")
    tenant.link(f"groups/{group}/members", ada)
    return {"group": group, "ada": ada}


READING = Story(
    "auditing",
    _there,
    [
        step("read memberships", "aad_membership_info", "ok", groups=["{{ group }}"], users=["{{ ada }}"]),
        step("read no memberships", "aad_membership_info", "ok"),
        step("read the log", "audit_log_info", "ok", target="{{ group }}", activities=["Add member to group"]),
        step("read roles of the directory", "role_assignment_info", "ok", provider="directory"),
        step("read roles of catalogs", "role_assignment_info", "ok", provider="entitlement_management"),
    ],
)

READING_FAILURES = failures(
    "auditing-failures",
    _there,
    [
        step("memberships without permission", "aad_membership_info", DENIED, groups=["{{ group }}"], client="nobody"),
        step("the log without permission", "audit_log_info", _LOG_DENIED, client="nobody"),
        step("no such days", "audit_log_info", "we were unable to convert to int", days="many"),
        step("roles without permission", "role_assignment_info", DENIED, provider="directory", client="nobody"),
        step(
            "catalogs without permission", "role_assignment_info", _EM_DENIED, provider="entitlement_management", client="nobody"
        ),
        step("roles of nothing", "role_assignment_info", "must be one of", provider="defender"),
    ],
)

STORIES = (READING, READING_FAILURES)
