# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/policies/authorizationPolicy``: who may invite guests, and what members and guests may do by default.

Sources: authorizationpolicy-get, -update; beta answers a collection and has the object below its id.
"""

from __future__ import annotations

from ..exchange import Reply
from ..graph.call import Call
from ..graph.errors import Area
from ..graph.routing import Router
from ..odata.bodies import BodyChecker
from ..odata.options import answer_collection, answer_entity
from ..odata.schema import READ_ONLY_TIME, ComplexType, EntityType, Property, choice, flag, text
from ..store import Row

v1 = Router(Area.DIRECTORY, versions=("v1.0",))
beta = Router(Area.DIRECTORY, versions=("beta",))
READ = ("Policy.Read.All", "Policy.ReadWrite.Authorization")
WRITE = ("Policy.ReadWrite.Authorization",)
_CHECKER = BodyChecker(Area.DIRECTORY)
_CONTEXT = "policies/authorizationPolicy"

_CONSENT_POLICIES = "permissionGrantPoliciesAssigned"
DEFAULT_PERMISSIONS = ComplexType(
    "defaultUserRolePermissions",
    {
        "allowedToCreateApps": flag(),
        "allowedToCreateSecurityGroups": flag(),
        "allowedToCreateTenants": flag(),
        "allowedToReadBitlockerKeysForOwnedDevice": flag(),
        "allowedToReadOtherUsers": flag(),
        _CONSENT_POLICIES: Property("strings"),
    },
)
AUTHORIZATION_POLICY = EntityType(
    "authorizationPolicy",
    Area.DIRECTORY,
    {
        "id": Property("string", read_only=True),
        "deletedDateTime": READ_ONLY_TIME,
        "displayName": text(),
        "description": text(),
        "allowInvitesFrom": choice(
            "none", "adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone", nullable=False
        ),
        "allowedToSignUpEmailBasedSubscriptions": flag(),
        "allowedToUseSSPR": flag(),
        "allowEmailVerifiedUsersToJoinOrganization": flag(),
        "allowUserConsentForRiskyApps": flag(),
        "blockMsolPowerShell": flag(),
        "guestUserRoleId": Property("guid"),
        "defaultUserRolePermissions": Property("object", of=DEFAULT_PERMISSIONS),
    },
)


def authorization_policy(call: Call) -> Row:
    """The policy: what was written, on top of what the switches say."""
    written = call.tenant.policies.authorization
    permissions = {
        "allowedToCreateApps": True,
        "allowedToCreateSecurityGroups": True,
        "allowedToCreateTenants": True,
        "allowedToReadBitlockerKeysForOwnedDevice": True,
        "allowedToReadOtherUsers": True,
        _CONSENT_POLICIES: ["ManagePermissionGrantsForSelf.microsoft-user-default-legacy"],
        **written.get("defaultUserRolePermissions", {}),
    }
    return {
        "id": "authorizationPolicy",
        "deletedDateTime": None,
        "displayName": "Authorization Policy",
        "description": "Used to manage authorization related settings across the company.",
        "allowInvitesFrom": call.tenant.quirks.allow_invites_from,
        "allowedToSignUpEmailBasedSubscriptions": True,
        "allowedToUseSSPR": True,
        "allowEmailVerifiedUsersToJoinOrganization": False,
        "allowUserConsentForRiskyApps": None,
        "blockMsolPowerShell": False,
        "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        **written,
        "defaultUserRolePermissions": permissions,
    }


def _beta(policy: Row) -> Row:
    """Beta's type has no list of consent policies among the users' permissions."""
    permissions = {key: value for key, value in policy["defaultUserRolePermissions"].items() if key != _CONSENT_POLICIES}
    return {**policy, "defaultUserRolePermissions": permissions}


def _update(call: Call) -> Reply:
    body = call.body_object()
    _CHECKER.check(body, AUTHORIZATION_POLICY)
    written = {name: value for name, value in body.items() if "@" not in name}
    inviters = written.pop("allowInvitesFrom", None)
    if inviters is not None:
        # One place says who may invite: delivery and invitations look at the switch.
        known = AUTHORIZATION_POLICY.properties["allowInvitesFrom"].values
        name = next(name for name in known if name.lower() == inviters.lower())
        call.tenant.quirks = call.tenant.quirks.model_copy(update={"allow_invites_from": name})
    if "defaultUserRolePermissions" in written:
        kept = call.tenant.policies.authorization.get("defaultUserRolePermissions", {})
        written["defaultUserRolePermissions"] = {**kept, **(written["defaultUserRolePermissions"] or {})}
    call.tenant.policies.authorization.update(written)
    return Reply(204)


@v1.get("/policies/authorizationPolicy", READ)
def get_policy(call: Call) -> Reply:
    """The one policy."""
    return answer_entity(call, AUTHORIZATION_POLICY, authorization_policy(call), _CONTEXT)


@v1.patch("/policies/authorizationPolicy", WRITE)
def update_policy(call: Call) -> Reply:
    """204."""
    return _update(call)


@beta.get("/policies/authorizationPolicy", READ)
def list_policy(call: Call) -> Reply:
    """In beta: a collection with the one policy."""
    return answer_collection(call, AUTHORIZATION_POLICY, [_beta(authorization_policy(call))], _CONTEXT)


@beta.get("/policies/authorizationPolicy/authorizationPolicy", READ)
def get_beta_policy(call: Call) -> Reply:
    """In beta: the policy by its id."""
    return answer_entity(call, AUTHORIZATION_POLICY, _beta(authorization_policy(call)), _CONTEXT)


@beta.patch("/policies/authorizationPolicy/authorizationPolicy", WRITE)
def update_beta_policy(call: Call) -> Reply:
    """204."""
    return _update(call)
