# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories of groups, Defender roles and the preflight."""

from __future__ import annotations

import typing as t

from harness import world
from harness.tenants import ASSIGNMENTS, ROLES, Tenant
from harness.ways.telling import WAYS, Story, failures, predicted, registered, step

NOWHERE = "00000000-1111-4222-8333-444444444444"
BASICS = "microsoft.xdr/secops/securitydata/basics/read"
ALERTS = "microsoft.xdr/secops/securitydata/alerts/manage"
DENIED = "Authorization_RequestDenied"
DENIED_DEFENDER = "Forbidden"

_GROUP: dict[str, t.Any] = {
    "name": "Tier 1",
    "unique_name": "mssp-tier1",
    "description": "Tier 1 of the SOC",
    "members": ["ada@{{ tenant.domain }}"],
}
_CHANGED: dict[str, t.Any] = {
    "name": "Tier 1",
    "unique_name": "mssp-tier1",
    "description": "",
    "members": ["{{ ben }}", {"id": "{{ cyd }}", "displayName": "Cyd"}],
}
_GROUP_KNOWN: dict[str, t.Any] = {
    "name": "Tier 1",
    "state": "absent",
    "members": ["{{ ben }}", {"id": "{{ cyd }}", "displayName": "Cyd"}],
}


def _group(tenant: Tenant) -> dict[str, t.Any]:
    for _number in range(2):
        tenant.group("Twin")
    tenant.link(f"groups/{tenant.group('Squatted')}/members", tenant.user("dee"))
    return {name: tenant.user(name) for name in ("ben", "cyd")}


# On all ways, whatever the size.
GROUP = Story(
    "group",
    _group,
    [
        predicted("create in check mode", "aad_group", "changed", **_GROUP),
        registered(step("create", "aad_group", "changed", **_GROUP), "made"),
        step("create again", "aad_group", "ok", **_GROUP),
        predicted("change in check mode", "aad_group", "changed", **_CHANGED),
        step("change", "aad_group", "changed", **_CHANGED),
        step("change again", "aad_group", "ok", **_CHANGED),
        step("by the id that was registered", "aad_group", "changed", group_id="{{ made.group.id }}", description="By id"),
        step("read by id", "aad_group_info", "ok", group_id="{{ made.group.id }}"),
        step("read by name", "aad_group_info", "ok", name="Tier 1", with_members=True),
        step(
            "text in another type",
            "aad_group",
            "ok",
            group_id="{{ made.group.id }}",
            append="yes",
            members="{{ ben }},{{ cyd }}",
            wait_timeout="30",
        ),
        predicted("absent with those who are known in it", "aad_group", "changed", **_GROUP_KNOWN),
        predicted("absent in check mode", "aad_group", "changed", name="Tier 1", state="absent", force=True),
        step("absent", "aad_group", "changed", name="Tier 1", state="absent", force=True),
        step("absent again", "aad_group", "ok", name="Tier 1", state="absent", force=True),
    ],
    WAYS,
)

# Every kind of failure, on all ways.
GROUP_FAILURES = Story(
    "group-failures",
    _group,
    [
        step("read all", "aad_group_info", "ok"),
        step("read nothing", "aad_group_info", "InvalidInput", name=" "),
        step("read without permission", "aad_group_info", DENIED, name="Tier 1", client="nobody"),
        step("nobody of this name", "aad_group", "InvalidInput", name="Tier 1", members=["nobody@nowhere.example"]),
        step("no group of this id", "aad_group", "InvalidInput", group_id=NOWHERE, description="x"),
        step("without permission", "aad_group", DENIED, name="Tier 2", client="reader"),
        step("wrong secret", "aad_group", "AADSTS7000215", name="Tier 1", client="wrong"),
        step("two of one name", "aad_group", "Ambiguous", name="Twin", description="x"),
        step("with strangers in it", "aad_group", "AdoptionRefused", name="Squatted"),
        step("unknown option", "aad_group", "module: descripton. Supported parameters", name="Tier 1", descripton="x"),
        step("wrong choice", "aad_group", "must be one of: present, absent", name="Tier 1", state="gone"),
        # Of a boolean, core lists what it takes in an order of its own each time.
        step("wrong type", "aad_group", "unable to convert to int", name="Tier 1", wait_timeout="soon"),
        step("no name", "aad_group", "one of the following is required: name, group_id", description="x"),
        step("in use", "aad_group", "InUse", name="Squatted", state="absent"),
    ],
    WAYS,
)

_ROLE: dict[str, t.Any] = {
    "name": "Analysts",
    "description": "What tier 1 may do",
    "permissions": [BASICS, "alerts_investigation"],
    "assigned_groups": ["Tier 1"],
}
_ROLE_CHANGED: dict[str, t.Any] = {
    "name": "Analysts",
    "permissions": [BASICS],
    "assigned_groups": ["{{ tier1 }}", {"id": "{{ tier2 }}", "displayName": "Tier 2"}],
    "scopes": "Mde,Mdo",
}
_ROLE_TAKEN: dict[str, t.Any] = {"name": "Analysts", "unassigned_groups": ["Tier 1", "{{ tier2 }}"]}
_ROLE_GONE: dict[str, t.Any] = {"name": "Analysts", "state": "absent", "assigned_groups": ["Tier 1", "Tier 2"]}


