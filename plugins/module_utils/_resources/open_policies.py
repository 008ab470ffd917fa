# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What a connected organization can request as soon as it is `configured` (practice M8)."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity


def opened_by(policies: t.Iterable[Entity]) -> dict[bool, list[str]]:
    """The packages, as clauses, by whether a request takes approval: of policies for all configured connected organizations.

    :param policies: assignment policies with their access packages.
    """
    opened: dict[bool, list[str]] = {True: [], False: []}
    for policy in policies:
        if word(policy.get("allowedTargetScope")) != "allconfiguredconnectedorganizationusers":
            continue
        if not (policy.get("requestorSettings") or {}).get("enableTargetsToSelfAddAccess"):
            continue
        package = (policy.get("accessPackage") or {}).get("displayName")
        needs_approval = bool((policy.get("requestApprovalSettings") or {}).get("isApprovalRequiredForAdd"))
        opened[needs_approval].append(f"'{package}' (policy '{policy.get('displayName')}')")
    return opened
