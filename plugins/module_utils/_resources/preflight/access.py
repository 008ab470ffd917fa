# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Cross-tenant access: does the customer let the MSSP in, does it trust the MSSP's checks, does the MSSP let its people out.

Decisions M7. What an entry leaves null follows the policy's default; of trust an entry says all or nothing.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import segment
from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.cross_tenant import DEFAULT, PARTNERS
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
    read,
    refused,
)

_READ = ("Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess")
_PARTS = (("usersAndGroups", "allusers"), ("applications", "allapplications"))


def _questions(wanted: Wanted) -> list[Question]:
    if not wanted.concerns("entitlement") or not wanted.partner_id:
        return []
    about = (
        "whether the MSSP's tenant lets its people out"
        if wanted.in_partners_own
        else "whether cross-tenant access lets the MSSP in"
    )
    asked = [Question("cross_default", about, DEFAULT, _READ)]
    if not wanted.in_partners_own:
        asked.append(Question("cross_partner", about, f"{PARTNERS}/{segment(wanted.partner_id)}", _READ))
    return asked


def entry(answers: Answers) -> Entity | None:
    """What is in force for the MSSP: its entry on top of the default; None where that is not known."""
    default, own = read(answers, "cross_default"), read(answers, "cross_partner")
    gone = refused(answers, "cross_partner")
    if default is None or (own is None and (gone is None or gone.status != 404)):
        return None
    inbound = dict(default.get("b2bCollaborationInbound") or {})
    inbound.update({key: value for key, value in ((own or {}).get("b2bCollaborationInbound") or {}).items() if value})
    trust = (own or {}).get("inboundTrust") or default.get("inboundTrust") or {}
    return {"b2bCollaborationInbound": inbound, "inboundTrust": trust}


def shut(setting: t.Mapping[str, t.Any] | None) -> str:
    """How far a setting for users and applications shuts: `all`, `some`, or an empty text."""
    found_shut = ""
    for part, everybody in _PARTS:
        said = (setting or {}).get(part) or {}
        targets = {word(target.get("target")) for target in said.get("targets") or ()}
        if word(said.get("accessType")) == "blocked":
            if everybody in targets or not targets:
                return "all"
            found_shut = "some"
        elif targets and everybody not in targets:
            found_shut = "some"
    return found_shut


def _judge(wanted: Wanted, answers: Answers) -> list[Finding]:
    if wanted.in_partners_own:
        return _outbound(answers)
    if not wanted.partner_id or not wanted.concerns("entitlement"):
        return []
    findings = [
        found("mssp_outbound", NOT_CHECKED, "The settings of the MSSP's own tenant take a token of that tenant, not of this one.")
    ]
    in_force = entry(answers)
    if in_force is None:
        return findings
    if "inbound" not in wanted.sets:
        how_far = shut(in_force["b2bCollaborationInbound"])
        if how_far == "all":
            says = f"Cross-tenant access keeps out all users of the MSSP's tenant {wanted.partner_id}."
            findings.append(found("inbound_blocked", STOP, says))
        elif how_far:
            says = (
                f"Cross-tenant access lets in only some users, or to some applications, of the MSSP's tenant {wanted.partner_id}."
            )
            findings.append(found("inbound_blocked", WARNING, says))
    if "trust_mfa" not in wanted.sets and not in_force["inboundTrust"].get("isMfaAccepted"):
        says = "Multifactor authentication of the MSSP does not count in this tenant, so each analyst registers here as well."
        findings.append(found("mfa_not_trusted", WARNING, says))
    return findings


def _outbound(answers: Answers) -> list[Finding]:
    default = read(answers, "cross_default")
    how_far = shut(default.get("b2bCollaborationOutbound")) if default else ""
    if not how_far:
        return []
    who = "its users" if how_far == "all" else "some of its users, or of their applications,"
    says = f"By default the MSSP's tenant keeps {who} from being guests of other tenants."
    return [found("outbound_blocked", STOP if how_far == "all" else WARNING, says)]


GATE = Gate(_questions, _judge)
