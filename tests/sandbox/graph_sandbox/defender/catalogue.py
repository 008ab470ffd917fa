# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permissions that unified RBAC knows, as far as anybody has printed them (Defender 3).

A live tenant lists 77; 36 are known by name, and four more are inferred from the pattern and marked so. ``dataops``
stands in the catalogue everywhere but can only be stored where a Sentinel workspace is connected.
"""

from __future__ import annotations

PREFIX = "microsoft.xdr/"

KNOWN_ACTIONS: dict[str, str] = {
    "secops/*/read": "Security operations - All read-only permissions",
    "secops/*/manage": "Security operations - All read and manage permissions",
    "secops/securitydata/*/read": "Security data - All read-only permissions",
    "secops/securitydata/basics/read": "Security data basics (read)",
    "secops/securitydata/alerts/manage": "Alerts (manage)",
    "secops/securitydata/response/manage": "Response (manage)",
    "secops/securitydata/liveresponse-basic/manage": "Basic live response (manage)",
    "secops/securitydata/liveresponse-advanced/manage": "Advanced live response (manage)",
    "secops/securitydata/filecollection/manage": "File collection (manage)",
    "secops/securitydata/emailquarantine/manage": "Email & collaboration quarantine (manage)",
    "secops/securitydata/emailadvancedactions/manage": "Email & collaboration advanced actions (manage)",
    "secops/securitydata/copilot/read": "Security Copilot (read)",
    "secops/rawdata/emailcontent/read": "Email & collaboration content: All Emails (read)",
    "secops/rawdata/quarantineemailcontent/read": "Email & collaboration content: Quarantine Emails (read)",
    "securityposture/*/read": "Security posture - All read-only permissions",
    "securityposture/*/manage": "Security posture - All read and manage permissions",
    "securityposture/posturemanagement/*/read": "Posture management - All read-only permissions",
    "securityposture/posturemanagement/*/manage": "Posture management - All read and manage permissions",
    "securityposture/posturemanagement/vulnerabilitymanagement/read": "Vulnerability management (read)",
    "securityposture/posturemanagement/exceptionhandling/manage": "Exception handling (manage)",
    "securityposture/posturemanagement/remediationhandling/manage": "Remediation handling (manage)",
    "securityposture/posturemanagement/applicationhandling/manage": "Application handling (manage)",
    "securityposture/posturemanagement/baselineassessmentprofiles/manage": "Security baseline assessment (manage)",
    "securityposture/posturemanagement/securescore/manage": "Exposure Management (manage)",
    "configuration/*/read": "Authorization and settings - All read-only permissions",
    "configuration/*/manage": "Authorization and settings - All read and manage permissions",
    "configuration/authorization/read": "Authorization (read)",
    "configuration/authorization/manage": "Authorization (read and manage)",
    "configuration/security/*/read": "Security settings - All read-only permissions",
    "configuration/security/*/manage": "Security settings - All read and manage permissions",
    "configuration/security/core/manage": "Core security settings (manage)",
    "configuration/system/read": "System settings (read)",
    "configuration/system/manage": "System settings (read and manage)",
    "dataops/*/read": "DataOperations - All read-only permissions",
    "dataops/*/manage": "DataOperations - All read and manage permissions",
    "dataops/datamanagement/data/manage": "Data (manage)",
}
"""Strings seen in a Microsoft text, a live tenant or a data file, without the prefix, and their display names."""

INFERRED_ACTIONS: dict[str, str] = {
    "securityposture/posturemanagement/securescore/read": "Exposure Management (read)",
    "configuration/security/core/read": "Core security settings (read)",
    "configuration/security/detectiontuning/manage": "Detection tuning (manage)",
    "aicodesecurity/*/read": "AI code scan - All read-only permissions",
}
"""Not found in any source; they follow from the portal's names."""

ALL_ACTIONS: dict[str, str] = {f"{PREFIX}{action}": name for action, name in {**KNOWN_ACTIONS, **INFERRED_ACTIONS}.items()}
"""Every action with its prefix."""


_PREREQUISITES = {f"{PREFIX}secops/rawdata/emailcontent/read": [f"{PREFIX}secops/securitydata/basics/read"]}
"""What the portal selects as well (Defender 3); of the second one, e-mail metadata, the string is not known."""


def with_prerequisites(actions: list[str]) -> list[str]:
    """Actions with those that they presuppose."""
    return [*actions, *(needed for action in actions for needed in _PREREQUISITES.get(action.lower(), []))]


def is_dataops(action: str) -> bool:
    """Whether an action needs a connected Sentinel workspace."""
    return action.startswith(f"{PREFIX}dataops/")


def covers(wide: str, narrow: str) -> bool:
    """Whether holding ``wide`` means holding ``narrow``: ``*`` is one or more segments, manage includes read."""
    *wide_path, wide_verb = wide.lower().split("/")
    *narrow_path, narrow_verb = narrow.lower().split("/")
    return wide_verb in (narrow_verb, "manage") and _path_covers(wide_path, narrow_path)


def _path_covers(wide: list[str], narrow: list[str]) -> bool:
    if not wide or not narrow:
        return wide == narrow
    if wide[0] == "*":
        return any(_path_covers(wide[1:], narrow[taken:]) for taken in range(1, len(narrow) + 1))
    return wide[0] == narrow[0] and _path_covers(wide[1:], narrow[1:])


def reduce_actions(actions: list[str]) -> list[str]:
    """Drop repeated actions and those that another one covers (Defender 1.8, no. 5)."""
    unique = list(dict.fromkeys(action.lower() for action in actions))
    return [action for action in unique if not any(other != action and covers(other, action) for other in unique)]
