# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""May guests be invited at all, and from the MSSP's domains (practice M7)."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import (
    STOP,
    WARNING,
    Finding,
    elsewhere,
    found,
    quoted,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gate import (
    Answers,
    Gate,
    Question,
    Wanted,
    read,
    rows,
)

POLICY_READ = ("Policy.Read.All",)
_ABOUT = "from which domains guests may be invited"
# b2bmanagementpolicy-get marks the national clouds as without it.
_CLOUD = "public"


def _invitations(wanted: Wanted) -> list[Question]:
    if not wanted.concerns("entitlement"):
        return []
    return [Question("authorization", "who may invite guests", "policies/authorizationPolicy", POLICY_READ)]


def _judge_invitations(wanted: Wanted, answers: Answers) -> list[Finding]:
    policy = read(answers, "authorization")
    if policy is None or word(policy.get("allowInvitesFrom")) != "none":
        return []
    says = "Nobody may invite guests into this tenant: approved requests of the MSSP's people would not be delivered."
    return [found("invitations_off", STOP, says)]


INVITATIONS = Gate(_invitations, _judge_invitations)


def _domains(wanted: Wanted) -> list[Question]:
    if not wanted.concerns("entitlement") or not wanted.partner_id or wanted.cloud.name != _CLOUD:
        return []
    return [
        Question(
            "domains",
            _ABOUT,
            "policies/b2bManagementPolicies",
            ("Policy.Read.B2BManagementPolicy", "Policy.ReadWrite.B2BManagementPolicy"),
            beta=True,
        )
    ]


def domain_lists(policies: t.Iterable[t.Mapping[str, t.Any]]) -> tuple[list[str] | None, list[str]]:
    """The allow list, None where there is none, and the deny list, of the policies' JSON texts.

    :raises ValueError: a text that is not of the known form.
    """
    allowed: list[str] | None = None
    blocked: list[str] = []
    for policy in policies:
        for text in policy.get("definition") or ():
            content = json.loads(text)
            if not isinstance(content, dict):
                raise ValueError(text)
            lists = (content.get("B2BManagementPolicy") or {}).get("InvitationsAllowedAndBlockedDomainsPolicy") or {}
            if lists.get("AllowedDomains") is not None:
                allowed = [*(allowed or []), *(str(name).lower() for name in lists["AllowedDomains"])]
            blocked += [str(name).lower() for name in lists.get("BlockedDomains") or ()]
    return allowed, blocked


def _judge_domains(wanted: Wanted, answers: Answers) -> list[Finding]:
    if wanted.cloud.name != _CLOUD and wanted.concerns("entitlement"):
        return [elsewhere(f"Microsoft Graph has no such page in the cloud {wanted.cloud.name}", [_ABOUT])]
    policies = rows(answers, "domains")
    if policies is None:
        return []
    try:
        allowed, blocked = domain_lists(policies)
    except (AttributeError, TypeError, ValueError):
        return []
    # Of the MSSP's domains only these are public.
    looked_up = (read(answers, "partner") or {}).get("defaultDomainName")
    known = list(dict.fromkeys(str(domain).lower() for domain in (*wanted.partner_domains, looked_up) if domain))
    out = [name for name in known if (allowed is not None and name not in allowed) or name in blocked]
    if not out:
        return []
    how = "is on the list of those from which nobody may be invited" if set(out) & set(blocked) else "is not on the list of those"
    if not set(out) & set(blocked):
        how += " from which guests may be invited"
    # People of another domain of the MSSP may still get in.
    return [found("domain_not_allowed", STOP if len(out) == len(known) else WARNING, f"The MSSP's domain {quoted(out)} {how}.")]


def unreadable_domains(answers: Answers) -> bool:
    """Whether the policies were read and are of another form than is known."""
    policies = rows(answers, "domains")
    try:
        domain_lists(policies or [])
    except (AttributeError, TypeError, ValueError):
        return True
    return False


DOMAINS = Gate(_domains, _judge_domains)
