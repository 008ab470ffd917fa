# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib

import pytest
import yaml

from ansible_collections.mssp.defender.plugins.plugin_utils.onboard_plan import plan

ROLE = pathlib.Path(__file__).resolve().parents[4] / "roles" / "mssp_onboard"
CUSTOMER = [{"user": "anna@customer.com"}]


def values(**changed):
    """The role's defaults, with the tiers' permissions in place of their templates."""
    found = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    found = {name.removeprefix("mssp_onboard_"): value for name, value in found.items()}
    for tier in found["tiers"]:
        tier["permissions"] = found["tier1_permissions"]
    return {**found, "tenant_id": " contoso.onmicrosoft.com", "mssp_tenant_id": "m", **changed}


def names(items):
    return [item["name"] for item in items]


def test_the_published_example():
    made = plan(values())
    assert names(made["groups"]) == ["Tier 1 Analyst", "Tier 2 Analyst", "MSSP Analyst Approvers"]
    assert names(made["roles"]) == ["Tier 1 Analysts", "Tier 2 Analysts"]
    assert names(made["packages"]) == names(made["groups"])
    assert [item["package"] for item in made["policies"]] == names(made["packages"])
    assert [item["number"] for item in made["policies"]] == [0, 1, 2]
    assert (made["tenant"], made["mssp"], made["look_up"]) == ("contoso.onmicrosoft.com", "m", "")
    assert made["features"] == ["onboard"]
    assert made["catalog"]["published"] is made["catalog"]["externally_visible"] is made["catalog"]["append"] is True
    # It is a fact, and what core shows of it is text.
    assert json.loads(json.dumps(made)) == made


@pytest.mark.parametrize(("skip", "features"), [(True, ["catalog_owner"]), (False, ["catalog_owner", "defender"])])
def test_who_owns_a_catalog_describes_nothing_else(skip, features):
    made = plan(values(catalog_owner="yes", skip_defender=skip, connected_org_name="Ours"))
    assert made["features"] == features
    assert made["organization"] == {"accept_open_policies": False}
    assert all(set(item["options"]) == {"adopt"} for item in made["groups"])
    assert made["packages"] == plan(values())["packages"]


def test_nothing_of_the_connection_is_in_it():
    made = plan(values(client_id="c1-id", client_secret="c2-secret", access_token="c3-token"))
    text = json.dumps(made)
    assert not [secret for secret in ("c1-id", "c2-secret", "c3-token") if secret in text]


def test_nobody_asks_to_approve_until_the_customer_decides():
    closed, opened = plan(values()), plan(values(customer_approvers=CUSTOMER))
    assert closed["approvers_open"] is False
    assert closed["policies"][2]["options"]["requests"]["add"] is closed["policies"][2]["options"]["requests"]["extend"] is False
    assert opened["policies"][2]["options"]["requests"]["add"] is True
    assert opened["policies"][2]["options"]["approval"]["stages"][0]["approvers"] == CUSTOMER
    assert opened["policies"][2]["options"]["reviews"]["reviewers"] == CUSTOMER
    assert plan(values(approvers_approve_approvers="yes"))["approvers_open"] is True
    # A tier can be requested in any case.
    assert closed["policies"][0]["options"]["requests"]["add"] is True


@pytest.mark.parametrize(
    ("word", "stages"),
    [
        ("approvers", [[{"group": "X MSSP Analyst Approvers"}]]),
        ("customer", [CUSTOMER]),
        ("both", [[{"group": "X MSSP Analyst Approvers"}], CUSTOMER]),
    ],
)
def test_who_decides_about_tiers(word, stages):
    made = plan(values(name_prefix="X ", tier_approvers=word, customer_approvers=CUSTOMER))
    assert [stage["approvers"] for stage in made["policies"][0]["options"]["approval"]["stages"]] == stages


