# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest

from ansible_collections.mssp.defender.plugins.module_utils._resources.references import Ref
from ansible_collections.mssp.defender.plugins.plugin_utils import onboard_facts
from ansible_collections.mssp.defender.plugins.plugin_utils import onboard_run as run

MSSP = "11111111-2222-3333-4444-555555555555"
TIER1 = {"kind": "group", "number": 0, "key": "tier1", "name": "Tier 1 Analyst", "options": {"description": "", "adopt": False}}
APPROVERS = {"kind": "group", "number": 1, "key": "approvers", "name": "MSSP Analyst Approvers", "options": {"adopt": False}}
PLANNED = [TIER1, APPROVERS]
OURS = {"id": "A1", "displayName": "Tier 1 Analyst", "uniqueName": f"MSSP-{MSSP}-tier1", "description": "not carried along"}
ITS_APPROVERS = {"id": "A2", "displayName": "MSSP Analyst Approvers", "uniqueName": f"mssp-{MSSP}-approvers"}
LATER = "(known after apply)"


def by_id(item, identifier):
    return {**item, "options": {**item["options"], "group_id": identifier}}


@pytest.mark.parametrize(
    ("groups", "found", "sure", "unclear"),
    [
        (PLANNED, [OURS, ITS_APPROVERS], True, []),
        # A first onboarding: nothing there, nothing to look at one by one, and nothing sure.
        (PLANNED, [], False, []),
        (PLANNED, [OURS], False, []),
        # Of the right name and not ours.
        (PLANNED, [{**OURS, "uniqueName": None}, ITS_APPROVERS], False, ["tier1"]),
        (PLANNED, [{**OURS, "uniqueName": f"mssp-{MSSP[:-1]}6-tier1"}, ITS_APPROVERS], False, ["tier1"]),
        (PLANNED, [OURS, {**OURS, "id": "A9", "uniqueName": None}, ITS_APPROVERS], False, ["tier1"]),
        # Named by its id: ours when that is the one, and otherwise to be looked at.
        ([by_id(TIER1, "a1"), APPROVERS], [OURS, ITS_APPROVERS], True, []),
        ([by_id(TIER1, "a5"), APPROVERS], [OURS, ITS_APPROVERS], False, ["tier1"]),
        ([by_id(TIER1, "a5"), APPROVERS], [ITS_APPROVERS], False, ["tier1"]),
        # The id alone suffices: it may have been made by hand.
        ([by_id(TIER1, "a1"), APPROVERS], [{**OURS, "uniqueName": None}, ITS_APPROVERS], True, []),
    ],
)
def test_a_name_is_no_proof_of_origin(groups, found, sure, unclear):
    seen = run.seen(groups, found, MSSP)
    assert seen["sure"] is sure
    assert [group["key"] for group in seen["unclear"]] == unclear


def test_groups_are_planned_with_what_is_known_of_them():
    foreign = {**OURS, "uniqueName": None}
    planned = [{"group": {**foreign, "id": "A3"}}]
    groups = run.seen(PLANNED, [foreign], MSSP, planned)["groups"]
    # Somebody may have renamed it: then its unique name still finds it.
    later = {"id": LATER, "displayName": "MSSP Analyst Approvers", "uniqueName": f"mssp-{MSSP}-approvers"}
    assert groups == [{"id": "A3", "displayName": "Tier 1 Analyst"}, later]
    # A plan that failed returned no group.
    assert run.seen(PLANNED, [foreign], MSSP, [{"failed": True}])["groups"][0]["id"] == LATER


def test_a_reference_is_what_others_need_and_no_more():
    catalog = {"id": "C", "displayName": "MSSP", "description": "x", "resources": [{"id": "R"}], "state": None}
    assert onboard_facts.reference(catalog) == {"id": "C", "displayName": "MSSP", "resources": [{"id": "R"}]}


@pytest.mark.parametrize(
    ("changes", "empty"),
    [
        ([{"action": "create", "property": None}, {"action": "update", "property": "groups"}], True),
        ([{"action": "create", "property": "groups"}], False),
        ([{"action": "update", "property": "description"}], False),
        ([], False),
    ],
    ids=["made", "only a part made", "changed", "there"],
)
def test_only_what_this_run_has_made_is_known_to_be_empty(changes, empty):
    made = onboard_facts.referred({"catalog": {"id": "C"}, "changes": changes}, "catalog")
    # As the modules of the loop after it see it.
    assert Ref(made["id"], "MSSP Accesses", told=made).empty is empty


