# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What the preflight can find, in one table: the id of a finding, how grave it can be, what it means, what to do.

The ids are stable: operators accept findings by them. docs/preflight.md shows this table.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._graph._clouds import Cloud
from ansible_collections.mssp.defender.plugins.module_utils._resources.tenants import portal_url

STOP, WARNING, INFO, NOT_CHECKED = "stop", "warning", "info", "not_checked"
SEVERITIES = (STOP, WARNING, INFO, NOT_CHECKED)

# Microsoft's comparison of Azure Government with global Azure. For China no such page was found: never guessed.
_ENTRA = {
    "public": "https://entra.microsoft.com",
    "usgov": "https://entra.microsoft.us",
    "usgov_dod": "https://entra.microsoft.us",
}


@dataclasses.dataclass(frozen=True)
class Kind:
    """A sort of finding.

    :param severities: the gravest first.
    :param means: one sentence for the documentation.
    :param remedy: one sentence; what is in braces is filled in.
    :param page: where it is put right: `entra` (the admin center), `defender` (the portal), or nowhere.
    """

    severities: tuple[str, ...]
    means: str
    remedy: str
    page: str | None = "entra"


_LICENCE = "Buy Microsoft Entra ID P2 or Microsoft Entra ID Governance for this tenant; it can take some hours to be noticed."
_DEFENDER = (
    "The tenant needs Defender for Endpoint Plan 2 with unified RBAC; mssp_onboard_skip_defender: true goes on without "
    "Defender roles."
)
_EXTERNAL = "Entra admin center, External Identities, External collaboration settings: "
_CROSS = "Entra admin center, External Identities, Cross-tenant access settings: "

