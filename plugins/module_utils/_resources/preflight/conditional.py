# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Conditional Access on guests (practice M7): what it forbids the MSSP's people, as far as a policy tells by itself.

Groups, roles and named users in a policy are not followed: the MSSP's guests are not there yet.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._normalise import word
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight import access
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import (
    INFO,
    STOP,
    WARNING,
    Finding,
    found,
    quoted,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gate import (
    Answers,
    Gate,
    Question,
    Wanted,
    rows,
)

# "Azure AD Identity Governance - Entitlement Management", Microsoft's own application.
ENTITLEMENT_MANAGEMENT = "810dcf14-1858-4bf2-8134-4c369fa3235b"
_GUESTS = "guestsorexternalusers"
_MANAGED_DEVICE = {"compliantdevice", "domainjoineddevice"}
# Conditions under which only a policy applies; without any it always does.
_NARROWING = (
    "locations",
    "platforms",
    "devices",
    "clientApplications",
    "userRiskLevels",
    "signInRiskLevels",
    "servicePrincipalRiskLevels",
    "insiderRiskLevels",
)


def _questions(wanted: Wanted) -> list[Question]:
    if not wanted.concerns("entitlement") or wanted.in_partners_own:
        return []
    any_of = ("Policy.Read.All", "Policy.Read.ConditionalAccess", "Policy.ReadWrite.ConditionalAccess")
    return [Question("conditional", "what Conditional Access asks of guests", "identity/conditionalAccess/policies", any_of)]


def concerns_guests(users: Entity, partner_id: str | None) -> bool:
    """Whether a policy with these users is for B2B guests of the MSSP."""
    included = {word(name) for name in users.get("includeUsers") or ()}
    excluded = {word(name) for name in users.get("excludeUsers") or ()}
    if _GUESTS in excluded or _names(users.get("excludeGuestsOrExternalUsers"), partner_id):
        return False
    return bool(included & {"all", _GUESTS}) or _names(users.get("includeGuestsOrExternalUsers"), partner_id)


def _names(kinds: t.Any, partner_id: str | None) -> bool:
    if not kinds:
        return False
    said = kinds.get("guestOrExternalUserTypes") or ""
    types = {word(kind) for kind in (said.split(",") if isinstance(said, str) else said)}
    if "b2bcollaborationguest" not in {str(kind).strip() for kind in types}:
        return False
    tenants = kinds.get("externalTenants") or {}
    if word(tenants.get("membershipKind")) == "enumerated" or tenants.get("members"):
        return word(partner_id) in {word(member) for member in tenants.get("members") or ()}
    return True


def concerns_requests(applications: Entity) -> bool:
    """Whether a policy with these applications is for requests of access packages."""
    included = {word(name) for name in applications.get("includeApplications") or ()}
    excluded = {word(name) for name in applications.get("excludeApplications") or ()}
    return bool(included & {"all", ENTITLEMENT_MANAGEMENT}) and ENTITLEMENT_MANAGEMENT not in excluded


def _unconditional(conditions: Entity) -> bool:
    clients = {word(kind) for kind in conditions.get("clientAppTypes") or ()}
    return clients <= {"all"} and not any(conditions.get(name) for name in _NARROWING)


def _flows(conditions: Entity) -> set[str]:
    said = (conditions.get("authenticationFlows") or {}).get("transferMethods") or ""
    return {str(word(flow)).strip() for flow in (said.split(",") if isinstance(said, str) else said)} - {""}


def _judge(wanted: Wanted, answers: Answers) -> list[Finding]:
    blocking: list[t.Any] = []
    guests: list[t.Any] = []
    devices: list[t.Any] = []
    flows: list[t.Any] = []
    for policy in rows(answers, "conditional") or ():
        conditions = policy.get("conditions") or {}
        if word(policy.get("state")) != "enabled" or not concerns_guests(conditions.get("users") or {}, wanted.partner_id):
            continue
        controls = {word(control) for control in (policy.get("grantControls") or {}).get("builtInControls") or ()}
        name = policy.get("displayName")
        if _flows(conditions):
            flows += [name] if "devicecodeflow" in _flows(conditions) and "block" in controls else []
            continue
        if concerns_requests(conditions.get("applications") or {}):
            (blocking if "block" in controls and _unconditional(conditions) else guests).append(name)
        if controls & _MANAGED_DEVICE and not _another_way(policy, controls):
            devices.append(name)
    return [*_of_requests(blocking, guests), *_of_devices(answers, devices), *_of_flows(wanted, flows)]


def _another_way(policy: Entity, controls: t.Collection[t.Any]) -> bool:
    """Whether something else than a managed device will do as well."""
    grant = policy.get("grantControls") or {}
    return word(grant.get("operator")) == "or" and bool(set(controls) - _MANAGED_DEVICE or grant.get("authenticationStrength"))


def _of_requests(blocking: list[t.Any], guests: list[t.Any]) -> list[Finding]:
    findings = []
    if blocking:
        says = f"Conditional Access blocks all guests from requesting access packages: {quoted(blocking)}."
        findings.append(found("conditional_access_blocks", STOP, says))
    if guests:
        says = f"Conditional Access for guests does not exclude the app Entitlement Management: {quoted(guests)}."
        findings.append(found("conditional_access_guests", WARNING, says))
    return findings


def _of_devices(answers: Answers, devices: list[t.Any]) -> list[Finding]:
    trust = (access.entry(answers) or {}).get("inboundTrust") or {}
    if not devices or trust.get("isCompliantDeviceAccepted"):
        return []
    says = f"Conditional Access wants a managed device of guests, and those of the MSSP do not count: {quoted(devices)}."
    return [found("device_not_trusted", WARNING, says)]


def _of_flows(wanted: Wanted, flows: list[t.Any]) -> list[Finding]:
    if not flows:
        return []
    says = f"Conditional Access blocks the device code flow: {quoted(flows)}."
    return [found("device_code_blocked", WARNING if "approve" in wanted.features else INFO, says)]


GATE = Gate(_questions, _judge)
