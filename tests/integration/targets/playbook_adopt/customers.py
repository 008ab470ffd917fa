# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tenants that somebody set up by hand, each in another way."""

from __future__ import annotations

import typing as t

from hand_made import ALERTS, LIVE, READ, RESPONSE, XDR, Hand, reviews, stage
from harness.drift_policies import after, every, organization
from harness.tenants import EM, ROLES
from harness.world import OTHER_TENANT

TIER1 = "Tier 1 analysts of the MSSP, everything but live response and security settings"
TIER2 = "Tier 2 analysts of the MSSP, tier 1 and live response"
LEADS = "People of the MSSP who decide its analysts' requests"


def published(hand: Hand) -> None:
    """The walkthrough, to the letter: two tiers and the approvers."""
    hand.connect()
    hand.group("one", "Tier 1 Analyst", TIER1)
    hand.group("two", "Tier 2 Analyst", TIER2)
    hand.group("lead", "MSSP Analyst Approvers", LEADS)
    hand.role("one", "Tier 1 Analysts", [READ, ALERTS, RESPONSE], TIER1)
    hand.role("two", "Tier 2 Analysts", [READ, ALERTS, RESPONSE, LIVE], TIER2)
    hand.new_catalog()
    for word, name, text in (
        ("one", "Tier 1 Analyst", TIER1),
        ("two", "Tier 2 Analyst", TIER2),
        ("lead", "MSSP Analyst Approvers", LEADS),
    ):
        hand.package(word, name, text)
    hand.policy("one", description="Users of the MSSP SOC tenant may request Tier 1 access", approvers=[hand.members("lead")])
    hand.policy("two", description="Users of the MSSP SOC tenant may request Tier 2 access", approvers=[hand.members("lead")])
    ada = hand.user("ada")
    text = "Users of the MSSP SOC tenant may request approver access; the customer decides"
    hand.policy("lead", description=text, approvers=[ada], reviewSettings=reviews(ada))


def without_a_role(hand: Hand) -> None:
    """The walkthrough, of which somebody has deleted the role of tier 2."""
    published(hand)
    hand.tenant.delete(f"{ROLES}/{hand.roles['two']}", beta=True)