KINDS: t.Mapping[str, Kind] = {
    "licence_none": Kind((STOP, WARNING), "The tenant has no Microsoft Entra ID P1, P2 or Governance.", _LICENCE),
    "licence_p1": Kind(
        (STOP, WARNING), "The tenant has Microsoft Entra ID P1 only, which has no entitlement management.", _LICENCE
    ),
    "licence_ending": Kind((WARNING,), "The licence that entitlement management needs has run out or is about to.", _LICENCE),
    "licence_defender": Kind(
        (WARNING,),
        "The tenant has no Defender for Endpoint Plan 2; for Defender for Business Microsoft documents Entra roles only.",
        _DEFENDER,
    ),
    "other_cloud": Kind(
        (STOP, WARNING),
        "Microsoft knows no such tenant in the customer's cloud: MSSP and customer are in different clouds, or it is misspelt.",
        "Correct the MSSP's tenant, or give the MSSP one in this cloud: across clouds this collection connects no organizations.",
        None,
    ),
    "cloud_lacks": Kind(
        (STOP, WARNING, INFO),
        "Something that the run needs is not in the customer's cloud, or Microsoft does not document it.",
        "Read docs/clouds.md for what this cloud has.",
        None,
    ),
    "permission_missing": Kind(
        (STOP, WARNING),
        "The access token lacks permissions for what is intended.",
        "An administrator of the customer grants the application's whole set here: {consent}",
        None,
    ),
    "invitations_off": Kind(
        (STOP,),
        "Nobody may invite guests: entitlement management approves a request and then cannot deliver it.",
        _EXTERNAL + "allow somebody to invite, at least administrators.",
    ),
    "domain_not_allowed": Kind(
        (STOP, WARNING),
        "The list of domains for invitations keeps out a domain of the MSSP: its people are not invited and get no access.",
        _EXTERNAL + "allow all verified domains of the MSSP's tenant.",
    ),
    "inbound_blocked": Kind(
        (STOP, WARNING),
        "Cross-tenant access keeps users of the MSSP out, all of them or some.",
        _CROSS + "let the MSSP's tenant in for B2B collaboration, or set mssp_onboard_cross_tenant_inbound: allow.",
    ),
    "mfa_not_trusted": Kind(
        (WARNING,),
        "The MSSP's multifactor authentication does not count here: each analyst registers once more in this tenant.",
        _CROSS + "trust it for the MSSP's tenant, or set mssp_onboard_trust_mfa: true.",
    ),
    "outbound_blocked": Kind(
        (STOP, WARNING),
        "The MSSP's own tenant keeps its users from being guests elsewhere.",
        _CROSS + "in the MSSP's tenant, allow outbound B2B collaboration.",
    ),
    "mssp_outbound": Kind(
        (NOT_CHECKED,),
        "Whether the MSSP's tenant lets its users out, and its GDAP relationships, are seen with a token of that tenant only.",
        "Run tenant_info with gates against the MSSP's own tenant, naming it as partner_tenant_id too.",
        None,
    ),
    "conditional_access_blocks": Kind(
        (STOP,),
        "A Conditional Access policy blocks every guest from entitlement management, without any condition.",
        "Entra admin center, Conditional Access: exclude the MSSP's guests, or the app Entitlement Management, from it.",
    ),
    "conditional_access_guests": Kind(
        (WARNING,),
        "Conditional Access policies for guests do not exclude the app Entitlement Management, as Microsoft advises.",
        "Entra admin center, Conditional Access: exclude the app Entitlement Management from each policy for guests.",
    ),
    "device_not_trusted": Kind(
        (WARNING,),
        "A Conditional Access policy wants a managed device of guests, and the MSSP's devices do not count here.",
        _CROSS + "trust the MSSP's compliant devices, or exclude its guests from the policy.",
    ),
    "device_code_blocked": Kind(
        (WARNING, INFO),
        "Conditional Access blocks the device code flow, by which approvers of the MSSP could sign in.",
        "Approvers decide in My Access, or sign in by authorization code and give the refresh token.",
    ),
    "lifecycle_blocks": Kind(
        (INFO,),
        "Guests whose last access ends are blocked, and cannot ask anew while they are.",
        "Nothing to do; the setting is the whole tenant's, and this collection never changes it.",
    ),
    "opens_policies": Kind(
        (STOP, WARNING),
        "As a configured connected organization the MSSP could request packages of others, some of them without approval.",
        "Set mssp_onboard_connected_org_state: proposed, which suffices, or accept it: mssp_onboard_accept: [opens_policies].",
    ),
    "governance_feature": Kind(
        (STOP, WARNING),
        "What was chosen takes Microsoft Entra ID Governance, and for guests an Azure subscription that is linked.",
        "Leave it out, or license the tenant and link a subscription.",
    ),
    "guest_billing": Kind(
        (NOT_CHECKED,),
        "Whether an Azure subscription is linked for guests cannot be read.",
        "The defaults stay inside Entra ID P2, which is not billed for guests; ask the customer when a policy is refused.",
    ),
    "urbac_silent": Kind(
        (STOP, WARNING),
        "Defender's unified role-based access control does not answer; that it answers never means that it is active.",
        _DEFENDER,
        "defender",
    ),
    "permission_unknown": Kind(
        (WARNING,),
        "A permission of a tier is not in this tenant's own list of Defender permissions.",
        "Correct the permissions of the tier, or expect Defender to refuse the role.",
        "defender",
    ),
    "naming_policy": Kind(
        (INFO,),
        "The tenant's naming policy for groups would not have our names; Microsoft applies it to Microsoft 365 groups only.",
        "Nothing has to be done; mssp_onboard_name_prefix and the names of tiers can follow the policy.",
    ),
    "restricted_group": Kind(
        (STOP,),
        "A group to take over is in a restricted management administrative unit, which entitlement management cannot manage.",
        "The customer takes the group out of the unit, or the run uses another one.",
    ),
    "not_readable": Kind(
        (NOT_CHECKED,),
        "Gates that could not be read, because the application may not or because this cloud has no such page.",
        "To have them checked, grant {missing} too, with the application's whole set: {consent}",
        None,
    ),
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that the preflight has found.

    :param says: one sentence.
    :param accepted: the operator knows of it, so it stops nothing.
    """

    id: str
    severity: str
    says: str
    remedy: str
    accepted: bool = False

    def as_result(self, cloud: Cloud, tenant_id: str) -> dict[str, t.Any]:
        """As a module returns it, with the page of this tenant where it is put right."""
        page = KINDS[self.id].page
        link = portal_url(cloud, tenant_id) if page == "defender" else _ENTRA.get(cloud.name) if page else None
        return {
            "id": self.id,
            "severity": self.severity,
            "is": self.says,
            "remedy": self.remedy,
            "link": link,
            "accepted": self.accepted,
        }


def found(kind: str, severity: str, says: str, **values: str) -> Finding:
    """A finding of that kind.

    :param says: one sentence, with a full stop.
    :param values: what the remedy has in braces.
    """
    return Finding(kind, severity, says, KINDS[kind].remedy.format(**values))


def elsewhere(why: str, about: t.Iterable[str]) -> Finding:
    """What no permission would let this application read: a person has to look.

    :param about: clauses; each is told once.
    """
    says = f"Not checked, since {why.rstrip('. ')}: {'; '.join(dict.fromkeys(about))}."
    return Finding("not_readable", NOT_CHECKED, says, "Look at it in the Entra admin center.")


def quoted(names: t.Iterable[t.Any], most: int = 5) -> str:
    """Names of the customer's directory in a sentence: on one line, and not all of very many."""
    told = [f"'{' '.join(str(name).split())}'" for name in names]
    return ", ".join(told[:most]) + (f" and {len(told) - most} more" if len(told) > most else "")
