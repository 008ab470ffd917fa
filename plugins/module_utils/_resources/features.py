# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""What a run intends to do, and the permissions that this takes: drawn from the resources it touches."""

from __future__ import annotations

import typing as t

from ansible_collections.mssp.defender.plugins.module_utils._resources import (
    audit_log,
    membership,
    review,
    role_assignment,
    tenants,
)
from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import AccessPackage
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog
from ansible_collections.mssp.defender.plugins.module_utils._resources.connected_organization import ConnectedOrganization
from ansible_collections.mssp.defender.plugins.module_utils._resources.cross_tenant import CrossTenantPartner
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import DefenderRole
from ansible_collections.mssp.defender.plugins.module_utils._resources.group import ROLE_ASSIGNABLE, Group
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import Policy
from ansible_collections.mssp.defender.plugins.module_utils._resources.user import DELETE, User

_GROUPS = Group.permissions.write
_DEFENDER = DefenderRole.permissions.write
# Approvers and sponsors are users, who are looked up.
_ENTITLEMENT = (
    *ConnectedOrganization.permissions.write,
    *Catalog.permissions.write,
    *AccessPackage.permissions.write,
    *Policy.permissions.write,
    "User.Read.All",
)

# What the onboarding reads in check mode.
_DRIFT = (
    *ConnectedOrganization.permissions.read,
    *Catalog.permissions.read,
    *AccessPackage.permissions.read,
    *Policy.permissions.read,
    *Group.permissions.read,
    *DefenderRole.permissions.read,
    "User.Read.All",
    # Whose domain is whose.
    "CrossTenantInformation.ReadBasic.All",
)
# Read only, all of it (practice B.5): the audit runs with an application of its own.
_AUDIT = (
    *_DRIFT,
    *membership.PERMISSIONS.read,
    *review.PERMISSIONS.read,
    *audit_log.PERMISSIONS.read,
    *(name for provider in role_assignment.PERMISSIONS.values() for name in provider.read),
)

# What onboarding reads where a role in one catalog lets it write there, and the customer makes the rest (practice S18).
_CATALOG_OWNER = tuple(name for name in _DRIFT if name not in DefenderRole.permissions.read)

FEATURES: t.Mapping[str, tuple[str, ...]] = {
    "onboard": (*_ENTITLEMENT, *_GROUPS, *_DEFENDER),
    "groups": _GROUPS,
    "role_assignable_groups": (*_GROUPS, ROLE_ASSIGNABLE),
    "defender": _DEFENDER,
    "entitlement": _ENTITLEMENT,
    "catalog_owner": _CATALOG_OWNER,
    # What is taken away is what onboarding made: the same permissions, and those for people.
    "cut_off": (*_ENTITLEMENT, *_GROUPS, *_DEFENDER, *User.permissions.write),
    "block_tenant": CrossTenantPartner.permissions.write,
    "cross_tenant": CrossTenantPartner.permissions.write,
    "offboard": (*_ENTITLEMENT, *_GROUPS, *_DEFENDER),
    "delete_guests": (*_ENTITLEMENT, *DELETE),
    "audit": _AUDIT,
    "audit_drift": _DRIFT,
    # What stands between an assignment and a guest who can sign in (practice M7); what may not be read is told as not checked.
    "preflight": ("Policy.Read.All", "Policy.Read.B2BManagementPolicy"),
    # Delegated by a person, whom the customer's tenant has let in.
    "approve": ("EntitlementManagement.ReadWrite.All", "User.Read"),
}


def needed(features: t.Iterable[str]) -> list[str]:
    """The permissions for these features, each once; for those of an application also what reads the tenant's name and domains.

    :param features: names of `FEATURES`.
    """
    features = list(features)
    names = [name for feature in features for name in FEATURES[feature]]
    if set(features) - {"approve"}:
        names += tenants.PERMISSIONS.read
    return list(dict.fromkeys(names))
