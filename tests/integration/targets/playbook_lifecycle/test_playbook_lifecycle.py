# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of access, as docs/lifecycle.md tells it: its files and commands, and a year of the sandbox's clock."""

from __future__ import annotations

import collections.abc
import csv
import datetime

import lifecycle_story
import pytest
import yaml
from harness.onboarding import changes
from harness.paths import REPOSITORY
from lifecycle_people import APPROVERS, TIER1, TIER2, address
from lifecycle_story import ANALYSTS, DAY, Story

YEAR = datetime.timedelta(days=365)
TABLE = "What waits for approval"
SIGHTS = (
    "onboard --check",
    "links",
    "what waits",
    "lea approves --check",
    "history",
    "access",
    "reviews",
    "end --check",
    "adopt",
    "adopted",
    "cut off --check",
    "offboard --check",
    "verify",
)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> collections.abc.Iterator[Story]:
    """The whole year, once."""
    with lifecycle_story.told(tmp_path_factory.mktemp("lifecycle")) as told:
        yield told


# -- the guide -------------------------------------------------------------------------------------------------------


def test_everything_of_the_guide_is_run(story: Story) -> None:
    assert story.guide.left == set()
    assert set(story.guide.languages) == {"yaml", "console", "mermaid"}


def test_the_days_of_the_guide_are_the_roles_defaults() -> None:
    text = (REPOSITORY / "roles" / "mssp_onboard" / "defaults" / "main.yml").read_text(encoding="utf-8")
    days = {name.removeprefix("mssp_onboard_"): value for name, value in yaml.safe_load(text).items()}
    guide = (REPOSITORY / "docs" / "lifecycle.md").read_text(encoding="utf-8")
    first, last = days["review_first_after_days"], days["review_first_after_days"] + days["review_open_days"]
    for beginning in (
        f"{days['approval_days']} days after a request ",
        f"{days['duration_days']} days after delivery, ",
        f"{first} days after onboarding ",
        f"{last} days after onboarding, ",
    ):
        assert f"\n| {beginning}" in guide


@pytest.mark.parametrize("name", SIGHTS)
def test_what_only_looks_writes_nothing(story: Story, name: str) -> None:
    assert story.runs[name].writes == []


# -- who becomes an approver -----------------------------------------------------------------------------------------


def test_the_initial_approver_is_one_by_an_assignment(story: Story) -> None:
    seen = story.seen["onboard"]
    assert seen.members == {TIER1: set(), TIER2: set(), APPROVERS: {"boris"}}
    assert seen.assignments == {("boris", APPROVERS): ["delivered"]}
    assert seen.requests == {("boris", APPROVERS, "adminAdd"): ("delivered", "Delivered")}


def test_the_links_say_whose_approvers_package_is_closed(story: Story) -> None:
    rows = {(row["customer"], row["package"]): row for row in csv.DictReader(story.texts["links"].splitlines())}
    assert "Closed" in rows["adatum", APPROVERS]["note"]
    assert rows["contoso", APPROVERS]["note"] == ""
    assert rows["contoso", TIER1]["request_link"].startswith(
        "https://myaccess.microsoft.com/@contoso.onmicrosoft.com#/access-packages/"
    )


def test_the_customer_lets_the_lead_in(story: Story) -> None:
    """Approved by Anna through the playbook; in the group only once the guest has accepted."""
    assert story.decided["lea: approvers"] == ("Approved", "Anna", "Contract 4711")
    assert story.seen["anna approves"].assignments["lea", APPROVERS] == ["delivering"]
    assert not story.seen["anna approves"].in_group("lea", APPROVERS)
    assert story.seen["lea has accepted"].assignments["lea", APPROVERS] == ["delivered"]
    assert story.seen["lea has accepted"].members[APPROVERS] == {"boris", "lea"}


# -- requests --------------------------------------------------------------------------------------------------------


def test_the_table_shows_an_approver_what_waits(story: Story) -> None:
    (lines,) = story.runs["what waits"].said(TABLE)
    waiting = {story.asked[name] for name in (*(f"{name}: tier1" for name in ANALYSTS), "mia: tier2", "rui: tier2")}
    assert {line.split()[-1] for line in lines[2:-1]} == waiting


def test_check_mode_says_what_would_be_approved(story: Story) -> None:
    (lines,) = story.runs["lea approves --check"].said(TABLE)
    assert lines[-1].endswith("4 would be approved.")
    waiting = story.seen["lea approves --check"].requests
    assert {waiting[name, TIER1, "userAdd"][0] for name in ANALYSTS} == {"pendingApproval"}


def test_one_is_approved_and_one_denied(story: Story) -> None:
    assert story.decided["mia: tier1"] == ("Approved", "Lea", "On call")
    assert story.decided["mia: tier2"] == ("Denied", "Lea", "No live response training yet")
    seen = story.seen["decided"].requests
    assert seen["mia", TIER2, "userAdd"] == ("denied", "Denied")
    assert seen["mia", TIER1, "userAdd"] == ("delivering", "Delivering")
    assert (len(story.runs["lea approves"].writes), len(story.runs["lea denies"].writes)) == (len(ANALYSTS), 1)