def _role(tenant: Tenant) -> dict[str, t.Any]:
    def by_hand(name: str) -> str:
        body = {"displayName": name, "rolePermissions": [{"allowedResourceActions": [BASICS]}]}
        return str(tenant.post(ROLES, body, beta=True)["id"])

    for _number in range(2):
        by_hand("Twin")
    held = {"displayName": "By hand", "roleDefinitionId": by_hand("Held"), "principalIds": [tenant.group("Squatters")]}
    tenant.post(ASSIGNMENTS, {**held, "appScopeIds": ["Mde"]}, beta=True)
    return {"tier1": tenant.group("Tier 1"), "tier2": tenant.group("Tier 2")}


ROLE = Story(
    "role",
    _role,
    [
        predicted("create in check mode", "mde_role", "changed", **_ROLE),
        registered(step("create", "mde_role", "changed", **_ROLE), "made"),
        step("create again", "mde_role", "ok", **_ROLE),
        predicted("change in check mode", "mde_role", "changed", **_ROLE_CHANGED),
        step("change", "mde_role", "changed", **_ROLE_CHANGED),
        step("change again", "mde_role", "ok", **_ROLE_CHANGED),
        step(
            "append by the id that was registered",
            "mde_role",
            "changed",
            role_id="{{ made.role.id }}",
            permissions=[ALERTS],
            append=True,
        ),
        step("read by id", "mde_role_info", "ok", role_id="{{ made.role.id }}"),
        step("read by name", "mde_role_info", "ok", name="Analysts"),
        predicted("taken from groups in check mode", "mde_role", "changed", **_ROLE_TAKEN),
        step("taken from groups", "mde_role", "changed", **_ROLE_TAKEN),
        step("taken again", "mde_role", "ok", **_ROLE_TAKEN),
        predicted("absent in check mode", "mde_role", "changed", **_ROLE_GONE),
        step("absent", "mde_role", "changed", **_ROLE_GONE),
        step("absent again", "mde_role", "ok", **_ROLE_GONE),
    ],
)

ROLE_FAILURES = failures(
    "role-failures",
    _role,
    [
        step("read all", "mde_role_info", "ok"),
        step("read without permission", "mde_role_info", DENIED_DEFENDER, client="nobody"),
        step("read nothing", "mde_role_info", "InvalidInput", role_id=""),
        step("no such permission", "mde_role", "InvalidInput", name="Analysts", permissions=["nonsense"]),
        step("without permission", "mde_role", DENIED_DEFENDER, name="Others", permissions=[BASICS], client="reader"),
        step("two of one name", "mde_role", "Ambiguous", name="Twin", description="x"),
        step("assigned to strangers", "mde_role", "AdoptionRefused", name="Held", assigned_groups=["Tier 1"]),
        step("in use", "mde_role", "InUse", name="Held", state="absent"),
    ],
)

PREFLIGHT = Story(
    "preflight",
    lambda tenant: {},
    [
        step("who and where", "tenant_info", "ok", features=["onboard"]),
        predicted("in check mode", "tenant_info", "ok", features="groups,defender"),
        step("what is missing", "tenant_info", "ok", features=["onboard"], client="reader"),
        step("the MSSP", "tenant_info", "ok", look_up=world.MSSP_DOMAIN),
        step("what becomes of guests", "tenant_info", "ok", with_settings=True),
        step("every gate", "tenant_info", "ok", gates=True, partner_tenant_id=world.MSSP_TENANT, permissions_wanted=[BASICS]),
    ],
)

PREFLIGHT_FAILURES = failures(
    "preflight-failures",
    lambda tenant: {},
    [
        step(
            "missing is a failure",
            "tenant_info",
            "MissingPermission",
            features=["onboard"],
            fail_on_missing=True,
            client="reader",
        ),
        step("an unknown feature", "tenant_info", "must be one or more of", features=["onbaord"]),
        step("no tenant", "tenant_info", "InvalidInput", tenant_id=""),
        step("unknown tenant", "tenant_info", "AADSTS90002", tenant_id=NOWHERE),
        step("no cloud", "tenant_info", "InvalidInput", cloud="moon"),
        step(
            "a gate that is shut",
            "tenant_info",
            "PreflightFindings",
            features=["entitlement"],
            gates=True,
            fail_on_findings=True,
            partner_tenant_id=NOWHERE,
        ),
    ],
)

# Nobody signs in during a story, and an ordinary module could show no code.
SIGN_IN = Story(
    "sign-in-failures",
    lambda tenant: {},
    [
        step("who and where without a person", "tenant_info", "ok"),
        step("no application", "sign_in", "InvalidInput", client_id="", store_command=["cat"]),
        step("no such program", "sign_in", "InvalidInput", store_command=["no-such-vault"]),
        step("no command", "sign_in", "missing required arguments: store_command"),
    ],
)

STORIES = (GROUP, GROUP_FAILURES, ROLE, ROLE_FAILURES, PREFLIGHT, PREFLIGHT_FAILURES, SIGN_IN)
