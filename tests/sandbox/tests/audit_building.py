# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the audit log as an auditor does."""

from __future__ import annotations

from typing import Any

from sandbox_harness import Graph

AUDITS = "/auditLogs/directoryAudits"
EM_ADDS = "Azure AD Identity Governance - User Management"


def entries(graph: Graph, target: str, activity: str = "") -> list[dict[str, Any]]:
    """What the log says of an object, oldest first."""
    wanted = f"targetResources/any(t: t/id eq '{target}')"
    if activity:
        wanted += f" and activityDisplayName eq '{activity}'"
    return list(graph.ok("GET", f"{AUDITS}?$filter={wanted}&$orderby=activityDateTime asc")["value"])


def names(graph: Graph, target: str) -> list[str]:
    """The activities of an object, oldest first."""
    return [entry["activityDisplayName"] for entry in entries(graph, target)]
