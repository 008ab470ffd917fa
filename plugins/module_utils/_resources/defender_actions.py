# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Actions of Defender's unified role-based access control: how they are written and which includes which.

Facts: Defender 1.8 (the service drops what another action already grants) and 3.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._failures import InvalidInput

PREFIX = "microsoft.xdr/"

_ACTION = re.compile(r"microsoft\.xdr/[a-z]+(/[a-z0-9*-]+)*/(read|manage)")

# The permissions of classic Defender for Endpoint roles, in unified terms (Microsoft, compare-rbac-roles).
CLASSIC: t.Mapping[str, tuple[str, ...]] = {
    "view_data_security_operations": ("secops/securitydata/basics/read",),
    "view_data_vulnerability_management": ("securityposture/posturemanagement/vulnerabilitymanagement/read",),
    "alerts_investigation": ("secops/securitydata/alerts/manage",),
    "active_remediation_security_operations": ("secops/securitydata/response/manage",),
    "active_remediation_exception_handling": ("securityposture/posturemanagement/exceptionhandling/manage",),
    "active_remediation_remediation_handling": ("securityposture/posturemanagement/remediationhandling/manage",),
    "active_remediation_application_handling": ("securityposture/posturemanagement/applicationhandling/manage",),
    "manage_security_baselines": ("securityposture/posturemanagement/baselineassessmentprofiles/manage",),
    "live_response_basic": ("secops/securitydata/liveresponse-basic/manage",),
    "live_response_advanced": (
        "secops/securitydata/liveresponse-advanced/manage",
        "secops/securitydata/filecollection/manage",
    ),
    # Without detection tuning, which belongs to it: no source publishes that action, only a tenant's own list of actions does.
    "manage_security_settings": ("configuration/security/core/manage",),
    "manage_portal_system_settings": ("configuration/system/manage",),
}


def actions(permissions: t.Iterable[str]) -> list[str]:
    """Full action strings, each once, for what the operator wrote: full, without the prefix, or a classic permission's alias.

    :raises InvalidInput: what is none of the three. Whether the tenant knows the action is not looked at.
    """
    found: list[str] = []
    for permission in permissions:
        wanted = str(permission).strip().lower()
        if wanted in CLASSIC:
            found.extend(PREFIX + action for action in CLASSIC[wanted])
            continue
        action = wanted if wanted.startswith(PREFIX) else PREFIX + wanted
        if not _ACTION.fullmatch(action):
            raise InvalidInput(
                f"'{permission}' is no permission of Defender",
                remedy=f"Write an action such as {PREFIX}secops/securitydata/alerts/manage, with or without its prefix, "
                f"or one of {', '.join(CLASSIC)}.",
            )
        found.append(action)
    return list(dict.fromkeys(found))


def includes(broad: str, narrow: str) -> bool:
    """Whether the first action grants the second: `*` stands for one or more segments, `manage` includes `read`."""
    broad_path, dummy, broad_verb = broad.lower().rpartition("/")
    narrow_path, dummy, narrow_verb = narrow.lower().rpartition("/")
    if broad_verb != narrow_verb and not (broad_verb == "manage" and narrow_verb == "read"):
        return False
    if "*" not in broad_path:
        return broad_path == narrow_path
    pattern = re.escape(broad_path).replace(r"\*", ".+")
    return re.fullmatch(pattern, narrow_path) is not None


def effective(granted: t.Iterable[str]) -> frozenset[str]:
    """The actions without those that another one already grants, as the service stores them."""
    unique = {action.lower() for action in granted}
    return frozenset(x for x in unique if not any(y != x and includes(y, x) for y in unique))
