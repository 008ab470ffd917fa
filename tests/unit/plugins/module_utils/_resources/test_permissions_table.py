# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import uuid

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._resources.features import FEATURES, needed
from ansible_collections.mssp.defender.plugins.module_utils._resources.permissions_table import CORE, MODES, rows

ROWS = rows()


@pytest.mark.parametrize("feature", FEATURES)
def test_every_permission_that_a_feature_needs_has_a_row(feature):
    kind = "Scope" if feature == "approve" else "Role"
    assert {row.name for row in ROWS if feature in row.features and row.kind == kind} == set(needed([feature]))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind} {row.name}")
def test_a_row_says_everything(row):
    assert str(uuid.UUID(row.guid)) == row.guid
    assert row.kind in ("Role", "Scope")
    assert row.modes
    assert set(row.modes) <= set(MODES)
    assert row.reason.endswith(".")
    assert row.reason.count(".") == 1


def test_no_permission_has_two_ids_and_no_id_two_permissions():
    assert len({row.guid for row in ROWS}) == len(ROWS) == len({(row.name, row.kind) for row in ROWS})


def test_every_feature_belongs_to_an_application():
    assert {feature for own in MODES.values() for feature in own} == set(FEATURES)


def test_the_applications_are_apart():
    """Decisions M12: what audits only reads, what approves is a person's."""
    audit = [row for row in ROWS if "audit" in row.modes]
    assert not [row.name for row in audit if "Write" in row.name or "Delete" in row.name or "Enable" in row.name]
    assert {row.kind for row in ROWS if "approve" in row.modes} == {"Scope"}
    assert {row.kind for row in audit} == {"Role"}


@pytest.mark.parametrize("mode", CORE)
def test_what_an_application_always_asks_for(mode):
    core = {row.name for row in ROWS if row.core(mode)}
    assert core - {"offline_access"} == set(needed([CORE[mode]]))


def test_what_is_asked_for_only_when_chosen():
    chosen = {row.name for row in ROWS if "onboard" in row.modes and not row.core("onboard")}
    assert chosen == {
        "EntitlementManagement.Read.All",
        "GroupMember.Read.All",
        "Policy.Read.All",
        "Policy.Read.B2BManagementPolicy",
        "Policy.ReadWrite.CrossTenantAccess",
        "RoleManagement.ReadWrite.Directory",
        "User.DeleteRestore.All",
        "User.EnableDisableAccount.All",
    }
