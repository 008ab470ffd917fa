# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import collections.abc
import typing as t

DOCUMENTATION = r"""
---
name: onboard_references
short_description: Put the groups that the role mssp_onboard makes where their names stand
version_added: 0.1.0
author: mssp.defender contributors (@mssp-defender)
description:
  - Stages and reviews may name a group that the same run makes. It is planned before it is made, when its name leads nowhere yet.
  - Each C(group) that is the name of one of the given groups becomes that group, at any depth; everything else stays as it is.
positional: groups
options:
  _input:
    description: Approval stages, or reviews, as M(mssp.defender.access_package_policy) takes them.
    type: raw
    required: true
  groups:
    description: The groups, as M(mssp.defender.aad_group) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Whose decision it is
  ansible.builtin.debug:
    msg: "{{ [{'approvers': [{'group': 'MSSP Analyst Approvers'}]}] | mssp.defender.onboard_references([approvers.group]) }}"
"""

RETURN = r"""
_value:
  description: The same with groups in place of names.
  type: raw
"""


def onboard_references(data: t.Any, groups: t.Iterable[t.Mapping[str, t.Any]]) -> t.Any:
    """The same data, with groups in place of their names."""
    by_name = {group["displayName"]: group for group in groups if group.get("displayName")}
    return _replaced(data, by_name)


def _replaced(data: t.Any, by_name: t.Mapping[str, t.Mapping[str, t.Any]]) -> t.Any:
    if isinstance(data, (list, tuple)):
        return [_replaced(item, by_name) for item in data]
    if not isinstance(data, collections.abc.Mapping):
        return data
    return {
        key: by_name[value] if key == "group" and isinstance(value, str) and value in by_name else _replaced(value, by_name)
        for key, value in data.items()
    }


class FilterModule:
    """Entry point for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters of this file."""
        return {"onboard_references": onboard_references}
