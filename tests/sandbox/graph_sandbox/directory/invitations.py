# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``POST /invitations``: a guest by e-mail address (invitation-post), within what the tenant's policies let through."""

from __future__ import annotations

import re

from ..clock import directory_time
from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area, GraphError, bad_request
from ..graph.routing import Router
from ..policies_tenant.b2b_management import domain_allowed
from ..store import Row
from .types import WRITE_USERS
from .user_store import make_user

router = Router(Area.DIRECTORY)
_INVITE = ("User.Invite.All", *WRITE_USERS)
_ADDRESS = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


def make_guest(call: Call, mail: str, name: str | None = None) -> Row:
    """A guest who has not come in yet; the row is not kept anywhere."""
    moment = directory_time(call.world.clock.now())
    principal = f"{mail.replace('@', '_')}#EXT#@{call.tenant.domain}"
    return make_user(
        call.tenant.ids.next(),
        moment,
        displayName=name or mail.partition("@")[0],
        mail=mail,
        mailNickname=f"{mail.replace('@', '_')}#EXT#",
        otherMails=[mail],
        userPrincipalName=principal,
        userType="Guest",
        creationType="Invitation",
        externalUserState="PendingAcceptance",
        externalUserStateChangeDateTime=moment,
    )


@router.post("/invitations", _INVITE)
def invite(call: Call) -> Reply:
    """201; somebody who is a guest already is invited again."""
    body = call.body_object()
    mail, redirect = body.get("invitedUserEmailAddress"), body.get("inviteRedirectUrl")
    if not isinstance(mail, str) or not _ADDRESS.match(mail):
        raise bad_request(Area.DIRECTORY, "Invalid value specified for property 'invitedUserEmailAddress'.")
    if not isinstance(redirect, str) or not redirect:
        raise bad_request(Area.DIRECTORY, "A value is required for property 'inviteRedirectUrl' of resource 'Invitation'.")
    tenant = call.tenant
    if tenant.quirks.allow_invites_from == "none" or not domain_allowed(tenant.quirks, mail.rpartition("@")[2]):
        raise GraphError(403, "Authorization_RequestDenied", "Guest invitations not allowed for your company.")
    users = tenant.directory.users
    guest = next((row for row in users if str(row["mail"]).lower() == mail.lower()), None)
    if guest is None:
        guest = make_guest(call, mail, body.get("invitedUserDisplayName"))
        users.add(guest, tenant.quirks.replication_lag_reads)
    row_id = tenant.ids.next()
    return Reply(
        201,
        {
            "@odata.context": f"{call.root}/$metadata#invitations/$entity",
            "id": row_id,
            "inviteRedeemUrl": f"https://login.microsoftonline.com/redeem?rd=https%3a%2f%2finvitations.microsoft.com%2f{row_id}",
            "invitedUserDisplayName": body.get("invitedUserDisplayName"),
            "invitedUserType": "Guest",
            "invitedUserEmailAddress": mail,
            "sendInvitationMessage": bool(body.get("sendInvitationMessage")),
            "resetRedemption": bool(body.get("resetRedemption")),
            "inviteRedirectUrl": redirect,
            "status": "PendingAcceptance" if guest["externalUserState"] == "PendingAcceptance" else "Completed",
            "invitedUser": {"id": guest["id"]},
        },
    )
