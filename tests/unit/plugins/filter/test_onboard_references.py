# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import yaml

from ansible_collections.mssp.defender.plugins.filter import onboard_references as plugin
from ansible_collections.mssp.defender.plugins.filter.onboard_references import onboard_references

APPROVERS = {"id": "(known after apply)", "displayName": "MSSP Analyst Approvers"}


def test_names_become_groups_at_any_depth():
    stages = [
        {"approvers": [{"group": "MSSP Analyst Approvers"}, {"group": "IT"}, {"user": "MSSP Analyst Approvers"}]},
        {"escalation_approvers": ({"group": "MSSP Analyst Approvers"},), "deny_after_days": 7},
    ]
    before = copy.deepcopy(stages)
    assert onboard_references(stages, [APPROVERS]) == [
        {"approvers": [{"group": APPROVERS}, {"group": "IT"}, {"user": "MSSP Analyst Approvers"}]},
        {"escalation_approvers": [{"group": APPROVERS}], "deny_after_days": 7},
    ]
    assert stages == before


def test_what_is_a_group_already_or_has_no_name_stays():
    reviews = {"enabled": True, "reviewers": [{"group": {"id": "1", "group": 2}}, {"group": ""}], "fallback_reviewers": None}
    assert onboard_references(reviews, [APPROVERS, {"displayName": "", "id": "3"}, {"id": "4"}]) == reviews


def test_the_filter_and_its_documentation():
    assert plugin.FilterModule().filters() == {"onboard_references": onboard_references}
    assert yaml.safe_load(plugin.DOCUMENTATION)["name"] == "onboard_references"
    assert yaml.safe_load(plugin.EXAMPLES)
    assert "_value" in yaml.safe_load(plugin.RETURN)
