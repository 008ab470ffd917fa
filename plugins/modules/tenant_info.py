#!/usr/bin/python
# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
---
module: tenant_info
short_description: Say which tenant and which application this is, and what the token may do
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - The preflight. It reads the tenant's name and domains and the permissions in the access token, and says which permissions are
    missing for what is intended, before anything is written.
options:
  features:
    description:
      - What is intended. The permissions it needs are compared with those in the token.
      - V(groups), V(defender) and V(entitlement) are the parts of V(onboard). V(role_assignable_groups) takes what making groups
        that may hold directory roles takes, which is more.
      - V(preflight) takes what reading the gates of a tenant takes; V(approve) are the delegated permissions of who decides requests.
      - V(cross_tenant) is setting another tenant's entry in the cross-tenant access policy.
      - V(catalog_owner) takes what onboarding reads where the application may write in one catalog only, by a role there.
      - V(audit) takes permissions to read only, V(audit_drift) those of it that the onboarding takes in check mode.
      - V(cut_off) also blocks users. V(block_tenant) and V(delete_guests) are what it and V(offboard) can do beyond.
    type: list
    elements: str
    choices:
      - onboard
      - groups
      - role_assignable_groups
      - defender
      - entitlement
      - catalog_owner
      - cut_off
      - block_tenant
      - cross_tenant
      - offboard
      - delete_guests
      - audit
      - audit_drift
      - preflight
      - approve
    default: []
  fail_on_missing:
    description: Fail with one sentence when a permission is missing.
    type: bool
    default: false
  exclusive:
    description:
      - Fail when another host of the same run names the same tenant, so that a typing error in one customer's variables does not
        end in another customer's tenant.
      - Has no effect where the module does not run in the controller's own process.
    type: bool
    default: false
  look_up:
    description: Another tenant, by id or domain, that Microsoft is asked about, such as the MSSP's own.
    type: str
  group_names:
    description:
      - Read the groups that have one of these display names as well, so that what is there is known before the first write. Several may
        have the same one.
    type: list
    elements: str
    default: []
  with_settings:
    description:
      - Read the settings of entitlement management as well, which say what becomes of guests whose last access ends.
      - What the application may not read is null.
    type: bool
    default: false
  gates:
    description:
      - Look at everything that decides whether a guest of the MSSP gets in and may work, and return it as RV(findings), with RV(licence)
        and RV(urbac). It takes two requests more, and reads only.
      - The gates are licences, invitations, lists of domains, cross-tenant access, Conditional Access, lifecycle of guests, what connecting
        the MSSP opens elsewhere, unified RBAC and its permissions, the naming policy of groups, and restricted administrative units.
      - What the application may not read, or the cloud does not have, is told as not checked and never fails. V(preflight) in O(features)
        names the permissions that it takes.
      - In the MSSP's own tenant, which is then O(tenant_id) and O(partner_tenant_id), only what that tenant lets out is looked at.
    type: bool
    default: false
  known_by:
    description:
      - Do not look at O(gates) where all these groups are among those of O(group_names), because the tenant has been let through before.
      - A group is written as the key of its tier, which its unique name ends in, or as its object id.
    type: list
    elements: str
    default: []
  partner_tenant_id:
    description: Tenant id of the MSSP. Without it the tenant of O(look_up) is the MSSP.
    type: str
  group_ids:
    description: Object ids of groups that are to be taken over.
    type: list
    elements: str
    default: []
  permissions_wanted:
    description: Permissions of the Defender roles that are to be made, as M(mssp.defender.mde_role) takes them.
    type: list
    elements: str
    default: []
  governance_features:
    description: What was chosen that takes Microsoft Entra ID Governance, and for guests a subscription that is linked.
    type: list
    elements: str
    choices:
      - sponsors
      - on_behalf
      - pim_eligible
      - verified_id
      - custom_extensions
      - auto_assignment
      - add_by_email
      - governed_guests
      - entra_roles
      - review_insights
    default: []
  org_state:
    description: The state that the connected organization of the MSSP is to have, as M(mssp.defender.connected_org) takes it.
    type: str
    choices: [configured, proposed]
  will_set:
    description: What the same run sets in the cross-tenant access policy, so that it is no finding.
    type: list
    elements: str
    choices: [inbound, trust_mfa]
    default: []
  accept:
    description: Findings, by their ids, that stop nothing. They become warnings.
    type: list
    elements: str
    default: []
  fail_on_findings:
    description: Fail with one sentence when a finding stops what O(features) intend. It tells all of them with their remedies.
    type: bool
    default: false