def other(hand: Hand) -> None:
    """Other names and another order, three tiers, one hidden, two stages, monthly reviews by the customer, other scopes."""
    hand.connect("Fabrikam", "", state="proposed")
    hand.new_catalog("Partner access", "")
    hand.group("lead", "SOC Leads")
    hand.group("hunt", "Hunters")
    hand.group("watch", "Watchers")
    hand.group("forensics", "Forensics")
    hand.role("hunt", "Hunting", [READ, ALERTS, RESPONSE], scopes=("Mde", "Mdo"))
    hand.role("forensics", "Deep look", [f"{XDR}secops/*/manage", f"{XDR}configuration/*/read"], scopes=("/",))
    hand.role("watch", "Watching", [READ], scopes=("Mdi", "Mda", "Mde"))
    for word, name in (("forensics", "A: Forensics"), ("hunt", "B: Hunting"), ("watch", "C: Watching"), ("lead", "D: Leads")):
        hand.package(word, name, isHidden=word == "hunt")
    ada, ben = hand.user("ada"), hand.user("ben")
    late = {"isEscalationEnabled": True, "durationBeforeEscalation": "P3D", "escalationApprovers": [ben]}
    manager = {"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 2}
    first = stage(
        manager, fallbackPrimaryApprovers=[ben], durationBeforeAutomaticDenial="P7D", approverInformationVisibility="notVisible"
    )
    monthly = {"recurrence": every("absoluteMonthly", 1), "expiration": after("P10D")}
    common: dict[str, t.Any] = {
        "name": "Partner people",
        "expiration": after("P180D"),
        "approval": {"isApprovalRequiredForUpdate": False},
    }
    by_ada = reviews(ada, schedule=monthly, expirationBehavior="acceptAccessRecommendation")
    leads = hand.members("lead")
    hand.policy("forensics", stages=[first, stage(ada, **late)], reviewSettings=None, **common)
    hand.policy("hunt", stages=[stage(leads), stage(ada, isApproverJustificationRequired=False)], reviewSettings=by_ada, **common)
    hand.policy("watch", stages=[stage(leads)], reviewSettings=by_ada, **{**common, "expiration": after("P90D")})
    text = "Users of the MSSP SOC tenant may request approver access; the customer decides"
    common["description"] = text
    hand.policy("lead", approvers=[ada, ben], reviewSettings=reviews(ada, ben, schedule=monthly), **common)


def hostile(hand: Hand, marker: str) -> None:
    """Names that are templates, YAML, or hard to write; `marker` is a file that nothing may make."""
    touch = "{{ lookup('ansible.builtin.pipe', 'touch " + marker + "') }}"
    hand.connect(f"Fabrikam {touch}", "{% raw %}" + touch)
    hand.new_catalog("Cat\"alog \\ 's: # no comment", "null")
    hand.group("one", f"one {touch}", "yes")
    hand.group("two", "!unsafe 1e3\u2028\x85é漢😀\u202e", "line one\n- line two: {{ 1 + 1 }}\n\ttab")
    hand.group("lead", "null", "")
    hand.role("one", f"role {touch}", [READ], "yes")
    hand.role("two", "0x1F", [READ, ALERTS], "line one\n- line two: {{ 1 + 1 }}\n\ttab", scopes=("Mde",))
    hand.package("one", "yes", "yes")
    hand.package("two", "--- {{ mssp_onboard_client_secret }}", "line one\n- line two: {{ 1 + 1 }}\n\ttab")
    hand.package("lead", "~", "")
    name, ada = f"policy {touch}", hand.user("ada")
    hand.policy("one", name, touch, approvers=[hand.members("lead")])
    hand.policy("two", name, "{# comment #}\r\n[1, 2]", approvers=[hand.members("lead")])
    text = "Users of the MSSP SOC tenant may request approver access; the customer decides"
    hand.policy("lead", name, text, approvers=[ada], reviewSettings=reviews(ada))


def beyond(hand: Hand) -> None:
    """Much that variables cannot say, around a set-up that they can."""
    published(hand)
    catalog, tenant = hand.catalog, hand.tenant
    tenant.link(f"groups/{hand.groups['one']}/owners", tenant.user("cyd"))
    sponsors = f"{EM}/connectedOrganizations/{hand.organization}"
    tenant.link(f"{sponsors}/internalSponsors", tenant.user("dee"))
    # Two policies for the MSSP on a package, and one for direct assignment.
    hand.policy("two", "Night shift", "second", approvers=[hand.members("lead")], expiration=after("P30D"))
    unasked = {"isApprovalRequiredForAdd": False, "isApprovalRequiredForUpdate": False}
    direct: dict[str, t.Any] = {"allowedTargetScope": "notSpecified", "specificAllowedTargets": [], "reviewSettings": None}
    hand.policy("two", "Direct", "by the customer", **direct, stages=[], approval=unasked)
    # Packages of others in the catalog, one of the MSSP without a Defender role, one in another catalog.
    hand.group("print", "Printers")
    hand.package("print", "Printing")
    hand.group("vpn", "VPN users")
    hand.package("vpn", "VPN")
    hand.policy("vpn", approvers=[hand.members("lead")])
    hand.new_catalog("Elsewhere")
    hand.group("old", "Old analysts")
    hand.package("old", "Old access")
    hand.policy("old", approvers=[hand.members("lead")])
    hand.catalog = catalog
    tenant.link(f"{EM}/accessPackages/{hand.packages['one']}/incompatibleGroups", hand.groups["print"])
    # A second role on a group, and a role that somebody else holds as well.
    hand.role("one", "Reading more", [f"{XDR}securityposture/posturemanagement/vulnerabilitymanagement/read"])
    hand.assign(hand.roles["two"], [hand.groups["print"]], ("Mdo",))


def different(hand: Hand) -> None:
    """Tiers as no variables of the role can say them: each difference is what a run would change."""
    hand.connect()
    partner = {"@odata.type": "#microsoft.graph.azureActiveDirectoryTenant", "tenantId": OTHER_TENANT, "displayName": "Tailspin"}
    body = {"displayName": "Tailspin", "description": "", "state": "configured", "identitySources": [partner]}
    partner_id = str(hand.tenant.post(f"{EM}/connectedOrganizations", body)["id"])
    hand.group("one", "First line", "The group")
    hand.group("more", "First line, more")
    hand.group("two", "Second line", "The group")
    hand.group("lead", "Leads", "The group")
    hand.role("one", "First", [READ], "The role")
    hand.assign(hand.roles["one"], [hand.groups["one"]], ("Mdo", "Mdi"))
    body = {"displayName": "Second", "description": "", "rolePermissions": [{"allowedResourceActions": [READ, ALERTS]}]}
    hand.roles["two"] = str(hand.tenant.post(ROLES, body, beta=True)["id"])
    hand.assign(hand.roles["two"], [hand.groups["two"], hand.groups["more"]])
    hand.new_catalog()
    hand.tenant.patch(f"{EM}/catalogs/{hand.catalog}", {"isExternallyVisible": False})
    hand.package("one", "First", "The package", grants=("one", "more"))
    hand.package("two", "Second", "The package")
    hand.package("lead", "Leads", "The package")
    leads, ada, ben = hand.members("lead"), hand.user("ada"), hand.user("ben")
    targets = [organization(hand.organization), organization(partner_id)]
    hand.policy("one", "Initial policy", approvers=[leads], specificAllowedTargets=targets, expiration={"type": "noExpiration"})
    quiet = {"isAssignmentNotificationDisabled": True}
    closed = {"enableTargetsToSelfUpdateAccess": False, "allowCustomAssignmentSchedule": True}
    odd = reviews(ada, schedule={"recurrence": every("absoluteMonthly", 2)})
    hand.policy("two", "Initial policy", approvers=[leads], requests=closed, notificationSettings=quiet, reviewSettings=odd)
    # Decided by one person, reviewed by another, and without a reason.
    no_reason = {"isRequestorJustificationRequired": False}
    hand.policy("lead", "Leads only", "Who leads", approvers=[ada], reviewSettings=reviews(ben), approval=no_reason)