@pytest.mark.parametrize(
    ("reviewers", "who"),
    [
        ("self", []),
        ("approvers", [{"group": "MSSP Analyst Approvers"}]),
        ("customer", CUSTOMER),
        ([{"group": "Audit"}], [{"group": "Audit"}]),
    ],
)
def test_who_reviews_the_tiers(reviewers, who):
    reviews = plan(values(reviewers=reviewers, customer_approvers=CUSTOMER))["policies"][0]["options"]["reviews"]
    assert reviews["reviewers"] == who
    assert reviews["self_review"] is (not who)


def test_a_tiers_own_values_come_first():
    tier = {
        "key": "t",
        "group": "G",
        "role": "R",
        "permissions": ["alerts_investigation"],
        "package": "P",
        "hidden": "no",
        "scopes": ["Mdo"],
        "duration_days": "90",
        "group_id": "g-id",
        "role_id": "r-id",
        "reviews": {"enabled": False},
        "approval_stages": [{"approvers": CUSTOMER}],
        "policy_description": "",
        "policy": "Own",
        "package_description": "Of the package",
        "approval_for_extension": False,
    }
    made = plan(values(tiers=[tier], packages_hidden=True, role_assignable="true"))
    assert made["groups"][0]["options"] == {"description": "", "adopt": False, "group_id": "g-id", "role_assignable": True}
    assert made["roles"][0]["options"]["scopes"] == ["Mdo"]
    assert made["roles"][0]["options"]["role_id"] == "r-id"
    assert made["packages"][0] == {
        "kind": "package",
        "number": 0,
        "name": "P",
        "options": {"description": "Of the package", "hidden": False},
    }
    assert made["packages"][1]["options"]["hidden"] is True
    options = made["policies"][0]["options"]
    # A text that is empty is stated all the same.
    assert (options["description"], options["duration_days"], options["reviews"]) == ("", 90, {"enabled": False})
    assert made["policies"][0]["name"] == "Own"
    assert options["approval"]["for_extension"] is False
    assert made["policies"][1]["options"]["approval"]["for_extension"] is True
    assert options["approval"]["stages"] == [{"approvers": CUSTOMER}]


def test_without_defender_there_are_no_roles():
    made = plan(values(skip_defender="true"))
    assert made["roles"] == []
    assert made["features"] == ["entitlement", "groups"]


def test_what_is_not_stated_is_left_to_the_modules():
    assert set(plan(values())["organization"]) == {"description", "accept_open_policies"}
    stated = plan(values(connected_org_name="Fabrikam", connected_org_state="proposed", domain="contoso.com"))
    assert stated["organization"]["name"] == "Fabrikam"
    assert stated["organization"]["org_state"] == "proposed"
    assert stated["directory_hint"] == "contoso.com"


def test_initial_approvers_are_assigned_under_a_policy_that_nobody_can_ask_under():
    none, some = plan(values()), plan(values(initial_approvers=["anna@customer.com"], customer_approvers=CUSTOMER))
    assert len(none["policies"]) == 3
    assert (none["steps"], some["steps"]) == ("present", "present_with_approvers")
    policy = some["policies"][3]
    assert (policy["name"], policy["number"]) == ("Customer approvers (direct assignment)", 2)
    assert policy["options"]["requestors"] == {"scope": "notSpecified"}
    assert policy["options"]["requests"]["add"] is policy["options"]["requests"]["extend"] is False
    assert policy["options"]["approval"] == {
        "for_new": False,
        "for_extension": False,
        "requestor_justification": False,
        "stages": [],
    }
    assert policy["options"]["reviews"]["reviewers"] == CUSTOMER
    assert policy["options"]["duration_days"] == 365
    assert some["initial_approvers"] == ["anna@customer.com"]


def test_duties_are_kept_apart_when_that_is_wanted():
    assert "append_incompatible" not in plan(values())["packages"][0]["options"]
    assert [x["options"]["append_incompatible"] for x in plan(values(separate_duties="yes"))["packages"]] == [True] * 3
