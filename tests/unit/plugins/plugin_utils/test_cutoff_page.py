# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cut-off says of itself: outcomes, seconds, and what an incident report must not leave out."""

from __future__ import annotations

import json

import pytest

from ansible_collections.mssp.defender.plugins.plugin_utils import cutoff_page
from ansible_collections.mssp.defender.plugins.plugin_utils.cutoff import Found
from ansible_collections.mssp.defender.plugins.plugin_utils.cutoff_record import (
    ALREADY,
    CUT,
    FAILED,
    PLANNED,
    not_cut,
    record,
    stopped,
)

PREFIX = "mssp_onboard_result_"
CHANGE = {"property": "accountEnabled", "before": True, "after": False}
PLAN = {"mssp": "m", "tenant": "contoso.example", "groups": [], "packages": []}
BASE = {
    "inventory_hostname": "contoso",
    "mssp_onboard_plan": PLAN,
    f"{PREFIX}preflight": {"tenant": {"id": "t-1", "display_name": "Contoso"}, "missing_permissions": []},
    f"{PREFIX}found_organizations": {"connected_orgs": [{"id": "org", "displayName": "Fabrikam"}]},
    f"{PREFIX}cut_started": "2026-11-23T20:00:00.000000Z",
    f"{PREFIX}cut_door_ended": "2026-11-23T20:00:01.260000Z",
    f"{PREFIX}cut_users_ended": "2026-11-23T20:00:03.500000Z",
    f"{PREFIX}cut_members_ended": "2026-11-23T20:00:09.000000Z",
    f"{PREFIX}cut_ended": "2026-11-23T20:00:10.000000Z",
}


def loop(*results):
    return {"results": [{"item": {"id": f"id-{n}", "label": f"name-{n}"}, **result} for n, result in enumerate(results)]}


def of(block_users=True, skip_defender=False, **results):
    variables = {**BASE, **{PREFIX + name: value for name, value in results.items()}}
    return record(Found(variables), variables, block_users=block_users, skip_defender=skip_defender)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ({"changes": [CHANGE], "check_mode": False}, CUT),
        ({"changes": [], "check_mode": False}, ALREADY),
        ({"changes": [CHANGE], "check_mode": True}, PLANNED),
        ({"changes": [], "check_mode": True}, ALREADY),
        ({"msg": "Graph refused", "failure": {"status": 403}}, FAILED),
        ({}, FAILED),
    ],
)
def test_outcomes(result, outcome):
    (row,) = of(cut_users=loop(result))["rows"]
    assert (row["outcome"], row["name"], row["id"], row["step"]) == (outcome, "name-0", "id-0", "users")
    assert bool(row["why"]) == (outcome == FAILED)


def test_what_was_skipped_is_no_row():
    assert of(cut_users=loop({"skipped": True}), cut_tenant={"skipped": True})["rows"] == []


def test_seconds_to_the_last_accepted_write():
    told = of(cut_policies=loop({"changes": [CHANGE]}), cut_users=loop({"changes": [CHANGE]}, {"msg": "no"}))
    assert (told["seconds"], told["last_write"]) == (3.5, "2026-11-23T20:00:03.500000Z")
    assert [row["seconds"] for row in told["rows"]] == [1.3, 3.5, 3.5]


@pytest.mark.parametrize("result", [{"changes": []}, {"msg": "refused"}, {"changes": [CHANGE], "check_mode": True}])
def test_what_was_not_accepted_counts_for_nothing(result):
    assert of(cut_users=loop(result))["seconds"] is None


def test_the_tenant_is_the_row_without_a_loop():
    (row,) = of(cut_tenant={"changes": [CHANGE]})["rows"]
    assert (row["step"], row["name"], row["seconds"]) == ("tenant", "m", 10.0)


def test_who_gets_a_role_back_is_planned_although_nothing_differs_yet():
    item = {"id": "r", "label": "R", "scopes": ["Mde"]}
    (row,) = of(cut_given_back={"results": [{"item": item, "changes": [], "check_mode": True}]})["rows"]
    assert row["outcome"] == PLANNED


def test_who_is_out_of_a_group():
    change = {"property": "members", "before": [{"id": "ANA"}, {"id": "eve"}, {"id": "bob"}], "after": [{"id": "eve"}]}
    told = of(
        found_users={"users": [{"id": "ana", "userPrincipalName": "ana#EXT#@x"}]},
        cut_members=loop({"changes": [change]}),
    )
    assert told["rows"][0]["gone"] == ["ana#EXT#@x", "bob"]
    assert any("(ana#EXT#@x, bob)" in line for line in cutoff_page.page(told))


# -- what was not cut ------------------------------------------------------------------------------------------------


def test_one_sentence_names_what_was_not_cut():
    told = of(found_policies={"msg": "Cannot read."}, cut_users=loop({"changes": [CHANGE]}, {"msg": "Cannot\nblock."}))
    assert not_cut(told) == ["user name-1", "the policies to close"]
    assert cutoff_page.failure(told) == (
        "NOT cut: user name-1, the policies to close. Run again, nothing is done twice. Cannot block. "
        "(and 1 other reason, on the page above)"
    )