extends_documentation_fragment:
  - mssp.defender.graph
seealso:
  - name: All findings
    description: What each means and what to do about it.
    link: https://github.com/mssp-defender/mssp.defender/blob/main/docs/preflight.md
attributes:
  diff_mode:
    support: none
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: May this application onboard the customer?
  mssp.defender.tenant_info:
    tenant_id: contoso.onmicrosoft.com
    features: [onboard]
  register: preflight

- name: The link for the customer's administrator
  ansible.builtin.debug:
    msg: "{{ preflight.missing_permissions | join(', ') }} missing: {{ preflight.consent_url }}"
  when: preflight.missing_permissions | length > 0

- name: What stands between an approved request and an analyst at work?
  mssp.defender.tenant_info:
    tenant_id: contoso.onmicrosoft.com
    partner_tenant_id: 11111111-2222-3333-4444-555555555555
    features: [onboard]
    gates: true
  register: preflight
"""

RETURN = r"""
tenant:
  description: The tenant.
  returned: success
  type: dict
  contains:
    id:
      description: Tenant id.
      type: str
      returned: always
    display_name:
      description: Name of the organization; null when the token may not read it.
      type: str
      returned: always
    domain:
      description: The domain for links, the initial one if there is one.
      type: str
      returned: always
    verified_domains:
      description: All verified domains.
      type: list
      elements: str
      returned: always
  sample:
    display_name: Contoso
    domain: contoso.onmicrosoft.com
    id: aaaabbbb-0000-cccc-1111-dddd2222eeee
    verified_domains: [contoso.onmicrosoft.com, contoso.com]
