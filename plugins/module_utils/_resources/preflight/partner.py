# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Who is connected with whom: the clouds, the MSSP's tenant, the permissions of the application (practice M12, S16)."""

from __future__ import annotations

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import literal, segment
from ansible_collections.mssp.defender.plugins.module_utils._resources import permissions_table
from ansible_collections.mssp.defender.plugins.module_utils._resources.features import needed
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import missing
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
    refused,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.tenants import LOOKUP_PERMISSIONS

# What of a cloud each part of the run takes (`_cloud_features.py`).
_OF_CLOUD = (("entitlement", "entitlement"), ("defender", "defender"), ("groups", "groups"), ("entitlement", "reviews"))
_PAGES = ("my_access", "portal")


def _questions(wanted: Wanted) -> list[Question]:
    if not wanted.partner_id or wanted.partner_confirmed or wanted.in_partners_own or not wanted.concerns("entitlement"):
        return []
    path = f"tenantRelationships/findTenantInformationByTenantId(tenantId={segment(literal(wanted.partner_id))})"
    return [Question("partner", "whether the MSSP's tenant is in this cloud", path, LOOKUP_PERMISSIONS.read)]


def _judge(wanted: Wanted, answers: Answers) -> list[Finding]:
    return [*_cloud(wanted), *_partner(wanted, answers), *_permissions(wanted)]


def _cloud(wanted: Wanted) -> list[Finding]:
    lacking = [wanted.cloud.lacks(feature) for part, feature in _OF_CLOUD if wanted.concerns(part)]
    unsure = [wanted.cloud.unsure(feature) for part, feature in _OF_CLOUD if wanted.concerns(part)]
    pages = [wanted.cloud.lacks(page) or wanted.cloud.unsure(page) for page in _PAGES]
    told = ((STOP, lacking), (WARNING, unsure), (INFO, pages))
    return [found("cloud_lacks", severity, sentence) for severity, sentences in told for sentence in sentences if sentence]


def _partner(wanted: Wanted, answers: Answers) -> list[Finding]:
    if wanted.partner_sought and not wanted.partner_id:
        # Who it is, is asked once more where it is needed; here it is only told.
        says = f"Microsoft knows no tenant of {wanted.partner_sought} in the cloud {wanted.cloud.name}."
        return [found("other_cloud", WARNING, says)]
    error = refused(answers, "partner")
    # Which of the two Graph answers for an unknown tenant is not documented.
    if error is None or error.status not in (400, 404):
        return []
    says = f"Microsoft knows no tenant {wanted.partner_id} in the cloud {wanted.cloud.name}, in which the customer is."
    return [found("other_cloud", STOP, says)]


def _permissions(wanted: Wanted) -> list[Finding]:
    lacking = missing(needed(wanted.features), wanted.granted)
    if not lacking:
        return []
    says = f"The access token lacks {', '.join(lacking)}."
    return [found("permission_missing", STOP, says, consent=wanted.consent)]


def by_mode(granted: tuple[str, ...], *, delegated: bool) -> dict[str, list[str]]:
    """What the token lacks for each mode that a token of its kind can serve (practice M12)."""
    modes = ("approve",) if delegated else ("onboard", "audit")
    return {mode: missing(needed([permissions_table.CORE[mode]]), granted) for mode in modes}


GATE = Gate(_questions, _judge)
