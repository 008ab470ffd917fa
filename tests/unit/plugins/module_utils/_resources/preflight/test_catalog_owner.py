# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever writes in one catalog only builds there all the same: what keeps guests out stops them as it stops everybody."""

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._resources.preflight import gates
from ansible_collections.mssp.defender.tests.unit.preflight_building import listed, policy, refusal, told, wanted

owner = pytest.mark.parametrize("features", [("catalog_owner",), ("catalog_owner", "defender")], ids=["alone", "with Defender"])


@owner
def test_what_keeps_guests_out_stops(features):
    assert "authorization" in {x.name for x in gates.questions(wanted(features=features))}
    assert ("invitations_off", "stop") in told({"authorization": {"allowInvitesFrom": "none"}}, features=features)


@owner
def test_a_group_that_entitlement_management_cannot_manage_stops(features):
    group = {"id": "g", "displayName": "Tier 1 Analyst", "isManagementRestricted": True}
    assert ("restricted_group", "stop") in told(features=features, groups=(group,))


@owner
def test_what_connecting_the_mssp_opens_is_not_asked(features):
    """The customer connects it."""
    assert not {"policies", "organizations"} & {x.name for x in gates.questions(wanted(features=features))}
    assert told({"policies": listed(policy())}, features=features) == []


@pytest.mark.parametrize(("features", "stops"), [(("catalog_owner",), False), (("catalog_owner", "defender"), True)])
def test_unified_rbac_matters_where_roles_are_made(features, stops):
    shut = {"roles": refusal(403), "namespaces": refusal(403)}
    assert (("urbac_silent", "stop") in told(shut, features=features)) is stops
    assert (("urbac_silent", "warning") in told(shut, features=features)) is False


def test_groups_that_may_hold_roles_are_groups():
    group = {"id": "g", "displayName": "Tier 1 Analyst", "isManagementRestricted": True}
    assert ("restricted_group", "stop") in told(features=("role_assignable_groups",), groups=(group,))
