# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Settings of entitlement management: guests whose access ends, and what connecting the MSSP opens (practice M7, M8)."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import (
    ORGANIZATIONS,
    POLICIES,
    SETTINGS,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.open_policies import opened_by
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import (
    INFO,
    STOP,
    WARNING,
    Finding,
    found,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gate import (
    Answers,
    Gate,
    Question,
    Wanted,
    read,
    rows,
)

_READ = ("EntitlementManagement.Read.All",)
_DAYS = re.compile(r"P(\d+)D(T0+[HMS])?", re.IGNORECASE)
# The conditions of a filter that may name the same organization by its tenant.
_BY_TENANT = "identitySources/any(is:is/microsoft.graph.azureActiveDirectoryTenant/tenantId eq {})"


def _questions(wanted: Wanted) -> list[Question]:
    if not wanted.concerns("entitlement") or wanted.in_partners_own:
        return []
    asked = [Question("settings", "what becomes of guests whose access ends", SETTINGS, _READ)]
    about = "what connecting the MSSP opens elsewhere"
    if wanted.partner_id and _configures(wanted):
        asked.append(Question("policies", about, POLICIES, _READ, {"$expand": "accessPackage"}))
        condition = _BY_TENANT.format(literal(wanted.partner_id))
        asked.append(Question("organizations", about, ORGANIZATIONS, _READ, {"$filter": condition}))
    return asked


def _configures(wanted: Wanted) -> bool:
    # Whoever writes in one catalog only connects nobody: the customer does.
    return "catalog_owner" not in wanted.features and bool(word(wanted.org_state or "configured") == "configured")


def _judge(wanted: Wanted, answers: Answers) -> list[Finding]:
    return [*_lifecycle(answers), *_opens(wanted, answers)]


def _lifecycle(answers: Answers) -> list[Finding]:
    settings = read(answers, "settings") or {}
    action = word(settings.get("externalUserLifecycleAction"))
    if action not in ("blocksignin", "blocksigninanddelete"):
        return []
    after = ""
    if action == "blocksigninanddelete":
        duration = str(settings.get("durationUntilExternalUserDeletedAfterBlocked") or "")
        days = _DAYS.fullmatch(duration)
        after = f" and deleted {days[1]} days later" if days else f" and deleted after {duration}" if duration else " and deleted"
    return [found("lifecycle_blocks", INFO, f"Guests whose last access package ends are blocked from signing in{after}.")]


def _opens(wanted: Wanted, answers: Answers) -> list[Finding]:
    policies, organizations = rows(answers, "policies"), rows(answers, "organizations")
    if policies is None or organizations is None or not _configures(wanted):
        return []
    if organizations and wanted.org_state is None:
        # An organization that is there keeps its state.
        return []
    if any(word(organization.get("state")) == "configured" for organization in organizations):
        return []
    opened = opened_by(policies)
    if opened[False]:
        says = (
            f"Connecting the MSSP as 'configured' would let all its users request without any approval: {_listed(opened[False])}."
        )
        return [found("opens_policies", STOP, says)]
    if opened[True]:
        says = f"Connecting the MSSP as 'configured' also lets its users request, with approval: {_listed(opened[True])}."
        return [found("opens_policies", WARNING, says)]
    return []


def _listed(clauses: t.Sequence[str]) -> str:
    return ", ".join(" ".join(clause.split()) for clause in clauses)


GATE = Gate(_questions, _judge)