def test_nobody_approves_what_they_asked_for(story: Story) -> None:
    run = story.runs["lea's own"]
    (sentence,) = run.failed()
    assert "it is your own request, and nobody decides what they asked for" in sentence
    assert run.writes == []
    assert story.seen["lea's own"].requests["lea", TIER1, "userAdd"] == ("pendingApproval", "PendingApproval")
    assert story.decided["lea: tier1"] == ("Denied", "Boris", "In the portal")


def test_access_is_delivered_once_the_guest_has_accepted(story: Story) -> None:
    before, after = story.seen["decided"], story.seen["accepted"]
    assert [before.assignments[name, TIER1] for name in ANALYSTS] == [["delivering"]] * 4
    assert before.members[TIER1] == set()
    assert [after.assignments[name, TIER1] for name in ANALYSTS] == [["delivered"]] * 4
    assert after.members[TIER1] == set(ANALYSTS)
    assert after.members[TIER2] == set()


def test_what_nobody_decides_runs_out_and_is_nobodys_denial(story: Story) -> None:
    """At Contoso nobody has looked at it, at Adatum there is nobody who could."""
    assert story.seen["accepted"].requests["rui", TIER2, "userAdd"] == ("pendingApproval", "PendingApproval")
    assert story.seen["ran out"].requests["rui", TIER2, "userAdd"] == ("denied", "Expired")
    assert story.seen["ran out at adatum"].requests["rui", TIER1, "userAdd"] == ("denied", "Expired")
    told = story.runs["history"].said("Say it")
    assert {line for line in told if address("rui") in line} == {
        f"{address('rui')}, {TIER2}: ran out undecided",
        f"{address('rui')}, {TIER1}: ran out undecided",
    }
    assert {line for line in told if line.endswith(": denied")} == {
        f"{address('mia')}, {TIER2}: denied",
        f"{address('lea')}, {TIER1}: denied",
    }


def test_who_has_access_and_until_when(story: Story) -> None:
    told = [line.partition(" until ") for line in story.runs["access"].said("Say it")]
    named = {f"{address(name)}, {TIER1}: delivered" for name in ANALYSTS}
    assert {x[0] for x in told} == {
        *named,
        f"{address('lea')}, {APPROVERS}: delivered",
        f"boris@contoso.onmicrosoft.com, {APPROVERS}: delivered",
    }
    ends = story.seen["access"].ends
    assert {x[2][:19] for x in told} == {end.strftime("%Y-%m-%dT%H:%M:%S") for end in ends.values()}


# -- the end of the year ---------------------------------------------------------------------------------------------


def test_the_review_begins_335_days_after_the_onboarding(story: Story) -> None:
    end = story.seen["onboard"].ends["boris", APPROVERS]
    assert datetime.timedelta(days=30) <= end - story.instants["review"] < datetime.timedelta(days=31)


