# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories of users and of the cross-tenant access policy."""

from __future__ import annotations

import typing as t

from harness import world
from harness.tenants import Tenant
from harness.ways import by_hand
from harness.ways.directory import DENIED, NOWHERE
from harness.ways.telling import Story, failures, predicted, registered, step

_LEAD = f"lead@{world.MSSP_DOMAIN}"
_ADA = "ada@{{ tenant.domain }}"


def _people(tenant: Tenant) -> dict[str, t.Any]:
    tenant.link(f"groups/{tenant.group('Tier 1')}/members", tenant.user("ada"))
    return {"organization": by_hand.organization(tenant, "Our MSSP", world.MSSP_TENANT)}


USER = Story(
    "user",
    _people,
    [
        predicted("block in check mode", "aad_user", "changed", user=_LEAD, enabled=False),
        registered(step("block", "aad_user", "changed", user=_LEAD, enabled=False), "blocked"),
        step("block again", "aad_user", "ok", user=_LEAD, enabled=False),
        step("let in what was registered", "aad_user", "changed", user="{{ blocked.user }}", enabled="yes"),
        step("nothing stated", "aad_user", "ok", user="{{ blocked.user.id }}"),
        step("read one", "aad_user_info", "ok", user=_LEAD),
        step("read several", "aad_user_info", "ok", users=[_LEAD, "{{ blocked.user }}", _ADA]),
        step("read a group", "aad_user_info", "ok", group="Tier 1", with_sign_in=True),
        step("read an organization", "aad_user_info", "ok", connected_org="{{ organization }}"),
        predicted("absent in check mode", "aad_user", "changed", user=_LEAD, state="absent"),
        step("absent", "aad_user", "changed", user=_LEAD, state="absent"),
        step("absent again", "aad_user", "ok", user=_LEAD, state="absent"),
    ],
)

USER_FAILURES = failures(
    "user-failures",
    _people,
    [
        step("read everybody", "aad_user_info", "ok"),
        step("read without permission", "aad_user_info", DENIED, user=_ADA, client="nobody"),
        step("read nobody's name", "aad_user_info", "InvalidInput", user=""),
        step("read by two filters", "aad_user_info", "mutually exclusive: user|users", user=_ADA, group="Tier 1"),
        step("no such organization", "aad_user_info", "InvalidInput", connected_org=NOWHERE),
        step("nobody of this name", "aad_user", "InvalidInput", user="nobody@nowhere.example", enabled=False),
        step("no name", "aad_user", "missing required arguments: user", enabled=False),
        step("without permission", "aad_user", DENIED, user=_ADA, enabled=False, client="reader"),
        step("no guest", "aad_user", "InUse", user=_ADA, state="absent"),
    ],
)

_ENTRY: dict[str, t.Any] = {"partner_tenant_id": world.MSSP_TENANT, "inbound": "allow", "trust_mfa": True}
_ENTRY_CHANGED: dict[str, t.Any] = {
    "partner_tenant_id": world.MSSP_TENANT,
    "inbound": "block",
    "trust_mfa": False,
    "trust_compliant_device": True,
}
_ENTRY_GONE: dict[str, t.Any] = {"partner_tenant_id": world.MSSP_TENANT, "state": "absent"}

PARTNER = Story(
    "partner",
    lambda tenant: {},
    [
        predicted("create in check mode", "cross_tenant_access", "changed", **_ENTRY),
        step("create", "cross_tenant_access", "changed", **_ENTRY),
        step("create again", "cross_tenant_access", "ok", **_ENTRY),
        predicted("change in check mode", "cross_tenant_access", "changed", **_ENTRY_CHANGED),
        step("change", "cross_tenant_access", "changed", **_ENTRY_CHANGED),
        step("change again", "cross_tenant_access", "ok", **_ENTRY_CHANGED),
        step("read one", "cross_tenant_access_info", "ok", partner_tenant_id=world.MSSP_TENANT),
        step("read all", "cross_tenant_access_info", "ok"),
        predicted("absent in check mode", "cross_tenant_access", "changed", **_ENTRY_GONE),
        step("absent", "cross_tenant_access", "changed", **_ENTRY_GONE),
        step("absent again", "cross_tenant_access", "ok", **_ENTRY_GONE),
    ],
)

PARTNER_FAILURES = failures(
    "partner-failures",
    lambda tenant: {},
    [
        step("read without permission", "cross_tenant_access_info", DENIED, client="nobody"),
        step("read nothing", "cross_tenant_access_info", "InvalidInput", partner_tenant_id=" "),
        step("read no tenant", "cross_tenant_access_info", "InvalidInput", partner_tenant_id=world.MSSP_DOMAIN),
        step("without permission", "cross_tenant_access", DENIED, **_ENTRY, client="reader"),
        step("no tenant", "cross_tenant_access", "InvalidInput", partner_tenant_id=world.MSSP_DOMAIN),
        step("itself", "cross_tenant_access", "InvalidInput", partner_tenant_id="{{ tenant.tenant_id }}"),
        step("wrong choice", "cross_tenant_access", "must be one of: allow, block, default", **{**_ENTRY, "inbound": "open"}),
    ],
)

STORIES = (USER, USER_FAILURES, PARTNER, PARTNER_FAILURES)
