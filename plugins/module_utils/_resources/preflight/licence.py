# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The licence: the first thing to know, since without it nothing else matters (practice M11).

Ids of service plans: Microsoft, "Product names and service plan identifiers for licensing".
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._errors import has_code
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import (
    NOT_CHECKED,
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
    rows,
)

# The best first.
_ENTRA = (
    ("governance", "e866a266-3cff-43a3-acca-0c90a7e00c8b"),
    ("p2", "eec0eb4f-6444-4f95-aba0-50c24d67f998"),
    ("p1", "41781fb2-bc02-4b7c-bd55-b576c07bb09d"),
)
_ENDPOINT = (
    ("p2", "871d91ec-ec1a-452b-a83f-bd76c7d770ef"),
    ("business", "bfc1bbd9-981b-4f71-9b82-17c35fd0e2a4"),
    ("p1", "292cc034-7b7c-4950-aaf5-943befd3f1d4"),
)
_ENTITLED = ("governance", "p2")
_CALLED = {
    "business": "Defender for Business",
    "p1": "Defender for Endpoint Plan 1",
    "none": "no Defender for Endpoint",
}
# Paid, or just run out.
_ALIVE = ("enabled", "warning")

# What takes Entra ID Governance beyond P2 (practice M9).
GOVERNANCE: t.Mapping[str, str] = {
    "sponsors": "sponsors as approvers",
    "on_behalf": "requests on behalf of others",
    "pim_eligible": "a role of a group that is eligible only",
    "verified_id": "Verified ID",
    "custom_extensions": "custom extensions",
    "auto_assignment": "assignment by rule",
    "add_by_email": "direct assignment to somebody who is not in the directory yet",
    "governed_guests": "guests marked as governed",
    "entra_roles": "Entra roles in a package",
    "review_insights": "reviews that recommend by affiliation or inactivity",
}


def verdict(skus: t.Sequence[Entity] | None) -> dict[str, t.Any]:
    """What the tenant has bought: `entra` (governance, p2, p1, none), `defender_endpoint` (p2, business, p1, none), `products`.

    What is not known is `unknown`.
    """
    if skus is None:
        return {"entra": "unknown", "defender_endpoint": "unknown", "products": []}
    alive = [sku for sku in skus if word(sku.get("capabilityStatus")) in _ALIVE]
    return {
        "entra": _best(_ENTRA, alive),
        "defender_endpoint": _best(_ENDPOINT, alive),
        "products": sorted({str(sku.get("skuPartNumber")) for sku in alive}),
    }


def _best(plans: t.Sequence[tuple[str, str]], skus: t.Sequence[Entity]) -> str:
    have = {
        word(plan.get("servicePlanId"))
        for sku in skus
        for plan in sku.get("servicePlans") or ()
        if word(plan.get("provisioningStatus")) != "disabled"
    }
    return next((name for name, plan_id in plans if plan_id in have), "none")


def _questions(wanted: Wanted) -> list[Question]:
    return [
        Question(
            "skus",
            "the licences",
            "subscribedSkus",
            ("Organization.Read.All", "LicenseAssignment.Read.All", "Directory.Read.All"),
            {"$select": "skuPartNumber,capabilityStatus,servicePlans"},
        )
    ]


def _judge(wanted: Wanted, answers: Answers) -> list[Finding]:
    skus = rows(answers, "skus")
    told = verdict(skus)
    findings = []
    if wanted.concerns("entitlement"):
        findings += _entitlement(told, skus or [], answers)
        findings += _governance(wanted, told)
    if wanted.concerns("defender") and told["defender_endpoint"] in _CALLED:
        called = _CALLED[told["defender_endpoint"]]
        says = f"The tenant has {called}, and unified RBAC is documented for Defender for Endpoint Plan 2."
        findings.append(found("licence_defender", WARNING, says))
    return findings


def unlicensed(answers: Answers) -> bool:
    """Whether entitlement management itself says that the licence is missing."""
    refusals = [refused(answers, name) for name in ("settings", "policies", "organizations")]
    return any(has_code(error, "NoLicense", "AadPremiumLicenseRequired") for error in refusals if error)


def _entitlement(told: t.Mapping[str, t.Any], skus: t.Sequence[Entity], answers: Answers) -> list[Finding]:
    if told["entra"] in _ENTITLED:
        paid = [sku for sku in skus if word(sku.get("capabilityStatus")) == "enabled"]
        if _best(_ENTRA, paid) in _ENTITLED:
            return []
        says = "The subscription with Entra ID P2 or Governance has run out and is in its time of grace."
        return [found("licence_ending", WARNING, says)]
    no_answer = unlicensed(answers)
    if told["entra"] == "unknown" and not no_answer:
        return []
    # Where entitlement management answers all the same, the list of products is not the whole truth.
    severity = WARNING if isinstance(answers.get("settings"), dict) else STOP
    kind, has = ("licence_none", "no Microsoft Entra ID P2 or Governance")
    if told["entra"] == "p1":
        kind, has = ("licence_p1", "Microsoft Entra ID P1, and neither P2 nor Governance")
    return [found(kind, severity, f"The tenant has {has}: entitlement management does not work there.")]


def _governance(wanted: Wanted, told: t.Mapping[str, t.Any]) -> list[Finding]:
    findings = []
    if wanted.governance:
        chosen = ", ".join(GOVERNANCE[feature] for feature in wanted.governance)
        severity, has = {
            "governance": (WARNING, "which the tenant has; for guests an Azure subscription must be linked too"),
            "unknown": (WARNING, "and the tenant's licences could not be read"),
        }.get(told["entra"], (STOP, "which the tenant has not"))
        says = f"This takes Microsoft Entra ID Governance, {has}: {chosen}."
        findings.append(found("governance_feature", severity, says))
    says = "Whether an Azure subscription is linked to pay for guests cannot be read from Graph."
    return [*findings, found("guest_billing", NOT_CHECKED, says)]


GATE = Gate(_questions, _judge)