def test_who_has_not_answered_the_review(story: Story) -> None:
    """Mia and Noah have answered about themselves, Anna about Lea and not about Boris."""
    told = story.runs["reviews"].said("Say it")
    over = (story.instants["review"] + 25 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {line.partition("_")[0].partition("@")[0] for line in told} == {"omar", "pia", "boris"}
    assert {line.partition(" until ")[2] for line in told} == {over}


def test_an_extension_waits_for_approval(story: Story) -> None:
    before, waiting, after = (story.seen[name] for name in ("accepted", "extensions wait", "lea extends"))
    for name in ("mia", "omar"):
        assert waiting.requests[name, TIER1, "userUpdate"] == ("pendingApproval", "PendingApproval")
        assert waiting.ends[name, TIER1] == before.ends[name, TIER1]
        assert after.requests[name, TIER1, "userUpdate"] == ("delivered", "Delivered")
        assert after.ends[name, TIER1] - story.instants["review"] - 2 * DAY - YEAR < datetime.timedelta(hours=1)
        assert after.ends[name, TIER1] > before.ends[name, TIER1]
    assert after.ends["noah", TIER1] == before.ends["noah", TIER1]
    assert after.ends["lea", APPROVERS] > before.ends["lea", APPROVERS]


def test_a_token_of_a_year_ago_says_what_to_do(story: Story) -> None:
    run = story.runs["an old token"]
    assert run.writes == []
    assert any(
        "the refresh token has expired" in sentence and "Sign in again with playbooks/sign_in.yml." in sentence
        for sentence in run.failed()
    )


def test_a_direct_assignment_is_extended_by_the_operator(story: Story) -> None:
    before, after = story.seen["access"], story.seen["extend"]
    assert 14 * DAY < after.ends["boris", APPROVERS] - before.ends["boris", APPROVERS] < 16 * DAY
    assert after.assignments == before.assignments
    assert after.requests["boris", APPROVERS, "adminUpdate"] == ("delivered", "Delivered")


@pytest.mark.parametrize(
    ("moment", "there"),
    [
        ("the review's last day", {"mia", "noah", "omar", "pia"}),
        ("the review is over", {"mia", "noah"}),
        ("the last hour", {"mia", "noah"}),
        ("a year is over", {"mia"}),
    ],
)
def test_both_are_needed(story: Story, moment: str, there: set[str]) -> None:
    """Mia has answered and extended, Noah answered, Omar extended, Pia did nothing."""
    seen = story.seen[moment]
    assert seen.members[TIER1] == there
    assert {name for name in ANALYSTS if seen.assignments[name, TIER1] == ["delivered"]} == there
    assert {name for name in ANALYSTS if seen.assignments[name, TIER1] == ["expired"]} == set(ANALYSTS) - there
    assert seen.members[APPROVERS] == {"lea"}


def test_an_answer_moves_no_end(story: Story) -> None:
    seen = story.seen["the review is over"]
    assert seen.ends["noah", TIER1] == story.seen["accepted"].ends["noah", TIER1]
    assert seen.requests["omar", TIER1, "systemRemove"] == ("delivered", "Delivered")


# -- what ends, and what stays ---------------------------------------------------------------------------------------


def test_a_direct_assignment_is_ended(story: Story) -> None:
    assert story.seen["end --check"].members[APPROVERS] == {"boris", "lea"}
    assert story.seen["end"].members[APPROVERS] == {"lea"}
    assert story.seen["end"].assignments["boris", APPROVERS] == ["expired"]
    assert [x.partition(" ")[0] for x in story.runs["end"].writes] == ["POST"]


def test_who_is_still_named_would_be_assigned_again(story: Story) -> None:
    """And nothing else has drifted, after all that people have done."""
    result = story.runs["named and gone"].result
    (change,) = changes(result, "contoso")
    assert (change["action"], change["object"]["type"]) == ("create", "assignment")
    assert "boris@contoso.onmicrosoft.com" in change["object"]["name"]
    assert changes(result, "adatum") == []


@pytest.mark.parametrize("host", ["contoso", "adatum"])
def test_in_the_end_nothing_has_drifted(story: Story, host: str) -> None:
    run = story.runs["in the end"]
    assert changes(run.result, host) == []
    assert run.writes == []


def test_guests_whose_last_access_has_ended_are_blocked(story: Story) -> None:
    assert story.seen["the review is over"].blocked == {"omar", "pia"}
    assert story.seen["a year is over"].blocked == {"omar", "pia", "noah"}
    assert "PolicyRequirementNotMet" in story.texts["omar asks"]
    assert story.seen["let in"].blocked == {"pia", "noah"}
    assert story.seen["omar has asked"].requests["omar", TIER1, "userAdd"] == ("pendingApproval", "PendingApproval")


def test_a_cut_off_leaves_nobody_in(story: Story) -> None:
    seen, there = story.seen["cut off"], story.estates["cut off"]
    assert seen.members == {TIER1: set(), TIER2: set(), APPROVERS: set()}
    assert {state for states in seen.assignments.values() for state in states} == {"expired"}
    assert {"mia", "lea", "omar"} <= seen.blocked
    assert seen.requests["omar", TIER1, "userAdd"][0] == "canceled"
    assert [x["state"] for x in there.catalogs] == ["unpublished"]
    assert not any(x["requestorSettings"]["enableTargetsToSelfAddAccess"] for x in there.policies)
    assert there.assignments == []


def test_onboarding_again_restores_configuration_and_no_people(story: Story) -> None:
    seen, there = story.seen["restored"], story.estates["restored"]
    assert seen.members == {TIER1: set(), TIER2: set(), APPROVERS: set()}
    assert seen.blocked == story.seen["cut off"].blocked
    assert [x["state"] for x in there.catalogs] == ["published"]
    opened = [x["displayName"] for x in there.policies if x["requestorSettings"]["enableTargetsToSelfAddAccess"]]
    assert opened == ["MSSP SOC users"] * 3
    assert len(there.assignments) == 2


def test_offboarding_leaves_nothing_but_a_proof(story: Story) -> None:
    assert set(story.estates["offboard"].counts.values()) == {0}
    assert story.texts["proof"] == "SHA256SUMS after.json before.json proof.json proof.md"


def test_afterwards_no_token_can_be_had(story: Story) -> None:
    assert "contoso: no token can be had any more (" in story.runs["verify"].result.stdout


# -- a customer set up by hand ---------------------------------------------------------------------------------------


def test_a_customer_set_up_by_hand_keeps_what_is_there(story: Story) -> None:
    """Its groups are named by their ids, and nothing would be made beside them."""
    for word in ("watch", "leads"):
        assert story.hand_made[word] in story.texts["adopted"]
    found = changes(story.runs["adopted"].result, "woodgrove")
    made = [x["object"]["type"] for x in found if x["action"] != "update"]
    assert made == []
