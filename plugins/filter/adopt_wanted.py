# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

DOCUMENTATION = r"""
---
name: adopt_wanted
short_description: Say what else to read of a tenant before its set-up can be adopted
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Starts from the policies that name the MSSP's connected organization, and names what these lead to.
  - Made for the playbook C(mssp.defender.adopt).
positional: policies, packages
options:
  _input:
    description: The connected organizations of the MSSP, as M(mssp.defender.connected_org_info) returns them.
    type: list
    elements: dict
    required: true
  policies:
    description: All policies of the tenant, as M(mssp.defender.access_package_policy_info) returns them.
    type: list
    elements: dict
    required: true
  packages:
    description: All access packages of the tenant, as M(mssp.defender.access_package_info) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Which groups matter?
  ansible.builtin.debug:
    msg: "{{ (found.connected_orgs | mssp.defender.adopt_wanted(read.policies, there.access_packages)).groups }}"
"""

RETURN = r"""
_value:
  description:
    - C(policies), C(packages) and C(groups) as ids, C(catalogs) as names, since names are what onboarding looks for.
  type: dict
"""

Things = t.Sequence[t.Mapping[str, t.Any]]


def adopt_wanted(organizations: Things, policies: Things, packages: Things) -> dict[str, list[str]]:
    """What the MSSP's policies lead to, in a stable order."""
    from ansible_collections.mssp.defender.plugins.plugin_utils import tenant_objects as objects

    mine = [policy for organization in organizations for policy in objects.naming(policies, str(organization["id"]))]
    theirs = {objects.package_id(policy) for policy in mine}
    found = [package for package in packages if str(package["id"]).lower() in theirs]
    groups = {x for package in found for x in objects.member_groups(package)}
    groups |= {x for policy in mine for x in objects.deciding_groups(policy)}
    return {
        "policies": sorted(str(x["id"]) for x in mine),
        "packages": sorted(str(x["id"]) for x in found),
        "groups": sorted(groups),
        "catalogs": sorted({str((x.get("catalog") or {}).get("displayName") or "") for x in found} - {""}),
    }


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters of this file."""
        return {"adopt_wanted": adopt_wanted}
