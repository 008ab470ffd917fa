# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._resources.features import FEATURES, needed
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions import missing

ALL = [
    "EntitlementManagement.ReadWrite.All",
    "CrossTenantInformation.ReadBasic.All",
    "Group.ReadWrite.All",
    "User.Read.All",
    "RoleManagement.ReadWrite.Defender",
    "Organization.Read.All",
]


@pytest.mark.parametrize(
    ("wanted", "granted", "lacking"),
    [
        ([], [], []),
        (["Group.ReadWrite.All"], [], ["Group.ReadWrite.All"]),
        (["Group.ReadWrite.All"], ["group.readwrite.all"], []),
        (["Group.ReadWrite.All"], ["Group.Read.All"], ["Group.ReadWrite.All"]),
        (["Group.ReadWrite.All"], ["Directory.ReadWrite.All"], []),
        (["Group.Read.All"], ["Group.ReadWrite.All"], []),
        (["GroupMember.Read.All"], ["Directory.Read.All"], []),
        (["EntitlementManagement.Read.All"], ["EntitlementManagement.ReadWrite.All"], []),
        (["EntitlementManagement.ReadWrite.All"], ["EntitlementManagement.Read.All"], ["EntitlementManagement.ReadWrite.All"]),
        (["RoleManagement.Read.Defender"], ["RoleManagement.Read.All"], []),
        (["RoleManagement.ReadWrite.Defender"], ["RoleManagement.ReadWrite.Directory"], ["RoleManagement.ReadWrite.Defender"]),
        (["User.Read.All"], ["Directory.Read.All"], []),
        (["DelegatedAdminRelationship.Read.All"], ["DelegatedAdminRelationship.ReadWrite.All"], []),
        (["Unknown.One"], ["Directory.ReadWrite.All"], ["Unknown.One"]),
        (["B", "A", "B"], [], ["B", "A"]),
    ],
)
def test_missing(wanted, granted, lacking):
    assert missing(wanted, granted) == lacking


@pytest.mark.parametrize(
    ("features", "permissions"),
    [
        ([], []),
        (["groups"], ["Group.ReadWrite.All", "Organization.Read.All"]),
        (["defender"], ["RoleManagement.ReadWrite.Defender", "Organization.Read.All"]),
        (["entitlement"], [name for name in ALL if "Defender" not in name]),
        (["onboard"], ALL),
        (["onboard", "groups", "defender"], ALL),
    ],
)
def test_what_a_feature_needs(features, permissions):
    assert sorted(needed(features)) == sorted(permissions)


def test_onboarding_needs_all_that_its_parts_need():
    assert set(needed(["groups", "defender", "entitlement"])) == set(needed(["onboard"]))
    parts = {"onboard", "groups", "role_assignable_groups", "defender", "entitlement", "catalog_owner"}
    taking = {"cut_off", "block_tenant", "cross_tenant", "offboard", "delete_guests"}
    assert set(FEATURES) == {*parts, *taking, "audit", "audit_drift", "preflight", "approve"}


def test_the_owner_of_a_catalog_only_reads_the_rest():
    """Decisions S18."""
    assert sorted(needed(["catalog_owner"])) == [
        "CrossTenantInformation.ReadBasic.All",
        "EntitlementManagement.Read.All",
        "GroupMember.Read.All",
        "Organization.Read.All",
        "User.Read.All",
    ]


def test_role_assignable_groups_take_more_than_onboarding():
    assert set(needed(["role_assignable_groups"])) - set(needed(["onboard"])) == {"RoleManagement.ReadWrite.Directory"}


def test_taking_away_needs_what_giving_needed_and_what_people_take():
    """Decisions B.5."""
    assert set(needed(["offboard"])) == set(needed(["onboard"]))
    assert set(needed(["cut_off"])) - set(needed(["onboard"])) == {"User.EnableDisableAccount.All"}
    assert "Policy.ReadWrite.CrossTenantAccess" in needed(["block_tenant"])
    assert "User.DeleteRestore.All" in needed(["delete_guests"])


def test_the_audit_reads_and_nothing_else():
    """Decisions B.5, the row audit. Policy.Read.All is what no check needs."""
    assert sorted(needed(["audit"])) == [
        "AccessReview.Read.All",
        "AuditLog.Read.All",
        "CrossTenantInformation.ReadBasic.All",
        "EntitlementManagement.Read.All",
        "GroupMember.Read.All",
        "Organization.Read.All",
        "RoleManagement.Read.Defender",
        "RoleManagement.Read.Directory",
        "User.Read.All",
    ]
    assert set(needed(["audit_drift"])) < set(needed(["audit"]))