def test_no_sentence_where_everything_is_cut():
    assert cutoff_page.failure(of(cut_users=loop({"changes": [CHANGE]}, {"changes": []}))) == ""


def test_without_unified_rbac_nobody_expects_roles():
    failed = {"found_roles": {"msg": "does not answer"}}
    assert not_cut(of(**failed)) == ["the Defender roles to take away"]
    assert not_cut(of(skip_defender=True, **failed)) == []


def test_groups_that_could_not_be_read():
    told = of(found_groups={"results": [{"item": {"label": "g-1"}, "msg": "refused"}, {"item": {"label": "g-2"}, "groups": []}]})
    assert not_cut(told) == ["the group g-1"]


# -- what is said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (of(cut_users=loop({"changes": [CHANGE]})), "Last write accepted after 3.5 s, measured at the end of its step."),
        (of(cut_users=loop({"changes": []})), "Nothing was left to cut: everything had been cut already."),
        (of(cut_users=loop({"msg": "no"})), "No write was accepted."),
        (of(cut_users=loop({"changes": [CHANGE], "check_mode": True})), "Check mode: nothing was written."),
        (of(), "Nothing of the MSSP was found."),
    ],
)
def test_how_it_went(told, sentence):
    page = cutoff_page.page(told)
    assert sentence in page
    for always in (cutoff_page.SESSIONS, cutoff_page.OTHERS, cutoff_page.PEOPLE, cutoff_page.LIFECYCLE):
        assert always in page


def test_what_is_left_on_purpose():
    assert of(block_users=False)["left"] == ["The MSSP's users were not blocked: mssp_cutoff_block_users is false."]
    assert "No connected organization" in of(found_organizations={"connected_orgs": []})["left"][0]
    assert of(found_organizations={"msg": "refused"})["left"] == []


def test_only_those_who_were_blocked_here_are_enabled_again():
    told = of(cut_users=loop({"changes": [CHANGE]}, {"changes": []}, {"msg": "no"}))
    assert told["blocked"] == ["name-0"]
    (line,) = [x for x in cutoff_page.page(told) if x.startswith("To come back, first enable")]
    assert "name-0" in line
    assert "name-1" not in line


@pytest.mark.parametrize("plan", [{"problem": "mssp_onboard_tenant_id is not set."}, None])
def test_a_customer_of_whom_nothing_could_be_done(plan):
    variables = {"inventory_hostname": "contoso", **({"mssp_onboard_plan": plan} if plan else {})}
    told = stopped(variables, "No token.")
    assert cutoff_page.failure(told) == "NOTHING was cut: No token."
    assert "NOTHING was cut: No token." in cutoff_page.page(told)
    assert cutoff_page.PEOPLE not in cutoff_page.page(told)
    assert cutoff_page.summary([told])[-1].split() == ["contoso", "NOT", "cut", "off", "0", "0", "0"]
    assert json.loads(cutoff_page.as_json(told))["problem"] == told["problem"]


def test_what_was_cut_before_the_run_stopped_is_told():
    variables = {
        **BASE,
        "mssp_onboard_plan": {**PLAN, "problem": ""},
        f"{PREFIX}cut_catalogs": loop({"changes": [CHANGE]}, {"msg": "no"}),
    }
    told = stopped(variables, "A mistake.")
    assert cutoff_page.failure(told) == "It stopped before its end: A mistake. NOT cut: catalog name-1."
    assert told["seconds"] == 1.3
    page = cutoff_page.page(told)
    assert "Last write accepted after 1.3 s, measured at the end of its step." in page
    assert cutoff_page.PEOPLE in page


def test_files_keep_hostile_names_harmless():
    told = of(cut_users={"results": [{"item": {"id": "i", "label": "<b>|[x](https://evil.example)"}, "changes": [CHANGE]}]})
    markdown = cutoff_page.as_markdown(told)
    assert "<b>" not in markdown
    assert "](https://evil" not in markdown
    assert json.loads(cutoff_page.as_json(told))["rows"][0]["name"] == "<b>|[x](https://evil.example)"


def test_missing_permissions_are_said_first():
    preflight = {"tenant": {"id": "t"}, "missing_permissions": ["A", "B"], "application": {"client_id": "app"}}
    assert cutoff_page.page(of(preflight=preflight))[1] == "The application app lacks A, B."


def test_a_line_for_each_customer():
    done = of(cut_users=loop({"changes": [CHANGE]}, {"changes": []}))
    half = of(cut_users=loop({"changes": [CHANGE]}, {"msg": "no"}))
    dry = of(cut_users=loop({"changes": [CHANGE], "check_mode": True}))
    lines = cutoff_page.summary([done, half, dry])[2:]
    assert [line.split("contoso")[1].split() for line in lines] == [
        ["cut", "off", "1", "1", "0", "3.5"],
        ["NOT", "cut", "off", "entirely", "1", "0", "1", "3.5"],
        ["would", "be", "cut", "off", "1", "0", "0"],
    ]
