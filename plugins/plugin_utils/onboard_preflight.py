# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""The preflight of the role: what it asks tenant_info to look at, and how its findings are told."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_values import truth

Values = t.Mapping[str, t.Any]

_HEADS = {"stop": "Stop", "warning": "Warning", "info": "For information", "not_checked": "Not checked"}
_ENTRA = {
    "governance": "Microsoft Entra ID Governance",
    "p2": "Microsoft Entra ID P2",
    "p1": "Microsoft Entra ID P1 only",
    "none": "no Microsoft Entra ID P1 or P2",
    "unknown": "Microsoft Entra ID not known",
}
_ENDPOINT = {
    "p2": "Defender for Endpoint Plan 2",
    "business": "Defender for Business",
    "p1": "Defender for Endpoint Plan 1",
    "none": "no Defender for Endpoint",
    "unknown": "Defender for Endpoint not known",
}
_ANSWERS = {True: "answers", False: "does not answer", None: "could not be asked"}


def options(
    values: Values, groups: t.Sequence[Values], policies: t.Sequence[Values], accepted: list[str], let_in: Values
) -> dict[str, t.Any]:
    """Options of tenant_info. The gates are looked at while something of ours is not there yet.

    :param values: the role's variables without their prefix.
    :param groups: items of the plan, as are `policies`.
    :param accepted: ids of findings that stop nothing.
    :param let_in: what this run sets in the cross-tenant access policy.
    """
    stated = [group["options"].get("group_id") for group in groups]
    tiers = [] if truth(values["skip_defender"]) else values["tiers"]
    found = {
        "look_up": str(values.get("mssp_domain") or "").strip(),
        "partner_tenant_id": str(values.get("mssp_tenant_id") or "").strip(),
        "org_state": values.get("connected_org_state"),
    }
    return {
        "fail_on_missing": True,
        "exclusive": True,
        "group_names": [group["name"] for group in groups],
        "gates": truth(values.get("preflight", True)),
        "known_by": [str(group_id or group["key"]) for group_id, group in zip(stated, groups, strict=True)],
        "group_ids": [str(group_id) for group_id in stated if group_id],
        "permissions_wanted": list(dict.fromkeys(str(name) for tier in tiers for name in tier["permissions"])),
        "governance_features": _governance(policies),
        "will_set": _sets(let_in),
        "accept": accepted,
        "fail_on_findings": True,
        **{name: value for name, value in found.items() if value},
    }


def _governance(policies: t.Iterable[Values]) -> list[str]:
    """What was chosen beyond Entra ID P2. Of what takes Governance, the variables can choose sponsors alone (practice M9)."""
    stages = [stage for item in policies for stage in item["options"]["approval"].get("stages") or ()]
    people = [person for stage in stages for said in stage.values() if isinstance(said, (list, tuple)) for person in said]
    return ["sponsors"] if any(isinstance(person, t.Mapping) and person.get("sponsors") for person in people) else []


def _sets(let_in: Values) -> list[str]:
    found = ["inbound"] if let_in.get("inbound") == "allow" else []
    return [*found, *(["trust_mfa"] if let_in.get("trust_mfa") else [])]


def warnings(result: Values) -> list[str]:
    """What the last message of a run repeats: what a person has to know who does not look at the preflight itself."""
    return [_told(x) for x in result.get("findings") or () if x["severity"] in ("stop", "warning")]


def _told(finding: Values) -> str:
    return f"{_HEADS[finding['severity']]}: {finding['is']} {finding['remedy']} [{finding['id']}]"


def lines(result: Values, plan: Values, mssp: str) -> list[str]:
    """The whole report, a line each: the licence first.

    :param result: what tenant_info has returned with `gates`, as for `shut` and `warnings`.
    :param mssp: tenant id of the MSSP; empty when Microsoft knows none of its domain.
    """
    tenant, licence, urbac = result["tenant"], result["licence"], result["urbac"]
    findings = result["findings"]
    counts = ", ".join(f"{sum(x['severity'] == severity for x in findings)} {head.lower()}" for severity, head in _HEADS.items())
    return [
        f"Licences of {tenant['domain'] or tenant['id']}: {_ENTRA[licence['entra']]}, {_ENDPOINT[licence['defender_endpoint']]}.",
        *_parties(tenant, plan, mssp),
        *(_told(x) for x in findings),
        f"Unified RBAC {_ANSWERS[urbac['answers']]}; whether it is active no API tells.",
        f"Found: {counts}. Nothing was written.",
    ]


def _parties(tenant: Values, plan: Values, mssp: str) -> list[str]:
    if not mssp:
        return [f"Stop: Microsoft knows no tenant of the domain {plan['look_up']}. Correct mssp_onboard_mssp_domain."]
    if mssp.lower() == str(tenant["id"]).lower():
        return [f"Stop: mssp_onboard_tenant_id ({plan['tenant']}) is the tenant of the MSSP. Name the tenant of the customer."]
    return []


def shut(result: Values, mssp: str) -> bool:
    """Whether an onboarding would stop before its first write."""
    wrong = not mssp or mssp.lower() == str(result["tenant"]["id"]).lower()
    return wrong or any(x["severity"] == "stop" for x in result["findings"])