POLICY = {
    "kind": "policy",
    "number": 1,
    "name": "MSSP SOC users",
    "package": "Approvers",
    "options": {
        "duration_days": 365,
        "approval": {
            "stages": [
                {"approvers": [{"group": "MSSP Analyst Approvers"}, {"group": "IT"}, {"user": "MSSP Analyst Approvers"}]},
                {"escalation_approvers": ({"group": "MSSP Analyst Approvers"},), "deny_after_days": 7},
            ]
        },
        "reviews": {
            "enabled": True,
            "reviewers": [{"group": {"id": "1", "group": 2}}, {"group": ""}],
            "fallback_reviewers": None,
        },
    },
}
MADE = [{"id": "A1", "displayName": "Tier 1 Analyst"}, {"id": "A2", "displayName": "MSSP Analyst Approvers"}]


def test_groups_stand_where_their_names_stood_at_any_depth():
    before = copy.deepcopy(POLICY)
    (item,) = run.policies([POLICY], MADE, [{"id": "P0"}, {"id": "P1"}], {"id": "O", "displayName": "Fabrikam", "state": "x"})
    assert before == POLICY
    options = item["options"]
    assert options["approval"]["stages"] == [
        {"approvers": [{"group": MADE[1]}, {"group": "IT"}, {"user": "MSSP Analyst Approvers"}]},
        {"escalation_approvers": [{"group": MADE[1]}], "deny_after_days": 7},
    ]
    assert options["reviews"] == POLICY["options"]["reviews"]
    assert options["access_package"] == {"id": "P1"}
    assert options["requestors"] == {"connected_organizations": [{"id": "O", "displayName": "Fabrikam"}]}
    assert options["duration_days"] == 365


def test_a_policy_is_planned_before_package_and_organization_are_there():
    (item,) = run.policies([POLICY], MADE)
    assert item["options"]["access_package"] == {"id": LATER, "displayName": "Approvers"}
    assert item["options"]["requestors"]["connected_organizations"][0]["id"] == LATER


def test_roles_and_packages_know_their_group_by_its_number():
    item = {"kind": "role", "number": 1, "name": "x", "options": {"a": 1}}
    assert run.roles([item], MADE)[0]["options"] == {"name": "x", "a": 1, "assigned_groups": [MADE[1]]}
    catalog = {"id": "C", "displayName": "MSSP"}
    assert run.packages([item], MADE, catalog, "contoso.com")[0]["options"] == {
        "name": "x",
        "a": 1,
        "catalog": catalog,
        "resource_roles": [{"group": MADE[1]}],
        "directory_hint": "contoso.com",
    }


def test_who_is_named_by_an_id_claims_no_unique_name():
    one, two = run.groups([by_id(TIER1, "a1"), APPROVERS], MSSP)
    assert "unique_name" not in one["options"]
    assert two["options"]["unique_name"] == f"mssp-{MSSP}-approvers"


def test_analysts_and_approvers_exclude_each_other():
    made = [*MADE[:1], {"id": "A3", "displayName": "Tier 2 Analyst"}, MADE[1]]
    items = [{"number": number, "name": "x", "options": {"append_incompatible": True}} for number in range(3)]
    excluded = [x["options"]["incompatible_groups"] for x in run.packages(items, made, {"id": "C"}, None)]
    assert excluded == [[made[2]], [made[2]], made[:2]]


def test_initial_approvers_are_assigned_the_last_package_under_the_last_policy():
    plan = {**facts()["mssp_onboard_plan"], "initial_approvers": ["anna"], "policies": [{"name": "Direct"}]}
    made = {
        "result_packages": [{"access_package": {"id": "P", "displayName": "Approvers"}}],
        "result_policies": [{"policy": {"id": "Q"}}],
    }
    variables = {**facts(**{name: {"results": results} for name, results in made.items()}), "mssp_onboard_plan": plan}
    (item,) = run.answer("initial_approvers", variables)
    assert item["name"] == item["options"]["target"] == "anna"
    assert (item["options"]["access_package"]["id"], item["options"]["policy"]) == ("P", {"id": "Q"})
    (later,) = run.answer("planned_approvers", variables)
    assert later["options"]["access_package"] == {"id": LATER, "displayName": "Approvers"}
    assert later["options"]["policy"] == {"id": LATER, "displayName": "Direct"}


