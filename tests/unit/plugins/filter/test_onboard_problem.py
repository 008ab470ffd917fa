# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
import yaml

from ansible_collections.mssp.defender.plugins.filter import onboard_problem as plugin
from ansible_collections.mssp.defender.plugins.filter.onboard_problem import onboard_problem

TIER = {"key": "tier1", "group": "Tier 1 Analyst", "role": "Tier 1 Analysts", "permissions": ["alerts_investigation"]}
OTHER = {"key": "tier2", "group": "Tier 2 Analyst", "role": "Tier 2 Analysts", "permissions": ["alerts_investigation"]}
RIGHT = {
    "tenant_id": "contoso.onmicrosoft.com",
    "mssp_tenant_id": "11111111-2222-3333-4444-555555555555",
    "mssp_domain": None,
    "approvers_group": "MSSP Analyst Approvers",
    "tiers": [TIER, OTHER],
    "customer_approvers": [],
    "tier_approvers": "approvers",
    "reviewers": "self",
}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"tenant_id": "AAAABBBB-0000-cccc-1111-dddd2222eeee"},
        {"mssp_tenant_id": "", "mssp_domain": "fabrikam.com"},
        {
            "customer_approvers": [{"user": "anna@customer.com"}, {"group": "IT"}],
            "tier_approvers": "both",
            "reviewers": "customer",
        },
        {"reviewers": [{"user": "anna@customer.com"}]},
        {"tiers": [{**TIER, "permissions": None}], "skip_defender": True},
        {"tiers": ({**TIER, "hidden": True, "duration_days": 180},)},
    ],
)
def test_nothing_is_wrong(changed):
    variables = {**RIGHT, **changed}
    before = copy.deepcopy(variables)
    assert onboard_problem(variables) == ""
    assert variables == before


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"tenant_id": None},
            "mssp_onboard_tenant_id is ''. Set it to the customer's tenant id or to one of its verified domains.",
        ),
        ({"tenant_id": "contoso"}, "mssp_onboard_tenant_id is 'contoso'. Set it to"),
        ({"tenant_id": "contoso.com/../x"}, "mssp_onboard_tenant_id is 'contoso.com/../x'. Set it to"),
        (
            {"mssp_tenant_id": None},
            "mssp_onboard_mssp_tenant_id or mssp_onboard_mssp_domain names the MSSP, and neither is set. Set exactly",
        ),
        (
            {"mssp_domain": "fabrikam.com"},
            "mssp_onboard_mssp_tenant_id or mssp_onboard_mssp_domain names the MSSP, and both are set. Set exactly",
        ),
        ({"mssp_tenant_id": "fabrikam"}, "the MSSP's tenant is 'fabrikam'. Set mssp_onboard_mssp_tenant_id to its id"),
        (
            {"mssp_tenant_id": "CONTOSO.onmicrosoft.com"},
            "the customer's tenant and the MSSP's tenant are the same (contoso.onmicrosoft.com). Correct mssp_onboard_tenant_id",
        ),
        ({"tiers": []}, "mssp_onboard_tiers is no list of tiers. Leave it out for the published two, or list at least one."),
        ({"tiers": "tier1"}, "mssp_onboard_tiers is no list of tiers."),
        ({"tiers": {"tier1": TIER}}, "mssp_onboard_tiers is no list of tiers."),
        ({"tiers": [TIER, "tier2"]}, "entry 2 of mssp_onboard_tiers is no dictionary. Give it key, group, role and permissions."),
        (
            {"tiers": [{"key": "a"}]},
            "entry 1 of mssp_onboard_tiers has no group and no role and no permissions. Add what is missing.",
        ),
        (
            {"tiers": [{**TIER, "duraton_days": 3}]},
            "entry 1 of mssp_onboard_tiers has duraton_days, which means nothing. Use key, group",
        ),
        (
            {"tiers": [{**TIER, "key": "Tier 1"}]},
            "entry 1 of mssp_onboard_tiers has the key 'Tier 1'. Use up to 32 small letters",
        ),
        (
            {"tiers": [{**TIER, "key": "approvers"}]},
            "entry 1 of mssp_onboard_tiers has the key 'approvers'. Use up to 32 small letters",
        ),
        (
            {"tiers": [TIER, {**OTHER, "key": "tier1"}]},
            "entry 2 of mssp_onboard_tiers has the same key as entry 1 ('tier1'). Give each",
        ),
        ({"tiers": [TIER, {**OTHER, "role": "Tier 1 Analysts"}]}, "entry 2 of mssp_onboard_tiers has the same role as entry 1"),
        (
            {"tiers": [{**TIER, "group": "MSSP Analyst Approvers"}]},
            "entry 1 of mssp_onboard_tiers has the same group as the approvers ('MSSP Analyst Approvers'). Give each its own.",
        ),
        (
            {"customer_approvers": "anna"},
            "mssp_onboard_customer_approvers is no list of people. Write entries such as user: anna",
        ),
        ({"customer_approvers": [{"user": "a", "group": "b"}]}, "mssp_onboard_customer_approvers is no list of people."),
        ({"customer_approvers": [{"user": ""}]}, "mssp_onboard_customer_approvers is no list of people."),
        ({"tier_approvers": "nobody"}, "mssp_onboard_tier_approvers is 'nobody'. Set it to approvers, customer or both."),
        ({"reviewers": "anna"}, "mssp_onboard_reviewers is 'anna'. Set it to self, approvers, customer, or a list"),
        ({"tier_approvers": "both"}, "mssp_onboard_tier_approvers is 'both', but mssp_onboard_customer_approvers names nobody."),
        ({"reviewers": "customer"}, "mssp_onboard_reviewers is 'customer', but mssp_onboard_customer_approvers names nobody."),
    ],
)
def test_the_first_problem(changed, words):
    problem = onboard_problem({**RIGHT, **changed})
    assert problem.startswith(words)
    assert problem.endswith(".")


def test_the_filter_and_its_documentation():
    assert plugin.FilterModule().filters() == {"onboard_problem": onboard_problem}
    documentation = yaml.safe_load(plugin.DOCUMENTATION)
    assert documentation["name"] == "onboard_problem"
    assert yaml.safe_load(plugin.EXAMPLES)
    assert "_value" in yaml.safe_load(plugin.RETURN)
