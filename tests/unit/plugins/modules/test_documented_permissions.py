# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module's documentation names the permissions that its resource needs, so that nobody finds out from a refusal."""

from __future__ import annotations

import importlib
import re

import pytest
import yaml

from ansible_collections.mssp.defender.plugins.module_utils._resources.access_package import AccessPackage
from ansible_collections.mssp.defender.plugins.module_utils._resources.assignment import Assignment
from ansible_collections.mssp.defender.plugins.module_utils._resources.catalog import Catalog
from ansible_collections.mssp.defender.plugins.module_utils._resources.connected_organization import ConnectedOrganization
from ansible_collections.mssp.defender.plugins.module_utils._resources.cross_tenant import CrossTenantPartner
from ansible_collections.mssp.defender.plugins.module_utils._resources.defender_role import DefenderRole
from ansible_collections.mssp.defender.plugins.module_utils._resources.group import Group
from ansible_collections.mssp.defender.plugins.module_utils._resources.policy import Policy
from ansible_collections.mssp.defender.plugins.module_utils._resources.user import User

RESOURCES = {
    "aad_group": Group,
    "aad_user": User,
    "access_package": AccessPackage,
    "access_package_assignment": Assignment,
    "access_package_catalog": Catalog,
    "access_package_policy": Policy,
    "connected_org": ConnectedOrganization,
    "cross_tenant_access": CrossTenantPartner,
    "mde_role": DefenderRole,
}


def named(module: str) -> set[str]:
    """The permissions in a module's description."""
    documentation = yaml.safe_load(
        importlib.import_module(f"ansible_collections.mssp.defender.plugins.modules.{module}").DOCUMENTATION
    )
    return set(re.findall(r"C\((\w+(?:\.\w+)+)\)", " ".join(documentation["description"])))


@pytest.mark.parametrize("module", sorted(RESOURCES))
def test_what_a_module_needs(module):
    permissions = RESOURCES[module].permissions
    assert {*permissions.write, *permissions.read} <= named(module)


@pytest.mark.parametrize("module", sorted(RESOURCES))
def test_what_its_info_twin_needs(module):
    assert set(RESOURCES[module].permissions.read) <= named(f"{module}_info")
