# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What no audit of a customer's tenant can tell, and what this one could not read. (Decisions B.6.)"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.plugin_utils.audit_facts import Facts
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_people import People
from ansible_collections.mssp.defender.plugins.plugin_utils.audit_values import Finding, Json, finding

_NEVER = (
    (
        "GDAP and reseller relationships",
        "Only the partner's tenant shows them.",
        "Partner Center, or the inventory plugin of the MSSP's tenant.",
    ),
    (
        "Whether the workloads are active under unified RBAC",
        "No API tells it; until then Defender roles exist and are not enforced.",
        "Defender portal, System, Permissions, Microsoft Defender XDR, Roles, Workload settings.",
    ),
    (
        "User access to device groups",
        "No API tells it; without it members see no devices.",
        "Defender portal, Settings, Endpoints, Device groups.",
    ),
    (
        "The linked Azure subscription for guests",
        "No API of the tenant tells it.",
        "Entra admin center, External Identities, Linked subscriptions.",
    ),
    (
        "Whether a session is live",
        "A session lasts as long as its access token, about an hour; nothing shows it.",
        "Sign-in logs of the tenant.",
    ),
    (
        "Just-in-time membership (PIM) of the groups",
        "It takes permissions that this audit does not ask for. Who is eligible by a package is known; who is so otherwise "
        "counts as a member only while they have activated it.",
        "Entra admin center, Identity governance, Privileged Identity Management, Groups.",
    ),
    (
        "Entra roles that people are eligible for (PIM)",
        "It takes permissions that this audit does not ask for; a role counts while it is active.",
        "Entra admin center, Identity governance, Privileged Identity Management, Microsoft Entra roles.",
    ),
    (
        "Permissions of the application that onboards",
        "The audit's token tells only its own.",
        "Entra admin center, Enterprise applications, Permissions; or tenant_info with that application's credentials.",
    ),
)
_LOG = (
    "Memberships and approvals older than the audit log",
    "Microsoft keeps the log for 30 days, and for 7 without Entra ID P1.",
    "Keep the documents of earlier audits.",
)
_NO_LOG = (
    "Since when and by whom people are in groups, and who approved",
    "This cloud has no audit log in Microsoft Graph.",
    "Entra admin center, Audit logs.",
)
_DEFENDER = (
    "Defender roles",
    "mssp_onboard_skip_defender says that this tenant has no unified RBAC.",
    "Unset it when it has.",
)


def not_checked(facts: Facts) -> list[Json]:
    """Once for each customer."""
    rows = [*_NEVER, _NO_LOG if "china" in str(facts.raw.get("cloud") or "").lower() else _LOG]
    if facts.raw.get("skip_defender"):
        rows.append(_DEFENDER)
    return [{"what": what, "why": why, "how": how} for what, why, how in rows]


def not_read(facts: Facts, _people: People) -> t.Iterator[Finding]:
    """A finding for each part that failed, and for drift that was not looked at to the end."""
    tenant = facts.tenant
    about = ("tenant", tenant.get("display_name") or tenant.get("domain"), tenant.get("id"))
    for problem in facts.raw.get("problems") or []:
        is_ = f"{problem['what']} could not be read: {problem['message']}"
        yield finding("MSSP900", about, is_, f"{problem['what']} can be read.", property=problem["what"])
    stopped = (facts.raw.get("drift") or {}).get("problem")
    if stopped:
        yield finding(
            "MSSP901", about, f"Drift was not fully checked: {stopped}", "The onboarding runs to its end in check mode."
        )
