# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests whom entitlement management brings in, and what becomes of them (practice M5, M7, S9; EM B.2, G.2)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..clock import directory_time, long_time
from ..directory.user_store import delete_user, make_user
from ..policies_tenant.b2b_management import domain_allowed
from ..store import Row
from .connected_organizations import make_organization
from .identity_sources import DOMAIN_TYPE, TENANT_TYPE, organization_of
from .policy_rules import parse_duration
from .settings import current_settings

if TYPE_CHECKING:
    from ..graph.call import Call


def invite(call: Call, target: Row) -> bool:
    """Make a user of a subject that is none yet, without a mail. False where the tenant's policies forbid it.

    Forbidden is told only now, after the request was approved (T azure-docs#83206).
    """
    tenant, email = call.tenant, str(target["email"])
    if tenant.quirks.allow_invites_from == "none" or not domain_allowed(tenant.quirks, email.rpartition("@")[2]):
        return False
    user = _known(call, email) or _add_guest(call, email, target["displayName"])
    target.update(
        objectId=user["id"],
        email=user["mail"],
        principalName=user["userPrincipalName"],
        displayName=user["displayName"],
        subjectLifecycle="governed" if user.get("_invited_by_entitlement") else "notGoverned",
    )
    if organization_of(tenant, call.world, user) is None:
        _propose(call, email.rpartition("@")[2].lower())
    return True


def nothing_left(call: Call, target: Row, moment: datetime) -> None:
    """A person's last assignment ended: a guest who came for it, or is governed, is shut out, where the tenant wants that."""
    state, user_id = call.tenant.entitlement, str(target["objectId"])
    user = call.tenant.directory.users.get(user_id)
    if user is None or user["userType"] != "Guest" or target["subjectLifecycle"] != "governed":
        return
    if current_settings(call)["externalUserLifecycleAction"] != "none":
        user["accountEnabled"] = False
        state.blocked_guests[user_id] = moment


def delete_due(call: Call) -> list[datetime]:
    """Delete guests who were shut out long enough ago; when the others are due.

    Who was let in again, or has access again, is left alone.
    """
    state, settings, now = call.tenant.entitlement, current_settings(call), call.world.clock.now()
    wait = parse_duration(settings["durationUntilExternalUserDeletedAfterBlocked"] or "")
    coming = []
    for user_id, blocked in list(state.blocked_guests.items()):
        user = call.tenant.directory.users.get(user_id)
        live = any(row["_target"]["objectId"] == user_id for row in state.live_assignments())
        if user is None or user["accountEnabled"] or live:
            del state.blocked_guests[user_id]
        elif settings["externalUserLifecycleAction"] != "blockSignInAndDelete":
            continue
        elif blocked + wait <= now:
            del state.blocked_guests[user_id]
            delete_user(call.tenant.directory, user, directory_time(blocked + wait))
        else:
            coming.append(blocked + wait)
    return coming


def _known(call: Call, email: str) -> Row | None:
    names = ("mail", "userPrincipalName")
    return next((row for row in call.tenant.directory.users if email.lower() in (str(row[name]).lower() for name in names)), None)


def _add_guest(call: Call, email: str, name: str | None) -> Row:
    moment = directory_time(call.world.clock.now())
    nickname = f"{email.replace('@', '_')}#EXT#"
    return call.tenant.directory.users.add(
        make_user(
            call.tenant.ids.next(),
            moment,
            displayName=name or email.partition("@")[0],
            mail=email,
            mailNickname=nickname,
            otherMails=[email],
            userPrincipalName=f"{nickname}@{call.tenant.domain}",
            userType="Guest",
            creationType="Invitation",
            externalUserState="PendingAcceptance",
            externalUserStateChangeDateTime=moment,
            _invited_by_entitlement=True,
        )
    )


def _propose(call: Call, domain: str) -> None:
    """An organization that nobody configured becomes known as proposed (D entitlement-management-organization)."""
    known = call.world.find_known(domain)
    source = (
        {"@odata.type": TENANT_TYPE, "tenantId": known.tenant_id, "displayName": known.display_name}
        if known
        else {"@odata.type": DOMAIN_TYPE, "domainName": domain, "displayName": domain}
    )
    call.tenant.entitlement.connected_organizations.add(
        make_organization(
            call.tenant.ids.next(),
            long_time(call.world.clock.now()),
            displayName=known.display_name if known else domain,
            description=domain,
            state="proposed",
            identitySources=[source],
        )
    )
