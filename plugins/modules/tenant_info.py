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
extends_documentation_fragment:
  - mssp.defender.graph
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
from ansible_collections.mssp.defender.plugins.module_utils._failures import Failure, GraphError
from ansible_collections.mssp.defender.plugins.module_utils._graph._auth import _claims
from ansible_collections.mssp.defender.plugins.module_utils._graph._odata import is_guid
from ansible_collections.mssp.defender.plugins.module_utils._resources import listing, tenants
from ansible_collections.mssp.defender.plugins.module_utils._resources.features import FEATURES, needed
from ansible_collections.mssp.defender.plugins.module_utils._runner import run_module
from ansible_collections.mssp.defender.plugins.module_utils._task import Task

_SETTINGS = "identityGovernance/entitlementManagement/settings"
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
        },
    )
)


def run(task: Task) -> dict[str, t.Any]:
    """Who and where am I, and what may I do?"""
    params = task.params
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
    tenant = _tenant(task, claims)
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
        "consent_url": task.consent_url(),
        "looked_up": _other(task),
        "groups": listing.groups_named(task.graph, params["group_names"]),
        "settings": _settings(task) if params["with_settings"] else None,
        "links": {
            "approvals": tenants.approvals_url(task.cloud, tenant["domain"]),
            "portal": tenants.portal_url(task.cloud, str(tenant["id"])),
        },
    }


def _other(task: Task) -> dict[str, t.Any] | None:
    wanted = task.params["look_up"]
    if not wanted:
        return None
    by_id = is_guid(wanted)
    found = tenants.look_up(task.graph, tenant_id=wanted if by_id else None, domain=None if by_id else wanted)
    return {"id": found.tenant_id, "display_name": found.name, "domain": found.domain} if found else None


def _settings(task: Task) -> dict[str, t.Any] | None:
    try:
        found = task.graph.get(_SETTINGS)
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