application:
  description:
    - The application in whose name the token was issued, and the permissions in it (delegated ones for a person's token).
    - C(object_id) is its enterprise application in this tenant; null with a person's token.
  returned: success
  type: dict
  sample:
    client_id: 22222222-3333-4444-5555-666666666666
    object_id: 33333333-4444-5555-6666-777777777777
    permissions: [EntitlementManagement.ReadWrite.All, Group.ReadWrite.All]
delegated:
  description: Whether the token is a person's, with delegated permissions, and not the application's own.
  returned: success
  type: bool
  sample: false
auth_method:
  description: The credential method that was taken.
  returned: success
  type: str
  sample: client_secret
missing_permissions:
  description: Permissions that O(features) need and that the token lacks.
  returned: success
  type: list
  elements: str
  sample: [RoleManagement.ReadWrite.Defender]
missing_by_mode:
  description:
    - The same for each kind of application that a token of this kind can be, V(onboard) and V(audit), or V(approve) for a person's.
    - Empty lists say what it can be.
  returned: success
  type: dict
  sample:
    audit: []
    onboard: [RoleManagement.ReadWrite.Defender]
findings:
  description:
    - What was found with O(gates), the licence first, then what stops, warnings, information, and what could not be checked.
    - Null when the gates were not looked at.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: A word that stays the same, such as V(invitations_off).
      type: str
      returned: always
    severity:
      description: V(stop), V(warning), V(info) or V(not_checked).
      type: str
      returned: always
    is:
      description: One sentence.
      type: str
      returned: always
    remedy:
      description: What to do about it.
      type: str
      returned: always
    link:
      description: Where it is put right; null where there is no page, or none is documented for the cloud.
      type: str
      returned: always
    accepted:
      description: Whether O(accept) names it.
      type: bool
      returned: always
  sample:
    - accepted: false
      id: invitations_off
      is: "Nobody may invite guests into this tenant: approved requests of the MSSP's people would not be delivered."
      link: https://entra.microsoft.com
      remedy: "Entra admin center, External Identities, External collaboration settings: allow somebody to invite, at least administrators."
      severity: stop
licence:
  description:
    - What the tenant has bought, as far as it matters here; null when the gates were not looked at.
    - C(entra) is V(governance), V(p2), V(p1), V(none) or V(unknown), C(defender_endpoint) is V(p2), V(business), V(p1), V(none) or V(unknown).
  returned: success
  type: dict
  sample:
    defender_endpoint: p2
    entra: p2
    products: [AAD_PREMIUM_P2, WIN_DEF_ATP]
urbac:
  description:
    - Whether Defender's unified role-based access control answers, null where that could not be told; null when the gates were not looked at.
    - Whether it is active no API tells, so C(active) is always V(unknown).
  returned: success
  type: dict
  sample:
    active: unknown
    answers: true
consent_url:
  description: Where an administrator of the customer grants the application all the permissions that it asks for.
  returned: success
  type: str
  sample: https://login.microsoftonline.com/contoso.onmicrosoft.com/adminconsent?client_id=22222222-3333-4444-5555-666666666666
looked_up:
  description: The tenant of O(look_up); null when Microsoft knows none.
  returned: success
  type: dict
  sample:
    display_name: Fabrikam Security
    domain: fabrikam-soc.onmicrosoft.com
    id: 11111111-2222-3333-4444-555555555555
groups:
  description: The groups of O(group_names), as M(mssp.defender.aad_group_info) returns them.
  returned: success
  type: list
  elements: dict
  sample:
    - displayName: Tier 1 Analyst
      id: 3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10
      uniqueName: mssp-11111111-2222-3333-4444-555555555555-tier1
settings:
  description: Settings of entitlement management in Microsoft Graph's terms, if O(with_settings) is true.
  returned: success
  type: dict
  sample:
    durationUntilExternalUserDeletedAfterBlocked: P30D
    externalUserLifecycleAction: blockSignInAndDelete
links:
  description: Pages of this tenant. A page that its cloud has no documented address for is null.
  returned: success
  type: dict
  sample:
    approvals: https://myaccess.microsoft.com/@contoso.onmicrosoft.com#/
    portal: https://security.microsoft.com/?tid=aaaabbbb-0000-cccc-1111-dddd2222eeee
failure:
  description: What failed, for playbooks to test.
  returned: failure
  type: dict
  sample:
    code: MissingPermission
    message: the access token lacks RoleManagement.ReadWrite.Defender
    request_id: null
    status: null
"""

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._argspec import GRAPH, ArgumentSpec
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError, InvalidInput
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _claims
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid
from ansible_collections.mssp.defender.plugins.module_utils._paths import Entity
from ansible_collections.mssp.defender.plugins.module_utils._resources import listing, origin, tenants
from ansible_collections.mssp.defender.plugins.module_utils._resources.entitlement_management import SETTINGS
from ansible_collections.mssp.defender.plugins.module_utils._resources.features import FEATURES, needed
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight import gates, partner
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.finding import KINDS, Finding
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.gate import Wanted
from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight.licence import GOVERNANCE
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

_TOLD = ("externalUserLifecycleAction", "durationUntilExternalUserDeletedAfterBlocked")

SPEC = GRAPH.merge(
    ArgumentSpec(
        options={
            "features": {"type": "list", "elements": "str", "choices": list(FEATURES), "default": []},
            "fail_on_missing": {"type": "bool", "default": False},
            "exclusive": {"type": "bool", "default": False},
            "look_up": {"type": "str"},
            "group_names": {"type": "list", "elements": "str", "default": []},
            "with_settings": {"type": "bool", "default": False},
            "gates": {"type": "bool", "default": False},
            "known_by": {"type": "list", "elements": "str", "default": []},
            "partner_tenant_id": {"type": "str"},
            "group_ids": {"type": "list", "elements": "str", "default": []},
            "permissions_wanted": {"type": "list", "elements": "str", "default": []},
            "governance_features": {"type": "list", "elements": "str", "choices": list(GOVERNANCE), "default": []},
            "org_state": {"type": "str", "choices": ["configured", "proposed"]},
            "will_set": {"type": "list", "elements": "str", "choices": ["inbound", "trust_mfa"], "default": []},
            "accept": {"type": "list", "elements": "str", "default": []},
            "fail_on_findings": {"type": "bool", "default": False},
        },
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Who and where am I, and what may I do?"""
    params = task.params
    _check_accepted(params["accept"])
    if params["exclusive"]:
        task.claim_tenant()
    claims = task.tokens.claims()
    lacking = task.missing_permissions(needed(params["features"]))
    if lacking and params["fail_on_missing"]:
        raise Failure(
            f"the access token of the application {task.client_id} lacks {', '.join(lacking)}",
            remedy=f"An administrator of the customer grants the application's whole set here: {task.consent_url()}",
            code="MissingPermission",
        )
    task.graph.read_ahead([tenants.ORGANIZATION, *listing.asked_of_groups_named(params["group_names"])])
    tenant = _tenant(task, claims)
    other = _other(task)
    groups = listing.whole_groups_named(task.graph, params["group_names"])
    return {
        "changed": False,
        "tenant": tenant,
        "application": {
            "client_id": _claims.client_id(claims),
            # Of a person's token this would be the person.
            "object_id": None if _claims.is_delegated(claims) else claims.get("oid"),
            "permissions": _claims.permissions(claims),
        },
        "delegated": _claims.is_delegated(claims),
        "auth_method": task.tokens.method,
        "missing_permissions": lacking,
        "missing_by_mode": partner.by_mode(tuple(_claims.permissions(claims)), delegated=_claims.is_delegated(claims)),
        "consent_url": task.consent_url(),
        "looked_up": other,
        "groups": listing.groups_shown(task.graph, groups),
        **_gates(task, claims, str(tenant["id"]), other, groups),
        "settings": _settings(task) if params["with_settings"] else None,
        "links": {
            "approvals": tenants.approvals_url(task.cloud, tenant["domain"]),
            "portal": tenants.portal_url(task.cloud, str(tenant["id"])),
        },
    }


def _check_accepted(accepted: t.Iterable[str]) -> None:
    for name in accepted:
        if name not in KINDS:
            raise InvalidInput(f"accept names '{name}', which is no finding", remedy=f"Findings are {', '.join(KINDS)}.")


def _gates(
    task: Task, claims: t.Mapping[str, t.Any], tenant_id: str, other: t.Mapping[str, t.Any] | None, groups: list[Entity]
) -> dict[str, t.Any]:
    """What the gates say; nothing but nulls where they are not looked at."""
    params = task.params
    partner_id = params["partner_tenant_id"] or (other or {}).get("id")
    if not params["gates"] or origin.all_known(groups, partner_id, params["known_by"]):
        return {"findings": None, "licence": None, "urbac": None}
    sought = params["look_up"]
    domains = [(other or {}).get("domain"), None if not sought or is_guid(sought) else sought]
    wanted = Wanted(
        task.cloud,
        tenant_id,
        features=tuple(params["features"]),
        granted=tuple(_claims.permissions(claims)),
        consent=task.consent_url(),
        partner_id=partner_id,
        partner_domains=tuple(str(domain) for domain in domains if domain),
        partner_sought=sought,
        partner_confirmed=other is not None and other["id"] == partner_id,
        group_names=tuple(params["group_names"]),
        group_ids=tuple(params["group_ids"]),
        groups=tuple(groups),
        permissions=tuple(params["permissions_wanted"]),
        governance=tuple(params["governance_features"]),
        org_state=params["org_state"],
        sets=frozenset(params["will_set"]),
        accepted=frozenset(params["accept"]),
    )
    report = gates.report(wanted, gates.ask(task.graph, wanted))
    if params["fail_on_findings"]:
        _stop_at(gates.stopping(report.findings))
    return {
        "findings": [finding.as_result(task.cloud, tenant_id) for finding in report.findings],
        "licence": report.licence,
        "urbac": report.urbac,
    }


def _stop_at(shut: t.Sequence[Finding]) -> None:
    if shut:
        told = " ".join(f"({number}) {x.says} {x.remedy} [{x.id}]" for number, x in enumerate(shut, start=1))
        raise Failure(
            f"the preflight found what stands in the way: {told}",
            remedy="Nothing was written. What is to be accepted is named by its word in brackets, in accept (mssp_onboard_accept).",
            code="PreflightFindings",
        )


def _other(task: Task) -> dict[str, t.Any] | None:
    wanted = task.params["look_up"]
    if not wanted:
        return None
    by_id = is_guid(wanted)
    found = tenants.look_up(task.graph, tenant_id=wanted if by_id else None, domain=None if by_id else wanted)
    return {"id": found.tenant_id, "display_name": found.name, "domain": found.domain} if found else None


def _settings(task: Task) -> dict[str, t.Any] | None:
    try:
        found = task.graph.get(SETTINGS)
    except GraphError as error:
        if error.status not in (403, 404):
            raise
        return None
    return {key: found.get(key) for key in _TOLD}


def _tenant(task: Task, claims: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    try:
        organization = tenants.organization(task.graph)
    except GraphError as error:
        if error.status != 403:
            raise
        # Not being allowed to read its name is no reason to fail: missing_permissions says so.
        organization = {"id": claims.get("tid")}
    return {
        "id": organization["id"],
        "display_name": organization.get("displayName"),
        "domain": tenants.directory_hint(organization),
        "verified_domains": [domain["name"] for domain in organization.get("verifiedDomains") or []],
    }


def main() -> None:
    """Entry point of the ordinary way."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()
