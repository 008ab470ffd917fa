# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_check import onboard_problem

TIER = {"key": "tier1", "group": "Tier 1 Analyst", "role": "Tier 1 Analysts", "permissions": ["alerts_investigation"]}
OTHER = {"key": "tier2", "group": "Tier 2 Analyst", "role": "Tier 2 Analysts", "permissions": ["alerts_investigation"]}
GROUP = "3f1b8f9e-6a51-4c3c-9d43-0f5a4a3c2b10"
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
        {"tiers": [{key: value for key, value in TIER.items() if key != "permissions"}], "skip_defender": "True"},
        {"tiers": [{**TIER, "group_id": GROUP}, {**OTHER, "role_id": "a role"}], "approvers_group_id": None},
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
            "mssp_onboard_tenant_id is not set. Set it in host_vars to the customer's tenant id or to one of its verified",
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
        (
            {"tiers": [{**TIER, "permissions": None}]},
            "tier 1 of mssp_onboard_tiers ('tier1'): permissions is empty. Give it a value, or leave it out.",
        ),
        (
            {"tiers": [OTHER, {key: value for key, value in TIER.items() if key != "permissions"}]},
            "tier 2 of mssp_onboard_tiers ('tier1') has no permissions. Add what is missing.",
        ),
        (
            {"tiers": [{**TIER, "key": "Tier 1"}]},
            "tier 1 of mssp_onboard_tiers ('Tier 1'): key is 'Tier 1'. Use up to 32 small letters",
        ),
        (
            {"tiers": [{**TIER, "key": "approvers"}]},
            "tier 1 of mssp_onboard_tiers ('approvers'): key is 'approvers'. Use up to 32 small letters",
        ),
        (
            {"tiers": [TIER, {**OTHER, "key": "tier1"}]},
            "tier 2 of mssp_onboard_tiers ('tier1') has the same key as tier 1 ('tier1'). Give each its own.",
        ),
        (
            {"tiers": [TIER, {**OTHER, "role": "Tier 1 Analysts"}]},
            "tier 2 of mssp_onboard_tiers ('tier2') has the same role as tier 1",
        ),
        (
            {"tiers": [{**TIER, "group": "MSSP Analyst Approvers"}]},
            "tier 1 of mssp_onboard_tiers ('tier1') has the same group as the approvers ('MSSP Analyst Approvers'). Give each",
        ),
        (
            {"tiers": [{**TIER, "group_id": GROUP}], "approvers_group_id": GROUP.upper()},
            "tier 1 of mssp_onboard_tiers ('tier1') has the same group_id as the approvers",
        ),
        (
            {"tiers": [TIER, {**OTHER, "group_id": "Tier 2 Analyst"}]},
            "tier 2 of mssp_onboard_tiers ('tier2'): group_id is 'Tier 2 Analyst', which is no object id. Copy it from",
        ),
        ({"approvers_group_id": "MSSP"}, "mssp_onboard_approvers_group_id is 'MSSP', which is no object id. Copy it from"),
        ({"tier_approvers": "both"}, "mssp_onboard_tier_approvers is 'both', but mssp_onboard_customer_approvers names nobody."),
        ({"reviewers": "customer"}, "mssp_onboard_reviewers is 'customer', but mssp_onboard_customer_approvers names nobody."),
    ],
)
def test_the_first_problem(changed, words):
    problem = onboard_problem({**RIGHT, **changed})
    assert problem.startswith(words)
    assert problem.endswith(".")


def test_a_variable_that_is_set_and_empty():
    assert onboard_problem({**RIGHT, "catalog": ""}) == ""
    problem = onboard_problem({**RIGHT, "catalog": ""}, ["mssp_onboard_catalog"])
    assert problem == "mssp_onboard_catalog is empty. Give it a value, or leave it out."
    assert onboard_problem({**RIGHT, "name_prefix": ""}, ["mssp_onboard_name_prefix"]) == ""


def test_a_misspelt_variable_comes_before_what_it_leaves_unset():
    problem = onboard_problem({**RIGHT, "tenant_id": ""}, ["mssp_onboard_tenantid", "mssp_onboard_tiers"])
    assert problem == "mssp_onboard_tenantid is no variable of the role mssp_onboard. Write mssp_onboard_tenant_id instead."


def test_the_first_of_many_problems_in_the_order_of_the_variables():
    problem = onboard_problem({**RIGHT, "review_open_days": "many", "duration_days": "long", "adopt": "perhaps"})
    assert problem.startswith("mssp_onboard_adopt is 'perhaps'")