def facts(**more):
    plan = {"groups": PLANNED, "mssp": "", "approvers_open": False, "packages": [{"name": "Approvers"}]}
    return {"mssp_onboard_plan": plan, **{f"mssp_onboard_{name}": value for name, value in more.items()}}


def test_the_mssp_is_looked_up_when_only_its_domain_is_known():
    assert run.answer("mssp", facts()) == ""
    assert run.answer("mssp", facts(result_preflight={"looked_up": {"id": MSSP}})) == MSSP
    assert run.answer("mssp", facts(result_preflight={"looked_up": None})) == ""


@pytest.mark.parametrize(
    ("tenant", "mssp", "groups", "unsure"),
    [
        ("t", MSSP, [OURS, ITS_APPROVERS], False),
        ("t", MSSP, [OURS], True),
        (MSSP.upper(), MSSP, [OURS, ITS_APPROVERS], True),
        ("t", None, [OURS, ITS_APPROVERS], True),
    ],
)
def test_unsure_is_who_is_not_known_or_is_the_mssp_itself(tenant, mssp, groups, unsure):
    preflight = {"tenant": {"id": tenant}, "looked_up": {"id": mssp} if mssp else None, "groups": groups}
    assert run.answer("unsure", facts(result_preflight=preflight)) is unsure


def test_the_first_refusal_tells_why():
    refused = {"msg": "Cannot plan", "failure": {"code": "AdoptionRefused"}}
    planned = {"results": [{"msg": "a warning of core", "changes": []}, refused]}
    assert run.answer("failure", facts(result_planned=planned)) == {"code": "AdoptionRefused"}
    assert run.answer("refusals", facts(result_planned=planned)) == [refused]
    assert run.answer("failure", facts()) == {}


def test_changes_are_gathered_in_the_order_in_which_they_are_made():
    results = {
        "result_policies": {"results": [{"changes": [4]}, {"msg": "failed"}]},
        "result_organization": {"changes": [1]},
        "result_groups": {"results": [{"changes": [2, 3]}]},
    }
    assert run.answer("changes", facts(**results)) == [1, 2, 3, 4]
    assert run.answer("changes", facts()) == []


def test_objects_are_references_to_all_that_is_there():
    there = {
        "result_preflight": {"tenant": {"id": "T", "domain": "contoso.com"}, "links": {"portal": "https://p"}, "application": {}},
        "result_organization": {"connected_org": {"id": "O", "displayName": "Fabrikam", "state": "configured"}},
        "result_groups": {"results": [{"group": {"id": "G", "displayName": "Tier 1", "members": []}}]},
        "result_packages": {"results": [{"access_package": {"id": "P", "displayName": "Tier 1", "request_url": "https://r"}}]},
        # The second one failed: that has told of no object.
        "result_policies": {"results": [{"policy": {"id": "Q", "displayName": "SOC"}}, {"msg": "refused"}]},
    }
    assert run.answer("objects", facts(**there)) == {
        "tenant": {"id": "T", "domain": "contoso.com"},
        "links": {"portal": "https://p"},
        "organization": {"id": "O", "displayName": "Fabrikam"},
        "groups": [{"id": "G", "displayName": "Tier 1"}],
        "roles": [],
        "packages": [{"id": "P", "displayName": "Tier 1", "request_url": "https://r"}],
        "policies": [{"id": "Q", "displayName": "SOC"}],
    }
    assert run.answer("objects", facts()) == {"groups": [], "roles": [], "packages": [], "policies": []}


NAMED = ("https://a", "https://p")


@pytest.mark.parametrize(
    ("links", "lines"), [(NAMED, NAMED), ((None, None), ("My Access of this cloud", "the portal of this cloud"))]
)
def test_the_summary_ends_with_what_no_api_can_see(links, lines):
    package = {"displayName": "Tier 1 Analyst", "request_url": "https://r"}
    summary = run.answer(
        "summary",
        facts(
            result_preflight={"links": {"approvals": links[0], "portal": links[1]}},
            result_packages={"results": [{"access_package": package}]},
            check_by_hand=["Check by hand: x"],
        ),
    )
    assert summary == [
        "Request Tier 1 Analyst: https://r",
        f"Decide requests: {lines[0]}",
        f"Defender portal: {lines[1]}",
        "Warning: the package Approvers is closed, nobody can request it, until mssp_onboard_customer_approvers names who of "
        "the customer decides.",
        "Check by hand: x",
    ]
